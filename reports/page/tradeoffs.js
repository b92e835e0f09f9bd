// Quality against latency and cost, and reward against the budget.

function tradeoffColumns() {
  return [
    rowColumn, numberColumn('Quality', 'quality', 4), numberColumn('Latency s', 'latency_s_per_episode', 3, 'Per episode'), costColumn,
    {title: 'Violations', value: (f) => f.violations.rate, cell: (f) => percent(f.violations.rate)},
    {title: 'Tests', value: (f) => f.violations.of, cell: (f) => count(f.violations.of), hint: 'Episodes evaluated, over all runs'},
    {title: 'On the front', value: (f) => Number(f.pareto), cell: (f) => (f.pareto ? 'yes' : 'no'), said: {yes: frontMeans}},
  ];
}

// Where each point's name goes so that it hides no mark, no axis and no other name; without a free place it goes
// unnamed.
function placeLabels(points, names, left, width) {
  const boxes = points.map(([x, y]) => [x - 7, y - 7, x + 7, y + 7]);
  const meets = (a) => boxes.some((b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]);
  return points.map(([x, y], i) => {
    const w = textWidth(names[i]);
    const places = {right: [x + 9, y - 7, x + 12 + w, y + 7], left: [x - 12 - w, y - 7, x - 9, y + 7],
      top: [x - w / 2, y - 24, x + w / 2, y - 9], bottom: [x - w / 2, y + 9, x + w / 2, y + 24],
      above: [x, y - 24, x + w, y - 9], below: [x, y + 9, x + w, y + 24]};
    const free = Object.keys(places).find((place) => !meets(places[place]) && places[place][0] > left && places[place][2] < width);
    if (free) boxes.push(places[free]);
    return names[i] === '' ? undefined : {above: [7, -12], below: [7, 16]}[free] ?? free;
  });
}

// Rows at one point, whose marks hide each other, share a name.
function namesAt(points, list) {
  const first = points.map(([x, y]) => points.findIndex(([a, b]) => Math.hypot(a - x, b - y) < 3));
  return list.map((_, i) => (first[i] === i ? short(list.filter((_, k) => first[k] === i).map((f) => short(f.row.name, 18)).join(', '), 40) : ''));
}

// An axis of amounts begins at 0, but for amounts that are all far from it.
function amounts(points, intervals) {
  const [least, most] = spanOf(points, intervals);
  return least > most / 2 ? scaleOf(points, intervals) : {min: 0, max: ceiling(1.1 * most || 1)};
}

function tradeoffFigure(id, what, key, unit) {
  return figure({
    id, title: `Quality against ${what}`,
    note: `Up and to the left is better. Open marks break budgets (tier 2). Lines: 95 % intervals, ${claim}. ${arrowsMean} Marks without room for a name are in the table.`,
    height: () => 340,
    option(c, width) {
      const list = drawnRanking();
      if (list.length === 0) return null;
      const grid = {left: 58, right: 24, top: 16, bottom: 46}, height = 340 - grid.top - grid.bottom;
      const x = amounts(list.map((f) => f[key]), list.map((f) => f[`${key}_interval`])), y = scaleOf(list.map((f) => f.quality), list.map((f) => f.quality_interval));
      const points = list.map((f) => [grid.left + (f[key] - x.min) / (x.max - x.min) * (width - grid.left - grid.right),
        grid.top + (y.max - f.quality) / (y.max - y.min) * height]);
      const names = namesAt(points, list);
      const places = placeLabels(points, names, grid.left, width);
      return {
        grid,
        xAxis: axis(c, {type: 'value', name: `${what} per episode, ${unit}`, ...x,
          axisLabel: {formatter: (value) => significant(value)}}),
        yAxis: axis(c, {type: 'value', ...y, name: `quality${allTurns()}`, nameGap: 36,
          axisLabel: {formatter: tickText}}),
        series: [{
          type: 'custom', silent: true, z: 1, data: list.map((f, i) => [f[key], f.quality, i]), encode: {x: 0, y: 1},
          renderItem: (params, api) => {
            const f = list[params.dataIndex], at = f[`${key}_interval`], quality = f.quality_interval, color = colorOf(f.row);
            const lines = [at && whiskerWithin(api, (value) => api.coord([value, f.quality]), at, x, color, .8, 0),
              quality && whiskerWithin(api, (value) => api.coord([f[key], value]), quality, y, color, .8, 0)];
            return {type: 'group', children: lines.filter(Boolean)};
          },
        }, {
          type: 'scatter', symbolSize: 12, z: 3,
          data: list.map((f, i) => ({value: [f[key], f.quality], symbol: shapeOf(f.row), itemStyle: marked(c, f.row, f.tier === 1),
            label: {show: Boolean(places[i]), position: places[i] ?? 'right', color: c.text, formatter: () => names[i],
              textBorderColor: c.background, textBorderWidth: 3}})),
        }],
        tooltip: {confine: true, formatter: ({dataIndex}) => {
          const f = list[dataIndex];
          return tip(f.row.name, `quality ${fixed(f.quality)} ${range(f.quality_interval?.low, f.quality_interval?.high)}`,
            `${fixed(f.latency_s_per_episode, 2)} s, ${cost(f.cost_usd_per_episode)} ${costUnit}`, `violations ${percent(f.violations.rate)}: tier ${f.tier}`, f.pareto ? 'on the front of quality, latency and cost' : 'not on the front');
        }},
      };
    },
    table: () => table(`${id}-data`, `Quality, latency and cost, ${cellTitle()}${allTurns()}: 95 % intervals, ${claim}`, tradeoffColumns(), ranking()),
  });
}

