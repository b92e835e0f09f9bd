// How the page looks: what is above the fold, how long it is, its colours, its labels, on screens and on paper.
import assert from 'node:assert/strict';
import {statSync} from 'node:fs';
import {resolve} from 'node:path';
import {added, changed, devtools, fuller, json, jsonOf, look, main, names, open, page, ready, report, requests, sample, setColours, step, textsOf, unfold, world} from './kit.mjs';

const known = {lens: 'simulator', model: 'true_mean'};

// Processor time of the thread of what `run` opens, in ms, so that what else the machine does counts for nothing.
async function timeOf(run) {
  await devtools.send('Performance.enable', {timeDomain: 'threadTicks'});
  const now = async () => (await devtools.send('Performance.getMetrics')).metrics.find(({name}) => name === 'TaskDuration').value * 1000;
  const before = await now();
  await run();
  const time = await now() - before;
  await devtools.send('Performance.disable');
  return time;
}

step('opens fast, small, alone and without a complaint', async () => {
  for (const [file, count] of [[report, 8], [main, 14]]) {
    assert.ok(statSync(file).size < 5e6, `${file} under 5 MB`);
    requests.length = 0;
    const times = [], walls = [];
    for (let i = 0; i < 3 && !(Math.min(...times) < 1000); ++i) {
      times.push(await timeOf(() => open(file)));
      walls.push(await page.evaluate(() => Number(document.documentElement.dataset.ready)));
    }
    console.log(`  ${(statSync(file).size / 1e6).toFixed(2)} MB, everything drawn after ${walls.map(Math.round).join(', ')} ms, of processor time ${times.map(Math.round).join(', ')} ms`);
    assert.ok(Math.min(...times) > 0 && Math.min(...times) < 1000, 'drawn in under 1 s');
    assert.deepEqual([...new Set(requests)].filter((url) => url !== 'about:blank'), [`file://${resolve(file)}`]);
    assert.equal((await names()).length, count);
  }
});

// Turned titles that begin left of their chart, links and choices that end right of the screen.
const cutOff = async () => [
  ...await page.$$eval('figure .picture svg', (pictures) => pictures.flatMap((svg) => [...svg.querySelectorAll('text')]
    .filter((text) => /matrix\(0,-1,1,0/.test(text.getAttribute('transform') ?? '') && text.getBoundingClientRect().left < svg.getBoundingClientRect().left).map((text) => text.textContent))),
  ...await page.$$eval('nav a, #controls select, #controls input', (list) => list.filter((e) => e.getBoundingClientRect().right > innerWidth).map((e) => e.textContent))];

step('shows verdict, rows, scores, intervals and violations without scrolling, and cuts off no title, link or choice', async () => {
  const sentence = 'Against the known truth (simulator / true_mean), greedy-quality is first, but not significantly: 0.008 (-0.009 to 0.025) ahead of epsilon-greedy, and 4 rows tie with it; it leads in 4 of 7 other views; the best with hindsight earns 0.118 more.';
  const wordy = changed('wordy.html', (all) => ({...all, headline: {view: known, evidence: 'known', sentence}}));
  for (const file of [report, main, world, wordy]) {
    for (const [width, height] of [[400, 800], [1440, 900]]) {
      await look(file, width, height);
      assert.deepEqual(await cutOff(), [], `${file} at ${width}`);
      const inside = (selector) => page.$$eval(selector, (list, [w, h]) => list.map((e) => e.getBoundingClientRect())
        .filter((box) => box.width > 0 && box.left >= 0 && box.right <= w && box.top >= 0 && box.bottom <= h).length, [width, height]);
      assert.equal(await inside('#sentence'), 1, `verdict of ${file} at ${width}`);
      const wanted = width === 400 ? 3 : Math.min(10, (await names()).length);
      const heads = await page.$$eval('#board thead th', (list) => list.map((e) => e.textContent.trim()));
      assert.match(heads[1], /^(S|Reward)/);
      assert.match(heads[2], /^Violations/);
      for (const cell of ['th', 'td:nth-child(2) small.range', 'td:nth-child(3) b', 'td:nth-child(3) small.range']) {
        assert.ok(await inside(`#board tbody ${cell}`) >= wanted, `${cell} of ${wanted} rows of ${file} at ${width} x ${height}`);
      }
    }
  }
});

step('is at most half as long as it was', async () => {
  await look(main);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  console.log(`  main-synthetic at 1440: ${height} px`);
  assert.ok(height <= 13742 / 2, `${height} px`);
});

step('fits a phone, a tablet and a desk, in light and dark', async () => {
  await look(main);
  for (const [colorScheme, widths] of [['light', [1440, 1024, 400]], ['dark', [400, 1024, 1440]]]) {
    await setColours(colorScheme);
    for (const width of widths) {
      await look(main, width);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= width, `no sideways scrolling at ${width}`);
      await page.screenshot({path: `page-${colorScheme}-${width}.png`, fullPage: true});
    }
  }
  await setColours('light');
});

