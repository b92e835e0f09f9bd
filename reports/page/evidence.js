// Which differences are more than noise, and which of them another view confirms.

const significantly = (pair) => isNumber(pair.p_holm) && pair.p_holm <= alpha;
const verdict = (pair) => (!isNumber(pair.p_holm) ? 'no verdict' : !significantly(pair) ? 'tie' : pair.difference > 0 ? 'A is better' : 'B is better');
const pairsTitle = () => `${family().all_pairs ? 'All pairs' : 'Pairs with the best and the rows that follow a rule'}, ${viewName(chosen)}, ${cellTitle()}${allTurns()}: ${plural(suite.splits.length, 'run')} per row; ${exploring() ? 'exploratory' : 'this family decides ranks'}`;
// Where the report claims less than F, and has it.
const hasFresh = suite.claim.claim !== 'F' && report.tests.some((t) => t.pairs.some((pair) => isNumber(pair.fresh_data.interval.low)));

function pairColumns() {
  const label = (name) => rowLabel(rowNamed.get(name));
  const four = (v) => fixed(v, 4);
  return [
    {title: 'A', text: true, value: (p) => p.a, cell: (p) => label(p.a)},
    {title: 'B', text: true, value: (p) => p.b, cell: (p) => label(p.b)},
    {title: 'Difference A − B', hint: `With its 95 % interval under ${claim}, not corrected`, value: (p) => p.difference, interval: (p) => p.difference_interval, show: four,
      cell: (p) => withRange(four(p.difference), p.difference_interval, four)},
    {title: 'p', hint: `Under ${claim}; – where the difference has no variance or nothing to estimate it from`, value: (p) => p.p, cell: (p) => chance(p.p)},
    {title: 'p, Holm', hint: 'Corrected for all pairs of the table', value: (p) => p.p_holm, cell: (p) => chance(p.p_holm)},
    {title: 'Verdict', text: true, value: verdict},
    ...(hasFresh ? [
      {title: '95 %, claim F', hint: 'The same difference on a fresh data set of this size: approximate, not corrected', value: (p) => p.fresh_data.interval.low,
        cell: (p) => (isNumber(p.fresh_data.interval.low) ? `${four(p.fresh_data.interval.low)} to ${four(p.fresh_data.interval.high)}` : '–')},
      {title: 'p, claim F', hint: 'On a fresh data set: approximate, not corrected', value: (p) => p.fresh_data.p, cell: (p) => chance(p.fresh_data.p)}] : []),
    {title: 'P(A > B)', hint: 'Probability that a run of A has a higher reward than one of B', value: (p) => p.probability_of_improvement, cell: (p) => fixed(p.probability_of_improvement, 3)},
  ];
}

