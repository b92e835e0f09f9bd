// Of worlds with known outcomes: what the table bounds, how far rows get, the peers' figures, and what margins promise; of any
// world, how rows do in another one.

function boundTables() {
  const bounds = report.bounds;
  if (!bounds) return [];
  const listed = bounds.cells.filter((cell) => chosen.cell === '' || cell.cell === chosen.cell);
  const of = (row) => (chosen.cell === '' ? row : row.cells.find((cell) => cell.cell === chosen.cell));
  const entries = bounds.rows.map((row) => ({...of(row), row: rowNamed.get(row.row)})).filter((e) => visible(e.row) && e.gap.row !== null)
    .sort(inBoardOrder((e) => e.row));
  const signed = (key, name) => ({title: name, hint: 'Difference in reward, with its 95 % interval over runs and sessions',
    value: (e) => e[key].difference, interval: (e) => e[key].interval, cell: (e) => withRange(fixed(e[key].difference), e[key].interval)});
  return [
    table('bounds-rows', `Rows against what the table allows, ${cellTitle()}${few()}; the share of the gap is 0 for the static mix that spends no more, 1 for hindsight`, [
      rowColumn,
      {title: 'Share of the gap', value: (e) => e.gap.share, interval: (e) => e.gap.interval, cell: (e) => withRange(fixed(e.gap.share), e.gap.interval)},
      signed('against_constant', 'Over the best constant'), signed('against_per_task', 'Over the best per task'),
      {title: 'Static mix', value: (e) => e.gap.static_mix, cell: (e) => fixed(e.gap.static_mix, 4)},
      {title: 'Hindsight', value: (e) => e.gap.hindsight, cell: (e) => fixed(e.gap.hindsight, 4)},
    ], entries),
    table('bounds', 'What the table of outcomes bounds, mean rewards on the tests; the policies are of the arms that keep the budgets in training', [
      {title: 'Cell', text: true, value: (cell) => cell.cell, cell: (cell) => short(cell.cell, 40)},
      {title: 'Hindsight', value: (cell) => cell.hindsight, cell: (cell) => fixed(cell.hindsight, 4)},
      {title: 'Best constant', value: (cell) => cell.best_constant, cell: (cell) => fixed(cell.best_constant, 4)},
      {title: 'Its arm', text: true, value: (cell) => cell.constant, cell: (cell) => short(cell.constant, 60)},
      {title: 'It is over budget', value: (cell) => cell.constant_violations, cell: (cell) => percent(cell.constant_violations)},
      {title: 'Best per task', value: (cell) => cell.best_per_task, cell: (cell) => fixed(cell.best_per_task, 4)},
      {title: 'That is over budget', value: (cell) => cell.per_task_violations, cell: (cell) => percent(cell.per_task_violations)},
      {title: 'Random', value: (cell) => cell.random, cell: (cell) => fixed(cell.random, 4)},
    ], listed),
    el('div', {class: 'note'}, el('p', {}, shown(bounds.luck)), ...bounds.sentences.map((sentence) => el('p', {}, shown(sentence)))),
  ];
}

const curvePeers = [['AIQ', 'aiq', 'RouterBench: area under the rising hull'], ['nAUC', 'nauc', 'MMR-Bench: mean height of the Pareto frontier'],
  ['APGR', 'apgr', 'RouteLLM: mean share of the gap from weak to strong']];
const gains = [['Gain over the best', 'over_best'], ['Gain over random', 'over_random'], ['Gap to the oracle', 'to_oracle']];

// The peers' figures, each as its authors publish it and as it is defined here.
function peerTable() {
  const bounds = report.bounds;
  if (!bounds) return [];
  const number = (title, get, hint) => ({title, hint, value: (e) => get(e.peers) ?? null, cell: (e) => fixed(get(e.peers))});
  const both = (title, key, hint) => [number(`${title}, published`, (p) => p[`${key}_as_published`], hint), number(`${title}, defined`, (p) => p[`${key}_as_defined`], hint)];
  const of = (row) => (chosen.cell === '' ? row.peers : row.cells.find((cell) => cell.cell === chosen.cell)?.peers);
  const entries = bounds.rows.map((row) => ({row: rowNamed.get(row.row), peers: of(row)})).filter((e) => visible(e.row) && e.peers)
    .sort(inBoardOrder((e) => e.row));
  if (entries.length === 0) return [];
  const columns = chosen.cell === '' ? [...curvePeers.flatMap(([title, key, hint]) => both(title, key, hint)),
    number('CPT 50 %, published', (p) => p.cpt50_as_published, 'RouteLLM: share of strong calls that recovers half the gap'),
    number('CPT 50 %, first', (p) => p.cpt50_first), number('CPT 50 %, lasting', (p) => p.cpt50_lasting)]
    : [number('Quality', (p) => p.quality, 'Mean per query'), number(`${costUnit} per 1,000`, (p) => p.usd_per_1k), number('Strong share', (p) => p.strong_share),
      ...both('RouterArena', 'arena'), ...gains.flatMap(([title, key]) => [number(`${title}, published`, (p) => p.gain_and_gap_as_published?.[key], 'LLMRouterBench: a ratio'),
        number(`${title}, defined`, (p) => p.gain_and_gap_as_defined?.[key], 'A difference')])];
  return [table('peers', `Figures of other benchmarks, as published and as defined in reports/README.md, ${chosen.cell === '' ? 'the row’s cells as the points of a curve; choose a cell for RouterArena’s and LLMRouterBench’s' : cellTitle()}`,
    [rowColumn, ...columns], entries)];
}

