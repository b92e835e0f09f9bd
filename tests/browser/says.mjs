// What the page says: the figures of report.json, what they claim, what is doubtful, and nothing that a hostile name says.
import assert from 'node:assert/strict';
import {dirname, join} from 'node:path';
import {added, changed, column, fuller, json, jsonOf, look, main, names, open, page, ready, report, step, tableOf, textsOf, unfold, world} from './kit.mjs';

const known = json.leaderboard.find((board) => board.model === 'true_mean');

step('shows the same numbers as report.json', async () => {
  await look(report);
  assert.deepEqual(await names(), known.rows.map((row) => row.row));
  assert.deepEqual(await column('Reward'), known.rows.map((row) => Number(row.reward.toFixed(3))));
});

step('shows an interval with every figure of the board', async () => {
  await look(report);
  const heads = await page.$$eval('#board thead th', (list) => list.map((e) => e.textContent.trim()));
  const bare = await page.$$eval('#board tbody tr', (list, wanted) => list.flatMap((row) => wanted
    .filter(([, at]) => !row.children[at].querySelector('small.range')).map(([head]) => `${row.firstChild.textContent}: ${head}`)),
  ['Reward', 'Violations', 'Quality', 'Latency s', 'Cost USD'].map((head) => [head, heads.findIndex((text) => text.startsWith(head))]));
  assert.deepEqual(bare, []);
  await unfold();
  assert.ok(await page.locator('#summary tbody small.range').count() >= 4 * (await names()).length);
  assert.match(await page.textContent('#verdict'), /ranking.*R2/s);
});

step('keeps hashes where they belong', async () => {
  await look(report);
  await unfold();
  const places = await page.$$eval('#main, header', (list) => list.flatMap((part) => {
    const found = [], walk = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) if (/[0-9a-f]{32}/.test(walk.currentNode.data)) found.push(Boolean(walk.currentNode.parentElement.closest('#provenance')));
    return found;
  }));
  assert.ok(places.length > 1 && places.every(Boolean));
});

const knows = 'Row cloud-only: it knows too much.';
const doubtful = () => changed('doubtful.html', (all) => {
  all.headline = {view: all.suite.views[1], evidence: 'uncalibrated', leader: null, sentence: 'Nobody <b>leads</b>.'};
  all.suite.flags = [{row: 'cloud-only', cell: null, what: 'above_causal', amount: 1, p: .0001, sentence: knows}];
  all.suite.warnings = [knows, 'Another warning.'];
  all.rows[1].lineage = {training: 'seen', seen_tests: 3, tests: 200};
  for (const family of all.tests) Object.assign(family.pairs[0], {difference: .5, difference_interval: {low: null, high: null}, p: null, p_holm: null});
  return all;
});
// As an older command wrote it, and of many rows the pairs that were tested.
const opponent = known.rows[0].row;
const older = () => changed('older.html', ({headline, ...all}) => {
  all.tests = all.tests.filter((family) => family.cell === null);
  for (const family of all.tests) {
    family.all_pairs = false;
    family.pairs = family.pairs.filter((pair) => [pair.a, pair.b].includes(opponent));
  }
  return all;
});

step('leads with the sentence and the view of the headline, or makes its own', async () => {
  const view = json.suite.views[1];
  await look(doubtful());
  assert.equal(await page.textContent('#sentence'), 'Nobody <b>leads</b>.');
  assert.equal(await page.locator('#headline.warn').count(), 1);
  assert.equal(await page.locator('#view option:checked').textContent(), `${view.lens} / ${view.model}`);
  await look(older());
  const pair = json.tests.find((t) => t.model === known.model && t.lens === known.lens && t.cell === null).pairs
    .find((p) => [p.a, p.b].sort().join() === known.rows.slice(0, 2).map((row) => row.row).sort().join());
  const text = await page.textContent('#sentence');
  for (const part of [`${known.lens} / true_mean, known truth, ${known.rows[0].row} is first`, Math.abs(pair.difference).toFixed(3), known.rows[1].row,
    pair.p_holm <= .05 ? ', significantly' : 'not significantly', 'other views']) assert.ok(text.includes(part), `'${text}' says '${part}'`);
  assert.equal(await page.locator('#view option:checked').textContent(), 'simulator / true_mean');
});

