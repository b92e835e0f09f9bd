// Charts: a figure with its title, its picture, its table, and buttons that save it. Pictures are drawn as SVG
// again whenever the filters, the colours or the width change, and not before they are unfolded.

// Rows have colours of their own (rows.js), which no other thing has: kinds of actions and parts of a whole are steps of one
// tone, shares over budget another, and references the text's colour.
const light = {
  name: 'light', background: '#ffffff', text: '#1b1f24', muted: '#57606a', line: '#d0d7de', none: '#f3f5f7', faint: '#c3cad2',
  ramp: ['#d5dbe1', '#26323d'], bad: ['#fdf0e6', '#f3a469', '#d55e00'], diverging: ['#d98a3d', '#f3f5f7', '#4b9cd0'],
};
const dark = {
  name: 'dark', background: '#14181d', text: '#e6e8eb', muted: '#9aa4af', line: '#39424c', none: '#20262d', faint: '#4a5560',
  ramp: ['#3a444e', '#dfe5ea'], bad: ['#2c2119', '#7a3b0d', '#b34b00'], diverging: ['#a9611b', '#20262d', '#2277ad'],
};
const systemDark = matchMedia('(prefers-color-scheme: dark)');
let wanted = 'system';
let printing = false;
const colors = () =>
  (!printing && (wanted === 'dark' || (wanted === 'system' && systemDark.matches)) ? dark : light);

// `n` steps of the neutral tone.
function steps(c, n) {
  const [from, to] = c.ramp.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  return Array.from({length: n}, (_, i) => `rgb(${from.map((value, k) => Math.round(value + (to[k] - value) * (n > 1 ? i / (n - 1) : 0))).join(',')})`);
}

// Parts that most options share.
function axis(c, more = {}) {
  const {axisLabel, ...rest} = more;
  return {axisLine: {onZero: false, lineStyle: {color: c.muted}}, axisTick: {lineStyle: {color: c.muted}},
    splitLine: {lineStyle: {color: c.line}}, nameTextStyle: {color: c.text}, nameLocation: 'middle', nameGap: 28,
    axisLabel: {color: c.text, hideOverlap: true, ...axisLabel}, ...rest};
}

function rowAxis(c, list, more = {}) {
  return axis(c, {type: 'category', inverse: true, data: list.map((row) => String(row.index)),
    axisTick: {show: false}, splitLine: {show: false},
    axisLabel: {formatter: (index) => short(rows[Number(index)].name), interval: 0}, ...more});
}

// Numbers at an axis, without the noise of binary fractions.
const tickText = (value) => String(Number(value.toPrecision(6)));

const ruler = document.createElement('canvas').getContext('2d');
function textWidth(text) {
  ruler.font = '12px system-ui, sans-serif';
  return ruler.measureText(text).width;
}
// Room for the names of rows left of a chart.
const nameRoom = (list, length = 22) => 14 + Math.max(...list.map((row) => textWidth(short(row.name, length))));

// A legend below the picture, in as many lines as it takes: what is saved or printed cannot be paged through.
// `names`: strings or {name, icon}.
const legendName = (name) => short(name, 26);
function legendOf(c, names, width) {
  return {type: 'plain', bottom: 0, left: 'center', width: width - 24, itemWidth: 22, itemHeight: 12, itemGap: 10,
    textStyle: {color: c.text}, data: names, formatter: (name) => legendName(name)};
}
function legendRoom(names, width, said = legendName) {
  let lines = 1, used = 0;
  for (const entry of names) {
    const wide = 38 + textWidth(said(entry.name ?? entry));
    if (used > 0 && used + wide > width - 24) {
      ++lines;
      used = 0;
    }
    used += wide;
  }
  return 22 * lines + 6;
}

const escaped = (text) => shown(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
// A tooltip of a heading and lines, all of them text.
const tip = (head, ...lines) => `<b>${escaped(head)}</b><br>${lines.map(escaped).join('<br>')}`;

// A whisker between two values of one axis at a place of the other.
function whisker(api, from, to, color, width = 1.5, cap = 4) {
  const horizontal = Math.abs(from[1] - to[1]) < .01;
  const line = (x1, y1, x2, y2) =>
    ({type: 'line', shape: {x1, y1, x2, y2}, style: {stroke: color, lineWidth: width}, silent: true});
  const ends = [from, to].map(([x, y]) => (horizontal ? line(x, y - cap, x, y + cap) : line(x - cap, y, x + cap, y)));
  return {type: 'group', children: [line(...from, ...to), ...(cap > 0 ? ends : [])]};
}

// From the least to the largest of points and of their intervals, but for an interval of more than twice both the range of the
// points and the middle interval: one row of few runs would else set the scale of all.
function spanOf(points, intervals) {
  const known = intervals.filter((interval) => isNumber(interval?.low) && isNumber(interval.high)), wide = ({low, high}) => high - low;
  const [least, most] = [Math.min(...points), Math.max(...points)];
  const limit = 2 * Math.max(most - least, known.map(wide).sort((a, b) => a - b)[Math.floor((known.length - 1) / 2)] ?? 0);
  const kept = known.filter((interval) => wide(interval) <= limit);
  return [Math.min(least, ...kept.map(({low}) => low)), Math.max(most, ...kept.map(({high}) => high))];
}

// The least of 1, 1.5, 2, 2.5, 5, 10 times a power of ten that is not below.
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value * (1 - 1e-9));
}

