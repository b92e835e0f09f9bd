// Elements, figures as people read them, and sortable tables. Text from the report reaches the document as text
// nodes only.

// Characters that act instead of showing (controls, marks that reorder or hide text) are written out.
function shown(text) {
  return String(text).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) =>
    c === '\n' ? '\\n' : c === '\t' ? '\\t' : `\\u{${c.codePointAt(0).toString(16)}}`);
}

// For axes and labels, where there is little room.
function short(text, length = 22) {
  const points = Array.from(shown(text));
  return points.length > length ? points.slice(0, length - 1).join('') + '…' : points.join('');
}

// el('p', {class: 'note', onclick: f}, 'text', child): null children are left out.
function el(tag, attributes = {}, ...children) {
  const svg = ['svg', 'path', 'line', 'circle', 'rect', 'title'].includes(tag);
  const node = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);
const clean = (text) => (/^-[0.]*$/.test(text) ? text.slice(1) : text);
const fixed = (value, digits = 3) => (isNumber(value) ? clean(value.toFixed(digits)) : '–');
const cost = (usd) => (isNumber(usd) && usd > 0 && usd < .5e-5 ? '<1e-5' : fixed(usd, 5));
const count = (value) => (isNumber(value) ? value.toLocaleString('en-US').replace(/,/g, '\u202f') : '–');

function percent(share) {
  if (!isNumber(share)) return '–';
  if (share === 0 || share === 1) return `${100 * share} %`;
  if (share < .0005) return '<0.1 %';
  if (share > .9995 && share < 1) return '>99.9 %';
  return `${(100 * share).toFixed(1)} %`;
}

const plural = (n, thing) => `${count(n)} ${thing}${n === 1 ? '' : 's'}`;

// Three significant digits, for quantities over many decades.
const significant = (value) => (!isNumber(value) ? '–' : value === 0 ? '0' : String(Number(value.toPrecision(3))));
// A p-value: what is too small to be told apart is not written out.
const chance = (p) => (isNumber(p) && p < .0001 ? '<.0001' : isNumber(p) ? clean(p.toFixed(4)) : '–');
const range = (low, high, digits = 3) => (isNumber(low) ? `[${fixed(low, digits)}, ${fixed(high, digits)}]` : '');
// A figure with its interval below it.
const withRange = (text, interval, show = fixed) => (isNumber(interval?.low)
  ? [text, ' ', el('small', {class: 'range'}, `${show(interval.low)} to ${show(interval.high)}`)] : text);

const sortedBy = new Map();  // table id -> {column, descending}; survives a change of the filters

function compare(a, b) {
  const missing = (v) => v === null || v === undefined || Number.isNaN(v);
  if (missing(a) || missing(b)) return missing(a) - missing(b);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

function inOrder(rows, columns, order) {
  if (!order) return rows;
  const value = columns[order.column].value;
  return [...rows].sort((x, y) => {
    const a = value(x), b = value(y);
    if (a === null || b === null || !order.descending) return compare(a, b);
    return compare(b, a);
  });
}

// columns: {title, value(row) for sorting, cell(row) -> text or node [value], text: left-aligned, hint}. Rows come
// in their own order until a head is pressed; a third press brings it back.
function table(id, caption, columns, rows, rowClass = () => '') {
  const body = el('tbody');
  const heads = columns.map((column, index) => {
    const press = () => {
      const now = sortedBy.get(id);
      const first = column.text ? false : true;
      if (!now || now.column !== index) sortedBy.set(id, {column: index, descending: first});
      else if (now.descending === first) sortedBy.set(id, {column: index, descending: !first});
      else sortedBy.delete(id);
      fill();
    };
    return el('th', {scope: 'col', class: column.text ? 'text' : null},
      el('button', {type: 'button', title: column.hint, onclick: press}, column.title));
  });
  function cells(row) {
    return columns.map((column, index) => {
      const content = column.cell ? column.cell(row) : column.value(row) ?? '–';
      const attributes = {class: column.text ? 'text' : null};
      return index === 0 && column.text ? el('th', {scope: 'row', ...attributes}, content)
        : el('td', attributes, typeof content === 'number' ? String(content) : content);
    });
  }
  function fill() {
    const order = sortedBy.get(id);
    heads.forEach((head, index) => {
      const mine = order && order.column === index;
      head.setAttribute('aria-sort', !mine ? 'none' : order.descending ? 'descending' : 'ascending');
    });
    body.replaceChildren(...inOrder(rows, columns, order).map((row) =>
      el('tr', {class: `${rowClass(row)}${order ? ' sorted' : ''}`}, cells(row))));
  }
  fill();
  return el('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption},
    el('table', {id}, el('caption', {}, el('span', {}, caption)), el('thead', {}, el('tr', {}, heads)), body));
}

function choice(id, label, options, chosen, change) {
  const select = el('select', {id, onchange: () => change(select.value)},
    options.map(([value, text]) => el('option', {value, selected: value === chosen}, text)));
  return el('label', {class: 'choice', for: id}, label, select);
}
