// How the rows learned, and how their runs spread.

// Rewards first, in the order of the cells; then what the agents say of themselves.
const recorded = new Set(rows.flatMap((row) => row.training.curves.map((curve) => curve.name)));
const rewardCurves = suite.cells.map((cell) => `reward/${cell.name}`).filter((name) => recorded.has(name));
const curveNames = [...rewardCurves, ...[...recorded].filter((name) => !rewardCurves.includes(name)).sort()];
let curveChoice = curveNames[0] ?? '';
const curveOf = (row) => row.training.curves.find((curve) => curve.name === curveChoice);

// From least to largest over the runs.
function band(row, points) {
  return {type: 'custom', name: row.name, silent: true, z: 0, data: points.map((p) => [p.step, p.min, p.max]),
    encode: {x: 0, y: [1, 2]}, renderItem: (params, api) => {
      if (params.dataIndex > 0) return null;
      const edge = (key, list) => list.map((p) => api.coord([p.step, p[key]]));
      return {type: 'polygon', shape: {points: [...edge('max', points), ...edge('min', [...points].reverse())]},
        style: {fill: colorOf(row), opacity: .1}, silent: true};
    }};
}

function curveFigure() {
  const list = () => visibleRows().filter((row) => curveOf(row));
  const spec = {
    id: 'curves', title: 'Learning curves', note: 'Lines are means over runs, bands reach from the least to the largest run.',
    controls: curveNames.length > 0 ? [choice('curve', 'Of', curveNames.map((name) => [name, short(name, 40)]), curveChoice, (value) => {
      curveChoice = value;
      draw(spec);
      drawData(spec);
    })] : [],
    height: (width) => tall() - 16 + legendRoom(list().map((row) => row.name), width),
    option(c, width) {
      const drawn = list();
      if (drawn.length === 0) return null;
      const names = drawn.map((row) => row.name);
      const points = (row) => curveOf(row).points.filter((p) => isNumber(p.mean));
      return {
        grid: {left: 34, right: 24, top: 16, bottom: 48 + legendRoom(names, width), containLabel: true}, legend: legendOf(c, names, width),
        xAxis: axis(c, {type: 'value', name: 'training step'}),
        yAxis: axis(c, {type: 'value', scale: true, name: short(curveChoice, 40), nameGap: 48, axisLabel: {formatter: (value) => significant(value)}}),
        series: [
          ...drawn.map((row) => ({type: 'line', name: row.name, symbol: shapeOf(row), color: colorOf(row), emphasis: {focus: 'series'},
            showSymbol: points(row).length < 30, symbolSize: 7, lineStyle: {type: dashOf(row), width: 1.8},
            data: points(row).map((p) => [p.step, p.mean])})),
          ...drawn.map((row) => band(row, points(row))),
        ],
        tooltip: {confine: true, trigger: 'item', formatter: ({seriesName, dataIndex}) => {
          const p = points(rowNamed.get(seriesName))[dataIndex];
          return tip(seriesName, `step ${count(p.step)}`, `${fixed(p.mean)} [${fixed(p.min)}, ${fixed(p.max)}], ${p.runs} runs`);
        }},
      };
    },
    table() {
      return table('curves-data', `${shown(curveChoice)} over training: mean, least and largest run`, [
        {title: 'Row', text: true, value: (e) => e.row.name, cell: (e) => rowLabel(e.row)},
        {title: 'Step', value: (e) => e.step, cell: (e) => count(e.step)},
        ...['mean', 'min', 'max'].map((key) => ({title: key, value: (e) => e[key], cell: (e) => fixed(e[key], 4)})),
        {title: 'Runs', value: (e) => e.runs},
      ], list().flatMap((row) => curveOf(row).points.map((point) => ({row, ...point}))));
    },
    empty: curveNames.length > 0 ? undefined
      : 'No row recorded a curve: none of them learns, or the suite’s [training] does not set curve_every.',
  };
  return figure(spec);
}

