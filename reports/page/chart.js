// Charts: a figure with its title, its picture, its table, and buttons that save it. Pictures are drawn as SVG
// again whenever the filters, the colours or the width change.

const light = {
  name: 'light', background: '#ffffff', text: '#1b1f24', muted: '#57606a', line: '#d0d7de', none: '#f3f5f7',
  rows: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#444444'],
  kinds: ['#9aa1a9', '#56b4e9', '#009e73', '#e69f00', '#d55e00', '#cc79a7'],
  bad: ['#fdf0e6', '#f3a469', '#d55e00'], diverging: ['#d98a3d', '#f3f5f7', '#4b9cd0'],
};
const dark = {
  name: 'dark', background: '#14181d', text: '#e6e8eb', muted: '#9aa4af', line: '#39424c', none: '#20262d',
  rows: ['#56b4e9', '#e69f00', '#1bb98b', '#cc79a7', '#f0e442', '#e8702a', '#c4c9cf'],
  kinds: ['#8a929b', '#56b4e9', '#009e73', '#e69f00', '#d55e00', '#cc79a7'],
  bad: ['#2c2119', '#7a3b0d', '#b34b00'], diverging: ['#a9611b', '#20262d', '#2277ad'],
};
const systemDark = matchMedia('(prefers-color-scheme: dark)');
let wanted = 'system';
let printing = false;
const colors = () =>
  (!printing && (wanted === 'dark' || (wanted === 'system' && systemDark.matches)) ? dark : light);

// Seven colours and five shapes have no common divisor: 35 rows differ.
const shapes = ['circle', 'rect', 'triangle', 'diamond', 'path://M0 0L10 0L5 9Z'];
const shapePaths = ['M6 1a5 5 0 1 0 .01 0Z', 'M1.5 1.5h9v9h-9Z', 'M6 1L11 10.5H1Z', 'M6 .5L11.5 6L6 11.5L.5 6Z',
  'M1 1.5H11L6 11Z'];
const colorOf = (row) => colors().rows[row.index % 7];
const shapeOf = (row) => shapes[row.index % 5];
const dashOf = (row) => ['solid', 'dashed', 'dotted'][Math.floor(row.index / 7) % 3];

function mark(row) {
  return el('svg', {class: `mark c${row.index % 7}`, viewBox: '0 0 12 12', 'aria-hidden': 'true'},
    el('path', {d: shapePaths[row.index % 5]}));
}

const flagsOf = (row) => suite.flags.filter((flag) => flag.row === row.name);
const flagMark = (row) => (flagsOf(row).length === 0 ? null
  : el('span', {class: 'flag', title: flagsOf(row).map((flag) => shown(flag.sentence)).join('\n')}, 'flagged'));

function rowLabel(row) {
  return el('span', {class: 'row'}, mark(row), el('a', {href: `#row-${row.index}`, title: shown(row.name)}, el('bdi', {}, shown(row.name))), flagMark(row));
}

// Parts that most options share.
function axis(c, more = {}) {
  const {axisLabel, ...rest} = more;
  return {axisLine: {onZero: false, lineStyle: {color: c.muted}}, axisTick: {lineStyle: {color: c.muted}},
    splitLine: {lineStyle: {color: c.line}}, nameTextStyle: {color: c.text}, nameLocation: 'middle', nameGap: 30,
    axisLabel: {color: c.text, hideOverlap: true, ...axisLabel}, ...rest};
}

function rowAxis(c, list, more = {}) {
  return axis(c, {type: 'category', inverse: true, data: list.map((row) => String(row.index)),
    axisTick: {show: false}, splitLine: {show: false},
    axisLabel: {formatter: (index) => short(rows[Number(index)].name), interval: 0}, ...more});
}