// Promised and kept shares of sessions over budget, under calibrated margins.
function marginTable() {
  const entries = (report.margins ?? []).map((entry) => ({...entry, row: rowNamed.get(entry.row)}))
    .filter((e) => visible(e.row) && (chosen.cell === '' || e.cell === chosen.cell)).sort(inBoardOrder((e) => e.row));
  if (entries.length === 0) return [];
  const lowered = (e) => (e.least_percent === null ? 'none is enough' : e.least_percent === e.most_percent ? `${e.least_percent} %` : `${e.least_percent} to ${e.most_percent} %`);
  return [table('margins', `Margins: limits lowered on calibration sessions so that at most the promised share of sessions is over budget${few()}`, [
    rowColumn, {title: 'Cell', text: true, value: (e) => e.cell, cell: (e) => short(e.cell, 40)},
    {title: 'Promised', hint: 'At most this share of sessions over budget', value: (e) => e.share, cell: (e) => percent(e.share)},
    {title: 'Over budget', keep: true, hint: `Of the tests, with its 95 % interval, ${claim}`, value: (e) => e.realised.rate, interval: (e) => e.realised, show: percent,
      cell: (e) => withRange(percent(e.realised.rate), e.realised, percent)},
    {title: 'Promise', text: true, value: (e) => e.promise, cell: (e) => shown(e.promise)},
    {title: 'Limits lowered by', value: (e) => e.most_percent, cell: lowered},
    {title: 'Runs with a margin', value: (e) => e.runs_with_margin, cell: (e) => `${e.runs_with_margin} of ${e.runs}`},
    {title: 'Calibration sessions', hint: 'The fewest of any run', value: (e) => e.calibration_sessions, cell: (e) => count(e.calibration_sessions)},
    {title: 'Groups', hint: 'Sessions that share a prompt are one', value: (e) => e.calibration_groups, cell: (e) => count(e.calibration_groups)},
  ], entries, (e) => (e.promise === 'contradicted' ? 'warn' : ''))];
}

// Of a drift after which every row was trained from the start as well: what the row that moved there earns less.
const regretColumns = (entries) => (entries.every((e) => !e.native) ? [] : [
  {title: 'Trained there', hint: 'Reward of the same row trained in that world from the start', value: (e) => e.native?.reward ?? null, cell: (e) => fixed(e.native?.reward)},
  {title: 'Regret', hint: `What the row that moved earns less, test by test, with its 95 % interval, ${claim}`, value: (e) => e.native?.regret ?? null, interval: (e) => e.native?.regret_interval,
    cell: (e) => withRange(fixed(e.native?.regret), e.native?.regret_interval)}]);