step('has no column that says the same in every row', async () => {
  for (const file of [report, main, world]) {
    await look(file);
    if (file === report) assert.match(await page.textContent('#board caption'), /In every row: .*Tests 180/);
    await unfold();
    await unfold('.data');
    const found = await page.$$eval('table', (list) => list.flatMap((table) => {
      const rows = [...table.querySelectorAll('tbody tr')], heads = [...table.querySelectorAll('thead th')].map((e) => e.textContent.trim());
      return rows.length < 2 ? [] : heads.slice(1).filter((_, i) => new Set(rows.map((row) => row.children[i + 1].textContent)).size === 1)
        .map((head) => `${table.id}: ${head}`);
    }));
    // What a reader looks for stands where it is looked for.
    assert.deepEqual(found.filter((place) => !/^(board: (S|Reward|Violations)|margins: Over budget|plugins: SHA-256)/.test(place)), [], file);
  }
});

added((all) => {
  all.rows[2].notes = ['took action 0 <i>throughout</i>'];
  const learner = all.rows.find((row) => row.row === 'epsilon-greedy');
  learner.tuning = {candidates: 2, steps: 12000, tried: [{name: 'epsilon = 0.1', chosen: 7, failed: 1, reward: .75}, {name: 'epsilon = 0.5', chosen: 3, failed: 0, reward: .7}]};
  return all;
});
step('shows the notes on rows, and what a sweep tried', async () => {
  await look(fuller());
  assert.match(await page.textContent('#notes'), new RegExp(`${json.rows[2].row}: took action 0 <i>throughout</i>`));
  assert.match(await page.textContent('#row-2'), /took action 0/);
  const at = json.rows.findIndex((row) => row.row === 'epsilon-greedy');
  assert.match(await page.textContent(`#row-${at}`), /2 candidates per run, 12.000 steps in all\. epsilon = 0\.1: chosen in 7 runs, failed in 1, validation reward 0\.750; epsilon = 0\.5: chosen in 3 runs/);
  assert.match(await page.textContent('#training'), /Tuning steps.*12.000/);
});

step('shows what known outcomes bound, the peers’ figures and the margins', async () => {
  const all = jsonOf(join(dirname(world), 'report.json'));
  await look(world);
  const order = await page.$$eval('#bounds-rows tbody th bdi', (list) => list.map((e) => e.textContent));
  const of = (name) => all.bounds.rows.find((row) => row.row === name);
  const three = (v) => (v === null ? NaN : Number(v.toFixed(3)));
  assert.deepEqual([...order].sort(), all.bounds.rows.filter((row) => row.gap.row !== null).map((row) => row.row).sort());
  assert.deepEqual(await column('Share of the gap', 'bounds-rows'), order.map((name) => three(of(name).gap.share)));
  assert.deepEqual(await column('Over the best per task', 'bounds-rows'), order.map((name) => three(of(name).against_per_task.difference)));
  const promised = await page.$$eval('#margins tbody tr', (list) => list.map((row) => [...row.children].map((cell) => cell.textContent.trim())));
  assert.equal(promised.length, all.margins.length);
  assert.match(await page.textContent('#margins caption'), /Promised 30\.0 %/);
  const one = all.margins.find((margin) => margin.realised.count > 0);
  assert.ok(promised.some((cells) => cells[0] === one.row && cells[1] === one.cell && cells[2].startsWith(`${(100 * one.realised.rate).toFixed(1)} %`) && cells.includes(one.promise)));
  await unfold();
  assert.deepEqual(await column('AIQ, published', 'peers'), (await page.$$eval('#peers tbody th bdi', (list) => list.map((e) => e.textContent))).map((name) => three(of(name).peers.aiq_as_published)));
  assert.match(await page.textContent('#peers caption'), /In no row: .*APGR, published/);
  await page.selectOption('#cell', 'mid');
  await ready();
  const first = (await page.$$eval('#peers tbody th bdi', (list) => list.map((e) => e.textContent)))[0];
  assert.equal((await column('RouterArena, defined', 'peers'))[0], three(of(first).cells.find((cell) => cell.cell === 'mid').peers.arena_as_defined));
  await page.selectOption('#cell', '');
  await look(report);
  assert.ok(await page.locator('#world').isHidden(), 'logged data have no such section');
});

