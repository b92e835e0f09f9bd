// Which rows the charts draw, and what stands for a row: one colour, one shape, in every chart and table.

// In this order as unlike each other as can be, and each at least 3 to 1 against the light and the dark background, so that a
// row keeps its colour when the colours of the page change.
const palette = ['#1f77c8', '#d55e00', '#008800', '#d070d8', '#a83888', '#68a088', '#786040', '#7090f0', '#a87890', '#908000',
  '#9060d0', '#f06880', '#008078', '#b83830', '#40a830', '#706090'];
const shapes = ['circle', 'rect', 'triangle', 'diamond', 'path://M0 0L10 0L5 9Z'];
const shapePaths = ['M6 1a5 5 0 1 0 .01 0Z', 'M1.5 1.5h9v9h-9Z', 'M6 1L11 10.5H1Z', 'M6 .5L11.5 6L6 11.5L.5 6Z',
  'M1 1.5H11L6 11Z'];

// Rows that are drawn, with their place in the palette. No two have the same: up to 16 rows have a place of their own; of more,
// those that are drawn take the first free one, and what is drawn beyond that is grey.
const drawnAt = new Map();
function show(row) {
  const taken = new Set(drawnAt.values());
  const free = rows.length <= palette.length ? row.index : palette.findIndex((_, i) => !taken.has(i));
  if (!drawnAt.has(row)) drawnAt.set(row, free);
}
const isDrawn = (row) => drawnAt.has(row);
const drawnRows = () => visibleRows().filter(isDrawn);
const drawnRanking = () => ranking().filter((f) => isDrawn(f.row));

// As many as have colours, from the first of the leaderboard on.
const firstRows = () => [...report.leaderboard.flatMap((board) => (sameView(board) ? board.rows.map((e) => rowNamed.get(e.row)) : [])), ...rows]
  .filter((row, i, all) => all.indexOf(row) === i).slice(0, palette.length);
function drawOnly(list) {
  drawnAt.clear();
  list.forEach(show);
}

const grey = '#7d8790';  // 3 to 1 against both backgrounds
const colorOf = (row) => palette[drawnAt.get(row) ?? (rows.length <= palette.length ? row.index : -1)] ?? grey;
const shapeOf = (row) => shapes[row.index % 5];

const mark = (row) => el('svg', {class: 'mark', viewBox: '0 0 12 12', 'aria-hidden': 'true', fill: colorOf(row)}, el('path', {d: shapePaths[row.index % 5]}));

const flagsOf = (row) => suite.flags.filter((flag) => flag.row === row.name);
const flagMark = (row) => (flagsOf(row).length === 0 ? null
  : el('span', {class: 'flag', title: flagsOf(row).map((flag) => shown(flag.sentence)).join('\n')}, 'flagged'));

function rowLabel(row) {
  return el('span', {class: 'row'}, mark(row), el('a', {href: `#row-${row.index}`, title: shown(row.name)}, el('bdi', {}, shown(row.name))), flagMark(row));
}

// Of what follows the leaderboard: a button per row, pressed while the charts draw it.
function rowButtons() {
  const list = visibleRows();
  const tierOf = new Map(ranking().map((f) => [f.row, f.tier]));
  const set = (title, wanted) => el('button', {type: 'button', onclick: () => { drawOnly(wanted().slice(0, palette.length)); refresh(); }}, title);
  const toggle = (row) => el('button', {type: 'button', class: 'toggle', 'aria-pressed': String(isDrawn(row)), 'data-row': row.name,
    title: `${isDrawn(row) ? 'Leave out of' : 'Draw in'} the charts: ${shown(row.name)}`, onclick: () => {
      if (isDrawn(row)) drawnAt.delete(row);
      else show(row);
      refresh();
      [...byId('toggles').querySelectorAll('.toggle')].find((button) => button.dataset.row === row.name)?.focus();
    }}, mark(row), el('bdi', {}, short(row.name)));
  const drawn = list.filter(isDrawn).length;
  return [el('span', {class: 'note'}, `Drawn: ${drawn} of ${list.length}`), set('All', () => list), set('Tier 1', () => list.filter((row) => tierOf.get(row) === 1)), set('None', () => []),
    ...list.map(toggle)];
}
