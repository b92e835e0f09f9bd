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
export const complaints = [], requests = [];
context.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
context.on('weberror', (error) => complaints.push(error.error().stack));
context.on('dialog', (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
context.on('request', (request) => requests.push(request.url()));
// What a page says of its charts before the first is drawn.
await context.addInitScript(() => addEventListener('DOMContentLoaded', () => {
  window.early = [...document.querySelectorAll('.nothing:not([hidden])')].map((e) => e.textContent);
}));
const newTab = async () => {
  const tab = await context.newPage();
  tab.setDefaultTimeout(20000);
  return tab;
};
const passing = await newTab(), kept = new Map();  // by file
export let page = passing;  // that the steps look at
export const devtools = await context.newCDPSession(passing);

export const ready = () => page.waitForSelector('html[data-ready]');
// For steps that leave choices behind.
export async function open(file, width = 1440, height = 900, hash = '') {
  page = passing;
  await page.bringToFront();
  await page.setViewportSize({width, height});
  await page.goto('about:blank');  // an address that differs in its anchor alone would not load again
  await page.goto(`file://${resolve(file)}${hash}`);
  await ready();
}
// For steps that choose nothing, or put it back: they share a tab, which loads once, and in which more may be unfolded by
// then. Loading and drawing is most of what this test takes.
export async function look(file, width = 1440, height = 900) {
  page = kept.get(file) ?? await newTab();
  await page.bringToFront();
  if (kept.has(file)) return resize(width, height);
  await page.setViewportSize({width, height});
  await page.goto(`file://${resolve(file)}`);
  kept.set(file, page);
  await ready();
}
// Without loading it again, as somebody who turns a phone or pulls at a window; until every picture has its new width.
async function resize(width, height) {
  const {width: before, height: high} = page.viewportSize();
  if (before === width && high === height) return ready();
  await page.setViewportSize({width, height});
  await page.waitForFunction((wanted) => innerWidth === wanted && [...document.querySelectorAll('figure .picture')].every((picture) =>
    !picture.clientWidth || !picture.querySelector('svg') || Math.abs(picture.clientWidth - picture.querySelector('svg').getAttribute('width')) <= 1), width);
  await ready();
}
export async function setColours(colorScheme) {
  await page.emulateMedia({colorScheme});
  await page.waitForSelector(`html[data-theme=${colorScheme}]`);
  await ready();
}
// Everything, or what else has a summary that is seen.
export async function unfold(kind = '.fold') {
  // What tells of the change comes later.
  await page.evaluate((wanted) => Promise.all([...document.querySelectorAll(`details${wanted}:not([open], [hidden])`)]
    .filter((part) => part.firstElementChild.checkVisibility()).map((part) => new Promise((done) => {
      part.addEventListener('toggle', done);
      part.open = true;
    }))), kind);
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
const written = new Set();
export function changed(name, change) {
  if (!written.has(name)) paged(name, change(structuredClone(json)));
  written.add(name);
  return name;
}
export const main = paged('main.html', jsonOf(sample));
// The report with more in it than quickstart has; each step that looks for something says here what it is.
const additions = [];
export const added = (change) => { additions.push(change); };
export const fuller = () => changed('fuller.html', (all) => additions.reduce((report, change) => change(report), all));

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
      kept.clear();
      console.log(`FAILED: ${name}\n${error.stack}`);
    }
  }
  await context.close();
  rmSync(profile, {recursive: true, force: true});
  assert.ok(steps.length > 20);
  return failed;
}