function trainingTable() {
  const list = visibleRows().filter((row) => row.training.steps > 0);
  if (list.length === 0) return [];
  const column = (title, key, hint) => ({title, hint, value: (row) => row.training[key], cell: (row) => count(row.training[key])});
  return [table('training', 'Training, summed over runs', [
    {title: 'Row', text: true, value: (row) => row.name, cell: rowLabel},
    column('Steps', 'steps'), column('Episodes', 'episodes'), column('Gradient steps', 'gradient_steps'),
    column('Latency violations', 'latency_violations', 'Training episodes over the latency budget'),
    column('Cost violations', 'cost_violations', 'Training episodes over the cost budget'),
    {title: 'Either', value: (row) => row.training.joint_violation_rate, cell: (row) => percent(row.training.joint_violation_rate)},
  ], list)];
}

// Share of run rewards strictly above tau, per row, over the chosen cells.
function profile(row) {
  const cells = report.cells.filter((cell) => chosen.cell === '' || cell.cell === chosen.cell);
  const values = cells.flatMap((cell) => rewardIn(cell.cell, row).run_reward ?? []).filter(isNumber);
  values.sort((a, b) => a - b);
  return values.map((value, i) => [value, (values.length - i - 1) / values.length]);
}

function profileFigure() {
  const list = () => visibleRows().filter((row) => profile(row).length > 0);
  return figure({
    id: 'profiles', title: 'Performance profiles', note: 'Share of runs (of every cell that is chosen) whose reward lies above τ. A curve to the right of another everywhere is the better row. Point at a curve to single it out.',
    height: (width) => tall() - 16 + legendRoom(list().map((row) => row.name), width),
    option(c, width) {
      const drawn = list();
      if (drawn.length === 0) return null;
      const names = drawn.map((row) => row.name);
      const all = drawn.flatMap((row) => profile(row).map(([value]) => value));
      const [least, most] = [Math.min(...all), Math.max(...all)], room = .03 * (most - least) || .1;
      return {
        grid: {left: 20, right: 24, top: 16, bottom: 48 + legendRoom(names, width), containLabel: true}, legend: legendOf(c, names, width),
        xAxis: axis(c, {type: 'value', name: `τ, reward${taskTitle()}`, min: least - room, max: most + room, axisLabel: {showMinLabel: false, showMaxLabel: false, formatter: (v) => fixed(v, 2)}}),
        yAxis: axis(c, {type: 'value', min: 0, max: 1, name: 'share of runs above τ', nameGap: 36}),
        series: drawn.map((row) => ({type: 'line', step: 'end', name: row.name, color: colorOf(row), symbol: shapeOf(row), symbolSize: 6, emphasis: {focus: 'series'},
          showSymbol: profile(row).length <= 60, lineStyle: {type: dashOf(row), width: 1.8},
          data: [[least - room, 1], ...profile(row), [most + room, 0]]})),
        tooltip: {confine: true, formatter: ({seriesName, value}) => tip(seriesName, `${percent(value[1])} above ${fixed(value[0])}`)},
      };
    },
    table() {
      const levels = list().flatMap((row) => profile(row).map(([value]) => value)).sort((a, b) => a - b);
      const taus = Array.from({length: 11}, (_, i) => levels[Math.round(i * (levels.length - 1) / 10)]);
      const above = (row, tau) => { const p = profile(row); return p.filter(([value]) => value > tau).length / p.length; };
      return table('profiles-data', `Share of runs above τ, at the deciles of all run rewards${taskTitle()}`, [
        {title: 'Row', text: true, value: (row) => row.name, cell: rowLabel},
        {title: 'Runs', value: (row) => profile(row).length, hint: 'Run rewards, of every chosen cell'},
        ...taus.map((tau) => ({title: fixed(tau, 3), value: (row) => above(row, tau), cell: (row) => percent(above(row, tau))})),
      ], list());
    },
  });
}
