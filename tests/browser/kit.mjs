// What the steps of the page's test share: a browser, pages made of a changed report, and what a reader looks at.
import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {chromium} from 'playwright-core';

// A report of quickstart, one of routing with margins, and the page of the committed sample (main-synthetic).
export const [executablePath, report, world, sample] = process.argv.slice(2);
const opening = '<script type="application/json" id="report">';
// A report.json, or what a page holds of it.
export function jsonOf(file) {
  const text = readFileSync(file, 'utf8');
  if (!file.endsWith('.html')) return JSON.parse(text);
  const held = text.slice(text.indexOf(opening) + opening.length);
  return JSON.parse(held.slice(0, held.indexOf('</script>')));
}
export const json = jsonOf(join(dirname(report), 'report.json'));

const profile = mkdtempSync(join(tmpdir(), 'offload-browser-'));
const context = await chromium.launchPersistentContext(profile, {executablePath, headless: true, acceptDownloads: true,
  permissions: ['clipboard-read', 'clipboard-write'],
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync']});
export const page = await context.newPage();
page.setDefaultTimeout(20000);
export const complaints = [], requests = [];
page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
page.on('pageerror', (error) => complaints.push(error.stack));
page.on('dialog', (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
context.on('request', (request) => requests.push(request.url()));
export const devtools = await context.newCDPSession(page);

export const ready = () => page.waitForSelector('html[data-ready]');
let looking = '';
export async function open(file, width = 1440, height = 900, hash = '') {
  looking = '';
  await page.setViewportSize({width, height});
  await page.goto('about:blank');  // an address that differs in its anchor alone would not load again
  await page.goto(`file://${resolve(file)}${hash}`);
  await ready();
}
// For steps that choose nothing, or put it back: one after the other they share what was loaded once, in which more may be
// unfolded by then.
export async function look(file, anew = false) {
  if (looking === file && !anew) return ready();
  await open(file);
  looking = file;
}
// Without loading it again, as somebody who turns a phone or pulls at a window; until every picture has its new width.
export async function resize(width, height = 900) {
  await page.setViewportSize({width, height});
  await page.waitForFunction((wanted) => innerWidth === wanted && [...document.querySelectorAll('figure .picture')].every((picture) =>
    !picture.clientWidth || !picture.querySelector('svg') || Math.abs(picture.clientWidth - picture.querySelector('svg').getAttribute('width')) <= 1), width);
}
export async function unfold() {
  // What tells of the change comes later.
  await page.evaluate(() => Promise.all([...document.querySelectorAll('details.fold:not([open], [hidden])')].map((fold) => new Promise((done) => {
    fold.addEventListener('toggle', done);
    fold.open = true;
  }))));
  await ready();
}

export const names = () => page.$$eval('#board tbody th bdi', (list) => list.map((e) => e.textContent));
export const column = (head, id = 'board') => page.$eval(`#${id}`, (board, wanted) => {
  const at = [...board.querySelectorAll('thead th')].findIndex((th) => th.textContent.trim().startsWith(wanted));
  return [...board.querySelectorAll('tbody tr')].map((row) => parseFloat(row.children[at].textContent));
}, head);
export const sorted = (values, sign) => values.every((v, i) => i === 0 || sign * (v - values[i - 1]) >= 0);
export const textsOf = (id) => page.$$eval(`#figure-${id} svg text`, (list) => list.map((e) => e.textContent));
export async function tableOf(id) {
  await page.locator(`#figure-${id} details.data summary`).click();
  await page.waitForSelector(`#${id}-data`);
  return page.$$eval(`#${id}-data tr`, (list) => list.map((row) => [...row.children].map((cell) => cell.textContent.trim())));
}

// The page with another report in it, written as the command writes it.
export function paged(name, content) {
  const [head, rest] = readFileSync(report, 'utf8').split(opening);
  const {evidence, ...shown} = content;
  const text = JSON.stringify(shown).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
  writeFileSync(name, `${head}${opening}${text}${rest.slice(rest.indexOf('</script>'))}`);
  return name;
}
export const changed = (name, change) => paged(name, change(structuredClone(json)));
export const main = paged('main.html', jsonOf(sample));

// The text of a file that pressing the button saves.
export async function saved(button) {
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return {name: download.suggestedFilename(), text: readFileSync(await download.path(), 'latin1'), utf8: readFileSync(await download.path(), 'utf8')};
}

const steps = [];
export const step = (name, run) => steps.push([name, run]);

export async function runAll() {
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
  assert.ok(steps.length > 20);
  return failed;
}
