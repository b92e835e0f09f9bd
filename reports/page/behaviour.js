// What the rows did: budgets broken, actions taken, time spent deciding.

let budgetChoice = 'joint';
const budgetNames = {joint: 'either budget', latency: 'latency', cost: 'cost'};
const rateOf = (f) => (budgetChoice === 'joint' ? f.joint_violations : f[budgetChoice].violations);

function violationFigure() {
  const cells = suite.cells;
  const at = (row, cell) => report.cells[cell].rows[row.index];
  const tested = () => drawnRows().filter((row) => at(row, 0).tests > 0);
  const spec = {
    id: 'violations', title: 'Violations of the budgets',
    note: `Share of tests (an episode in a run) whose total exceeds the budget. Intervals in the table: 95 %, ${claim}; tests of one episode count as one cluster.`,
    controls: [choice('violations-of', 'Of', Object.entries(budgetNames), budgetChoice, (value) => {
      budgetChoice = value;
      draw(spec);
      drawData(spec);
      remember();
    })],
    height: () => 24 * tested().length + 56,
    option(c, width) {
      const list = tested();
      if (list.length === 0) return null;
      const narrow = (width - nameRoom(list)) / cells.length < 60;
      return {
        grid: {left: nameRoom(list), right: 16, top: 8, bottom: narrow ? 52 : 30},
        xAxis: axis(c, {type: 'category', data: cells.map((_, i) => String(i)), axisTick: {show: false}, axisLine: {show: false},
          splitLine: {show: false}, axisLabel: {interval: 0, hideOverlap: false, rotate: narrow ? 45 : 0, formatter: (i) => short(cells[Number(i)].name, narrow ? 8 : 14)}}),
        yAxis: rowAxis(c, list, {axisLine: {show: false}}),
        visualMap: {show: false, min: 0, max: 1, inRange: {color: c.bad}},
        series: [{type: 'heatmap', itemStyle: {borderColor: c.background, borderWidth: 2},
          label: {show: true, color: c.text, fontSize: narrow ? 10 : 12,
            formatter: ({value}) => (narrow ? String(Math.round(100 * value[2])) : percent(value[2]))},
          data: list.flatMap((row, y) => cells.map((_, x) => {
            const rate = rateOf(at(row, x)).rate;
            return {value: [x, y, rate ?? 0], ...(rate === 0 ? {itemStyle: {color: c.none}} : {})};
          }))}],
        tooltip: {confine: true, formatter: ({value: [x, y]}) => {
          const rate = rateOf(at(list[y], x));
          return tip(list[y].name, `${cells[x].name}: ${budgetText(cells[x])}`,
            `${rate.count} of ${plural(rate.of, 'test')}, ${percent(rate.rate)} [${percent(rate.low)}, ${percent(rate.high)}]`);
        }},
      };
    },
    table() {
      const list = tested().flatMap((row) => cells.map((cell, x) => ({row, cell, f: at(row, x)})));
      const column = (title, get, show, hint) => ({title, hint, value: (e) => get(e.f), cell: (e) => show(get(e.f))});
      return table('violations-data', `Violations of ${budgetNames[budgetChoice]}, excess and use of the budgets`, [
        {title: 'Row', text: true, value: (e) => e.row.name, cell: (e) => rowLabel(e.row)},
        {title: 'Cell', text: true, value: (e) => e.cell.name, cell: (e) => short(e.cell.name, 40)},
        {title: 'Violations, 95 %', value: (e) => rateOf(e.f).rate, cell: (e) => {
          const r = rateOf(e.f);
          return `${count(r.count)} of ${count(r.of)}: ${percent(r.rate)} [${percent(r.low)}, ${percent(r.high)}]`;
        }},
        column('Excess s', (f) => f.latency.excess_mean, (v) => fixed(v), 'Mean over all tests'),
        column('Largest s', (f) => f.latency.excess_max, (v) => fixed(v)),
        column(`Excess ${costUnit}`, (f) => f.cost.excess_mean, cost, 'Mean over all tests'),
        column(`Largest ${costUnit}`, (f) => f.cost.excess_max, cost),
        column('Latency used', (f) => f.latency.utilisation, percent, 'Mean total over the budget'),
        column('Cost used', (f) => f.cost.utilisation, percent, 'Mean total over the budget'),
        column('Infeasible', (f) => f.infeasible, count, 'Tests that no choice of actions could keep within the budgets'),
        column('Departed', (f) => f.departed, count, 'Tests that this row’s choices made impossible to keep'),
        column('Masked actions', (f) => f.masked_actions, count, 'Decisions after which no continuation fits'),
      ], list);
    },
  };
  return figure(spec);
}

