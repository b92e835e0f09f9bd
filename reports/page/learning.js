// How the rows learned, and how their runs spread.

// Rewards first, in the order of the cells; then what the agents say of themselves.
const recorded = new Set(rows.flatMap((row) => row.training.curves.map((curve) => curve.name)));
const rewardCurves = suite.cells.map((cell) => `reward/${cell.name}`).filter((name) => recorded.has(name));
const curveNames = [...rewardCurves, ...[...recorded].filter((name) => !rewardCurves.includes(name)).sort()];
let curveChoice = curveNames[0] ?? '';
const curveOf = (row) => row.training.curves.find((curve) => curve.name === curveChoice);

// Bounds of a list of values with a little room.
function extent(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)], room = .04 * (most - least) || .1;
  return {min: least - room, max: most + room};
}

const steps3 = (value) => (value >= 1000 ? `${significant(value / 1000)}k` : significant(value));

// Trials record curves under one view, whatever the page shows.
function curveView() {
  const model = suite.resolved?.environment?.response_model;
  return rewardCurves.length === 0 || !model ? '' : ` Rewards are under ${viewName({lens: 'simulator', model})}, whatever view is chosen.`;
}

function curveFigure() {
  const list = () => drawnRows().filter((row) => curveOf(row)?.points.some((p) => isNumber(p.mean)));
  const points = (row) => curveOf(row).points.filter((p) => isNumber(p.mean));
  const spec = {
    id: 'curves', title: 'Learning curves', note: 'A panel per row that learns: its mean over runs, a band from the least to the largest run, and the other rows in grey.' + curveView(),
    controls: curveNames.length > 0 ? [choice('curve', 'Of', curveNames.map((name) => [name, short(name, 40)]), curveChoice, (value) => {
      curveChoice = value;
      draw(spec);
      drawData(spec);
      remember();
    })] : [],
    height: (width) => multiplesHeight(list(), width),
    option(c, width) {
      const drawn = list();
      if (drawn.length === 0) return null;
      const all = drawn.flatMap(points), last = Math.max(...all.map((p) => p.step));
      return {
        ...multiples(c, width, drawn, {
          points: (row) => points(row).map((p) => [p.step, p.mean]), band: (row) => points(row).map((p) => [p.step, p.min, p.max]),
          x: {type: 'value', min: 0, max: last, interval: last / 2, splitLine: {show: false}, axisLabel: {hideOverlap: false, alignMinLabel: 'left', alignMaxLabel: 'right', formatter: (value) => (value === 0 ? '0' : steps3(value))}},
          y: {type: 'value', ...extent(all.flatMap((p) => [p.min, p.max])), axisLabel: {showMinLabel: false, showMaxLabel: false, formatter: significant}}}),
        tooltip: {confine: true, formatter: ({seriesName, dataIndex}) => {
          const p = points(rowNamed.get(seriesName))[dataIndex];
          return tip(seriesName, `step ${count(p.step)}`, `${fixed(p.mean)} [${fixed(p.min)}, ${fixed(p.max)}], ${plural(p.runs, 'run')}`);
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
    ...(list.some((row) => row.tuning) ? [{title: 'Tuning steps', hint: 'Of the sweep’s candidates, beside the steps', value: (row) => row.tuning?.steps ?? 0, cell: (row) => count(row.tuning?.steps ?? 0)}] : []),
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
  const list = () => drawnRows().filter((row) => profile(row).length > 0);
  return figure({
    id: 'profiles', title: 'Performance profiles', note: 'Share of runs, of every chosen cell, whose reward lies above τ: a panel per row, the others in grey. A curve to the right of another everywhere is the better row.',
    height: (width) => multiplesHeight(list(), width),
    option(c, width) {
      const drawn = list();
      if (drawn.length === 0) return null;
      const {min, max} = extent(drawn.flatMap((row) => profile(row).map(([value]) => value)));
      return {
        ...multiples(c, width, drawn, {step: true, points: (row) => [[min, 1], ...profile(row), [max, 0]],
          x: {type: 'value', min, max, splitLine: {show: false}, axisLabel: {showMinLabel: false, showMaxLabel: false, formatter: (value) => fixed(value, 1)}},
          y: {type: 'value', min: 0, max: 1, interval: .5, axisLabel: {formatter: (value) => `${100 * value} %`}}}),
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