const moved = (home, away) => ({home, away, away_interval: {low: away - .01, high: away + .01}, difference: away - home, interval: {low: away - home - .02, high: away - home + .02}});
const drifted = (i) => ({reward: moved(1, .5 + .1 * i), quality: moved(1, 1.2), violations: moved(.25, .1 * i), latency_s_per_episode: moved(10, 20), cost_usd_per_episode: moved(.01, .02),
  tests: 800, masked_actions: i, same_decisions: i === 0});
added((all) => ({...all, drifts: [{name: '4g <b>', profile: 'corrected, 4G', sees: 'new', lens: 'simulator', model: 'knn', actions: [],
  rows: all.rows.slice(0, 3).map(({row}, i) => ({row, ...drifted(i), ...(i === 0 ? {native: {reward: .75, regret: .25, regret_interval: {low: .125, high: .375}}} : {}), cells: all.suite.cells.map(({name}) => ({cell: name, ...drifted(i + 1)}))}))}]}));
step('shows how rows do in other worlds', async () => {
  await look(fuller());
  const rows = async (head) => Object.fromEntries((await column(head, 'drift-0')).map((value, i) => [order[i], value]));
  const order = await page.$$eval('#drift-0 tbody th bdi', (list) => list.map((e) => e.textContent));
  assert.deepEqual(await rows('Reward'), Object.fromEntries(order.map((name) => [name, .5 + .1 * json.rows.findIndex((row) => row.row === name)])));
  assert.deepEqual(await rows('Violations, change'), Object.fromEntries(order.map((name) => [name, [-25, -15, -5][json.rows.findIndex((row) => row.row === name)]])));
  assert.match(await page.textContent('#drift-0 caption'), /Drift 4g <b>: corrected, 4G; agents and masks see what turns take there\. simulator \/ knn.*In every row: .*Tests 800/);
  assert.deepEqual(await rows('Regret'), Object.fromEntries(order.map((name) => [name, name === json.rows[0].row ? .25 : NaN])));
  assert.ok((await page.$$eval('#drift-0 tbody td', (list) => list.map((e) => e.textContent))).includes('0.250 0.125 to 0.375'));
  await page.selectOption('#cell', 'mid');
  await ready();
  assert.equal(Math.min(...await column('Reward', 'drift-0')), .6);
  assert.ok(!(await page.textContent('#drift-0 thead')).includes('Regret'), 'there is none in this cell');
  await page.selectOption('#cell', '');
  await look(report);
  assert.ok(await page.locator('#drift').isHidden());
});

added((all) => ({...all, host: {...all.host, joined: [{folder: 'theirs', trials: 1200}, {folder: 'a <b>', trials: 1}]},
  leaderboard: all.leaderboard.map((board) => ({...board, rows: board.rows.map((row) => ({...row, joint_violations: {...row.joint_violations, of: 12 * all.suite.cells.length}}))}))}));
step('says of which folders it is, and n where it is small', async () => {
  await look(report);
  assert.ok(await page.locator('#joined').isHidden());
  assert.ok((await page.textContent('#board caption')).includes(`, n = 60 tests in ${json.suite.splits.length} runs`));
  await look(main);
  assert.ok(!(await page.textContent('#board caption')).includes('n ='), 'of ten runs');
  await look(fuller());
  assert.equal((await page.textContent('#joined')).replace('\u202f', ''), 'Joined of 2 folders: 1200 runs of theirs, 1 of a <b>.');
  assert.ok((await page.textContent('#board caption')).includes(`, n = 12 tests in ${json.suite.splits.length} run`));
});

const estimate = (estimator, said) => ({estimator, values: 4, truth: .5, said, bias: said - .5, rmse: .25, interval_holds: .75});
const estimates = [estimate('IPS', .75), estimate('doubly robust', .25)];
const logged = (cell) => ({cell, estimators: estimates.map((e) => ({...e, pairs: 8, sign_right: 6, sure: 4, sure_and_wrong: 1})),
  rows: json.rows.slice(0, 2).map(({row}) => ({row, effective_share: .5, estimators: estimates}))});