function pairFigure() {
  // Rows first to last, then what the pairs say of row y against row x.
  const order = () => drawnRanking().map((f) => f.row);
  const against = () => {
    const met = opponents();
    return family().all_pairs ? order() : order().filter((row) => met.has(row.name));
  };
  const look = (byRow, a, b) => {
    const pair = byRow.get(a.name)?.get(b.name);
    if (!pair || pair.probability_of_improvement === null) return null;
    return {pair, first: pair.a === a.name, p: pair.a === a.name ? pair.probability_of_improvement : 1 - pair.probability_of_improvement,
      difference: pair.a === a.name ? pair.difference : -pair.difference};
  };
  const between = ({pair: {difference_interval: d}, first}) =>
    `95 %, ${claim}: ${first ? range(d.low, d.high, 4) : range(-d.high, -d.low, 4)}`;
  const side = (width) => Math.min(470, width - 130);
  return figure({
    id: 'pairs', title: 'P(row beats column)',
    note: `Probability that a run of the row has a higher reward than one of the column, in percent. * the difference of the means is significant: t test under ${claim}, Holm over the pairs, ${100 * alpha} %. Mean over cells under the first view decides ranks; single cells and other views are exploratory. ${report.tests.every((t) => t.all_pairs) ? '' : `Of this many rows each is tested against the best and up to 16 rows that follow a rule, and only over the cells; offload-bench report DIR --pairs A,B tests any other. `}Where there is no room for numbers, colours go from 0 (orange) over 50 to 100 (blue).`,
    height: (width) => (family().all_pairs ? Math.min(side(width), 24 * order().length + 20) : 18 * order().length) + 100,
    option(c, width) {
      const list = order(), columns = against();
      if (list.length < 2 || columns.length === 0) return null;
      const place = Math.min(side(width), width - nameRoom(list, 16) - 12) / columns.length;
      const byRow = new Map(list.map((row) => [row.name, new Map()]));
      for (const pair of visiblePairs()) {
        byRow.get(pair.a)?.set(pair.b, pair);
        byRow.get(pair.b)?.set(pair.a, pair);
      }
      const cells = list.flatMap((a, y) => columns.map((b, x) => ({x, y, found: look(byRow, a, b)}))).filter((e) => e.found);
      return {
        grid: {left: nameRoom(list, 16), top: 8, bottom: 92, width: Math.min(side(width), width - nameRoom(list, 16) - 12)},
        xAxis: axis(c, {type: 'category', data: columns.map((row) => String(row.index)), axisTick: {show: false},
          axisLine: {show: false}, splitLine: {show: false},
          axisLabel: {interval: 0, rotate: 60, formatter: (i) => short(rows[Number(i)].name, 16), hideOverlap: false}}),
        yAxis: rowAxis(c, list, {axisLine: {show: false}, axisLabel: {interval: 0, formatter: (i) => short(rows[Number(i)].name, 16)}}),
        visualMap: {show: false, min: 0, max: 1, inRange: {color: c.diverging}},
        series: [{type: 'heatmap', itemStyle: {borderColor: c.background, borderWidth: 1},
          label: {show: true, color: c.text, fontSize: place < 38 && place >= 26 ? 9 : 12,
            formatter: ({dataIndex}) => `${place < 26 ? '' : Math.round(100 * cells[dataIndex].found.p)}${significantly(cells[dataIndex].found.pair) ? '*' : ''}`},
          data: cells.map(({x, y, found}) => [x, y, found.p])}],
        tooltip: {confine: true, formatter: ({dataIndex}) => {
          const {x, y, found} = cells[dataIndex];
          return tip(`${list[y].name} over ${columns[x].name}`, `P ${fixed(found.p, 2)}`, `difference of reward ${fixed(found.difference, 4)}`,
            between(found), isNumber(found.pair.p) ? `p ${chance(found.pair.p)}, after Holm ${chance(found.pair.p_holm)}` : 'no verdict');
        }},
      };
    },
    table: () => table('pairs-data', pairsTitle(), pairColumns(), visiblePairs()),
    empty: 'No pairs: they take two complete rows, and past 50 rows single cells are not tested.',
  });
}

// What became of the first view's differences under the others.
function viewTable() {
  if (suite.comparisons.length === 0) return [];
  return [table('comparisons', `What became of the significant differences of ${viewName(suite.views[0])} under the other views, which are exploratory`, [
    {title: 'View', text: true, value: viewName},
    {title: 'Held', value: (e) => e.held}, {title: 'Became ties', value: (e) => e.tied},
    {title: 'Reversed', value: (e) => e.reversed}, {title: 'New', value: (e) => e.new, hint: 'Significant here alone'},
    {title: 'First', text: true, value: (e) => e.first, cell: (e) => rowLabel(rowNamed.get(e.first))},
  ], suite.comparisons, (e) => (e.reversed > 0 ? 'warn' : ''))];
}

function rankTable() {
  const place = (board, row) => board.rows.find((entry) => entry.row === row.name);
  const ranked = visibleRows().filter((row) => report.leaderboard.some((board) => place(board, row)));
  if (ranked.length === 0 || report.leaderboard.length < 2) return [];
  return [table('view-ranks', `Rank and mean reward under every view, mean over cells; tier 2 is dashed. Ranks of ${viewName(suite.views[0])} decide, the others are exploratory`, [
    {title: 'Row', text: true, value: (row) => row.name, cell: rowLabel},
    ...report.leaderboard.map((board) => ({title: viewName(board), value: (row) => { const e = place(board, row); return e ? 1000 * (e.tier - 1) + e.rank : null; },
      cell: (row) => {
        const e = place(board, row);
        return e ? [el('span', {class: `tier tier-${e.tier}`}, String(e.rank)), ' ', el('small', {}, fixed(e.reward))] : '–';
      }})),
  ], ranked)];
}
