// What a reader does with the page: sorting, filtering, choosing what is drawn, links, the keyboard.
import assert from 'node:assert/strict';
import {column, json, look, main, names, open, page, ready, report, setColours, sorted, step, textsOf} from './kit.mjs';

const known = json.leaderboard.find((board) => board.model === 'true_mean');

step('follows its anchors', async () => {
  await look(report);
  for (const link of await page.locator('nav a:visible').all()) {
    const target = await link.getAttribute('href');
    await link.click();
    assert.ok(page.url().endsWith(target));
    const top = await page.locator(target).evaluate((e) => e.getBoundingClientRect().top);
    assert.ok(top > -5 && top < 900, `${target} is at ${top}`);
  }
  await page.locator('#board tbody a').first().click();
  await page.waitForSelector('.card:target');
  assert.equal(await page.locator('.card:target h3 bdi').textContent(), (await names())[0]);
  assert.ok(await page.locator('.card:target').isVisible(), 'what is folded unfolds');
});

step('sorts by a column, backwards, and back', async () => {
  await look(report);
  const order = await names();
  const reward = page.locator('#board thead button', {hasText: 'Reward'});
  await reward.click();
  assert.ok(sorted(await column('Reward'), -1));
  assert.equal(await page.locator('#board th[aria-sort=descending]').count(), 1);
  await reward.focus();
  await page.keyboard.press('Enter');
  assert.ok(sorted(await column('Reward'), 1));
  await reward.click();
  assert.deepEqual(await names(), order);
});

step('says on what the causal oracle planned, and under which view curves were recorded', async () => {
  await look(report);
  const oracle = () => page.locator('#references tbody tr', {hasText: 'causal oracle'}).textContent();
  await page.selectOption('#view', {label: 'simulator / true_mean'});
  assert.match(await oracle(), /causal oracle \(planned on simulator \/ knn: no bound here\)/);
  await ready();
  assert.ok((await textsOf('budget')).includes('causal oracle (no bound)'));
  await page.selectOption('#view', {label: 'simulator / knn'});
  assert.doesNotMatch(await oracle(), /planned/);
  await ready();
  assert.ok((await textsOf('budget')).includes('causal oracle'));
  await page.selectOption('#view', {label: 'simulator / true_mean'});
  await ready();
  await look(main);
  assert.match(await page.locator('#figure-curves .note').first().textContent(), /Rewards are under simulator \/ hierarchical, whatever view/);
});

step('filters by name, kind, cell, task and view', async () => {
  await look(report);
  await page.fill('#filter', 'ONLY');
  await ready();
  assert.deepEqual((await names()).sort(), ['cloud-only', 'local-only', 'text-only']);
  await page.fill('#filter', '');
  await page.selectOption('#kind', 'learns');
  assert.deepEqual((await names()).sort(), ['epsilon-greedy', 'greedy-quality']);
  await page.selectOption('#kind', '');
  const before = await column('Reward');
  await page.selectOption('#task', {index: 1});
  await ready();
  const view = json.suite.views.findIndex((v) => v.model === known.model && v.lens === known.lens);
  const first = json.cells.map((cell) => cell.rows.find((row) => row.row === known.rows[0].row).tasks[0].reward[view]);
  assert.equal((await column('Reward'))[0], Number((first.reduce((a, b) => a + b) / first.length).toFixed(3)));
  assert.equal(await page.locator('#references').count(), 0);
  const drawn = (await textsOf('budget')).join(' ');
  assert.ok(drawn.includes(json.suite.tasks[0]) && !drawn.includes('oracle'), drawn);
  await page.selectOption('#task', '');
  await ready();
  await page.selectOption('#cell', 'extreme');
  assert.match(await page.textContent('#board caption'), /cell extreme/);
  assert.notDeepEqual(await column('Reward'), before);
  await page.selectOption('#cell', '');
  await page.selectOption('#view', {label: 'held_out / knn'});
  assert.match(await page.textContent('#board caption'), /held_out \/ knn/);
  assert.notDeepEqual(await column('Reward'), before);
  await page.selectOption('#view', {label: `${known.lens} / ${known.model}`});
  await ready();
  assert.deepEqual(await column('Reward'), before);
});

const toggle = (name) => page.locator(`#toggles .toggle[data-row="${name}"]`);

step('draws the rows that are switched on, in every chart', async () => {
  await look(report);
  const charts = ['latency', 'cost', 'violations', 'actions', 'profiles', 'pairs', 'regret'];
  const naming = async (name) => {
    const found = [];
    for (const id of charts) if ((await textsOf(id)).some((text) => text.split(', ').includes(name))) found.push(id);
    return found;
  };
  assert.deepEqual(await naming('random-masked'), charts);
  await toggle('random-masked').click();
  await ready();
  assert.equal(await toggle('random-masked').getAttribute('aria-pressed'), 'false');
  assert.deepEqual(await naming('random-masked'), []);
  assert.ok((await names()).includes('random-masked'), 'tables keep it');
  await toggle('random-masked').press('Space');
  await ready();
  assert.deepEqual(await naming('random-masked'), charts);
  assert.equal(await page.evaluate(() => document.activeElement.dataset.row), 'random-masked', 'the keyboard stays where it was');
});

