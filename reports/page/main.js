// Puts the sections together and draws them again when a choice changes.

const byId = (id) => document.getElementById(id);
const fill = (id, ...children) => byId(id).replaceChildren(...children.flat());

const changing = [
  ['board-area', leaderboardTable], ['training-area', trainingTable], ['views-area', viewTables], ['opponents-area', opponentTable], ['values-area', () => [...boundTables(), ...valueTable()]],
];

let queued = 0;

// Tables at once, pictures one by one, so that the page answers in between.
function refresh() {
  for (const [id, content] of changing) fill(id, ...content());
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
  const kinds = [...new Set([...rows.map((row) => row.kind), ...(references.views.length > 0 ? ['exact'] : [])])];
  const views = suite.views.map((view, i) => [String(i), viewName(view)]);
  const filter = el('input', {id: 'filter', type: 'search', placeholder: 'name',
    oninput: (event) => choose('filter')(event.target.value)});
  const theme = choice('theme', 'Colours', [['system', 'as the system'], ['light', 'light'], ['dark', 'dark']], wanted, (value) => {
    wanted = value;
    applyTheme();
  });
  fill('controls',
    views.length > 1 ? choice('view', 'Lens / model', views, '0', (i) => {
      Object.assign(chosen, suite.views[Number(i)]);
      refresh();
    }) : [],
    choice('cell', 'Cell', [['', 'mean over cells'], ...suite.cells.map((cell) => [cell.name, `${short(cell.name)} (${budgetText(cell)})`])], '', choose('cell')),
    suite.tasks.length > 1 ? choice('task', 'Task', [['', 'all turns'], ...suite.tasks.map((task) => [task, short(task, 40)])], '', choose('task')) : [],
    kinds.length > 1 ? choice('kind', 'Kind', [['', 'all'], ...kinds.map((kind) => [kind, kindNames[kind]])], '', choose('kind')) : [],
    el('label', {class: 'choice', for: 'filter'}, 'Rows', filter));
  fill('theme-area', theme);
}

function applyTheme() {
  document.documentElement.dataset.theme = colors().name;
  refresh();
}

// Under the heading of the box; without sentences the box is gone.
function sentences(id, texts) {
  fill(`${id}-list`, texts.map((text) => el('li', {}, shown(text))));
  byId(id).hidden = texts.length === 0;
}

function head() {
  document.title = `${short(suite.name, 60)} · OffloadBench`;
  fill('suite-name', el('bdi', {}, shown(suite.name)));
  fill('description', shown(suite.description));
  fill('facts', facts());
  fill('verdict', el('p', {id: 'claim'}, shown(suite.claim.sentence)), el('p', {}, shown(suite.verdict)),
    suite.same_decisions.map((group) => el('p', {}, `${group.slice(0, -1).map(shown).join(', ')} and ${shown(group.at(-1))} took the same decisions in every test: they cannot differ.`)), references.calibration.map((model) => el('p', {}, shown(model.claim))),
    el('p', {}, shown(report.statements.limits)));
  const flags = new Set(suite.flags.map((flag) => flag.sentence));
  sentences('flags', [...flags]);
  sentences('warnings', suite.warnings.filter((warning) => !flags.has(warning)));
}

// On paper: light, at the width of a page.
function print(on) {
  printing = on;
  document.documentElement.dataset.theme = colors().name;
  figures.forEach(draw);
}

function watch() {
  let timer = 0;
  new ResizeObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!printing) figures.filter((spec) => spec.picture.clientWidth > 0 && Math.abs(spec.picture.clientWidth - spec.width) > 1).forEach(draw);
    }, 80);
  }).observe(byId('main'));
  systemDark.addEventListener('change', applyTheme);
  addEventListener('beforeprint', () => print(true));
  addEventListener('afterprint', () => print(false));
  figures.forEach((spec) => spec.node.querySelector('details').addEventListener('toggle', () => drawData(spec)));
}

head();
controls();
fill('reward-area', rewardFigure());
fill('tradeoff-area', tradeoffFigure('latency', 'latency', 'latency_s_per_episode', 's'), tradeoffFigure('cost', 'cost', 'cost_usd_per_episode', costUnit));
fill('budget-area', budgetFigure());
fill('violations-area', violationFigure());
fill('actions-area', actionFigure());
fill('curves-area', curveFigure());
fill('profiles-area', profileFigure());
fill('pairs-area', pairFigure());
fill('regret-area', references.views.length > 0 ? regretFigure() : []);
fill('calibration-area', calibration());
fill('timing-area', timingFigure());
fill('failures-area', failures());
fill('provenance-area', provenance());
fill('rows-area', rowCards());
watch();
applyTheme();
