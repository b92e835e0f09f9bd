// node page_test.mjs CHROMIUM REPORT_HTML: what a reader does with the page, and what a hostile name must not do.
import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {chromium} from 'playwright-core';

const [executablePath, report] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), 'offload-browser-'));
const context = await chromium.launchPersistentContext(profile, {executablePath, headless: true, acceptDownloads: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync']});
const page = await context.newPage();
page.setDefaultTimeout(20000);
const complaints = [], requests = [];
page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
page.on('pageerror', (error) => complaints.push(error.stack));
page.on('dialog', (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
context.on('request', (request) => requests.push(request.url()));

async function open(file, width = 1280) {
  await page.setViewportSize({width, height: 900});
  await page.goto(`file://${resolve(file)}`);
  await ready();
}
const ready = () => page.waitForSelector('html[data-ready]');
const names = () => page.$$eval('#board tbody th bdi', (list) => list.map((e) => e.textContent));
const column = (head) => page.$eval('#board', (board, wanted) => {
  const at = [...board.querySelectorAll('thead th')].findIndex((th) => th.textContent.trim().startsWith(wanted));
  return [...board.querySelectorAll('tbody tr')].map((row) => parseFloat(row.children[at].textContent));
}, head);
const sorted = (values, sign) => values.every((v, i) => i === 0 || sign * (v - values[i - 1]) >= 0);
const steps = [];
const step = (name, run) => steps.push([name, run]);

step('opens fast, small, alone and without a complaint', async () => {
  assert.ok(statSync(report).size < 5e6, 'page under 5 MB');
  const times = [];
  for (let i = 0; i < 3; ++i) {
    await open(report);
    times.push(await page.evaluate(() => Number(document.documentElement.dataset.ready)));
  }
  console.log(`  ${(statSync(report).size / 1e6).toFixed(2)} MB, everything drawn after ${times.map(Math.round).join(', ')} ms`);
  assert.ok(Math.min(...times) < 2000, 'interactive in under 2 s');
  assert.deepEqual([...new Set(requests)], [`file://${resolve(report)}`]);
  assert.equal((await names()).length, 8);
});

step('sorts by a column, backwards, and back', async () => {
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

step('filters by name, kind, cell and view', async () => {
  await page.fill('#filter', 'ONLY');
  await ready();
  assert.deepEqual((await names()).sort(), ['cloud-only', 'local-only', 'text-only']);
  await page.fill('#filter', '');
  await page.selectOption('#kind', 'learns');
  assert.deepEqual((await names()).sort(), ['epsilon-greedy', 'greedy-quality']);
  await page.selectOption('#kind', 'exact');
  assert.deepEqual(await names(), []);
  assert.equal(await page.locator('#references tbody tr').count(), 4);
  await page.selectOption('#kind', '');
  const before = await column('Reward');
  await page.selectOption('#task', {index: 1});
  await ready();
  const json = JSON.parse(readFileSync(join(report, '../report.json')));
  const first = json.cells.map((cell) => cell.rows.find((row) => row.row === json.leaderboard[0].rows[0].row).tasks[0].reward[0]);
  assert.equal((await column('Reward'))[0], Number((first.reduce((a, b) => a + b) / first.length).toFixed(3)));
  assert.equal(await page.locator('#references').count(), 0);
  const drawn = await page.$$eval('#figure-budget svg text', (list) => list.map((e) => e.textContent).join(' '));
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
  await page.selectOption('#view', '0');
  await ready();
  assert.deepEqual(await column('Reward'), before);
});

step('shows the same numbers as report.json', async () => {
  const json = JSON.parse(readFileSync(join(report, '../report.json')));
  const rows = json.leaderboard[0].rows;
  assert.deepEqual(await names(), rows.map((row) => row.row));
  assert.deepEqual(await column('Reward'), rows.map((row) => Number(row.reward.toFixed(3))));
});

step('follows its anchors', async () => {
  for (const link of await page.locator('nav a').all()) {
    const target = await link.getAttribute('href');
    await link.click();
    assert.ok(page.url().endsWith(target));
    const top = await page.locator(target).evaluate((e) => e.getBoundingClientRect().top);
    assert.ok(top > -5 && top < 900, `${target} is at ${top}`);
  }
  await page.locator('#board tbody a').first().click();
  assert.equal(await page.locator('.card:target h3 bdi').textContent(), (await names())[0]);
});

step('gives every chart a table and saves it', async () => {
  const drawn = page.locator('figure:has(svg:not(.mark))');
  const count = await drawn.count();
  assert.ok(count >= 8, `${count} charts`);
  for (const figure of await drawn.all()) {
    await figure.locator('summary').click();
    await figure.locator('tbody tr').first().waitFor();
    for (const [kind, begins] of [['SVG', '<svg'], ['PNG', '\x89PNG']]) {
      const [download] = await Promise.all([page.waitForEvent('download'), figure.locator('button', {hasText: kind}).click()]);
      const text = readFileSync(await download.path(), 'latin1');
      assert.ok(text.startsWith(begins), `${download.suggestedFilename()} begins with ${text.slice(0, 20)}`);
      assert.ok(text.length > 2000);
    }
  }
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
    const order = await names(), sorted = [...order].sort();
    assert.deepEqual(order, i === 0 ? sorted : sorted.reverse());
  }
});

step('fits a phone, a tablet and a desk, in light and dark', async () => {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({colorScheme});
    for (const width of [375, 768, 1280]) {
      await open(report, width);
      assert.equal(await page.getAttribute('html', 'data-theme'), colorScheme);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= width, `no sideways scrolling at ${width}`);
      await page.screenshot({path: `page-${colorScheme}-${width}.png`, fullPage: true});
    }
  }
});

// Texts of a chart that cover each other or reach out of it; turned ones are left to the eye.
const collisions = () => page.$$eval('figure .picture svg', (pictures) => pictures.flatMap((svg) => {
  const frame = svg.getBoundingClientRect(), found = [];
  const texts = [...svg.querySelectorAll('text')].filter((e) => e.textContent.trim() !== '' && !/matrix\((?!1,0,0,1)/.test(e.getAttribute('transform') ?? ''))
    .map((e) => ({text: e.textContent, box: e.getBoundingClientRect()}));
  texts.forEach(({text, box}, i) => {
    if (box.left < frame.left - 1 || box.right > frame.right + 1) found.push(`${svg.closest('figure').id}: '${text}' is cut off`);
    for (const other of texts.slice(i + 1)) {
      const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
      const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
      if (across > 1 && down > 4) found.push(`${svg.closest('figure').id}: '${text}' over '${other.text}'`);
    }
  });
  return found;
}));

step('writes no label over another, at any width', async () => {
  for (const width of [375, 768, 1280]) {
    await open(report, width);
    assert.deepEqual(await collisions(), [], `at ${width}`);
  }
});

step('names every drawn row in its legends, without paging', async () => {
  await open(report, 375);
  for (const id of ['budget', 'profiles']) {
    const texts = await page.$$eval(`#figure-${id} svg text`, (list) => list.map((e) => e.textContent));
    for (const name of await names()) assert.ok(texts.includes(name), `${id} names ${name}`);
  }
});

step('shows an interval under every figure of the board', async () => {
  const heads = await page.$$eval('#board thead th', (list) => list.map((e) => e.textContent.trim()));
  const bare = await page.$$eval('#board tbody tr', (list, wanted) => list.flatMap((row) => wanted
    .filter(([, at]) => !row.children[at].querySelector('small.range')).map(([head]) => `${row.firstChild.textContent}: ${head}`)),
  ['S', 'Reward', 'Violations', 'Quality', 'Latency s', 'Cost USD'].map((head) => [head, heads.indexOf(head)]));
  assert.deepEqual(bare, []);
  assert.equal(await page.locator('#summary tbody small.range').count(), 6 * (await names()).length);
  assert.match(await page.textContent('#verdict'), /ranking.*R2/s);
});

step('prints in light colours', async () => {
  await page.pdf({path: 'page.pdf', format: 'A4'});
  assert.ok(statSync('page.pdf').size > 50000);
  await page.emulateMedia({colorScheme: 'light'});
});

// The report of this page, changed, as a page of its own.
function changed(name, change) {
  const [head, rest] = readFileSync(report, 'utf8').split('<script type="application/json" id="report">');
  const end = rest.indexOf('</script>');
  const text = JSON.stringify(change(JSON.parse(rest.slice(0, end)))).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
  writeFileSync(name, `${head}<script type="application/json" id="report">${text}${rest.slice(end)}`);
  return name;
}
const tableOf = async (id) => {
  await page.locator(`#figure-${id} summary`).click();
  await page.waitForSelector(`#${id}-data`);
  return page.$$eval(`#${id}-data tr`, (list) => list.map((row) => [...row.children].map((cell) => cell.textContent.trim())));
};

step('says what its intervals and tests claim', async () => {
  await open(report);
  const json = JSON.parse(readFileSync(join(report, '../report.json')));
  assert.equal(await page.textContent('#claim'), json.suite.claim.sentence);
  for (const place of ['#board caption', '#figure-reward h3', '#figure-pairs .note']) assert.match(await page.textContent(place), /claim D/);
  assert.match(await page.textContent('#verdict'), /local-only and cost-min took the same decisions/);
  assert.ok(await page.locator('#flags').isHidden());
  const [heads, first] = await tableOf('pairs');
  const {interval} = json.tests.find((family) => !family.exploratory).pairs[0].fresh_data;
  assert.equal(first[heads.indexOf('95 %, claim F')], `${interval.low.toFixed(4)} to ${interval.high.toFixed(4)}`);
  assert.match(await page.textContent('#pairs-data caption'), /decides ranks/);
  await page.selectOption('#cell', 'mid');
  await ready();
  for (const place of ['#board caption', '#pairs-data caption']) assert.match(await page.textContent(place), /exploratory/);
});

step('shows flags, lineage, and pairs without a verdict', async () => {
  const sentence = 'Row cloud-only: it knows too much.';
  await open(changed('doubtful.html', (json) => {
    json.suite.flags = [{row: 'cloud-only', cell: null, what: 'above_causal', amount: 1, p: .0001, sentence}];
    json.suite.warnings = [sentence, 'Another warning.'];
    json.rows[1].lineage = {training: 'seen', seen_tests: 3, tests: 200};
    for (const family of json.tests) Object.assign(family.pairs[0], {difference: .5, difference_interval: {low: null, high: null}, p: null, p_holm: null});
    return json;
  }));
  assert.equal(await page.textContent('#flags-list'), sentence);
  assert.equal(await page.textContent('#warnings-list'), 'Another warning.');
  assert.equal(await page.locator('#board .flag').count(), 1);
  assert.match(await page.textContent('#row-1'), /3 of its 200 tests/);
  const [, pair] = await tableOf('pairs');
  assert.ok(pair.includes('no verdict') && pair.includes('–'), pair.join('|'));
});

step('draws of many rows the pairs that were tested', async () => {
  let opponent;
  await open(changed('many.html', (json) => {
    opponent = json.leaderboard[0].rows[0].row;
    json.tests = json.tests.filter((family) => family.cell === null);
    for (const family of json.tests) {
      family.all_pairs = false;
      family.pairs = family.pairs.filter((pair) => [pair.a, pair.b].includes(opponent));
    }
    return json;
  }));
  const texts = await page.$$eval('#figure-pairs svg text', (list) => list.map((e) => e.textContent));
  for (const name of await names()) assert.equal(texts.filter((text) => text === name).length, name === opponent ? 2 : 1, name);
  assert.match(await page.textContent('#figure-pairs .note'), /--pairs/);
  await page.selectOption('#cell', 'mid');
  await ready();
  assert.match(await page.textContent('#figure-pairs .nothing'), /single cells are not tested/);
});

step('keeps hostile names harmless', async () => {
  const hostile = `</script><script>window.hacked=1</script><img src=x onerror="window.hacked=1">'"\u202e{a|b} ${'日本語👩‍🚀'.repeat(30)}`;
  await open(changed('hostile.html', (json) => JSON.parse(JSON.stringify(json),
    (key, value) => (value === 'cloud-only' || value === 'mid' || key === 'description' ? hostile : value))), 375);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator('script').count(), 3);
  assert.equal(await page.locator('img').count(), 0);
  assert.equal((await names()).filter((name) => name.startsWith('</script><script>window.hacked=1</script>')).length, 1);
  assert.ok((await names()).every((name) => !name.includes('\u202e')));
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 375);
  await page.locator('#figure-reward .picture').hover({position: {x: 150, y: 60}});
  for (const summary of await page.locator('summary:visible').all()) await summary.click();
  await page.screenshot({path: 'page-hostile.png', fullPage: true});
  assert.equal(await page.evaluate(() => window.hacked), undefined);
});

step('said nothing and asked for nothing', async () => {
  assert.deepEqual(complaints, []);
  assert.deepEqual(requests.filter((url) => !/^(file|data|blob):/.test(url)), []);
});

let failed = 0;
for (const [name, run] of steps) {
  try {
    await run();
    console.log(`ok: ${name}`);
  } catch (error) {
    ++failed;
    console.log(`FAILED: ${name}\n${error.stack}`);
  }
}
await context.close();
rmSync(profile, {recursive: true, force: true});
process.exit(failed > 0 ? 1 : 0);
