// The leaderboard: tiers, ties, intervals.

const tied = (f, list) => list.some((other) => other !== f && other.tier === f.tier && other.rank === f.rank);

function intervalBar(f, [low, high]) {
  if (!isNumber(f.low)) return null;
  const x = (value) => 2 + 96 * (Math.min(Math.max(value, low), high) - low) / (high - low || 1);
  const arrow = (at, way) => el('path', {d: `M${at - 6 * way} 1L${at} 6L${at - 6 * way} 11`, fill: 'none'});
  return el('svg', {class: 'interval', viewBox: '0 0 100 12', 'aria-hidden': 'true', stroke: colorOf(f.row), fill: colorOf(f.row)},
    el('line', {x1: x(f.low), x2: x(f.high), y1: 6, y2: 6}), f.low < low ? arrow(1, -1) : null, f.high > high ? arrow(99, 1) : null, el('circle', {cx: x(f.reward), cy: 6, r: 3}));
}

const rewardSpan = (list) => spanOf(list.map((f) => f.reward), list);
const frontMeans = 'beaten by none in quality, latency and cost at once';

const rowColumn = {title: 'Row', text: true, value: (f) => f.row.name, cell: (f) => rowLabel(f.row)};
const oneTier = (list) => new Set(list.map((f) => f.tier)).size < 2;

const rankColumns = (list) => [
  ...(oneTier(list) ? [] : [{title: 'Tier', value: (f) => f.tier, hint: 'Tier 1 keeps the budgets',
    cell: (f) => el('span', {class: `tier tier-${f.tier}`}, String(f.tier))}]),
  {title: 'Rank', value: (f) => f.rank, hint: `1 + the rows of the tier that are significantly better; = is a tie${exploring() ? '. Exploratory: the first view, over the cells, decides' : ''}`,
    cell: (f) => `${f.rank}${tied(f, list) ? ' =' : ''}`, said: {'1 =': 'a tie'}},
];

const ownInterval = (f) => ({low: f.low, high: f.high});
const rewardCell = (f, span) => el('span', {class: 'estimate'},
  el('span', {}, withRange(el('b', {}, fixed(f.reward)), f)), intervalBar(f, span));

// Tiers and ranks are of all turns; reward and quality of those of the task.
function taskColumns(list) {
  const span = rewardSpan(list);
  return [rowColumn,
    {title: 'Reward, least to largest run', keep: true, value: (f) => f.reward, interval: ownInterval, cell: (f) => rewardCell(f, span)},
    {title: 'Quality', value: (f) => f.quality, cell: (f) => fixed(f.quality), hint: '1 is the reference answer'},
    {title: 'Turns', value: (f) => f.turns, cell: (f) => count(f.turns), hint: 'Decided at turns of this task in one cell, over all runs'},
    ...rankColumns(list),
  ];
}

function numberColumn(title, key, digits, hint) {
  const show = (v) => fixed(v, digits), interval = (f) => f[`${key}_interval`];
  return {title, hint, value: (f) => f[key], interval, show, cell: (f) => withRange(show(f[key]), interval(f), show)};
}
const known = (list, key) => list.some((f) => isNumber(f[key]));
const costColumn = {title: `Cost ${costUnit}`, hint: 'Per episode', value: (f) => f.cost_usd_per_episode, interval: (f) => f.cost_usd_per_episode_interval, show: cost,
  cell: (f) => withRange(cost(f.cost_usd_per_episode), f.cost_usd_per_episode_interval, cost)};

// As `offload-bench export --leaderboard --format latex` has them.
const paperColumns = [
  {title: 'Tier', value: (f) => f.tier}, {title: 'Rank', value: (f) => f.rank}, {title: 'Row', text: true, value: (f) => f.row.name},
  {title: 'Reward [95 %]', value: (f) => f.reward, interval: ownInterval},
  {title: 'Latency (s)', value: (f) => f.latency_s_per_episode, cell: (f) => fixed(f.latency_s_per_episode, 2)},
  {title: `Cost (${costUnit})`, value: (f) => f.cost_usd_per_episode, cell: (f) => cost(f.cost_usd_per_episode)},
  {title: 'Over budget', value: (f) => f.violations.rate, cell: (f) => percent(f.violations.rate)},
];

