// Puts the sections together and draws them again when a choice changes.

const changing = [
  ['board-area', leaderboardTable], ['references-area', referenceTable], ['summary-area', () => [summaryTable()]], ['toggles', rowButtons], ['training-area', trainingTable],
  ['ranks-area', rankTable], ['views-area', viewTable], ['opponents-area', opponentTable], ['values-area', valueTable], ['bounds-area', boundTables], ['peers-area', peerTable],
  ['margins-area', marginTable], ['logs-area', logTables], ['drifts-area', driftTables],
];

let queued = 0;

// What is folded has nothing in it: it is gone until there is.
function hideEmpty() {
  for (const part of document.querySelectorAll('[data-of]')) {
    part.hidden = part.dataset.of.split(' ').every((id) => byId(id).childElementCount === 0);
  }
}

// Tables at once, pictures one by one, so that the page answers in between.
function refresh() {
  for (const [id, content] of changing) fill(id, ...content());
  hideEmpty();
  remember();
  const turn = ++queued;
  let next = 0;
  const step = () => {
    if (turn !== queued) return;
    if (next < figures.length) {
      draw(figures[next]);
      drawData(figures[next++]);
      setTimeout(step);
    } else {
      document.documentElement.dataset.ready = performance.now();
    }
  };
  delete document.documentElement.dataset.ready;
  step();
}

function choose(key) {
  return (value) => {
    chosen[key] = value;
    refresh();
  };
}

function controls() {
  const kinds = [...new Set(rows.map((row) => row.kind))];
  const views = suite.views.map((view, i) => [String(i), viewName(view)]);
  const filter = el('input', {id: 'filter', type: 'search', placeholder: 'name', value: chosen.filter,
    oninput: (event) => choose('filter')(event.target.value)});
  fill('controls',
    views.length > 1 ? choice('view', 'View', views, String(suite.views.findIndex(sameView)), (i) => {
      Object.assign(chosen, suite.views[Number(i)]);
      refresh();
    }) : [],
    suite.cells.length > 1 ? choice('cell', 'Cell', [['', 'mean over cells'], ...suite.cells.map((cell) => [cell.name, `${short(cell.name)} (${budgetText(cell)})`])], chosen.cell, choose('cell')) : [],
    suite.tasks.length > 1 ? choice('task', 'Task', [['', 'all turns'], ...suite.tasks.map((task) => [task, short(task, 40)])], chosen.task, choose('task')) : [],
    kinds.length > 1 ? choice('kind', 'Kind', [['', 'all'], ...kinds.map((kind) => [kind, kindNames[kind]])], chosen.kind, choose('kind')) : [],
    el('label', {class: 'choice', for: 'filter'}, 'Rows', filter));
  for (const [id, value] of [['budget-tier', budgetTier], ['violations-of', budgetChoice], ['curve', curveChoice]]) if (byId(id)) byId(id).value = value;
}

function tools() {
  const done = el('span', {role: 'status'});
  const link = el('button', {type: 'button', title: 'A link to this page as it is now: view, cell, sorted columns and drawn rows', onclick: async () => {
    remember();
    try {
      await navigator.clipboard.writeText(location.href);
      done.textContent = 'copied';
    } catch {
      done.textContent = 'it is in the address bar';
    }
  }}, 'Copy link');
  const theme = choice('theme', 'Colours', [['system', 'as the system'], ['light', 'light'], ['dark', 'dark']], wanted, (value) => {
    wanted = value;
    applyTheme();
  });
  fill('tools', el('a', {href: '#cite'}, 'Cite'), el('a', {href: '#repeat'}, 'Repeat'), link, done, theme);
}

function applyTheme() {
  document.documentElement.dataset.theme = colors().name;
  refresh();
}

// On paper: light, at the width of a page, with what is claimed and warned of.
let claimsOpen = false;
function print(on) {
  printing = on;
  if (on) claimsOpen = byId('claims').open;
  byId('claims').open = on || claimsOpen;
  document.documentElement.dataset.theme = colors().name;
  figures.forEach(draw);
}

// What sticks at the top may take any number of lines: what comes below makes room.
const measure = () => ['bar', 'toggles'].forEach((id) => document.documentElement.style.setProperty(`--${id}`, `${byId(id).offsetHeight}px`));

// What is drawn already is drawn again when its width changes.
function watch() {
  const sticking = new ResizeObserver(measure);
  ['bar', 'toggles'].forEach((id) => sticking.observe(byId(id)));
  let timer = 0;
  new ResizeObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!printing) figures.filter((spec) => spec.chart && spec.picture.clientWidth > 0 && Math.abs(spec.picture.clientWidth - spec.width) > 1).forEach(draw);
    }, 80);
  }).observe(byId('main'));
  systemDark.addEventListener('change', applyTheme);
  addEventListener('beforeprint', () => print(true));
  addEventListener('afterprint', () => print(false));
  addEventListener('hashchange', followAddress);
  document.querySelectorAll('details.fold').forEach((fold) => fold.addEventListener('toggle', () =>
    figures.filter((spec) => spec.stale && fold.contains(spec.node)).forEach(draw)));
  figures.forEach((spec) => spec.node.querySelector('details').addEventListener('toggle', () => drawData(spec)));
}

Object.assign(chosen, firstView);
drawOnly(firstRows());
usualRows = firstRows().map((row) => row.name).join('\n');
recall();
head();
tools();
fill('reward-area', rewardFigure());
fill('tradeoff-area', tradeoffFigure('latency', 'latency', 'latency_s_per_episode', 's'), tradeoffFigure('cost', 'cost', 'cost_usd_per_episode', costUnit));
fill('budget-area', budgetFigure());
fill('violations-area', violationFigure());
fill('actions-area', actionFigure());
fill('curves-area', curveNames.length > 0 ? curveFigure() : []);
fill('profiles-area', profileFigure());
fill('pairs-area', pairFigure());
fill('regret-area', references.views.length > 0 ? regretFigure() : []);
fill('world-area', worldSentences());
fill('calibration-area', calibration());
fill('timing-area', timingFigure());
fill('failures-area', failures());
fill('provenance-area', provenance());
fill('cite-area', citeArea());
fill('repeat-area', repeatArea());
fill('rows-area', rowCards());
controls();
watch();
applyTheme();
goTo(section);
