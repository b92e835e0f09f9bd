// The leaderboard: tiers, ties, intervals.

const tied = (f, list) => list.some((other) => other !== f && other.tier === f.tier && other.rank === f.rank);

function intervalBar(f, [low, high]) {
  if (!isNumber(f.low)) return null;
  const x = (value) => 2 + 96 * (value - low) / (high - low || 1);
  return el('svg', {class: `interval c${f.row.index % 7}`, viewBox: '0 0 100 12', 'aria-hidden': 'true'},
    el('line', {x1: x(f.low), x2: x(f.high), y1: 6, y2: 6}), el('circle', {cx: x(f.reward), cy: 6, r: 3}));
}

const spanOf = (list) => [Math.min(...list.map((f) => f.low ?? f.reward)), Math.max(...list.map((f) => f.high ?? f.reward))];

const tierColumns = (list) => [
  {title: 'Row', text: true, value: (f) => f.row.name, cell: (f) => rowLabel(f.row)},
  {title: 'Tier', value: (f) => f.tier, hint: 'Tier 1 keeps the budgets',
    cell: (f) => el('span', {class: `tier tier-${f.tier}`}, String(f.tier))},
  {title: 'Rank', value: (f) => f.rank, hint: `1 + the rows of the tier that are significantly better; = is a tie${exploring() ? '. Exploratory: the first view, over the cells, decides' : ''}`,
    cell: (f) => `${f.rank}${tied(f, list) ? ' =' : ''}`},
];

const rewardCell = (f, span) => el('span', {class: 'estimate'},
  el('span', {}, withRange(el('b', {}, fixed(f.reward)), f)), intervalBar(f, span));

// Tiers and ranks are of all turns; reward and quality of those of the task.
function taskColumns(list) {
  const span = spanOf(list);
  return [...tierColumns(list),
    {title: 'Reward, least to largest run', value: (f) => f.reward, cell: (f) => rewardCell(f, span)},
    {title: 'Quality', value: (f) => f.quality, cell: (f) => fixed(f.quality), hint: '1 is the reference answer'},
    {title: 'Turns', value: (f) => f.turns, cell: (f) => count(f.turns), hint: 'Decided at turns of this task in one cell, over all runs'},
  ];
}

const numberColumn = (title, key, digits, hint) => ({title, hint, value: (f) => f[key],
  cell: (f) => withRange(fixed(f[key], digits), f[`${key}_interval`], (v) => fixed(v, digits))});
const known = (list, key) => list.some((f) => isNumber(f[key]));

function boardColumns(list) {
  const span = spanOf(list);
  return [
    ...tierColumns(list),
    ...(known(list, 'score') ? [numberColumn('S', 'score', 3, 'Reward between masked random, 0, and the causal oracle, 1')] : []),
    {title: 'Reward', value: (f) => f.reward, cell: (f) => rewardCell(f, span), hint: `With its 95 % interval, ${claim}`},
    {title: 'Violations', value: (f) => f.violations.rate, hint: `Share of tests over either budget, with its 95 % interval, ${claim}`,
      cell: (f) => withRange(el('b', {}, percent(f.violations.rate)), f.violations, percent)},
    {title: 'Tests', value: (f) => f.violations.of, cell: (f) => count(f.violations.of), hint: 'Episodes evaluated, over all runs'},
    numberColumn('Quality', 'quality', 3, '1 is the reference answer'),
    numberColumn('Latency s', 'latency_s_per_episode', 2, 'Per episode'),
    {title: `Cost ${costUnit}`, value: (f) => f.cost_usd_per_episode, cell: (f) => withRange(cost(f.cost_usd_per_episode), f.cost_usd_per_episode_interval, cost), hint: 'Per episode'},
    {title: 'Front', value: (f) => Number(f.pareto), cell: (f) => (f.pareto ? 'yes' : ''),
      hint: 'No ranked row is as good in quality, latency and cost and better in one'},
  ];
}

const bootstrap = 'interval by the bootstrap over the runs of each cell';

// What says more than a mean of few runs in several cells.
function summaryTable(list) {
  if (chosen.cell !== '' || chosen.task !== '' || list.length === 0) return null;
  return table('summary', `Summary figures, ${viewName(chosen)}: ${plural(suite.splits.length, 'run')} in each of ${plural(suite.cells.length, 'cell')}; IQM, median and gap with bootstrap intervals, the others 95 %, ${claim}${exploratory()}`, [
    {title: 'Row', text: true, value: (f) => f.row.name, cell: (f) => rowLabel(f.row)},
    numberColumn('IQM', 'interquartile_mean', 3, `Mean of the middle half of run rewards; ${bootstrap}`),
    numberColumn('Median', 'median', 3, `Over cells, of the means over runs; ${bootstrap}`),
    ...(known(list, 'optimality_gap') ? [numberColumn('Optimality gap', 'optimality_gap', 3, `1 - mean(min(S, 1)) over runs and cells; ${bootstrap}`)] : []),
    ...(known(list, 'area') ? [numberColumn('Area', 'area', 3, `Under reward against budget; 95 % interval, ${claim}`)] : []),
    ...(known(list, 'normalised_area') ? [numberColumn('Area / oracle', 'normalised_area', 3, `Area over the causal oracle’s; 95 % interval, ${claim}`)] : []),
    ...(suite.world ? [] : [numberColumn('Association', 'association', 3, `Of the images that were sent; 95 % interval, ${claim}`)]),
  ], list);
}

