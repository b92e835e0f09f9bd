// Elements, and figures as people read them. Text from the report reaches the document as text nodes only.

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

const byId = (id) => document.getElementById(id);
const fill = (id, ...children) => byId(id).replaceChildren(...children.flat().filter((child) => child !== null));

const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);
const clean = (text) => (/^-[0.]*$/.test(text) ? text.slice(1) : text);
const fixed = (value, digits = 3) => (isNumber(value) ? clean(value.toFixed(digits)) : '–');
const cost = (usd) => (isNumber(usd) && usd > 0 && usd < .5e-5 ? '<1e-5' : fixed(usd, 5));
const count = (value) => (isNumber(value) ? String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f') : '–');

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
// A figure with its interval beside it, or below it where there is little room.
const withRange = (text, interval, show = fixed) => (isNumber(interval?.low)
  ? [text, ' ', el('small', {class: 'range'}, `${show(interval.low)} to ${show(interval.high)}`)] : text);

const mean = (values) => (values.length > 0 && values.every(isNumber) ? values.reduce((a, b) => a + b, 0) / values.length : null);
const sumOf = (list) => list.reduce((a, b) => a + b, 0);

function choice(id, label, options, chosen, change) {
  const select = el('select', {id, onchange: () => change(select.value)},
    options.map(([value, text]) => el('option', {value, selected: value === chosen}, text)));
  return el('label', {class: 'choice', for: id}, label, select);
}

function list(entries) {
  return el('dl', {}, entries.filter(([, value]) => value !== null && value !== '').map(([name, value]) =>
    el('div', {class: value.length > 60 ? 'long' : null}, el('dt', {}, name), el('dd', {}, value))));
}

function download(name, blob) {
  const link = el('a', {href: URL.createObjectURL(blob), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// Text to take along, with a button; where the page may not write to the clipboard, the text is selected instead.
function copyable(id, text) {
  const code = el('pre', {id}, text);
  const done = el('span', {role: 'status'});
  const copy = el('button', {type: 'button', 'aria-label': `Copy: ${text.split('\n')[0]}`, onclick: async () => {
    try {
      await navigator.clipboard.writeText(text);
      done.textContent = 'copied';
    } catch {
      getSelection().selectAllChildren(code);
      done.textContent = 'selected';
    }
  }}, 'Copy');
  return el('div', {class: 'command'}, code, copy, done);
}
