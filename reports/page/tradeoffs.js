// Quality against latency and cost, and reward against the budget.

function tradeoffColumns() {
  return [
    {title: 'Row', text: true, value: (f) => f.row.name, cell: (f) => rowLabel(f.row)},
    {title: 'Quality', value: (f) => f.quality, cell: (f) => withRange(fixed(f.quality, 4), f.quality_interval, (v) => fixed(v, 4))},
    {title: 'Latency s', value: (f) => f.latency_s_per_episode, cell: (f) => withRange(fixed(f.latency_s_per_episode), f.latency_s_per_episode_interval)},
    {title: `Cost ${costUnit}`, value: (f) => f.cost_usd_per_episode, cell: (f) => withRange(cost(f.cost_usd_per_episode), f.cost_usd_per_episode_interval, cost)},
    {title: 'Violations', value: (f) => f.violations.rate, cell: (f) => percent(f.violations.rate)},
    {title: 'Tests', value: (f) => f.violations.of, cell: (f) => count(f.violations.of), hint: 'Episodes evaluated, over all runs'},
    {title: 'On the front', value: (f) => Number(f.pareto), cell: (f) => (f.pareto ? 'yes' : '')},
  ];
}

// The least of 1, 2, 2.5, 5, 10 times a power of ten that is not below.
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value * (1 - 1e-9));
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

function tradeoffFigure(id, what, key, unit) {
  return figure({
    id, title: `Quality against ${what}`,
    note: `Up and to the left is better. Filled marks: on the front of quality, latency and cost together. Names in italics: tier 2, breaks budgets. Thin lines: 95 % intervals, ${claim}. Marks without room for a name are in the table.`,
    height: () => 400,
    option(c, width) {
      const list = ranking();
      if (list.length === 0) return null;
      const grid = {left: 58, right: 24, top: 20, bottom: 50}, height = 400 - grid.top - grid.bottom;
      const most = ceiling(1.1 * Math.max(...list.map((f) => f[key]), ...list.map((f) => f[`${key}_interval`]?.high ?? 0)) || 1);
      const qualities = list.flatMap((f) => [f.quality, f.quality_interval?.low, f.quality_interval?.high]).filter(isNumber), step = ceiling((Math.max(...qualities) - Math.min(...qualities)) / 5 || .1);
      const low = step * Math.floor(Math.min(...qualities) / step - .3), high = step * Math.ceil(Math.max(...qualities) / step + .3);
      const points = list.map((f) => [grid.left + f[key] / most * (width - grid.left - grid.right),
        grid.top + (high - f.quality) / (high - low) * height]);
      const names = namesAt(points, list);
      const places = placeLabels(points, names, grid.left, width);
      return {
        grid,
        xAxis: axis(c, {type: 'value', name: `${what} per episode, ${unit}`, min: 0, max: most,
          axisLabel: {formatter: (value) => significant(value)}}),
        yAxis: axis(c, {type: 'value', min: low, max: high, interval: step, name: `quality${allTurns()}`, nameGap: 36,
          axisLabel: {formatter: (value) => significant(value)}}),
        series: [{
          type: 'custom', silent: true, z: 1, data: list.map((f, i) => [f[key], f.quality, i]), encode: {x: 0, y: 1},
          renderItem: (params, api) => {
            const f = list[params.dataIndex], at = f[`${key}_interval`], quality = f.quality_interval, color = colorOf(f.row);
            if (!isNumber(at?.low) || !isNumber(quality?.low)) return null;
            const lines = [whisker(api, api.coord([at.low, f.quality]), api.coord([Math.min(at.high, most), f.quality]), color, .8, 0),
              whisker(api, api.coord([f[key], Math.max(quality.low, low)]), api.coord([f[key], Math.min(quality.high, high)]), color, .8, 0)];
            return {type: 'group', children: lines};
          },
        }, {
          type: 'scatter', symbolSize: 13, z: 3,
          data: list.map((f, i) => ({value: [f[key], f.quality], symbol: shapeOf(f.row),
            label: {show: Boolean(places[i]), position: places[i] ?? 'right', color: f.tier === 1 ? c.text : c.muted, fontStyle: f.tier === 1 ? 'normal' : 'italic', formatter: () => names[i],
              textBorderColor: c.background, textBorderWidth: 3},
            itemStyle: {color: f.pareto ? colorOf(f.row) : c.background, opacity: 1, borderColor: colorOf(f.row), borderWidth: 2}})),
        }],
        tooltip: {confine: true, formatter: ({dataIndex}) => {
          const f = list[dataIndex];
          return tip(f.row.name, `quality ${fixed(f.quality)} ${range(f.quality_interval?.low, f.quality_interval?.high)}`,
            `${fixed(f.latency_s_per_episode, 2)} s, ${cost(f.cost_usd_per_episode)} ${costUnit}`, `violations ${percent(f.violations.rate)}: tier ${f.tier}`);
        }},
      };
    },
    table: () => table(`${id}-data`, `Quality, latency and cost, ${cellTitle()}${allTurns()}: 95 % intervals, ${claim}`, tradeoffColumns(), ranking()),
  });
}