const hasKinds = suite.actions.every((action) => action.kind !== null);
const mixNames = hasKinds
  ? Array.from({length: 1 + Math.max(...suite.actions.map((a) => a.kind))}, (_, kind) =>
    (kind === 0 ? 'local' : kind === 1 ? 'cloud, text' : `cloud, ${plural(kind - 1, 'image')}`))
  : suite.actions.map((a) => shown(a.name ?? `action ${a.action}`));
const mixOf = (f) => (hasKinds ? f.action_mix.kind : f.action_mix.action);
const ofTask = (f) => (chosen.task === '' ? f : f.tasks[suite.tasks.indexOf(chosen.task)]);
const actionFigures = (cell, row) => ofTask(report.cells[cell].rows[row.index]);

function actionFigure() {
  const shownCells = () => suite.cells.map((cell, index) => ({cell, index}))
    .filter(({cell}) => chosen.cell === '' || cell.name === chosen.cell);
  const list = () => drawnRows().filter((row) => actionFigures(0, row).turns > 0);
  const columns = (width) => Math.max(1, Math.min(shownCells().length, Math.floor((width - 130) / 115)));
  const bars = () => 17 * list().length;
  return figure({
    id: 'actions', title: 'Actions taken', note: 'Share of decisions, per row and cell; a whole bar is 100 %. Of the turns of one task where one is chosen.',
    height: (width) => Math.ceil(shownCells().length / columns(width)) * (bars() + 30) + 14 + legendRoom(mixNames, width),
    option(c, width) {
      const drawn = list(), cells = shownCells(), across = columns(width);
      if (drawn.length === 0) return null;
      const left = nameRoom(drawn), tones = steps(c, mixNames.length);
      const wide = (width - left - 12) / across;
      const place = (i) => ({left: left + (i % across) * wide, width: wide - 12,
        top: 24 + Math.floor(i / across) * (bars() + 30), height: bars()});
      return {
        legend: legendOf(c, mixNames, width),
        title: cells.map(({cell}, i) => ({text: short(cell.name, 18), left: place(i).left, top: place(i).top - 20,
          padding: 0, textStyle: {fontSize: 12, color: c.text, fontWeight: 600}})),
        grid: cells.map((_, i) => place(i)),
        xAxis: cells.map((_, i) => ({type: 'value', min: 0, max: 1, show: false, gridIndex: i})),
        yAxis: cells.map((_, i) => rowAxis(c, drawn, {gridIndex: i, axisLine: {show: false},
          axisLabel: {show: i % across === 0, interval: 0, formatter: (index) => short(rows[Number(index)].name)}})),
        series: cells.flatMap(({index}, i) => mixNames.map((name, kind) => ({
          type: 'bar', name, stack: String(i), xAxisIndex: i, yAxisIndex: i, barWidth: 12, color: tones[kind], itemStyle: {borderColor: c.background, borderWidth: .5},
          data: drawn.map((row) => mixOf(actionFigures(index, row))[kind])}))),
        tooltip: {confine: true, formatter: ({seriesIndex, dataIndex, seriesName, value}) => tip(drawn[dataIndex].name,
          `cell ${cells[Math.floor(seriesIndex / mixNames.length)].cell.name}`, `${seriesName}: ${percent(value)}`)},
      };
    },
    table() {
      const entries = shownCells().flatMap(({cell, index}) => list().map((row) => ({row, cell, f: actionFigures(index, row)})));
      return table('actions-data', `Share of decisions${taskTitle()}`, [
        {title: 'Row', text: true, value: (e) => e.row.name, cell: (e) => rowLabel(e.row)},
        {title: 'Cell', text: true, value: (e) => e.cell.name, cell: (e) => short(e.cell.name, 40)},
        ...mixNames.map((name, kind) => ({title: name, value: (e) => mixOf(e.f)[kind], cell: (e) => percent(mixOf(e.f)[kind])})),
        {title: 'Decisions', value: (e) => e.f.turns, cell: (e) => count(e.f.turns)},
      ], entries);
    },
  });
}