// Ends of an axis about that, at whole steps.
function scaleOf(points, intervals) {
  const [least, most] = spanOf(points, intervals), interval = ceiling((most - least) / 5 || .1);
  return {min: interval * Math.floor(least / interval - .3), max: interval * Math.ceil(most / interval + .3), interval};
}

// An interval from `low` to `high` on an axis from `min` to `max`, `place` a value's point in the picture: an end beyond the axis
// is an arrow at its edge.
function whiskerWithin(api, place, {low, high}, {min, max}, color, width = 1.5, cap = 4) {
  if (!isNumber(low) || !isNumber(high) || high < min || low > max) return null;
  const [from, to, first, last] = [Math.max(low, min), Math.min(high, max), min, max].map(place);
  const size = Math.hypot(last[0] - first[0], last[1] - first[1]) || 1, way = [(last[0] - first[0]) / size, (last[1] - first[1]) / size];
  const arrow = ([x, y], sign) => ({type: 'polyline', silent: true, style: {stroke: color, lineWidth: Math.max(width, 1.2), fill: 'none'},
    shape: {points: [-1, 0, 1].map((side) => [x - (side === 0 ? 0 : sign * 6 * way[0]) + 4 * side * way[1], y - (side === 0 ? 0 : sign * 6 * way[1]) + 4 * side * way[0]])}});
  const tick = ([x, y]) => ({type: 'line', silent: true, style: {stroke: color, lineWidth: width},
    shape: {x1: x - cap * way[1], y1: y - cap * way[0], x2: x + cap * way[1], y2: y + cap * way[0]}});
  const end = (point, beyond, sign) => (beyond ? [arrow(point, sign)] : cap > 0 ? [tick(point)] : []);
  return {type: 'group', children: [{type: 'line', silent: true, style: {stroke: color, lineWidth: width}, shape: {x1: from[0], y1: from[1], x2: to[0], y2: to[1]}},
    ...end(from, low < min, -1), ...end(to, high > max, 1)]};
}
const arrowsMean = 'An arrow: the interval goes on past the chart.';

// A mark of a row: filled where it keeps the budgets, open where it breaks one. That is all that filling means.
const marked = (c, row, keeps) => ({color: keeps ? colorOf(row) : c.background, opacity: 1, borderColor: colorOf(row), borderWidth: 2});

const figures = [];

// spec: {id, title, note?, height(width), option(c, width) -> option or null with `empty` said instead,
// table() -> node, controls?: [nodes], empty}
function figure(spec) {
  const picture = el('div', {class: 'picture', role: 'img', 'aria-label': `${spec.title}; its figures are in the table below it`});
  const nothing = el('p', {class: 'nothing'}, 'Drawing …');
  const data = el('div');
  const save = (kind) => el('button', {type: 'button', hidden: true, 'aria-label': `Save ${spec.title} as ${kind}`,
    onclick: () => saveAs(spec, kind)}, kind);
  const buttons = el('div', {class: 'tools'}, spec.controls ?? [], save('SVG'), save('PNG'));
  const node = el('figure', {id: `figure-${spec.id}`}, el('figcaption', {}, el('h3', {}, spec.title), buttons),
    spec.note ? el('p', {class: 'note'}, spec.note) : null, picture, nothing,
    el('details', {class: 'data', hidden: true}, el('summary', {}, 'Figures as a table'), data));
  figures.push(Object.assign(spec, {node, picture, nothing, data, chart: null, width: 0}));
  return node;
}

function optionOf(spec, width) {
  const c = colors();
  const option = spec.option(c, width);
  return option && {animation: false, backgroundColor: c.background,
    textStyle: {fontFamily: 'system-ui, sans-serif', color: c.text},
    tooltip: {confine: true, backgroundColor: c.background, borderColor: c.line, textStyle: {color: c.text}},
    ...option};
}

const folded = (spec) => Boolean(spec.node.closest('details:not([open])'));

function draw(spec) {
  spec.stale = folded(spec);
  if (spec.stale) return;
  const width = printing ? 640 : Math.max(280, spec.picture.clientWidth || spec.node.clientWidth);
  const option = optionOf(spec, width);
  spec.width = width;
  spec.picture.hidden = !option;
  spec.nothing.hidden = Boolean(option);
  spec.nothing.textContent = spec.empty ?? 'Nothing to draw for this choice.';
  spec.node.querySelectorAll('.tools button, details').forEach((part) => { part.hidden = !option; });
  if (spec.chart) spec.chart.dispose();
  spec.chart = null;
  if (!option) return;
  const height = spec.height(width);
  spec.picture.style.height = `${height}px`;
  spec.chart = echarts.init(spec.picture, null, {renderer: 'svg', width, height});
  spec.chart.setOption(option);
  // Until it is drawn at another width, it is scaled to it.
  spec.picture.querySelector('svg').setAttribute('viewBox', `0 0 ${width} ${height}`);
}

function drawData(spec) {
  const open = spec.node.querySelector('details').open;
  spec.data.replaceChildren(...(open ? [spec.table()] : []));
}

function saveAs(spec, kind) {
  const text = spec.chart.renderToSVGString();
  const svg = new Blob([text], {type: 'image/svg+xml'});
  if (kind === 'SVG') return download(`${fileName(spec.id)}.svg`, svg);
  const image = new Image();
  image.onload = () => {
    const canvas = el('canvas', {width: 2 * spec.width, height: 2 * spec.picture.clientHeight});
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => download(`${fileName(spec.id)}.png`, blob), 'image/png');
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}
