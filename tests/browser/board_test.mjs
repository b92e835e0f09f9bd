// node board_test.mjs CHROMIUM SITE: the pages of a leaderboard's site, each opened from the disk.
import assert from 'node:assert/strict';
import {mkdtempSync, readdirSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {chromium} from 'playwright-core';

const [executablePath, site] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), 'offload-browser-'));
const context = await chromium.launchPersistentContext(profile, {executablePath, headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync']});
const page = await context.newPage();
const complaints = [], requests = [];
page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
page.on('pageerror', (error) => complaints.push(error.stack));
page.on('dialog', (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
context.on('request', (request) => requests.push(request.url()));

const pages = [];
const walk = (folder) => {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) walk(path);
    else if (name.endsWith('.html')) pages.push(path);
  }
};
walk(resolve(site));
assert.ok(pages.length >= 5, 'there are pages');
// They have no script: another width or scheme is laid out anew without loading, as for a reader who turns a phone. Each page
// begins at the width that the last one ended at.
const widths = [390, 1280];
for (const path of pages) {
  await page.goto(`file://${path}`);
  assert.equal(await page.locator('h1').count(), 1, path);
  assert.equal(await page.locator('script, iframe, object, embed, form').count(), 0, path);
  // Every link leads to a page of the site.
  for (const link of await page.$$eval('a', (list) => list.map((a) => a.href)))
    assert.ok(statSync(new URL(link)).isFile(), `${path}: ${link}`);
  for (const width of widths.reverse()) {
    await page.setViewportSize({width, height: 900});
    await page.waitForFunction((wanted) => innerWidth === wanted, width);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({colorScheme});
      const found = await page.evaluate(() => ({
        wider: document.documentElement.scrollWidth > innerWidth,
        cut: [...document.querySelectorAll('.day, .mark, caption > span, p')].filter((e) => (e.closest('td') ? 0 : e.getBoundingClientRect().right) > innerWidth
          || (e.matches('.day') && e.getClientRects().length > 1)).map((e) => e.textContent),
        tall: [...document.querySelectorAll('tbody tr')].map((row) => row.offsetHeight).filter((height) => height > 180),
      }));
      assert.deepEqual(found, {wider: false, cut: [], tall: []}, `${path}: fits ${width}, nothing beside tables is cut off or a date broken, no row is tall`);
    }
  }
}
await page.emulateMedia({colorScheme: 'light'});
await page.setViewportSize({width: 1280, height: 900});
await page.goto(`file://${resolve(site, 'index.html')}`);
await page.screenshot({path: 'board-index.png', fullPage: true});
await page.locator('.cards a').first().click();
assert.ok(await page.locator('#board tbody tr').count() >= 2, 'rows of many people');
await page.screenshot({path: 'board-task.png', fullPage: true});
await page.locator('#board tbody a').first().click();
assert.match(await page.locator('h1').textContent(), /^Entry \d+/);
await page.screenshot({path: 'board-entry.png', fullPage: true});
await context.close();
rmSync(profile, {recursive: true});
assert.deepEqual(complaints, []);
assert.deepEqual(requests.filter((url) => !url.startsWith(`file://${resolve(site)}/`) && !url.startsWith('data:')), []);
console.log(`${pages.length} pages, ${requests.length} requests, all of files of the site; no complaint`);
