// Which differences are more than noise, and which of them another view confirms.

const significantly = (pair) => pair.p_holm <= alpha && pair.difference !== 0;

function pairFigure() {
  // Rows first to last, then what the pairs say of row y against row x.
  const order = () => ranking().map((f) => f.row);
  const look = (byRow, a, b) => {
    const pair = byRow.get(a.name)?.get(b.name);
    if (!pair || pair.probability_of_improvement === null) return null;
    return {pair, first: pair.a === a.name, p: pair.a === a.name ? pair.probability_of_improvement : 1 - pair.probability_of_improvement,
      difference: pair.a === a.name ? pair.difference : -pair.difference};
  };
  const between = ({pair: {difference_interval: d}, first}) =>
    `95 % interval ${first ? range(d.low, d.high, 4) : range(-d.high, -d.low, 4)}`;
  const side = (width) => Math.min(560, width - 130);
  return figure({
    id: 'pairs', title: 'P(row beats column)',
    note: `Probability that a run of the row has a higher reward than one of the column, in percent. * the difference is significant: sign-flip test over episodes, Holm over the pairs, ${100 * alpha} %. Where there is no room for numbers, colours go from 0 (orange) over 50 to 100 (blue).`,
    height: (width) => Math.min(side(width), 60 * order().length + 40) + 110,
    option(c, width) {
      const list = order();
      if (list.length < 2) return null;
      const place = Math.min(side(width), width - nameRoom(list, 16) - 12) / list.length;
      const byRow = new Map(list.map((row) => [row.name, new Map()]));
      for (const pair of pairs().pairs) {
        byRow.get(pair.a)?.set(pair.b, pair);
        byRow.get(pair.b)?.set(pair.a, pair);
      }
      const cells = list.flatMap((a, y) => list.map((b, x) => ({x, y, found: look(byRow, a, b)}))).filter((e) => e.found);
      return {
        grid: {left: nameRoom(list, 16), top: 8, bottom: 92, width: Math.min(side(width), width - nameRoom(list, 16) - 12)},
        xAxis: axis(c, {type: 'category', data: list.map((row) => String(row.index)), axisTick: {show: false},
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
          return tip(`${list[y].name} over ${list[x].name}`, `P ${fixed(found.p, 2)}`, `difference of reward ${fixed(found.difference, 4)}`,
            between(found), `p ${significant(found.pair.p)}, after Holm ${significant(found.pair.p_holm)}`);
        }},
      };
    },
    table() {
      const {flips, pairs: list} = pairs();
      const label = (name) => rowLabel(rowNamed.get(name));
      return table('pairs-data', `All pairs, ${viewName(chosen)}, ${cellTitle()}${allTurns()}: ${plural(suite.splits.length, 'run')} per row, ${count(flips)} sign flips`, [
        {title: 'A', text: true, value: (p) => p.a, cell: (p) => label(p.a)},
        {title: 'B', text: true, value: (p) => p.b, cell: (p) => label(p.b)},
        {title: 'Difference A − B', value: (p) => p.difference, cell: (p) => withRange(fixed(p.difference, 4), p.difference_interval, (v) => fixed(v, 4))},
        {title: 'p', value: (p) => p.p, cell: (p) => significant(p.p)},
        {title: 'p, Holm', value: (p) => p.p_holm, cell: (p) => significant(p.p_holm)},
        {title: 'P(A > B)', value: (p) => p.probability_of_improvement, cell: (p) => fixed(p.probability_of_improvement, 3)},
        {title: 'Verdict', text: true, value: (p) => (significantly(p) ? (p.difference > 0 ? 'A is better' : 'B is better') : 'tie')},
      ], list);
    },
    empty: 'Two complete rows are needed for a comparison.',
  });
}

function viewTables() {
  const first = suite.views[0];
  const comparisons = suite.comparisons.length > 0 ? table('comparisons',
    `What became of the significant differences of ${viewName(first)} under the other views`, [
      {title: 'View', text: true, value: viewName},
      {title: 'Held', value: (e) => e.held}, {title: 'Became ties', value: (e) => e.tied},
      {title: 'Reversed', value: (e) => e.reversed}, {title: 'New', value: (e) => e.new, hint: 'Significant here alone'},
      {title: 'First', text: true, value: (e) => e.first, cell: (e) => rowLabel(rowNamed.get(e.first))},
    ], suite.comparisons, (e) => (e.reversed > 0 ? 'warn' : '')) : null;
  const place = (board, row) => board.rows.find((entry) => entry.row === row.name);
  const ranked = visibleRows().filter((row) => report.leaderboard.some((board) => place(board, row)));
  const ranks = ranked.length > 0 && report.leaderboard.length > 1 ? table('view-ranks', 'Tier (boxed), rank and mean reward under every view, mean over cells', [
    {title: 'Row', text: true, value: (row) => row.name, cell: rowLabel},
    ...report.leaderboard.map((board) => ({title: viewName(board), value: (row) => { const e = place(board, row); return e ? 1000 * e.tier + e.rank : null; },
      cell: (row) => {
        const e = place(board, row);
        return e ? [el('span', {class: `tier tier-${e.tier}`}, String(e.tier)), ` ${e.rank} `, el('small', {}, fixed(e.reward))] : '–';
      }})),
  ], ranked) : null;
  return [comparisons, ranks].filter(Boolean);
}