// The same rows on the same tests in another world than the one they were trained in.
function driftTables() {
  return (report.drifts ?? []).map((drift, i) => {
    const entries = drift.rows.map((entry) => ({...(chosen.cell === '' ? entry : entry.cells.find((cell) => cell.cell === chosen.cell)), row: rowNamed.get(entry.row)}))
      .filter((e) => e.reward && visible(e.row)).sort(inBoardOrder((e) => e.row));
    if (entries.length === 0) return null;
    const away = (title, key, show) => [
      {title, hint: 'In that world, with its 95 % interval', value: (e) => e[key].away, interval: (e) => e[key].away_interval, show, cell: (e) => withRange(show(e[key].away), e[key].away_interval, show)},
      {title: `${title}, change`, hint: `Away less home, test by test, with its 95 % interval, ${claim}`, value: (e) => e[key].difference, interval: (e) => e[key].interval, show,
        cell: (e) => withRange(show(e[key].difference), e[key].interval, show)}];
    const points = (share) => (share < 0 ? `-${percent(-share)}` : percent(share));
    return table(`drift-${i}`, `Drift ${short(drift.name, 40)}: ${shown(drift.profile)}; agents and masks see ${drift.sees === 'new' ? 'what turns take there' : 'the suite’s profile'}. ${viewName(drift)}, ${cellTitle()}, exploratory, ${claim}${few()}`, [
      rowColumn, ...away('Reward', 'reward', fixed), ...regretColumns(entries), ...away('Violations', 'violations', points), away('Quality', 'quality', fixed)[0],
      {title: 'Latency s', hint: 'Per episode, in that world', value: (e) => e.latency_s_per_episode.away, cell: (e) => fixed(e.latency_s_per_episode.away, 2)},
      {title: `Cost ${costUnit}`, hint: 'Per episode, in that world', value: (e) => e.cost_usd_per_episode.away, cell: (e) => cost(e.cost_usd_per_episode.away)},
      {title: 'Decides as at home', text: true, value: (e) => (e.same_decisions ? 'yes' : 'no')},
      {title: 'Masked actions', hint: 'Decisions there that the mask they saw excluded', value: (e) => e.masked_actions, cell: (e) => count(e.masked_actions)},
      {title: 'Tests', value: (e) => e.tests, cell: (e) => count(e.tests)},
    ], entries);
  });
}

// What the estimators that know a simulated log alone say of the frozen rows, beside what the table knows.
function logTables() {
  const log = report.simulated_log;
  if (!log) return [];
  const of = `${plural(log.logs, 'log')} by the policy ${shown(log.policy)}, the answer of one arm kept of every query`;
  const figures = (e) => [{title: 'Bias', hint: 'Mean of said less true reward', value: e('bias'), show: (v) => fixed(v, 4)},
    {title: 'RMSE', hint: 'Root mean square of said less true reward', value: e('rmse'), show: (v) => fixed(v, 4)},
    {title: '95 % holds', hint: 'Share of the estimator’s 95 % intervals that have the truth in them', value: e('interval_holds'), show: percent}]
    .map((column) => ({...column, cell: (x) => column.show(column.value(x))}));
  const share = (e) => (e.pairs === 0 ? '–' : `${percent(e.sign_right / e.pairs)} of ${count(e.pairs)}`);
  return log.cells.filter((cell) => chosen.cell === '' || cell.cell === chosen.cell).flatMap((cell, i) => {
    const entries = cell.rows.map((entry) => ({...entry, row: rowNamed.get(entry.row)})).filter((e) => visible(e.row)).sort(inBoardOrder((e) => e.row));
    const said = (name) => (e) => e.estimators.find((one) => one.estimator === name)?.said ?? null;
    return [table(`log-${i}`, `Simulated log, ${short(cell.cell, 40)}: ${of}. Rows learned from that alone, by ${shown(log.model)} where they name no other; what estimators say of the frozen rows, beside the truth, exploratory${few()}`, [
      {title: 'Estimator', text: true, value: (e) => e.estimator, cell: (e) => shown(e.estimator)}, ...figures((key) => (e) => e[key]),
      {title: 'Sign right', hint: 'Of pairs of rows that the truth tells apart', value: (e) => (e.pairs === 0 ? null : e.sign_right / e.pairs), cell: share},
      {title: 'Sure', hint: 'Pairs that the estimator tells apart', value: (e) => e.sure, cell: (e) => count(e.sure)},
      {title: 'Sure and wrong', hint: 'Pairs that it tells apart the wrong way', value: (e) => e.sure_and_wrong, cell: (e) => count(e.sure_and_wrong)},
    ], cell.estimators),
    entries.length === 0 ? null : table(`log-rows-${i}`, `Rows under the simulated log, ${short(cell.cell, 40)}: mean rewards that estimators say, beside the truth${few()}`, [
      rowColumn, {title: 'Truth', value: (e) => e.estimators[0].truth, cell: (e) => fixed(e.estimators[0].truth, 4)},
      ...cell.estimators.map(({estimator}) => ({title: estimator[0].toUpperCase() + estimator.slice(1), value: said(estimator), cell: (e) => fixed(said(estimator)(e), 4)})),
      {title: 'Effective sample', hint: 'Share of the log that its weights leave', value: (e) => e.effective_share, cell: (e) => percent(e.effective_share)},
    ], entries)];
  });
}

const worldSentences = () => (suite.world ? [el('ul', {class: 'note'}, suite.world.sentences.map((sentence) => el('li', {}, shown(sentence))))] : []);