// What decides stands first: a phone shows no more without scrolling.
function boardColumns(list) {
  const span = rewardSpan(list), scored = known(list, 'score');
  const reward = {title: 'Reward', keep: true, value: (f) => f.reward, interval: ownInterval, cell: (f) => rewardCell(f, span), hint: `With its 95 % interval, ${claim}`};
  return [
    rowColumn,
    scored ? {...numberColumn('S', 'score', 3, 'Reward between masked random, 0, and the causal oracle, 1'), keep: true} : reward,
    {title: 'Violations', keep: true, value: (f) => f.violations.rate, interval: (f) => f.violations, show: percent, hint: `Share of tests over either budget, with its 95 % interval, ${claim}`,
      cell: (f) => withRange(el('b', {}, percent(f.violations.rate)), f.violations, percent)},
    ...rankColumns(list),
    ...(scored ? [reward] : []),
    numberColumn('Quality', 'quality', 3, '1 is the reference answer'),
    numberColumn('Latency s', 'latency_s_per_episode', 2, 'Per episode'),
    costColumn,
    {title: 'Front', value: (f) => Number(f.pareto), cell: (f) => (f.pareto ? 'yes' : 'no'), said: {yes: frontMeans},
      hint: 'No ranked row is as good in quality, latency and cost and better in one'},
    {title: 'Tests', value: (f) => f.violations.of, cell: (f) => count(f.violations.of), hint: 'Episodes evaluated, over all runs'},
  ];
}

const bootstrap = 'interval by the bootstrap over the runs of each cell';

// What says more than a mean of few runs in several cells.
function summaryTable() {
  const list = ranking();
  if (chosen.cell !== '' || chosen.task !== '' || list.length === 0) return null;
  return table('summary', `Summary figures, ${viewName(chosen)}: ${plural(suite.splits.length, 'run')} in each of ${plural(suite.cells.length, 'cell')}${few()}; IQM, median and gap with bootstrap intervals, the others 95 %, ${claim}${exploratory()}`, [
    rowColumn,
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
    {title: 'Status', text: true, keep: true, value: (row) => row.status},
    {title: 'Finished', value: (row) => row.trials.finished, cell: (row) => `${row.trials.finished} of ${row.trials.planned}`},
    {title: 'Failed', value: (row) => row.trials.failed},
  ], list);
}

const boardRows = () => (chosen.task === '' ? ranking() : ranking().map((f) => ({...f, ...taskFigures(f.row)})));

function leaderboardTable() {
  const list = boardRows();
  const by = rankedBy() === 'score' ? 'S' : 'mean reward';
  const title = `${viewName(chosen)}, ${cellTitle()}${taskTitle()}, ${plural(suite.splits.length, 'run')} per row${few()}; by ${oneTier(list) ? '' : 'tier, then '}${by}${chosen.task ? ' of all turns' : `; 95 % intervals, ${claim}`}${exploratory()}.`;
  const columns = (chosen.task === '' ? boardColumns : taskColumns)(list);
  const board = list.length > 0 ? table('board', title, columns, list, groupClass(list), chosen.task === '' ? paperColumns : columns)
    : el('p', {class: 'nothing'}, 'No complete row matches these filters.');
  return [board, belowBoard(list), unranked()];
}

const leftOut = (cells) => (cells.length === suite.cells.length ? 'every cell' : cells.map((c) => short(c.cell, 40)).join(', '));

