// The report as the sections ask for it: the chosen view, cell and rows, and the figures under them.

const report = JSON.parse(document.getElementById('report').textContent);
const suite = report.suite;
const references = report.references ?? {cells: [], views: [], rows: [], calibration: []};
// What cost counts: dollars, or in a world with known outcomes calls of an arm.
const costUnit = suite.world?.cost_unit ?? 'USD';
const alpha = report.provenance.alpha;
// What intervals and tests are about, in a letter; the head has the sentence.
const claim = `claim ${suite.claim.claim}`;

// What the reader chose; cell '' is the mean over cells, task '' all turns.
const chosen = {lens: '', model: '', cell: '', task: '', kind: '', filter: ''};

const kindNames = {learns: 'learning agent', rule: 'fixed rule'};
const rows = report.rows.map((row, index) => ({...row, index, name: row.row}));
const rowNamed = new Map(rows.map((row) => [row.name, row]));
const sameAs = (a) => (b) => a.lens === b.lens && a.model === b.model;
const sameView = (entry) => sameAs(chosen)(entry);
const viewName = (view) => `${shown(view.lens)} / ${shown(view.model)}`;
const cellTitle = () => (chosen.cell === '' ? 'mean over cells' : `cell ${short(chosen.cell, 40)}`);
// For what cannot be told apart by task.
const allTurns = () => (chosen.task === '' ? '' : ', all turns');
const taskTitle = () => (chosen.task === '' ? '' : `, turns of ${short(chosen.task, 40)}`);

function visible(row) {
  return (chosen.kind === '' || row.kind === chosen.kind) &&
    row.name.toLowerCase().includes(chosen.filter.toLowerCase());
}

// In the order of the leaderboard, so that every table lists them alike; then those that are not ranked.
function visibleRows() {
  const ranked = ranking().map((f) => f.row);
  return [...ranked, ...rows.filter((row) => visible(row) && !ranked.includes(row))];
}

function inBoardOrder(rowOf) {
  const place = new Map(visibleRows().map((row, i) => [row, i]));
  return (a, b) => place.get(rowOf(a)) - place.get(rowOf(b));
}

// Figures of one row in one cell under the chosen view.
function inCell(cellRow) {
  const score = cellRow.scores.find(sameView);
  return {...cellRow, ...score, row: rowNamed.get(cellRow.row), low: score?.reward_interval.low ?? null,
    high: score?.reward_interval.high ?? null, violations: cellRow.joint_violations};
}

function cellFigures(name) {
  return report.cells.find((cell) => cell.cell === name).rows.map(inCell).filter(({row}) => visible(row));
}

// Ranked rows first to last: over the cells, or in the chosen one.
function ranking() {
  if (chosen.cell === '') {
    const board = report.leaderboard.find(sameView);
    return (board ? board.rows : []).map((entry) => ({...entry, row: rowNamed.get(entry.row),
      low: entry.reward_interval.low, high: entry.reward_interval.high, violations: entry.joint_violations}))
      .filter(({row}) => visible(row));
  }
  const by = (f) => (rankedBy() === 'score' && f.score !== null ? f.score : f.reward);
  return cellFigures(chosen.cell).filter((f) => f.tier !== null).sort((a, b) =>
    a.tier - b.tier || (a.tier === 2 ? a.violations.rate - b.violations.rate : 0) || by(b) - by(a));
}

// Only pairs over the cells, under the first view, decide.
const exploring = () => chosen.cell !== '' || !sameView(suite.views[0] ?? {});
const exploratory = () => (exploring() ? ', exploratory' : '');

// A row's figures of the turns of the chosen task, in the chosen cell or as means over the cells; the range is
// from the least to the largest run.
function taskFigures(row) {
  const task = suite.tasks.indexOf(chosen.task), view = suite.views.findIndex(sameView);
  const cells = report.cells.filter((cell) => chosen.cell === '' || cell.cell === chosen.cell)
    .map((cell) => cell.rows[row.index].tasks[task]);
  const runs = suite.splits.map((_, run) => mean(cells.map((cell) => cell.run_reward[view][run]))).filter(isNumber);
  return {reward: mean(cells.map((cell) => cell.reward[view])), quality: mean(cells.map((cell) => cell.quality[view])),
    low: runs.length > 0 ? Math.min(...runs) : null, high: runs.length > 0 ? Math.max(...runs) : null,
    turns: cells[0].turns};
}

// A row's reward in a cell, of the chosen task, with its interval, or of one task from the least to the largest run.
function rewardIn(cellName, row) {
  const figures = inCell(report.cells.find((c) => c.cell === cellName).rows[row.index]);
  if (chosen.task === '') return figures;
  const task = figures.tasks[suite.tasks.indexOf(chosen.task)], view = suite.views.findIndex(sameView);
  const runs = task.run_reward[view].filter(isNumber);
  return {...figures, reward: task.reward[view], run_reward: task.run_reward[view],
    low: runs.length > 0 ? Math.min(...runs) : null, high: runs.length > 0 ? Math.max(...runs) : null};
}

const rankedBy = () => report.leaderboard.find(sameView)?.ranked_by ?? 'reward';

// The tests between rows under the chosen view, of one cell or over them ('').
const family = () => report.tests.find((t) => sameView(t) && (t.cell ?? '') === chosen.cell) ?? {all_pairs: false, pairs: []};
const visiblePairs = () => family().pairs.filter((pair) => visible(rowNamed.get(pair.a)) && visible(rowNamed.get(pair.b)));
// Names of the rows that every other was tested against: of many rows, the best and those that follow a rule.
function opponents() {
  const {pairs} = family(), met = new Map();
  for (const name of pairs.flatMap((pair) => [pair.a, pair.b])) met.set(name, (met.get(name) ?? 0) + 1);
  return new Set([...met.keys()].filter((name) => met.get(name) === met.size - 1));
}

const wide = (width) => width > 560;
const byPosition = () => [...suite.cells].sort((a, b) => a.position - b.position);

function budgetText(cell) {
  const parts = [cell.latency_s === null ? null : `${cell.latency_s} s`, cell.cost_usd === null ? null : `${cell.cost_usd} ${costUnit}`];
  return parts.filter(Boolean).join(', ') || 'unlimited';
}

// What figures rest on, where that is little, for the titles of tables, as in Markdown and the terminal.
function few() {
  const runs = suite.splits.length, tests = (report.leaderboard[0]?.rows[0]?.joint_violations.of ?? 0) / suite.cells.length;
  return tests === 0 || (tests >= 30 && runs >= 5) ? '' : `, n = ${plural(tests, 'test')} in ${plural(runs, 'run')}`;
}