// A row's figures along the budgets.
function along(row) {
  return byPosition().map((cell) => ({cell, ...rewardIn(cell.name, row)}));
}

// What a row is called beside its line: one of tier 2 with its tier, as the leaderboard has it.
const ofTierTwo = (row) => ranking().some((f) => f.row === row && f.tier === 2);
const lineName = (name, most = 26) => `${rowNamed.has(name) ? short(name, most) : name}${ofTierTwo(rowNamed.get(name)) ? ' (tier 2)' : ''}`;
const keepsIn = (f) => f.violations.rate <= suite.max_violation_rate;

// What filled and open marks mean, in the picture, so that it is there where the picture is saved as well: in one line, or in
// two where that is too wide.
const keyWords = ['keeps the cell’s budgets', suite.max_violation_rate === 0 ? 'over one of them' : `over one in more than ${percent(suite.max_violation_rate)} of tests`];
const keyWraps = (width) => 70 + keyWords.reduce((sum, words) => sum + textWidth(words), 0) > width;
function keyOfMarks(c, bottom, width) {
  const entry = (words, fill, x, y) => [{type: 'circle', x: x + 5, y, shape: {r: 4}, style: {fill, stroke: c.text, lineWidth: 2}},
    {type: 'text', x: x + 14, y, style: {text: words, fill: c.text, font: '12px system-ui, sans-serif', verticalAlign: 'middle'}}];
  const [keeps, over] = keyWords, wraps = keyWraps(width);
  return [{type: 'group', left: 10, bottom, silent: true, children: [...entry(keeps, c.text, 0, 0),
    ...entry(over, c.background, wraps ? 0 : 27 + textWidth(keeps), wraps ? 18 : 0)]}];
}

// The names of lines, each at the height of its end, or as near as the others let it.
function namesAtEnds(c, ends) {
  return {type: 'custom', silent: true, z: 4, data: [[1, ends.find(([, value]) => isNumber(value))[1]]], encode: {x: 0, y: 1}, renderItem: (params, api) => {
    const placed = ends.filter(([, value]) => isNumber(value)).map(([name, value]) => ({name, at: api.coord([1, value])})).sort((a, b) => a.at[1] - b.at[1]);
    const room = 14, ys = placed.map(({at}) => at[1]);
    for (let turn = 0; turn < 200; ++turn) {
      for (let i = 1; i < ys.length; ++i) {
        const overlap = room - (ys[i] - ys[i - 1]);
        if (overlap > 0) { ys[i - 1] -= overlap / 2; ys[i] += overlap / 2; }
      }
    }
    return {type: 'group', children: placed.flatMap(({name, at}, i) => [
      {type: 'line', shape: {x1: at[0] + 6, y1: at[1], x2: at[0] + 16, y2: ys[i]}, style: {stroke: c.muted, lineWidth: .7}, silent: true},
      {type: 'text', style: {x: at[0] + 19, y: ys[i], text: lineName(name, 20), fill: c.text, font: `${rowNamed.has(name) ? '' : 'italic '}12px system-ui, sans-serif`, verticalAlign: 'middle'}, silent: true}])};
  }};
}

// Rows that break budgets are above what the budgets allow: beside those that keep them only when asked for.
let budgetTier = '1';