const ruler = document.createElement('canvas').getContext('2d');
function textWidth(text) {
  ruler.font = '12px system-ui, sans-serif';
  return ruler.measureText(text).width;
}
// Room for the names of rows left of a chart.
const nameRoom = (list, length = 22) => 14 + Math.max(...list.map((row) => textWidth(short(row.name, length))));

// A legend below the picture, in as many lines as it takes: what is saved or printed cannot be paged through.
// `names`: strings or {name, icon}.
const legendName = (entry) => short(entry.name ?? entry, 26);
function legendOf(c, names, width) {
  return {type: 'plain', bottom: 0, left: 'center', width: width - 24, itemWidth: 22, itemHeight: 12, itemGap: 10,
    textStyle: {color: c.text}, data: names, formatter: (name) => legendName(name)};
}
function legendRoom(names, width) {
  let lines = 1, used = 0;
  for (const entry of names) {
    const wide = 38 + textWidth(legendName(entry));
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

const tall = () => (printing ? 340 : 430);
const figures = [];

// spec: {id, title, note?, height(width), option(c, width) -> option or null with `empty` said instead,
// table() -> node, controls?: [nodes], empty}
function figure(spec) {
  const picture = el('div', {class: 'picture', role: 'img', 'aria-label': `${spec.title}; its figures are in the table below it`});
  const nothing = el('p', {class: 'nothing'}, spec.empty ?? 'Nothing to draw for this choice.');
  const data = el('div');
  const save = (kind) => el('button', {type: 'button', 'aria-label': `Save ${spec.title} as ${kind}`,
    onclick: () => saveAs(spec, kind)}, kind);
  const buttons = el('div', {class: 'tools'}, spec.controls ?? [], save('SVG'), save('PNG'));
  const node = el('figure', {id: `figure-${spec.id}`}, el('figcaption', {}, el('h3', {}, spec.title), buttons),
    spec.note ? el('p', {class: 'note'}, spec.note) : null, picture, nothing,
    el('details', {}, el('summary', {}, 'Figures as a table'), data));
  figures.push(Object.assign(spec, {node, picture, nothing, data, chart: null, width: 0}));
  return node;
}

function optionOf(spec, width) {
  const c = colors();
  const option = spec.option(c, width);
  return option && {animation: false, backgroundColor: c.background, color: c.rows,
    textStyle: {fontFamily: 'system-ui, sans-serif', color: c.text},
    tooltip: {confine: true, backgroundColor: c.background, borderColor: c.line, textStyle: {color: c.text}},
    ...option};
}

function draw(spec) {
  const width = printing ? 640 : Math.max(280, spec.picture.clientWidth || spec.node.clientWidth);
  const option = optionOf(spec, width);
  spec.width = width;
  spec.picture.hidden = !option;
  spec.nothing.hidden = Boolean(option);
  spec.node.querySelectorAll('.tools, details').forEach((part) => { part.hidden = !option; });
  if (spec.chart) spec.chart.dispose();
  spec.chart = null;
  if (!option) return;
  const height = spec.height(width);
  spec.picture.style.height = `${height}px`;
  spec.chart = echarts.init(spec.picture, null, {renderer: 'svg', width, height});
  spec.chart.setOption(option);
}

function drawData(spec) {
  const open = spec.node.querySelector('details').open;
  spec.data.replaceChildren(...(open ? [spec.table()] : []));
}

function download(name, blob) {
  const link = el('a', {href: URL.createObjectURL(blob), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function saveAs(spec, kind) {
  const name = `${suite.name}-${spec.id}`.replace(/[^\w.-]+/g, '_').slice(0, 80);
  const text = spec.chart.renderToSVGString();
  const svg = new Blob([text], {type: 'image/svg+xml'});
  if (kind === 'SVG') return download(`${name}.svg`, svg);
  const image = new Image();
  image.onload = () => {
    const canvas = el('canvas', {width: 2 * spec.width, height: 2 * spec.picture.clientHeight});
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => download(`${name}.png`, blob), 'image/png');
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}