step('draws tier 1 in the chart of budgets, and all when asked', async () => {
  await open(report);
  const tier = (wanted) => known.rows.filter((row) => row.tier === wanted).map((row) => row.row);
  const drawn = async () => (await textsOf('budget')).filter((text) => known.rows.some((row) => row.row === text.replace(' (tier 2)', ''))).sort();
  const keys = async () => (await textsOf('budget')).filter((text) => /^(keeps the cell|over one)/.test(text));
  assert.deepEqual(await drawn(), tier(1).sort());
  assert.deepEqual(await keys(), [], 'nothing to tell apart');
  await page.selectOption('#budget-tier', '');
  await ready();
  assert.deepEqual(await drawn(), [...tier(1), ...tier(2).map((name) => `${name} (tier 2)`)].sort());
  assert.deepEqual(await keys(), ['keeps the cell’s budgets', 'over one of them']);
  for (const scheme of ['light', 'dark']) {
    await setColours(scheme);
    const [ground, open_marks] = await page.$eval('#figure-budget svg', (svg) => {
      const ground = svg.querySelector('rect').getAttribute('fill');
      return [ground, [...svg.querySelectorAll('path')].filter((e) => e.getAttribute('fill') === ground && e.getAttribute('stroke') && e.getAttribute('stroke') !== ground).length];
    });
    const over = json.cells.reduce((sum, cell) => sum + cell.rows.filter((row) => row.joint_violations.rate > json.suite.max_violation_rate).length, 0);
    assert.ok(open_marks >= over && over > 0, `${scheme} ${ground}: ${open_marks} open marks of ${over}`);
  }
  await setColours('light');
  await page.locator('#toggles button', {hasText: 'Tier 1'}).click();
  await ready();
  assert.deepEqual(await drawn(), tier(1).sort());
});

// All that a link has to bring back.
const state = () => page.evaluate(() => ({
  view: document.querySelector('#view').value, cell: document.querySelector('#cell').value, kind: document.querySelector('#kind').value,
  filter: document.querySelector('#filter').value, budget: document.querySelector('#budget-tier').value, of: document.querySelector('#violations-of').value,
  order: [...document.querySelectorAll('#board tbody tr')].map((row) => row.textContent),
  sorted: [...document.querySelectorAll('#board th')].map((head) => head.getAttribute('aria-sort')),
  drawn: [...document.querySelectorAll('#toggles .toggle')].map((button) => [button.dataset.row, button.getAttribute('aria-pressed')].join()),
}));

step('puts its state into the address, and an address back', async () => {
  await open(report);
  const usual = await state();
  await page.selectOption('#view', {label: 'held_out / knn'});
  await page.selectOption('#cell', 'mid');
  await page.selectOption('#budget-tier', '');
  await page.selectOption('#violations-of', 'cost');
  await page.locator('#board thead button', {hasText: 'Quality'}).click();
  await toggle('cloud-only').click();
  await toggle('random').click();
  await page.fill('#filter', 'o');
  await ready();
  await page.locator('nav a', {hasText: 'Budgets'}).click();
  await page.waitForURL(/#budgets\?/);
  await page.locator('#tools button').click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, page.url());
  const wanted = await state();
  assert.notDeepEqual(wanted, usual);
  await open(report, 1440, 900, link.slice(link.indexOf('#')));
  assert.deepEqual(await state(), wanted);
  const top = await page.locator('#budgets').evaluate((e) => e.getBoundingClientRect().top);
  assert.ok(top > -5 && top < 300, `the section is at ${top}`);
  assert.equal(page.url(), link);
  // In the same page, and one that names what is not there.
  await page.evaluate(() => { location.hash = '#leaderboard?view=simulator/true_mean'; });
  await ready();
  await page.waitForFunction(() => document.querySelector('#cell').value === '');
  assert.deepEqual({...(await state()), view: ''}, {...usual, view: ''});
  await open(report, 1440, 900, '#nowhere?view=a/b&cell=%3Cimg%3E&row=nobody&kind=x&sort=board:up:Nothing&sort=%00');
  assert.deepEqual((await state()).order, usual.order);
});

step('begins with the keyboard at the leaderboard', async () => {
  await open(report);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL(/#leaderboard$/);
  // On from there: the head of the first column sorts by name, then backwards.
  for (let i = 0; i < 2; ++i) {
    while (await page.evaluate(() => document.activeElement.textContent) !== 'Row') await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const order = await names(), inOrder = [...order].sort();
    assert.deepEqual(order, i === 0 ? inOrder : inOrder.reverse());
  }
});

step('names every control, picture and table for those who do not see it', async () => {
  await look(main);
  const unnamed = await page.$$eval('button, select, input, summary, [role=img], [role=region], [role=group], nav, section', (list) => list.filter((e) => !(
    e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length)).map((e) => e.outerHTML.slice(0, 80)));
  assert.deepEqual(unnamed, []);
  const twice = await page.$$eval('[id]', (list) => list.map((e) => e.id).filter((id, i, all) => all.indexOf(id) !== i));
  assert.deepEqual(twice, []);
});