// What holds of all rows or of some, in words.
function belowBoard(list) {
  const tiers = list.length === 0 || !oneTier(list) ? [] : [`All rows are in tier ${list[0].tier}: ${list[0].tier === 1 ? 'they keep' : 'none keeps'} the budgets.`];
  const notes = rows.flatMap((row) => (row.notes ?? []).filter(() => visible(row)).map((note) => (note.includes(row.name) ? note : `${row.name}: ${note}`)));
  const same = suite.same_decisions.map((group) => `${group.slice(0, -1).map(shown).join(', ')} and ${shown(group.at(-1))} took the same decisions in every test: they cannot differ.`);
  const cells = report.leaderboard.find(sameView)?.unscored ?? [];
  const unscored = cells.length === 0 ? [] : [`Left out of S: ${[...new Set(cells.map((c) => c.reason))].map((reason) => `${leftOut(cells.filter((c) => c.reason === reason))} (${shown(reason)})`).join('; ')}.`];
  const said = [...tiers, ...same, ...notes.map(shown), ...unscored];
  return said.length === 0 ? null : el('ul', {class: 'note', id: 'notes'}, said.map((sentence) => el('li', {}, sentence)));
}

// Points with their intervals, first to last: the leaderboard as a picture.
function rewardFigure() {
  const list = () => boardRows().filter((f) => isDrawn(f.row));
  return figure({
    id: 'reward', title: `Reward with its 95 % interval, ${claim}`,
    note: `Of one task, from the least to the largest run. Open marks break budgets (tier 2). ${arrowsMean} Whether two intervals overlap is no test of a difference; the pairs under “Evidence” are.`,
    height: () => 22 * list().length + 62,
    option(c) {
      const drawn = list();
      if (drawn.length === 0) return null;
      const x = scaleOf(drawn.map((f) => f.reward), drawn);
      return {
        grid: {left: nameRoom(drawn.map((f) => f.row)), right: 24, top: 8, bottom: 48},
        xAxis: axis(c, {type: 'value', ...x, name: `reward, ${cellTitle()}${taskTitle()}`, axisLabel: {formatter: tickText}}),
        yAxis: rowAxis(c, drawn.map((f) => f.row)),
        series: [
          {type: 'custom', data: drawn.map((f, i) => [f.low, f.high, i]), encode: {x: [0, 1], y: 2}, silent: true,
            renderItem: (params, api) => whiskerWithin(api, (value) => api.coord([value, params.dataIndex]), drawn[params.dataIndex], x, colorOf(drawn[params.dataIndex].row))},
          {type: 'scatter', symbolSize: 11, data: drawn.map((f, i) => ({value: [f.reward, i], symbol: shapeOf(f.row), itemStyle: marked(c, f.row, f.tier === 1)}))},
        ],
        tooltip: {confine: true, formatter: ({dataIndex}) => tip(drawn[dataIndex].row.name,
          `reward ${fixed(drawn[dataIndex].reward)} ${range(drawn[dataIndex].low, drawn[dataIndex].high)}`,
          `tier ${drawn[dataIndex].tier}, rank ${drawn[dataIndex].rank}`)},
      };
    },
    table() {
      return table('reward-data', `Reward, ${cellTitle()}${taskTitle()}`, [
        rowColumn,
        {title: 'Reward', value: (f) => f.reward, cell: (f) => fixed(f.reward, 4)},
        {title: 'Low', value: (f) => f.low, cell: (f) => fixed(f.low, 4)},
        {title: 'High', value: (f) => f.high, cell: (f) => fixed(f.high, 4)},
        ...(chosen.cell === '' && chosen.task === '' ? [
          {title: 'Stratified low', hint: 'By the usual bootstrap, which draws runs within each cell', value: (f) => f.stratified_interval.low, cell: (f) => fixed(f.stratified_interval.low, 4)},
          {title: 'Stratified high', value: (f) => f.stratified_interval.high, cell: (f) => fixed(f.stratified_interval.high, 4)}] : []),
      ], list());
    },
  });
}
