// What exact policies say, where the report has them: bounds, parts of regret, and what the response models are
// good for.

const referenceView = () => references.views.find(sameView) ?? {rows: [], policies: []};
const oracles = () => (chosen.task !== '' ? [] : referenceView().rows).filter((row) => /oracle|masked random/i.test(row.row));

// The causal oracle is the best that can be expected under what it planned on alone: what that is, under another view.
function plannedElsewhere(row) {
  const {response_model: model, quirks = {}} = suite.resolved?.environment ?? {};
  if (row.row !== 'causal oracle' || !model) return '';
  const quirk = ['evaluation_model_on_test', 'raw_evaluation_association', 'totals_within_window'].find((name) => quirks[name]);
  if (!quirk && chosen.lens === 'simulator' && chosen.model === model) return '';
  return `planned on ${viewName({lens: 'simulator', model})}${quirk ? ` without ${quirk}` : ''}`;
}
const oracleName = (row) => `${row.row}${plannedElsewhere(row) === '' ? '' : ' (no bound)'}`;

function referenceTable() {
  const list = referenceView().rows;
  if (list.length === 0 || chosen.task !== '') return [];
  const inChosen = (row) => (chosen.cell === '' ? row : row.cells.find((cell) => cell.cell === chosen.cell));
  return [table('references', `Reference policies, ${cellTitle()}: computed, never ranked`, [
    {title: 'Policy', text: true, value: (row) => row.row, cell: (row) => shown(plannedElsewhere(row) === '' ? row.row : `${row.row} (${plannedElsewhere(row)}: no bound here)`)},
    {title: 'S', value: (row) => inChosen(row)?.score ?? null, cell: (row) => fixed(inChosen(row)?.score)},
    {title: 'Reward', value: (row) => inChosen(row)?.reward ?? null, cell: (row) => fixed(inChosen(row)?.reward)},
    ...(chosen.cell !== '' ? [] : [
      {title: 'Latency s', hint: 'Per episode', value: (row) => row.latency_s_per_episode, cell: (row) => fixed(row.latency_s_per_episode, 2)},
      {title: `Cost ${costUnit}`, hint: 'Per episode', value: (row) => row.cost_usd_per_episode, cell: (row) => cost(row.cost_usd_per_episode)}]),
  ], list)];
}

const oracleIcons = ['path://M0 5h3v2h-3zM6 5h3v2h-3zM12 5h3v2h-3zM18 5h3v2h-3z', 'path://M0 5h9v2h-9zM13 5h9v2h-9z',
  'path://M0 5h10v2h-10zM13 5h2v2h-2zM18 5h4v2h-4z'];

const endOf = (oracle) => oracle.cells.find((e) => e.cell === byPosition().at(-1).name)?.reward ?? null;

// Lines of the references along the budgets, for the chart of rewards.
function referenceLines(c) {
  return oracles().map((row, i) => ({
    type: 'line', name: oracleName(row), symbol: 'none', color: c.text, lineStyle: {type: [[2, 3], [8, 4], [12, 3, 2, 3]][i % 3], width: 1.5},
    data: byPosition().map((cell) => [cell.position, row.cells.find((e) => e.cell === cell.name)?.reward ?? null]),
  }));
}

const regretParts = [['constraint', 'the budgets'], ['foresight', 'not knowing the future'], ['learning', 'what is left to learn']];

const regretNames = regretParts.map(([, name]) => name);

function regretFigure() {
  const entries = () => referenceView().policies.map((policy) => ({...policy, row: rowNamed.get(policy.row)}))
    .filter((e) => visible(e.row) && e.regret).sort(inBoardOrder((e) => e.row));
  const list = () => entries().filter((e) => isDrawn(e.row) && e.regret.learning !== null);
  const lost = (e) => (e.regret ? regretParts.reduce((sum, [key]) => (sum === null || e.regret[key] === null ? null : sum + e.regret[key]), 0) : null);
  return figure({
    id: 'regret', title: 'Where the reward is lost',
    note: 'Distance to the unlimited hindsight optimum, mean over cells: what the budgets take, what foresight would give, and what is left to learn. Rows that break budgets have no such parts and are not drawn.',
    height: (width) => 22 * list().length + 56 + legendRoom(regretNames, width),
    option(c, width) {
      const drawn = list();
      if (drawn.length === 0) return null;
      return {
        grid: {left: nameRoom(drawn.map((e) => e.row)), right: 24, top: 8, bottom: 52 + legendRoom(regretNames, width)},
        legend: legendOf(c, regretNames, width),
        xAxis: axis(c, {type: 'value', name: 'reward lost'}), yAxis: rowAxis(c, drawn.map((e) => e.row)),
        series: regretParts.map(([key, name], i) => ({type: 'bar', name, stack: 'regret', barWidth: 14, color: steps(c, 3)[i],
          data: drawn.map((e) => e.regret[key])})),
        tooltip: {confine: true, formatter: ({dataIndex, seriesName, value}) => tip(drawn[dataIndex].row.name, `${seriesName}: ${fixed(value)}`)},
      };
    },
    table: () => table('regret-data', `Reward lost, ${viewName(chosen)}, mean over cells`, [
      {title: 'Row', text: true, value: (e) => e.row.name, cell: (e) => rowLabel(e.row)},
      ...regretParts.map(([key, name]) => ({title: name, value: (e) => e.regret?.[key] ?? null, cell: (e) => fixed(e.regret?.[key])})),
      {title: 'total', value: lost, cell: (e) => fixed(lost(e))},
    ], entries()),
    empty: 'This report has no exact policies to compare with.',
  });
}