// Shades alternate from tie group to tie group.
function groupClass(list) {
  const group = new Map();
  let index = 0;
  list.forEach((f, i) => {
    if (i > 0 && (f.tier !== list[i - 1].tier || f.rank !== list[i - 1].rank)) ++index;
    group.set(f, `${index % 2 ? 'odd' : 'even'}${f.tier === 2 ? ' second' : ''}`);
  });
  return (f) => group.get(f);
}

function unranked() {
  const list = visibleRows().filter((row) => row.status !== 'complete');
  if (list.length === 0) return null;
  return table('unranked', 'Rows that are not ranked: their runs are not those of the others', [
    {title: 'Row', text: true, value: (row) => row.name, cell: rowLabel},
    {title: 'Status', text: true, value: (row) => row.status},
    {title: 'Finished', value: (row) => row.trials.finished, cell: (row) => `${row.trials.finished} of ${row.trials.planned}`},
    {title: 'Failed', value: (row) => row.trials.failed},
  ], list);
}

function leaderboardTable() {
  const list = boardRows();
  const by = rankedBy() === 'score' ? 'S' : 'mean reward';
  const title = `${viewName(chosen)}, ${cellTitle()}${taskTitle()}: ${plural(suite.splits.length, 'run')} per row, ordered by tier, then ${by}${chosen.task ? ' of all turns' : `; 95 % intervals, ${claim}`}${exploratory()}`;
  const columns = chosen.task === '' ? boardColumns : taskColumns;
  const board = list.length > 0 ? table('board', title, columns(list), list, groupClass(list))
    : chosen.kind === 'exact' ? null : el('p', {class: 'nothing'}, 'No complete row matches these filters.');
  return [board, unranked(), unscored(), ...referenceTable(), summaryTable(list)].filter(Boolean);
}

const boardRows = () => (chosen.task === '' ? ranking() : ranking().map((f) => ({...f, ...taskFigures(f.row)})));

// Cells that say nothing about S.
function unscored() {
  const cells = report.leaderboard.find(sameView)?.unscored ?? [];
  if (cells.length === 0) return null;
  return el('p', {class: 'note'}, `Left out of S: ${cells.map((c) => `cell ${short(c.cell, 40)} (${shown(c.reason)})`).join('; ')}.`);
}

// Points with their intervals, first to last: the leaderboard as a picture.
function rewardFigure() {
  return figure({
    id: 'reward', title: `Reward with its 95 % interval, ${claim}`,
    note: 'Of one task, from the least to the largest run. Filled marks keep the budgets (tier 1). Whether two intervals overlap is no test of a difference; the pairs under “What the evidence supports” are.',
    height: () => 24 * ranking().length + 70,
    option(c) {
      const list = boardRows();
      if (list.length === 0) return null;
      return {
        grid: {left: nameRoom(list.map((f) => f.row)), right: 24, top: 8, bottom: 54},
        xAxis: axis(c, {type: 'value', scale: true, name: `reward, ${cellTitle()}${taskTitle()}`}),
        yAxis: rowAxis(c, list.map((f) => f.row)),
        series: [
          {type: 'custom', data: list.map((f, i) => [f.low, f.high, i]), encode: {x: [0, 1], y: 2}, silent: true,
            renderItem: (params, api) => whisker(api, api.coord([api.value(0), api.value(2)]),
              api.coord([api.value(1), api.value(2)]), colorOf(list[params.dataIndex].row))},
          {type: 'scatter', symbolSize: 11, data: list.map((f, i) => ({value: [f.reward, i], symbol: shapeOf(f.row),
            itemStyle: {color: f.tier === 1 ? colorOf(f.row) : c.background, opacity: 1, borderColor: colorOf(f.row), borderWidth: 2}}))},
        ],
        tooltip: {confine: true, formatter: ({dataIndex}) => tip(list[dataIndex].row.name,
          `reward ${fixed(list[dataIndex].reward)} ${range(list[dataIndex].low, list[dataIndex].high)}`,
          `tier ${list[dataIndex].tier}, rank ${list[dataIndex].rank}`)},
      };
    },
    table() {
      const list = boardRows();
      return table('reward-data', `Reward, ${cellTitle()}${taskTitle()}`, [
        {title: 'Row', text: true, value: (f) => f.row.name, cell: (f) => rowLabel(f.row)},
        {title: 'Reward', value: (f) => f.reward, cell: (f) => fixed(f.reward, 4)},
        {title: 'Low', value: (f) => f.low, cell: (f) => fixed(f.low, 4)},
        {title: 'High', value: (f) => f.high, cell: (f) => fixed(f.high, 4)},
        ...(chosen.cell === '' && chosen.task === '' ? [
          {title: 'Stratified low', hint: 'By the usual bootstrap, which draws runs within each cell', value: (f) => f.stratified_interval.low, cell: (f) => fixed(f.stratified_interval.low, 4)},
          {title: 'Stratified high', value: (f) => f.stratified_interval.high, cell: (f) => fixed(f.stratified_interval.high, 4)}] : []),
      ], list);
    },
  });
}
