// Small multiples: a panel per row, all on the same axes, each with its own line in its colour before the others' in grey.

const panelHeight = 104, panelGap = 30;
function panelsOf(list, width) {
  const left = 46, most = Math.max(1, Math.floor((width - left) / 132));
  const lines = Math.max(1, Math.ceil(list.length / most)), across = Math.max(1, Math.ceil(list.length / lines));
  const wide = Math.min((width - left) / across, 260);
  return {across, lines,
    at: (i) => ({left: left + (i % across) * wide, width: wide - 14, top: 22 + Math.floor(i / across) * (panelHeight + panelGap), height: panelHeight})};
}
const multiplesHeight = (list, width) => panelsOf(list, width).lines * (panelHeight + panelGap) + 22;

// points(row): [[x, y], ...]; x, y: more of the axes; step: lines are stairs; band(row): [[x, low, high], ...] or null.
function multiples(c, width, list, {points, x, y, step, band}) {
  const {across, at} = panelsOf(list, width);
  const lines = list.map(points);
  const stairs = (line) => (step ? line.flatMap(([a, b], i) => (i > 0 ? [[a, line[i - 1][1]], [a, b]] : [[a, b]])) : line);
  const below = (i) => i + across < list.length;
  const place = (i) => ({gridIndex: i, axisTick: {show: false}, splitNumber: 3});
  const behind = (i) => ({type: 'custom', silent: true, z: 1, xAxisIndex: i, yAxisIndex: i, data: [0], encode: {}, renderItem: (params, api) => ({
    type: 'group', silent: true, children: lines.filter((line, k) => k !== i && line.length > 0).map((line) => ({type: 'polyline', silent: true,
      shape: {points: stairs(line).map((point) => api.coord(point))}, style: {stroke: c.faint, lineWidth: 1, fill: 'none'}}))})});
  const ribbon = (i) => ({type: 'custom', silent: true, z: 2, xAxisIndex: i, yAxisIndex: i, data: [0], encode: {}, renderItem: (params, api) => {
    const edge = (key, all) => all.map((point) => api.coord([point[0], point[key]]));
    const all = band(list[i]);
    return {type: 'polygon', silent: true, shape: {points: [...edge(2, all), ...edge(1, [...all].reverse())]}, style: {fill: colorOf(list[i]), opacity: .18}};
  }});
  return {
    title: list.map((row, i) => ({text: short(row.name, 18), left: at(i).left, top: at(i).top - 19, padding: 0,
      textStyle: {fontSize: 12, fontWeight: 600, color: c.text}})),
    grid: list.map((_, i) => at(i)),
    xAxis: list.map((_, i) => axis(c, {...x, ...place(i), axisLabel: {hideOverlap: true, ...x.axisLabel, show: !below(i)}})),
    yAxis: list.map((_, i) => axis(c, {...y, ...place(i), axisLabel: {...y.axisLabel, show: i % across === 0}})),
    series: list.flatMap((row, i) => [behind(i), ...(band ? [ribbon(i)] : []),
      {type: 'line', name: row.name, xAxisIndex: i, yAxisIndex: i, z: 3, data: lines[i], step: step ? 'end' : undefined, color: colorOf(row),
        symbol: shapeOf(row), symbolSize: 5, showSymbol: lines[i].length <= 40, lineStyle: {width: 2, type: 'solid'}}]),
  };
}