// One axis for decisions, one for gradient steps: the row's mark at the median; of decisions a tick at the 95th and the 99th
// percentile as well.
function timingFigure() {
  const list = () => report.timing.map((timing, index) => ({...timing, row: rows[index]}))
    .filter((t) => visible(t.row) && isDrawn(t.row) && t.act_p50_us > 0).sort(inBoardOrder((t) => t.row));
  return figure({
    id: 'timing', title: 'Time of a decision and of an update',
    note: 'Medians over a row’s runs, one at a time, on the machine named under provenance: marks at the median, lines to the 95th and 99th percentile of decisions. The axes are logarithmic.',
    height: () => 22 * list().length + 74,
    option(c, width) {
      const drawn = list();
      if (drawn.length === 0) return null;
      const left = nameRoom(drawn.map((t) => t.row)), half = (width - left - 40) / 2;
      const grid = (i) => ({left: left + i * (half + 24), width: half, top: 26, bottom: 46});
      const points = (key, i) => ({type: 'scatter', symbolSize: 10, xAxisIndex: i, yAxisIndex: i, name: key,
        data: drawn.map((t, y) => ({value: [t[key] > 0 ? t[key] : null, y], symbol: shapeOf(t.row), itemStyle: marked(c, t.row, true)}))});
      return {
        title: ['decision', 'gradient step'].map((text, i) => ({text, left: grid(i).left, top: 4, padding: 0, textStyle: {fontSize: 12, fontWeight: 600, color: c.text}})),
        grid: [grid(0), grid(1)],
        xAxis: [0, 1].map((gridIndex) => axis(c, {type: 'log', gridIndex, name: 'microseconds', axisLabel: {formatter: (value) => significant(value)}})),
        yAxis: [0, 1].map((gridIndex) => rowAxis(c, drawn.map((t) => t.row), {gridIndex, ...(gridIndex === 1 ? {axisLabel: {show: false}} : {})})),
        series: [{type: 'custom', silent: true, z: 1, data: drawn.map((t, y) => [t.act_p50_us, t.act_p99_us, y]), encode: {x: [0, 1], y: 2}, renderItem: (params, api) => {
          const t = drawn[params.dataIndex], at = (value) => api.coord([value, params.dataIndex]);
          const tick = (value) => whisker(api, [at(value)[0], at(value)[1] - 4], [at(value)[0], at(value)[1] + 4], colorOf(t.row), 1.5, 0);
          return {type: 'group', children: [whisker(api, at(t.act_p50_us), at(t.act_p99_us ?? t.act_p50_us), colorOf(t.row), 1, 0),
            ...[t.act_p95_us, t.act_p99_us].filter((value) => value > 0).map(tick)]};
        }}, points('act_p50_us', 0), points('update_us', 1)],
        tooltip: {confine: true, formatter: ({seriesName, value: [x, y]}) => tip(drawn[y].row.name, `${seriesName === 'update_us' ? 'gradient step' : 'decision'}, median: ${significant(x)} µs`)},
      };
    },
    table() {
      const column = (title, key, digits, hint) => ({title, hint, value: (t) => t[key],
        cell: (t) => (digits === null ? significant(t[key]) : fixed(t[key], digits))});
      return table('timing-data', 'Times and memory: medians over runs, but wall and CPU summed and memory the largest', [
        {title: 'Row', text: true, value: (t) => t.row.name, cell: (t) => rowLabel(t.row)},
        column('p50 µs', 'act_p50_us', null), column('p95 µs', 'act_p95_us', null), column('p99 µs', 'act_p99_us', null),
        column('Update µs', 'update_us', null, 'One gradient step'), column('Steps/s', 'environment_steps_per_s', null, 'In training'),
        column('Load s', 'load_s', 3), column('Train s', 'train_s', 3), column('Evaluate s', 'evaluate_s', 3),
        column('Wall s', 'wall_s', 2), column('CPU s', 'cpu_s', 2), column('Memory MB', 'peak_memory_mb', 1),
      ], report.timing.map((timing, index) => ({...timing, row: rows[index]})).filter((t) => visible(t.row)));
    },
  });
}
