// What a reader takes along: pictures, tables as CSV and LaTeX, the citation, the commands.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {added, changed, fuller, json, look, main, open, page, report, saved, step, unfold, world} from './kit.mjs';

// What the buttons of a figure would save, by the name of the file: its length and how it begins.
const pictures = (figure, kinds) => figure.evaluate(async (node, wanted) => {
  const make = URL.createObjectURL, click = HTMLAnchorElement.prototype.click, found = {};
  let last = null;
  URL.createObjectURL = (blob) => { last = blob; return ''; };
  for (const kind of wanted) {
    await new Promise((done) => {
      HTMLAnchorElement.prototype.click = function () { found[this.download] = last; done(); };
      [...node.querySelectorAll('.tools button')].find((button) => button.textContent.trim() === kind.toUpperCase()).click();
    });
  }
  Object.assign(URL, {createObjectURL: make});
  HTMLAnchorElement.prototype.click = click;
  const read = async (blob) => ({length: blob.size, text: String.fromCharCode(...new Uint8Array(await blob.slice(0, 20).arrayBuffer()))});
  return Object.fromEntries(await Promise.all(Object.entries(found).map(async ([name, blob]) => [name, await read(blob)])));
}, kinds);

// Fields of RFC 4180.
const parsed = (text) => text.trimEnd().split('\n').map((line) => [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].slice(0, -1)
  .map(([, field]) => (field.startsWith('"') ? field.slice(1, -1).replace(/""/g, '"') : field)));
const csvOf = async (id) => saved(page.locator(`#${id} caption button`, {hasText: 'CSV'}));
const latexOf = async (id) => saved(page.locator(`#${id} caption button`, {hasText: 'LaTeX'}));

step('saves the leaderboard as CSV, every figure to its last digit', async () => {
  await look(report);
  const {name, utf8} = await csvOf('board');
  assert.equal(name, 'quickstart-board.csv');
  const [heads, ...lines] = parsed(utf8);
  const rows = json.leaderboard.find((board) => board.model === 'true_mean').rows;
  assert.deepEqual(lines.map((line) => line[heads.indexOf('Row')]), rows.map((row) => row.row));
  for (const [head, get] of [['Reward', (r) => r.reward], ['Reward low', (r) => r.reward_interval.low], ['Violations high', (r) => r.joint_violations.high],
    ['Cost USD', (r) => r.cost_usd_per_episode], ['Tests', (r) => r.joint_violations.of], ['Front', (r) => Number(r.pareto)]]) {
    assert.deepEqual(lines.map((line) => Number(line[heads.indexOf(head)])), rows.map(get), head);
  }
});

// What the buttons of every table that is there would save, all at once.
const allTables = () => page.evaluate(async () => {
  const blobs = [], make = URL.createObjectURL, click = HTMLAnchorElement.prototype.click;
  URL.createObjectURL = (blob) => { blobs.push(blob); return ''; };
  HTMLAnchorElement.prototype.click = () => {};
  const tables = [...document.querySelectorAll('table')].filter((table) => table.checkVisibility());
  for (const button of tables.flatMap((table) => [...table.querySelectorAll('caption button')])) button.click();
  Object.assign(URL, {createObjectURL: make});
  HTMLAnchorElement.prototype.click = click;
  const texts = await Promise.all(blobs.map((blob) => blob.text()));
  return tables.map((table, i) => ({id: table.id, rows: table.tBodies[0].rows.length, csv: texts[2 * i], tex: texts[2 * i + 1]}));
});

const tablesOf = new Map();  // by page, what is saved of it

step('saves every table, as CSV and as LaTeX', async () => {
  for (const file of [main, world]) {
    await look(file);
    await unfold();
    const tables = await allTables();
    tablesOf.set(file, tables);
    assert.ok(tables.length > 8, `${tables.length} tables of ${file}`);
    for (const {id, rows, csv, tex} of tables) {
      assert.equal(csv.trimEnd().split('\n').length, rows + 1, id);
      // Below each other where they are too wide beside each other; each has all rows.
      const parts = [...tex.matchAll(/\\begin\{tabular\}\{@\{\}((?:[lr]|p\{\d+pt\})+)@\{\}\}\n\\toprule\n([^]*?)\\bottomrule\n\\end\{tabular\}/g)];
      assert.ok(parts.length > 0 && parts.length === tex.split('\\begin{tabular}').length - 1, id);
      for (const [, kinds, lines] of parts) {
        const body = lines.split('\n').filter((line) => line.endsWith(' \\\\'));
        assert.equal(body.length, rows + 1, id);
        const columns = kinds.replace(/\{\d+pt\}/g, '').length;
        for (const line of body) assert.equal(line.replace(/\\&/g, '').split('&').length, columns, `${id}: ${line}`);
      }
      for (const c of tex) assert.ok(c.codePointAt(0) < 128, `${id}: '${c}' is no LaTeX`);
    }
  }
});