// Rows that learn against the simplest policies that take no more than they do: over the cells, or in the chosen one.
function opponentTable() {
  const of = (policy) => (chosen.cell === '' ? {static_mix: policy.static_mix} : policy.cells.find((cell) => cell.cell === chosen.cell));
  const list = referenceView().policies.map((policy) => ({row: rowNamed.get(policy.row), ...of(policy)}))
    .filter((e) => visible(e.row) && e.static_mix).sort(inBoardOrder((e) => e.row));
  if (list.length === 0) return [];
  const columns = (key, name, hint) => [
    {title: `Against ${name}`, text: true, value: (e) => e[key]?.verdict ?? null, hint},
    {title: 'Difference', hint: `With its 95 % interval, ${claim}`, value: (e) => e[key]?.difference ?? null, interval: (e) => e[key]?.difference_interval, cell: (e) => withRange(fixed(e[key]?.difference), e[key]?.difference_interval)},
    {title: 'p', value: (e) => e[key]?.p ?? null, cell: (e) => chance(e[key]?.p), hint: `Under ${claim}, not corrected for the number of rows and cells`},
  ];
  return [table('opponents', `Rows that learn against simple policies, ${viewName(chosen)}, ${cellTitle()}; exploratory, ${claim}${chosen.cell === '' ? '; choose a cell for the best constant' : ''}`, [
    {title: 'Row', text: true, value: (e) => e.row.name, cell: (e) => rowLabel(e.row)},
    ...columns('static_mix', 'its static mix', 'The best fixed probabilities that take no more latency and cost'),
    ...(chosen.cell === '' ? [] : columns('best_constant', 'the best constant', 'The best single action among those that keep the budgets in training')),
  ], list)];
}

function valueTable() {
  const cells = references.cells.filter((cell) => chosen.cell === '' || cell.cell === chosen.cell);
  const list = references.rows.map((entry) => ({...entry, row: rowNamed.get(entry.row)})).filter((e) => visible(e.row) && e.value).sort(inBoardOrder((e) => e.row));
  if (cells.length === 0) return [];
  const at = (e, cell) => e.cells.find((other) => other.cell === cell.cell)?.value ?? null;
  const bounds = table('causal', 'Value of the causal oracle and of masked random, exact under the training model', [
    {title: 'Cell', text: true, value: (cell) => cell.cell, cell: (cell) => short(cell.cell, 40)},
    {title: 'Causal oracle', value: (cell) => cell.upper, cell: (cell) => (cell.exact ? fixed(cell.upper, 4) : `${fixed(cell.lower, 4)} to ${fixed(cell.upper, 4)}`)},
    {title: 'Masked random', value: (cell) => cell.masked_random_value, cell: (cell) => fixed(cell.masked_random_value, 4)},
    {title: 'Exact', text: true, value: (cell) => (cell.exact ? 'yes' : shown(cell.reason ?? 'no'))},
  ], cells);
  return [bounds, ...(list.length === 0 ? [] : [table('values', 'Share of the causal oracle’s value that deterministic rows reach; * it broke a budget or took a masked action, so the oracle is no bound for it', [
    {title: 'Row', text: true, value: (e) => e.row.name, cell: (e) => rowLabel(e.row)},
    ...cells.map((cell) => ({title: short(cell.cell), value: (e) => at(e, cell)?.causal_share ?? null,
      cell: (e) => { const v = at(e, cell); return v ? `${percent(v.causal_share)}${v.bounded ? '' : ' *'}` : '–'; }})),
  ], list)])];
}

function calibration() {
  const models = references.calibration;
  if (models.length === 0) return [];
  return [el('ul', {class: 'note'}, models.map((model) => el('li', {}, shown(model.claim)))),
    table('calibration', `Predicted against observed scores of held-out episodes, ${plural(models[0].folds, 'fold')}, ${models[0].repeats === 1 ? 'once' : `${models[0].repeats} times over`}; R² of 0 is as good as the mean`, [
      {title: 'Model', text: true, value: (m) => m.model, cell: (m) => shown(m.model)},
      {title: 'R²', value: (m) => m.r2, cell: (m) => fixed(m.r2)},
      ...(models[0].bias ?? []).map((_, kind) => ({title: `Bias, ${hasKinds ? mixNames[kind] : kind}`, value: (m) => m.bias[kind],
        hint: 'Mean of predicted less observed score; below it the turns', cell: (m) => [fixed(m.bias[kind]), ' ', el('small', {class: 'range'}, plural(m.turns[kind], 'turn'))]})),
      {title: 'Turns', value: (m) => sumOf(m.turns), cell: (m) => count(sumOf(m.turns))},
    ], models)];
}
