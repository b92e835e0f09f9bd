// The address says what the page shows: #SECTION?view=…&cell=…&row=…, so that a copied link shows the same.

// What the controls have beside `chosen`: [key, get, set].
const settings = [
  ['budget', () => budgetTier, (value) => { budgetTier = value; }, '1'],
  ['violations', () => budgetChoice, (value) => { if (value in budgetNames) budgetChoice = value; }, 'joint'],
  ['curve', () => curveChoice, (value) => { if (curveNames.includes(value)) curveChoice = value; }, curveNames[0] ?? ''],
];
const viewKey = (view) => `${view.lens}/${view.model}`;
const firstView = suite.views.find((view) => headline.view && sameAs(view)(headline.view)) ?? suite.views[0] ?? {lens: '', model: ''};

function stateText() {
  const state = new URLSearchParams();
  if (!sameView(firstView)) state.set('view', viewKey(chosen));
  for (const key of ['cell', 'task', 'kind', 'filter']) if (chosen[key] !== '') state.set(key, chosen[key]);
  for (const [key, get, , usual] of settings) if (get() !== usual) state.set(key, get());
  const names = [...drawnAt.keys()].map((row) => row.name);
  if (names.join('\n') !== usualRows) (names.length > 0 ? names : ['']).forEach((name) => state.append('row', name));
  for (const [id, {column, descending}] of sortedBy) state.append('sort', `${id}:${descending ? 'down' : 'up'}:${column}`);
  return String(state);
}

let section = '';  // the anchor of the address
let usualRows = '';

// After every choice. A browser that lets no page change its address keeps the old one.
function remember() {
  const state = stateText();
  const hash = section === '' && state === '' ? '' : `#${section}${state === '' ? '' : `?${state}`}`;
  try {
    if (hash !== location.hash) history.replaceState(null, '', hash === '' ? location.pathname + location.search : hash);
  } catch { /* The page works without. */ }
}

// What an address says; unknown names in it are passed over.
function recall() {
  const [anchor, text] = location.hash.slice(1).split(/\?(.*)/s);
  section = /^[\w-]*$/.test(anchor) ? anchor : '';
  if (text === undefined) return false;
  const state = new URLSearchParams(text);
  Object.assign(chosen, {cell: '', task: '', kind: '', filter: state.get('filter') ?? ''}, suite.views.find((view) => viewKey(view) === state.get('view')) ?? firstView);
  const pick = (key, allowed) => { if (allowed.includes(state.get(key))) chosen[key] = state.get(key); };
  pick('cell', suite.cells.map((cell) => cell.name));
  pick('task', suite.tasks);
  pick('kind', Object.keys(kindNames));
  for (const [key, , set, usual] of settings) set(state.get(key) ?? usual);
  drawOnly(state.has('row') ? state.getAll('row').map((name) => rowNamed.get(name)).filter(Boolean) : firstRows());
  sortedBy.clear();
  for (const entry of state.getAll('sort')) {
    const [, id, way, column] = /^([\w-]+):(up|down):(.*)$/s.exec(entry) ?? [];
    if (id) sortedBy.set(id, {column, descending: way === 'down'});
  }
  return true;
}

// To the place that the address names, unfolding what holds it.
function goTo(anchor) {
  const target = anchor === '' ? null : document.getElementById(anchor);
  if (!target) return;
  for (let fold = target.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
  if (target.matches('details')) target.open = true;
  target.scrollIntoView();
}

function followAddress() {
  if (recall()) {
    controls();
    refresh();
  } else {
    remember();
  }
  goTo(section);
}
