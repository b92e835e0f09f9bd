// Quality against latency and cost, and reward against the budget.

function tradeoffColumns() {
  return [
    {title: 'Row', text: true, value: (f) => f.row.name, cell: (f) => rowLabel(f.row)},
    {title: 'Quality', value: (f) => f.quality, cell: (f) => fixed(f.quality, 4)},
    {title: 'Latency s', value: (f) => f.latency_s_per_episode, cell: (f) => fixed(f.latency_s_per_episode)},
    {title: 'Cost USD', value: (f) => f.cost_usd_per_episode, cell: (f) => cost(f.cost_usd_per_episode)},
    {title: 'Violations', value: (f) => f.violations.rate, cell: (f) => percent(f.violations.rate)},
    {title: 'On the front', value: (f) => Number(f.pareto), cell: (f) => (f.pareto ? 'yes' : '')},
  ];
}

// The least of 1, 2, 2.5, 5, 10 times a power of ten that is not below.
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value * (1 - 1e-9));
}

// Where each point's name goes so that it hides no mark and no other name; without a free place it goes unnamed.
function placeLabels(points, names, width) {
  const boxes = points.map(([x, y]) => [x - 8, y - 8, x + 8, y + 8]);
  const meets = (a) => boxes.some((b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]);
  return points.map(([x, y], i) => {
    const w = textWidth(names[i]);
    const places = {right: [x + 9, y - 7, x + 12 + w, y + 7], left: [x - 12 - w, y - 7, x - 9, y + 7],
      top: [x - w / 2, y - 24, x + w / 2, y - 9], bottom: [x - w / 2, y + 9, x + w / 2, y + 24]};
    const free = Object.keys(places).find((place) => !meets(places[place]) && places[place][0] > 0 && places[place][2] < width);
    if (free) boxes.push(places[free]);
    return free;
  });
}

function tradeoffFigure(id, what, key, unit) {
  return figure({
    id, title: `Quality against ${what}`,
    note: 'Filled marks: on the front of quality, latency and cost together. Up and to the left is better.',
    height: () => 400,
    option(c, width) {
      const list = ranking();
      if (list.length === 0) return null;
      const grid = {left: 58, right: 24, top: 20, bottom: 50}, height = 400 - grid.top - grid.bottom;
      const most = ceiling(1.1 * Math.max(...list.map((f) => f[key])) || 1);
      const qualities = list.map((f) => f.quality), step = ceiling((Math.max(...qualities) - Math.min(...qualities)) / 5 || .1);
      const low = step * Math.floor(Math.min(...qualities) / step - .3), high = step * Math.ceil(Math.max(...qualities) / step + .3);
      const names = list.map((f) => short(f.row.name, 18));
      const places = placeLabels(list.map((f) => [grid.left + f[key] / most * (width - grid.left - grid.right),
        grid.top + (high - f.quality) / (high - low) * height]), names, width);
      return {
        grid,
        xAxis: axis(c, {type: 'value', name: `${what} per episode, ${unit}`, min: 0, max: most,
          axisLabel: {formatter: (value) => significant(value)}}),
        yAxis: axis(c, {type: 'value', min: low, max: high, interval: step, name: 'quality', nameGap: 36,
          axisLabel: {formatter: (value) => significant(value)}}),
        series: [{
          type: 'scatter', symbolSize: 13,
          data: list.map((f, i) => ({value: [f[key], f.quality], symbol: shapeOf(f.row),
            label: {show: Boolean(places[i]), position: places[i] ?? 'right', color: c.text, formatter: () => names[i]},
            itemStyle: {color: f.pareto ? colorOf(f.row) : c.background, opacity: 1, borderColor: colorOf(f.row), borderWidth: 2}})),
        }],
        tooltip: {confine: true, formatter: ({dataIndex}) => {
          const f = list[dataIndex];
          return tip(f.row.name, `quality ${fixed(f.quality)}`, `${fixed(f.latency_s_per_episode, 2)} s, ${cost(f.cost_usd_per_episode)} USD`,
            `violations ${percent(f.violations.rate)}`);
        }},
      };
    },
    table: () => table(`${id}-data`, `Quality, latency and cost, ${cellTitle()}`, tradeoffColumns(), ranking()),
  });
}