step('opens a mark where budgets are broken, and nowhere else', async () => {
  await look(report);
  const second = json.leaderboard.find((board) => board.model === 'true_mean').rows.filter((row) => row.tier === 2).length;
  const open_marks = await page.$$eval('#figure-latency svg path', (list) => list.filter((e) => e.getAttribute('fill') === '#ffffff' && e.getAttribute('stroke')).length);
  assert.equal(open_marks, second);
});

step('says nothing of a chart that is not drawn yet', async () => {
  await look(main);
  const early = await page.evaluate(() => window.early);
  assert.ok(early.length > 3);
  assert.deepEqual([...new Set(early)], ['Drawing …']);
  assert.deepEqual(await page.$$eval('.nothing', (list) => list.filter((e) => !e.hidden && !e.closest('details:not([open])')).map((e) => e.textContent)), []);
});

const marks = () => page.$$eval('#toggles .toggle', (list) => Object.fromEntries(list.map((button) =>
  [button.dataset.row, [button.querySelector('.mark').getAttribute('fill'), button.querySelector('path').getAttribute('d')].join(' ')])));

step('gives every row one colour, the same in light and dark and in every chart', async () => {
  await look(main);
  const light = await marks();
  const colours = Object.values(light).map((mark) => mark.split(' ')[0]);
  assert.equal(new Set(colours).size, 14);
  const luminance = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((v) => (v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + [.2126, .7152, .0722][i] * v, 0);
  const contrast = (a, b) => (Math.max(luminance(a), luminance(b)) + .05) / (Math.min(luminance(a), luminance(b)) + .05);
  for (const colour of colours) for (const background of ['#ffffff', '#14181d']) assert.ok(contrast(colour, background) >= 3, `${colour} on ${background}`);
  await page.selectOption('#theme', 'dark');
  await ready();
  assert.deepEqual(await marks(), light);
  // A panel per row: what is drawn in it in a colour is in the row's.
  const titles = (await textsOf('profiles')).filter((text) => text in light);
  const drawn = await page.$$eval('#figure-profiles svg path', (list) => [...new Set(list.map((e) => e.getAttribute('stroke')?.toLowerCase()))]);
  assert.equal(titles.length, 14);
  for (const colour of colours) assert.ok(drawn.includes(colour), `profiles have ${colour}`);
  await page.selectOption('#theme', 'system');
});

step('draws learning curves and profiles as small multiples', async () => {
  await look(main);
  const all = jsonOf(sample).rows;
  for (const [id, list] of [['curves', all.filter((row) => row.training.curves.length > 0)], ['profiles', all]]) {
    const texts = await textsOf(id);
    for (const row of list) assert.equal(texts.filter((text) => text === row.row).length, 1, `${id} has a panel of ${row.row}`);
  }
  await page.locator('#toggles button', {hasText: 'None'}).click();
  await ready();
  assert.equal(await page.locator('#figure-curves .nothing').isVisible(), true);
  await page.locator('#toggles button', {hasText: 'All'}).click();
});

step('prints in light colours', async () => {
  await look(report);
  await setColours('dark');
  await page.pdf({path: 'page.pdf', format: 'A4'});
  assert.ok(statSync('page.pdf').size > 50000);
  await page.emulateMedia({colorScheme: 'light', media: 'print'});
  for (const gone of ['#bar', '#toggles', '#tools', '.take', '#figure-budget .tools']) assert.ok(await page.locator(gone).first().isHidden(), `${gone} is not printed`);
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  assert.ok(await page.locator('#claim').isVisible(), 'what is claimed is printed');
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  assert.ok(await page.locator('#claim').isHidden());
  await page.emulateMedia({media: 'screen'});
});

// The same report with every row three times: more rows than colours.
const many = () => changed('crowd.html', (all) => {
  const times = (list) => [1, 2, 3].flatMap((n) => structuredClone(list).map((entry) => ({...entry, row: n === 1 ? entry.row : `${entry.row}-${n}`})));
  all.rows = times(all.rows);
  all.timing = times(all.timing);
  all.provenance.plugins = times(all.provenance.plugins);
  for (const part of [...all.cells, ...all.leaderboard]) part.rows = times(part.rows);
  return all;
});

step('never draws two rows in one colour, of however many', async () => {
  await open(many());
  const pressed = () => page.$$eval('#toggles .toggle[aria-pressed=true] .mark', (list) => list.map((e) => e.getAttribute('fill')));
  const grey = await page.$eval('#toggles .toggle[aria-pressed=false] .mark', (e) => e.getAttribute('fill'));
  assert.equal((await pressed()).length, 16);
  assert.equal(new Set(await pressed()).size, 16);
  assert.ok(!(await pressed()).includes(grey));
  // One out, another in: it takes the free colour, and the others keep theirs.
  const before = await marks();
  await page.locator('#toggles .toggle[aria-pressed=true]').first().click();
  const other = page.locator('#toggles .toggle[data-row="text-only-3"]');
  await other.click();
  await ready();
  const after = await marks(), changedRows = Object.keys(after).filter((row) => after[row].split(' ')[0] !== before[row].split(' ')[0]);
  assert.equal(new Set(await pressed()).size, 16);
  assert.equal(changedRows.length, 2);
});

added((all) => {
  for (const board of all.leaderboard) Object.assign(board.rows[0], {quality_interval: {low: -500, high: 500}, latency_s_per_episode_interval: {low: -500, high: 500}});
  return all;
});
step('lets no single interval set the scale of a chart', async () => {
  const ends = async () => {
    const numbers = (await textsOf('latency')).filter((text) => /^-?[\d.]+$/.test(text)).map(Number);
    return [Math.min(...numbers), Math.max(...numbers)];
  };
  await look(report);
  const before = await ends();
  await look(fuller());
  const [least, most] = await ends();
  assert.ok(least >= before[0] - 1 && most <= 2 * before[1], `${least} to ${most}, before ${before}`);
});

step('fits a chart to a card that shrinks', async () => {
  await look(world);
  await page.setViewportSize({width: 400, height: 900});
  // In one go: charts are drawn again meanwhile.
  const wide = await page.evaluate(() => [...document.querySelectorAll('figure .picture svg')]
    .filter((svg) => svg.getBoundingClientRect().right > svg.closest('figure').getBoundingClientRect().right).length);
  assert.equal(wide, 0, 'also before it is drawn again');
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
  for (const file of [report, main, world]) {
    await look(file);
    await unfold();
    for (const width of [1440, 1024, 768, 400]) {
      await look(file, width);
      assert.deepEqual(await collisions(), [], `${file} at ${width}`);
    }
  }
});