function budgetFigure() {
  const complete = () => drawnRows().filter((row) => row.status === 'complete');
  function drawn() {
    const first = new Set(ranking().filter((f) => f.tier === 1).map((f) => f.row));
    const kept = complete().filter((row) => first.has(row));
    return budgetTier === '1' && kept.length > 0 ? kept : complete();
  }
  const spec = {
    id: 'budget', title: 'Reward against the budget',
    note: `From 0, where only the cheapest action fits, to 1, unlimited. Whiskers: 95 % intervals, ${claim}, of single cells and so exploratory; of one task, from the least to the largest run. Open marks break that cell’s budgets: the dashed references, which keep them, are no bound there, nor is the causal oracle under another view than it planned on. ${arrowsMean}`,
    controls: [choice('budget-tier', 'Rows', [['1', 'tier 1, if any'], ['', 'all drawn']], budgetTier, (value) => {
      budgetTier = value;
      draw(spec);
      drawData(spec);
      remember();
    })],
    height: (width) => (wide(width) ? 400 : 340) + (wide(width) ? 0 : legendRoom([...oracles().map(oracleName), ...drawn().map((row) => row.name)], width, (name) => lineName(name))),
    option(c, width) {
      const list = drawn();
      if (list.length === 0 || suite.cells.length < 2) return null;
      const names = [...oracles().map((row, i) => ({name: oracleName(row), icon: oracleIcons[i % 3]})), ...list.map((row) => row.name)];
      const room = wide(width) ? 28 + Math.max(...names.map((entry) => textWidth(lineName(entry.name ?? entry, 20)))) : 40;
      const known = list.flatMap(along), y = scaleOf([...known.map((f) => f.reward), ...oracles().flatMap((row) => row.cells.map((cell) => cell.reward))].filter(isNumber), known);
      const labels = Math.max(...[y.min, y.max, y.min + y.interval, y.max - y.interval].map((value) => textWidth(tickText(value))));
      const lines = list.map((row) => ({
        type: 'line', name: row.name, symbol: shapeOf(row), symbolSize: 8, color: colorOf(row), emphasis: {focus: 'series'},
        lineStyle: {type: 'solid', width: 1.8, color: colorOf(row)}, itemStyle: marked(c, row, !ofTierTwo(row)),
        data: along(row).map((f) => ({value: [f.cell.position, f.reward], itemStyle: marked(c, row, keepsIn(f))})),
      }));
      lines[0].markLine = {symbol: 'none', silent: true, lineStyle: {color: c.line, type: 'solid'},
        data: byPosition().map((cell) => ({xAxis: cell.position, name: cell.name})),
        label: {formatter: ({name}) => short(name, 14), color: c.muted, rotate: 40, position: 'end', align: 'left', verticalAlign: 'middle', distance: 6}};
      const whiskers = list.map((row) => {
        const points = along(row).filter((f) => isNumber(f.low));
        return {type: 'custom', name: row.name, silent: true, z: 1, encode: {x: 0, y: [1, 2]},
          data: points.map((f) => [f.cell.position, f.low, f.high]), renderItem: (params, api) =>
            whiskerWithin(api, (value) => api.coord([api.value(0), value]), {low: api.value(1), high: api.value(2)}, y, colorOf(row), 1, 3)};
      });
      const below = wide(width) ? 0 : legendRoom(names, width, (name) => lineName(name)), key = list.some((row) => !along(row).every(keepsIn));
      return {
        grid: {left: labels + 34, right: room, top: 60, bottom: 50 + (key ? (keyWraps(width) ? 36 : 18) : 0) + below},
        ...(wide(width) ? {} : {legend: {...legendOf(c, names, width), formatter: (name) => lineName(name)}}),
        ...(key ? {graphic: keyOfMarks(c, below + 6, width)} : {}),
        xAxis: axis(c, {type: 'value', min: 0, max: 1, name: 'budget', splitLine: {show: false}}),
        yAxis: axis(c, {type: 'value', ...y, name: `reward${taskTitle()}`, nameGap: labels + 18, axisLabel: {formatter: tickText}}),
        series: [...lines, ...referenceLines(c), ...whiskers, ...(wide(width) ? [namesAtEnds(c, [...oracles().map((row) => [oracleName(row), endOf(row)]), ...list.map((row) => [row.name, along(row).at(-1).reward])])] : [])],
        tooltip: {confine: true, formatter: ({seriesName, dataIndex}) => {
          if (!rowNamed.has(seriesName)) return tip(seriesName);
          const f = along(rowNamed.get(seriesName))[dataIndex];
          return tip(seriesName, `cell ${f.cell.name}: ${budgetText(f.cell)}`, `reward ${fixed(f.reward)} ${range(f.low, f.high)}`,
            `over a budget in ${percent(f.violations.rate)} of tests`);
        }},
      };
    },
    table: () => table('budget-data', `Reward${taskTitle()} in every cell, ${chosen.task === '' ? `with its 95 % interval, ${claim}, exploratory` : 'from the least to the largest run'}`, [
      {title: 'Row', text: true, value: (row) => row.name, cell: rowLabel},
      ...byPosition().map((cell, index) => ({title: short(cell.name), hint: `${budgetText(cell)}; position ${fixed(cell.position)}`,
        value: (row) => along(row)[index].reward, interval: (row) => along(row)[index],
        cell: (row) => { const f = along(row)[index]; return [withRange(fixed(f.reward), f), keepsIn(f) ? null : el('small', {class: 'range'}, ' over budget')]; }})),
    ], drawn()),
    empty: 'This suite has a single cell, or no row is drawn: there is no curve.',
  };
  return figure(spec);
}