added((all) => ({...all, simulated_log: {policy: 'skewed', model: 'table', logs: 3, cells: all.suite.cells.map(({name}) => logged(name))}}));
step('shows simulated logs beside the truth', async () => {
  await look(fuller());
  assert.equal(await page.locator('#logs-area table').count(), 2 * json.suite.cells.length);
  assert.match(await page.textContent('#log-0 caption'), /3 logs by the policy skewed/);
  assert.deepEqual(await column('Bias', 'log-0'), [.25, -.25]);
  assert.match(await page.textContent('#log-0'), /In every row: .*Sign right 75\.0 % of 8/);
  assert.match(await page.textContent('#log-rows-0'), /In every row: Truth 0\.5000; IPS 0\.7500; Doubly robust 0\.2500/);
  await page.selectOption('#cell', json.suite.cells[0].name);
  await ready();
  assert.equal(await page.locator('#logs-area table').count(), 2);
  await page.selectOption('#cell', '');
});

step('says what its intervals and tests claim', async () => {
  await open(report);
  assert.equal(await page.textContent('#claim'), json.suite.claim.sentence);
  for (const place of ['#board caption', '#figure-reward h3', '#figure-pairs .note']) assert.match(await page.textContent(place), /claim D/);
  assert.match(await page.textContent('#notes'), /local-only and cost-min took the same decisions/);
  assert.ok(await page.locator('#flags').isHidden());
  assert.match(await page.textContent('#board caption'), /exploratory/, 'the first view decides');
  await page.selectOption('#view', '0');
  await ready();
  const [heads, first] = await tableOf('pairs');
  const {interval} = json.tests.find((family) => !family.exploratory).pairs[0].fresh_data;
  assert.equal(first[heads.findIndex((head) => head.startsWith('95 %, claim F'))], `${interval.low.toFixed(4)} to ${interval.high.toFixed(4)}`);
  assert.match(await page.textContent('#pairs-data caption'), /decides ranks/);
  await page.selectOption('#cell', 'mid');
  await ready();
  for (const place of ['#board caption', '#pairs-data caption']) assert.match(await page.textContent(place), /exploratory/);
});

step('shows flags, lineage, and pairs without a verdict', async () => {
  await look(doubtful());
  assert.equal(await page.textContent('#flags-list'), knows);
  assert.ok(await page.locator('#flags').isVisible());
  assert.equal(await page.textContent('#warnings-list'), 'Another warning.');
  assert.equal(await page.textContent('#warnings-count'), '1 warning');
  assert.equal(await page.locator('#board .flag').count(), 1);
  assert.match(await page.textContent('#row-1'), /3 of its 200 tests/);
  const [, pair] = await tableOf('pairs');
  assert.ok(pair.includes('no verdict') && pair.includes('–'), pair.join('|'));
});

step('draws of many rows the pairs that were tested', async () => {
  await look(older());
  const texts = await textsOf('pairs');
  for (const name of await names()) assert.equal(texts.filter((text) => text === name).length, name === opponent ? 2 : 1, name);
  assert.match(await page.textContent('#figure-pairs .note'), /--pairs/);
  await page.selectOption('#cell', 'mid');
  await ready();
  assert.match(await page.textContent('#figure-pairs .nothing'), /single cells are not tested/);
});

step('keeps hostile names harmless', async () => {
  const hostile = `</script><script>window.hacked=1</script><img src=x onerror="window.hacked=1">'"\u202e{a|b} ${'日本語👩‍🚀'.repeat(30)}`;
  await open(changed('hostile.html', (all) => JSON.parse(JSON.stringify(all),
    (key, value) => (value === 'cloud-only' || value === 'mid' || key === 'description' || key === 'sentence' ? hostile : value))), 400);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator('script').count(), 3);
  assert.equal(await page.locator('img').count(), 0);
  assert.equal((await names()).filter((name) => name.startsWith('</script><script>window.hacked=1</script>')).length, 1);
  assert.ok((await names()).every((name) => !name.includes('\u202e')));
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 400);
  await unfold();
  await page.locator('#figure-reward .picture').hover({position: {x: 150, y: 60}});
  await page.evaluate(() => document.querySelectorAll('details').forEach((part) => { part.open = true; }));
  await page.waitForSelector('#pairs-data');
  await page.screenshot({path: 'page-hostile.png', fullPage: true});
  // The name in an address, there and back.
  await page.locator('#toggles .toggle').first().click();
  await ready();
  await open('hostile.html', 400, 900, new URL(page.url()).hash);
  assert.equal(await page.locator('#toggles .toggle[aria-pressed=false]').count(), 1);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
});