const wide = (width) => width > 700;
const byPosition = () => [...suite.cells].sort((a, b) => a.position - b.position);

function budgetText(cell) {
  const parts = [cell.latency_s === null ? null : `${cell.latency_s} s`, cell.cost_usd === null ? null : `${cell.cost_usd} USD`];
  return parts.filter(Boolean).join(', ') || 'unlimited';
}

// A row's figures along the budgets.
function along(row) {
  return byPosition().map((cell) => {
    const figuresOf = report.cells.find((c) => c.cell === cell.name).rows[row.index];
    return {cell, ...inCell(figuresOf)};
  });
}

function budgetFigure() {
  const drawn = () => visibleRows().filter((row) => row.status === 'complete');
  return figure({
    id: 'budget', title: 'Reward against the budget',
    note: 'Tightness is 0 where only the cheapest action fits and 1 where nothing is limited. Whiskers are 95 % intervals. Open marks break that cell’s budgets, so the oracles, which keep them, are no bound there.',
    height: tall,
    option(c, width) {
      const list = drawn();
      if (list.length === 0 || suite.cells.length < 2) return null;
      const lines = list.map((row) => ({
        type: 'line', name: row.name, symbol: shapeOf(row), symbolSize: 9, color: colorOf(row),
        lineStyle: {type: dashOf(row), width: row.kind === 'oracle' ? 3 : 1.8},
        data: along(row).map((f) => ({value: [f.cell.position, f.reward],
          itemStyle: {color: f.violations.rate > suite.max_violation_rate ? c.background : colorOf(row), borderColor: colorOf(row), borderWidth: 2}})),
      }));
      lines[0].markLine = {symbol: 'none', silent: true, lineStyle: {color: c.line, type: 'solid'},
        data: byPosition().map((cell) => ({xAxis: cell.position, name: cell.name})),
        label: {formatter: ({name}) => short(name, 14), color: c.muted, rotate: 90, position: 'insideEndTop'}};
      const whiskers = list.map((row) => {
        const points = along(row).filter((f) => isNumber(f.low));
        return {type: 'custom', name: row.name, silent: true, z: 1, encode: {x: 0, y: [1, 2]},
          data: points.map((f) => [f.cell.position, f.low, f.high]), renderItem: (params, api) =>
            whisker(api, api.coord([api.value(0), api.value(1)]), api.coord([api.value(0), api.value(2)]), colorOf(row), 1, 3)};
      });
      return {
        grid: {left: 20, right: wide(width) ? 118 : 24, top: 16, bottom: 76, containLabel: true}, legend: legendOf(c, [...oracles().map((row) => ({name: row.row})), ...list]),
        xAxis: axis(c, {type: 'value', min: 0, max: 1, name: 'tightness of the budget', splitLine: {show: false}}),
        yAxis: axis(c, {type: 'value', scale: true, name: 'reward', nameGap: 36}),
        series: [...lines, ...referenceLines(c, wide(width)), ...whiskers],
        tooltip: {confine: true, formatter: ({seriesName, dataIndex}) => {
          if (!rowNamed.has(seriesName)) return tip(seriesName);
          const f = along(rowNamed.get(seriesName))[dataIndex];
          return tip(seriesName, `cell ${f.cell.name}: ${budgetText(f.cell)}`, `reward ${fixed(f.reward)} ${range(f.low, f.high)}`);
        }},
      };
    },
    table: () => table('budget-data', 'Reward and its 95 % interval in every cell', [
      {title: 'Row', text: true, value: (row) => row.name, cell: rowLabel},
      ...byPosition().map((cell, index) => ({title: short(cell.name), hint: `${budgetText(cell)}; tightness ${fixed(cell.position)}`,
        value: (row) => along(row)[index].reward,
        cell: (row) => { const f = along(row)[index]; return `${fixed(f.reward)} ${range(f.low, f.high)}`; }})),
    ], drawn()),
    empty: 'This suite has a single cell: there is no curve.',
  });
}