const wide = (width) => width > 700;
const byPosition = () => [...suite.cells].sort((a, b) => a.position - b.position);

function budgetText(cell) {
  const parts = [cell.latency_s === null ? null : `${cell.latency_s} s`, cell.cost_usd === null ? null : `${cell.cost_usd} ${costUnit}`];
  return parts.filter(Boolean).join(', ') || 'unlimited';
}

// A row's figures along the budgets.
function along(row) {
  return byPosition().map((cell) => ({cell, ...rewardIn(cell.name, row)}));
}

function budgetFigure() {
  const drawn = () => visibleRows().filter((row) => row.status === 'complete');
  const legend = () => [...oracles().map((row, i) => ({name: row.row, icon: oracleIcons[i % 3]})), ...drawn().map((row) => row.name)];
  return figure({
    id: 'budget', title: 'Reward against the budget',
    note: `The budget is 0 where only the cheapest action fits and 1 where nothing is limited. Whiskers are 95 % intervals, ${claim}, of single cells and so exploratory; of one task, from the least to the largest run. Open marks break that cell’s budgets, so the oracles, which keep them, are no bound there. Point at a line to single it out.`,
    height: (width) => tall() + 40 + legendRoom(legend(), width),
    option(c, width) {
      const list = drawn();
      if (list.length === 0 || suite.cells.length < 2) return null;
      const lines = list.map((row) => ({
        type: 'line', name: row.name, symbol: shapeOf(row), symbolSize: 9, color: colorOf(row), emphasis: {focus: 'series'},
        lineStyle: {type: dashOf(row), width: 1.8},
        data: along(row).map((f) => ({value: [f.cell.position, f.reward],
          itemStyle: {color: f.violations.rate > suite.max_violation_rate ? c.background : colorOf(row), borderColor: colorOf(row), borderWidth: 2}})),
      }));
      lines[0].markLine = {symbol: 'none', silent: true, lineStyle: {color: c.line, type: 'solid'},
        data: byPosition().map((cell) => ({xAxis: cell.position, name: cell.name})),
        label: {formatter: ({name}) => short(name, 14), color: c.muted, rotate: 40, position: 'end', align: 'left', verticalAlign: 'middle', distance: 6}};
      const whiskers = list.map((row) => {
        const points = along(row).filter((f) => isNumber(f.low));
        return {type: 'custom', name: row.name, silent: true, z: 1, encode: {x: 0, y: [1, 2]},
          data: points.map((f) => [f.cell.position, f.low, f.high]), renderItem: (params, api) =>
            whisker(api, api.coord([api.value(0), api.value(1)]), api.coord([api.value(0), api.value(2)]), colorOf(row), 1, 3)};
      });
      return {
        grid: {left: 28, right: wide(width) ? 118 : 44, top: 64, bottom: 48 + legendRoom(legend(), width), containLabel: true}, legend: legendOf(c, legend(), width),
        xAxis: axis(c, {type: 'value', min: 0, max: 1, name: 'budget, from the cheapest action (0) to unlimited (1)', splitLine: {show: false}}),
        yAxis: axis(c, {type: 'value', scale: true, name: `reward${taskTitle()}`, nameGap: 44}),
        series: [...lines, ...referenceLines(c, wide(width)), ...whiskers],
        tooltip: {confine: true, formatter: ({seriesName, dataIndex}) => {
          if (!rowNamed.has(seriesName)) return tip(seriesName);
          const f = along(rowNamed.get(seriesName))[dataIndex];
          return tip(seriesName, `cell ${f.cell.name}: ${budgetText(f.cell)}`, `reward ${fixed(f.reward)} ${range(f.low, f.high)}`);
        }},
      };
    },
    table: () => table('budget-data', `Reward${taskTitle()} in every cell, ${chosen.task === '' ? `with its 95 % interval, ${claim}, exploratory` : 'from the least to the largest run'}`, [
      {title: 'Row', text: true, value: (row) => row.name, cell: rowLabel},
      ...byPosition().map((cell, index) => ({title: short(cell.name), hint: `${budgetText(cell)}; position ${fixed(cell.position)}`,
        value: (row) => along(row)[index].reward,
        cell: (row) => { const f = along(row)[index]; return `${fixed(f.reward)} ${range(f.low, f.high)}`; }})),
    ], drawn()),
    empty: 'This suite has a single cell: there is no curve.',
  });
}