// Every table as wide as an article's text at most, by LaTeX itself where it is there.
step('saves tables that an article holds', async () => {
  if (spawnSync('sh', ['-c', 'command -v pdflatex && kpsewhich booktabs.sty']).status !== 0) return console.log('  (not compiled: LaTeX with booktabs is missing)');
  const texts = [main, world].flatMap((file) => tablesOf.get(file).filter(({rows}) => rows < 40).map(({tex}) => tex));
  writeFileSync('tables.tex', `\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n${texts.join('\\clearpage\n')}\\end{document}\n`);
  const {stdout, status} = spawnSync('pdflatex', ['-interaction=nonstopmode', '-halt-on-error', 'tables.tex'], {encoding: 'latin1'});
  assert.equal(status, 0, stdout.slice(-2000));
  assert.doesNotMatch(stdout, /Overfull \\hbox/);
});

step('gives every chart a table and saves it', async () => {
  await look(main);
  await unfold();
  const drawn = page.locator('figure:has(.picture svg)');
  const count = await drawn.count();
  assert.ok(count >= 11, `${count} charts`);
  const begins = {svg: '<svg', png: '\x89PNG'};
  for (const kind of Object.keys(begins)) {
    const {name, text} = await saved(drawn.first().locator('.tools button', {hasText: kind.toUpperCase()}));
    assert.ok(name.endsWith(`.${kind}`) && text.startsWith(begins[kind]), `${name} begins with ${text.slice(0, 20)}`);
  }
  for (const figure of await drawn.all()) {
    await figure.locator('details.data summary').click();
    await figure.locator('tbody tr').first().waitFor();
    const taken = Object.entries(await pictures(figure, Object.keys(begins)));
    assert.equal(taken.length, 2);
    for (const [name, {text, length}] of taken) {
      const kind = name.slice(-3);
      assert.ok(text.startsWith(begins[kind]), `${name} begins with ${text}`);
      assert.ok(length > 2000, `${name}: ${length} bytes`);
    }
  }
});

step('escapes names in CSV and LaTeX', async () => {
  const hostile = {'cloud-only': '=HYPERLINK("x"),1', 'local-only': '[a]*b_c & 50% $x$ #1 {~^} \\end{tabular}--<>|', 'text-only': '-3.5', 'cost-min': "@'a", random: '+5', 'greedy-quality': '-1e'};
  await open(changed('names.html', (all) => JSON.parse(JSON.stringify(all), (key, value) => (typeof value === 'string' ? hostile[value] ?? value : value))));
  const csv = (await csvOf('board')).utf8;
  assert.ok(csv.includes('"\'=HYPERLINK(""x""),1"'), csv);
  assert.ok(csv.includes('\n-3.5,'), 'a number is left alone');
  for (const name of ["@'a", '+5', '-1e']) assert.ok(csv.includes(`\n'${name},`), name);
  const tex = (await latexOf('board')).utf8;
  assert.ok(tex.includes('{[}a]{*}b\\_c \\& 50\\% \\$x\\$ \\#1 \\{\\textasciitilde{}\\textasciicircum{}\\} \\textbackslash{}end\\{tabular\\}-{}-\\textless{}\\textgreater{}\\textbar{}'), tex);
  assert.equal(tex.split('\\end{tabular}').length, tex.split('\\begin{tabular}').length);
});

added((all) => ({...all, suite: {...all.suite, task: {name: 'm4ai_{x}-v1', version: 1, unaltered: true, altered: []}}}));
step('says how to cite it and how to repeat it, and copies both', async () => {
  await look(report);
  await page.locator('#tools a', {hasText: 'Repeat'}).click();
  await page.locator('#command-0').waitFor();
  assert.equal(await page.textContent('#command-0'), 'offload-bench run suite.toml --out results/quickstart');
  assert.equal(await page.textContent('#command-1'), 'offload-bench verify .');
  await page.locator('#repeat .command button').first().click();
  await page.locator('#repeat [role=status]', {hasText: 'copied'}).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'offload-bench run suite.toml --out results/quickstart');
  await page.locator('#tools a', {hasText: 'Cite'}).click();
  await page.locator('#bibtex').waitFor();
  const bibtex = await page.textContent('#bibtex');
  assert.match(bibtex, /^@software\{offloadbench,[^@]*version = \{0\.[\d.]+\},\n\}\n\n@misc\{offloadbench-quickstart,/);
  assert.ok(bibtex.includes('Suite quickstart'));
  let depth = 0;
  for (const c of bibtex) {
    depth += c === '{' ? 1 : c === '}' ? -1 : 0;
    assert.ok(depth >= 0);
  }
  assert.equal(depth, 0);
  await page.locator('#cite .command button').click();
  await page.locator('#cite [role=status]', {hasText: 'copied'}).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), bibtex);
  await look(world);
  assert.match(await page.textContent('#command-0'), / --dataset routing\.csv /);
  await look(fuller());
  assert.match(await page.textContent('#bibtex'), /Task m4ai\\_\\textbraceleft\{\}x\\textbraceright\{\}-v1, version 1:/);
});
