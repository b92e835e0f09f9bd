// The verdict: who leads under the view that the evidence supports, by how much, and whether it lasts. Reports have it as
// /headline; of older ones it is made here.

const evidenceNames = {known: 'known truth', calibrated: 'a calibrated model', uncalibrated: 'an uncalibrated model, so no claim about real conversations'};

// Known truth, else the model that predicts best, else the first.
function leadingView() {
  const known = suite.views.find((view) => suite.world || view.model === 'true_mean');
  if (known) return [known, 'known'];
  const best = references.calibration.filter((model) => !model.uncalibrated).sort((a, b) => b.r2 - a.r2)[0];
  const calibrated = suite.views.find((view) => view.model === best?.model);
  return calibrated ? [calibrated, 'calibrated'] : [suite.views[0], 'uncalibrated'];
}

function ownHeadline() {
  const [view, evidence] = leadingView();
  const [leader, second] = report.leaderboard.find((board) => view && sameAs(view)(board))?.rows ?? [];
  if (!leader) return {view: view ?? null, evidence, sentence: 'No row is ranked: none has finished all its runs.'};
  const pair = report.tests.find((t) => sameAs(view)(t) && t.cell === null)?.pairs.find((p) => [p.a, p.b].includes(leader.row) && [p.a, p.b].includes(second?.row));
  const ahead = !pair ? null : pair.a === leader.row ? pair.difference : -pair.difference;
  const size = isNumber(ahead) ? `${fixed(Math.abs(ahead))} of reward ${ahead < 0 ? 'behind' : 'before'} ${second.row}` : '';
  const by = leader.tier === 2 ? `; no row keeps the budgets, and it breaks them least, in ${percent(leader.joint_violations.rate)} of its tests`
    : !second ? ', the only row that is ranked' : second.tier === 2 ? `; ${second.row}, the next, breaks budgets`
      : size === '' ? ` before ${second.row}` : isNumber(pair.p_holm) && pair.p_holm <= alpha ? `, ${size}, significantly` : `, but not significantly: ${size}`;
  const others = report.leaderboard.filter((board) => !sameAs(view)(board));
  const holds = others.filter((board) => board.rows[0]?.row === leader.row).length;
  return {view, evidence, sentence: `Under ${view.lens} / ${view.model}, ${evidenceNames[evidence]}, ${leader.row} is first${by}${
    others.length === 0 ? '' : others.length === 1 ? `; it is ${holds === 1 ? 'first in the other view too' : 'not first in the other view'}`
      : `; it is first in ${holds === 0 ? 'none' : holds} of ${plural(others.length, 'other view')}${holds === 0 ? '' : ' too'}`}.`};
}

const headline = report.headline ?? ownHeadline();

// Under the heading of the box; without sentences the box is gone.
function sentences(id, texts) {
  fill(`${id}-list`, texts.map((text) => el('li', {}, shown(text))));
  byId(id).hidden = texts.length === 0;
}

// Of which folders, and how many runs each gave.
function joinedSentence() {
  const [first, ...others] = report.host.joined ?? [];
  if (!first) return '';
  return `Joined of ${plural(others.length + 1, 'folder')}: ${plural(first.trials, 'run')} of ${shown(first.folder)}${others.map((one) => `, ${count(one.trials)} of ${shown(one.folder)}`).join('')}.`;
}

function head() {
  document.title = `${short(suite.name, 60)} · OffloadBench`;
  fill('suite-name', el('bdi', {}, shown(suite.name)));
  fill('description', shown(suite.description));
  fill('sentence', shown(headline.sentence));
  fill('joined', joinedSentence());
  byId('joined').hidden = joinedSentence() === '';
  byId('headline').classList.toggle('warn', headline.evidence === 'uncalibrated');
  fill('facts', facts());
  fill('verdict', el('p', {id: 'claim'}, shown(suite.claim.sentence)), el('p', {}, shown(suite.verdict)),
    references.calibration.map((model) => el('p', {}, shown(model.claim))), el('p', {}, shown(report.statements.limits)));
  const flags = new Set(suite.flags.map((flag) => flag.sentence));
  sentences('flags', [...flags]);
  const warnings = suite.warnings.filter((warning) => !flags.has(warning));
  sentences('warnings', warnings);
  fill('warnings-count', warnings.length === 0 ? 'No warnings' : plural(warnings.length, 'warning'));
}
