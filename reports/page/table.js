// Sortable tables that can be taken along as CSV and LaTeX (latex.js).

const sortedBy = new Map();  // table id -> {column: its title, descending}; survives a change of the filters

function compare(a, b) {
  const missing = (v) => v === null || v === undefined || Number.isNaN(v);
  if (missing(a) || missing(b)) return missing(a) - missing(b);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

function inOrder(rows, columns, order) {
  const column = columns.find(({title}) => title === order?.column);
  if (!column) return rows;
  return [...rows].sort((x, y) => {
    const a = column.value(x), b = column.value(y);
    if (a === null || b === null || !order.descending) return compare(a, b);
    return compare(b, a);
  });
}

const contentOf = (column, row) => {
  const content = column.cell ? column.cell(row) : column.value(row) ?? '–';
  return typeof content === 'number' ? String(content) : content;
};
const wording = (content) => (Array.isArray(content) ? content.map(wording).join('') : content instanceof Node ? content.textContent : String(content ?? ''));
const plain = (content) => wording(content).trim();

// What is the same in every row is a sentence, not a column.
function divide(columns, rows) {
  if (rows.length < 2) return {told: columns, same: []};
  const same = columns.slice(1).filter((column) => !column.keep && new Set(rows.map((row) => plain(contentOf(column, row)))).size === 1);
  return {told: columns.filter((column) => !same.includes(column)), same};
}

function sameSentence(same, rows) {
  const says = same.map((column) => [column.title, plain(contentOf(column, rows[0])), column.said]);
  const known = says.filter(([, text]) => !['', '–'].includes(text)), absent = says.filter(([, text]) => ['', '–'].includes(text));
  return [known.length > 0 ? `In every row: ${known.map(([title, text, said]) => `${title} ${text}${said?.[text] ? ` (${said[text]})` : ''}`).join('; ')}.` : '',
    absent.length > 0 ? `In no row: ${absent.map(([title]) => title).join(', ')}.` : ''].filter(Boolean).join(' ');
}

// RFC 4180; a text that a spreadsheet would take for a formula gets an apostrophe in front (reports/README.md).
function csvField(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return '';
  let text = String(value);
  if (typeof value === 'string' && /^[=+\-@\t\r']/.test(text) && !/^-(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

// Figures as they are, unrounded, with the ends of their intervals in columns of their own.
function csvOf(columns, rows) {
  const ends = (column, row) => { const e = column.interval(row); return [e?.low ?? null, e?.high ?? null]; };
  const head = columns.flatMap((column) => [column.title, ...(column.interval ? [`${column.title} low`, `${column.title} high`] : [])]);
  const lines = rows.map((row) => columns.flatMap((column) => [column.value(row), ...(column.interval ? ends(column, row) : [])]));
  return [head, ...lines].map((line) => `${line.map(csvField).join(',')}\n`).join('');
}

const fileName = (id) => `${suite.name}-${id}`.replace(/[^\w.-]+/g, '_').slice(0, 80);

// columns: {title, value(row) for sorting, cell(row) -> text or node [value], interval(row) -> {low, high}, show(number) as
// text, text: left-aligned, hint, said: {text: what it means, where the text is in every row}, keep: also where it says the same in every row}. Rows come in their own order until a
// head is pressed; a third press brings it back. `paper`: what LaTeX has in place of the columns.
function table(id, caption, columns, rows, rowClass = () => '', paper = columns) {
  const {told, same} = divide(columns, rows);
  const body = el('tbody');
  const heads = told.map((column) => {
    const press = () => {
      const now = sortedBy.get(id), first = !column.text;
      if (now?.column !== column.title) sortedBy.set(id, {column: column.title, descending: first});
      else if (now.descending === first) sortedBy.set(id, {column: column.title, descending: !first});
      else sortedBy.delete(id);
      fillBody();
      remember();
    };
    return el('th', {scope: 'col', class: column.text ? 'text' : null},
      el('button', {type: 'button', title: column.hint, onclick: press}, column.title));
  });
  const cells = (row) => told.map((column, index) => {
    const attributes = {class: column.text ? 'text' : null};
    return index === 0 && column.text ? el('th', {scope: 'row', ...attributes}, contentOf(column, row))
      : el('td', attributes, contentOf(column, row));
  });
  function fillBody() {
    const order = sortedBy.get(id);
    heads.forEach((head, index) => {
      const mine = order?.column === told[index].title;
      head.setAttribute('aria-sort', !mine ? 'none' : order.descending ? 'descending' : 'ascending');
    });
    body.replaceChildren(...inOrder(rows, told, order).map((row) =>
      el('tr', {class: `${rowClass(row)}${order ? ' sorted' : ''}`}, cells(row))));
  }
  fillBody();
  const take = (kind, type, text) => el('button', {type: 'button', 'aria-label': `${kind} of: ${caption}`,
    onclick: () => download(`${fileName(id)}.${kind === 'CSV' ? 'csv' : 'tex'}`, new Blob([text(inOrder(rows, columns, sortedBy.get(id)))], {type}))}, kind);
  const words = sameSentence(same, rows);
  return el('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption},
    el('table', {id}, el('caption', {}, el('span', {}, caption, words === '' ? null : el('span', {class: 'same'}, `${/\.$/.test(caption) ? '' : '.'} ${words}`),
      el('span', {class: 'take'}, take('CSV', 'text/csv', (all) => csvOf(columns, all)), take('LaTeX', 'text/x-tex', (all) => latexOf(caption, paper, all))))),
    el('thead', {}, el('tr', {}, heads)), body));
}
