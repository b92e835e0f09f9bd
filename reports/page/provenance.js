// What was run, where, what failed, the commands that do it again, and how to cite it.

// Where the data lies differs from machine to machine: the file's name is what the command can say.
const embedded = /^(synthetic|scenario):/.test(suite.dataset.source);
const fresh = suite.dataset.fresh_per_run;
const dataFile = suite.dataset.source.split('/').pop();
const quoted = (word) => (/^[\w./:=,+-]+$/.test(word) ? word : `'${shown(word).replace(/'/g, "'\\''")}'`);

// In the folder of the results: suite.toml and inputs/ are the suite and the files that it names.
function repeatCommands() {
  const data = embedded ? '' : ` --dataset ${quoted(dataFile)}`;
  return [['Run it again', `offload-bench run suite.toml${data} --out ${quoted(`results/${suite.name}`)}`],
    ['Recompute every figure from the stored decisions', `offload-bench verify .${data}`],
    ['Make this report again', 'offload-bench report .']];
}

// A text of the report within BibTeX's braces.
const bibtex = (text) => latex(text).replace(/\\([{}])/g, (_, brace) => (brace === '{' ? '\\textbraceleft{}' : '\\textbraceright{}'));
const citeKey = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '') || 'report';

function citations() {
  const version = report.provenance.version, task = suite.task;
  const entry = (kind, key, fields) => `@${kind}{${key},\n${fields.filter(([, text]) => text).map(([name, text]) => `  ${name} = {${text}},\n`).join('')}}`;
  const program = entry('software', 'offloadbench', [['title', '{OffloadBench}: the benchmark for local-cloud {LLM} inference offloading'],
    ['author', '{The OffloadBench authors}'], ['version', bibtex(version)]]);
  const what = task ? `Task ${task.name}, version ${task.version}${task.unaltered ? '' : ', altered'}` : `Suite ${suite.name}`;
  const mine = entry('misc', `offloadbench-${citeKey(task?.name ?? suite.name)}`, [['title', `{${bibtex(what)}: ${bibtex(suite.description)}}`],
    ['author', '{The OffloadBench authors}'], ['howpublished', `OffloadBench ${bibtex(version)}`],
    ['note', `Data ${bibtex(embedded ? suite.dataset.source : dataFile)}; ${plural(suite.splits.length, 'run').replace('\u202f', '')} per row, ${claim}`]]);
  return `${program}\n\n${mine}`;
}

function citeArea() {
  return [el('p', {}, 'OffloadBench and what this report is of, as BibTeX. Cite the work whose environment it implements as well: CITATION.cff names it.'), copyable('bibtex', citations())];
}

function repeatArea() {
  return [el('p', {}, `In the results folder of this report, with OffloadBench ${shown(report.provenance.version)}${embedded ? '' : `; ${shown(dataFile)} is your copy of the data set, of the SHA-256 under provenance`}.`),
    ...repeatCommands().flatMap(([name, command], i) => [el('h4', {}, name), copyable(`command-${i}`, command)])];
}

const hash = (text) => el('code', {class: 'hash', title: text}, text || '–');

function taskClaim() {
  const task = suite.task;
  if (task === null) return null;
  return `${shown(task.name)}, version ${task.version}: ${task.unaltered ? 'unaltered'
    : `altered (${task.altered.map(shown).join(', ')}), so this is not that task`}`;
}

function facts() {
  const trials = suite.trials;
  return list([
    ['Task', taskClaim()],
    ['Data', `${shown(embedded ? suite.dataset.source : dataFile)}${fresh ? `, drawn afresh for each of ${plural(suite.splits.length, 'run')}` : ''}: ${plural(suite.dataset.episodes, 'episode')}, ${plural(suite.dataset.turns, 'turn')}${fresh ? ' in all' : ''}`],
    ['Device and network', shown(suite.profile)],
    ['Runs', `${suite.splits.length} per row${suite.trainings > 1 ? `, ${suite.trainings} trainings on each split` : ''} (seed${new Set(suite.seeds).size > 1 ? 's' : ''} ${[...new Set(suite.seeds)].join(', ')})`],
    ['Budgets', suite.cells.map((cell) => `${short(cell.name)} (${budgetText(cell)})`).join(' · ')],
    ['Trials', `${count(trials.finished)} of ${count(trials.planned)} finished${trials.failed ? `, ${trials.failed} failed` : ''}${trials.missing ? `, ${trials.missing} not run` : ''}`],
    ['Version', `OffloadBench ${shown(report.provenance.version)}`],
  ]);
}

function failures() {
  const failed = report.trials.filter((trial) => trial.status === 'failed');
  const output = new Map(report.host.failed_output.map((entry) => [entry.key, entry.last_output]));
  const missing = report.trials.filter((trial) => trial.status === 'missing');
  const parts = [];
  if (failed.length > 0) {
    parts.push(table('failed', `Failed trials: ${failed.length}`, [
      {title: 'Row', text: true, value: (t) => t.row, cell: (t) => rowLabel(rowNamed.get(t.row))},
      {title: 'Split', text: true, value: (t) => t.split, cell: (t) => shown(t.split)},
      {title: 'Reason', text: true, value: (t) => t.reason, cell: (t) => shown(t.reason)},
      {title: 'Exit', value: (t) => t.exit_code}, {title: 'Signal', value: (t) => t.signal},
      {title: 'Limit', text: true, value: (t) => t.limit, cell: (t) => shown(t.limit ?? '–')},
      {title: 'Last output', text: true, value: (t) => output.get(t.key), cell: (t) =>
        (output.get(t.key) ? el('pre', {}, output.get(t.key).split('\n').map(shown).join('\n')) : '–')},
    ], failed));
  }
  if (missing.length > 0) {
    parts.push(table('missing', `Trials that have not run: ${missing.length}; the run command goes on with them`, [
      {title: 'Row', text: true, value: (t) => t.row, cell: (t) => rowLabel(rowNamed.get(t.row))},
      {title: 'Split', text: true, value: (t) => t.split, cell: (t) => shown(t.split)},
    ], missing));
  }
  if (report.left_out.length > 0) {
    parts.push(table('left-out', `Result files left out of every figure: ${report.left_out.length}`, [
      {title: 'File', text: true, value: (e) => e.file, cell: (e) => shown(e.file)},
      {title: 'Reason', text: true, value: (e) => e.reason, cell: (e) => shown(e.reason)},
    ], report.left_out));
  }
  return parts.length > 0 ? parts : [el('p', {}, 'Every planned trial finished, and no result file was left out.')];
}

// What a checkpoint says that it was trained on; null of a row that starts from nothing.
function lineageText(row) {
  const lineage = row.lineage;
  if (lineage === null) return null;
  if (lineage.training === 'seen') return `${count(lineage.seen_tests)} of its ${plural(lineage.tests, 'test')}: its figures are of what it has seen`;
  return {unseen: 'episodes of this data set, none of which tests it', 'other data': 'other data sets alone',
    unknown: 'not known: its checkpoint is of a format that does not say'}[lineage.training];
}

// What a sweep tried before the row was trained; null without one.
function tuningText({tuning}) {
  if (!tuning) return null;
  const tried = tuning.tried.map((one) => `${shown(one.name)}: chosen in ${plural(one.chosen, 'run')}${one.failed > 0 ? `, failed in ${one.failed}` : ''}, validation reward ${fixed(one.reward)}`);
  return `${plural(tuning.candidates, 'candidate')} per run, ${plural(tuning.steps, 'step')} in all. ${tried.join('; ')}`;
}

function rowCards() {
  const plugins = new Map(report.provenance.plugins.map((plugin) => [plugin.row, plugin]));
  return rows.map((row) => el('article', {class: 'card', id: `row-${row.index}`, tabindex: '-1'},
    el('h3', {}, mark(row), el('bdi', {}, shown(row.name))), el('p', {}, shown(row.summary)),
    list([['Plugin', `${shown(row.plugin)} ${shown(plugins.get(row.name)?.version ?? '')}`], ['Kind', kindNames[row.kind]],
      ['Trials', `${row.status}: ${row.trials.finished} of ${row.trials.planned}`], ['Trained before on', lineageText(row)],
      ['Flagged', flagsOf(row).map((flag) => shown(flag.sentence)).join(' ') || null],
      ['Parameters', Object.keys(row.parameters).length === 0 ? 'none'
        : Object.entries(row.parameters).map(([name, value]) => `${shown(name)} = ${shown(JSON.stringify(value))}`).join(', ')],
      ['Tuned by a sweep', tuningText(row)], ['Notes', (row.notes ?? []).map(shown).join(' ') || null]])));
}

const hostNames = {cpu: 'CPU', instruction_set: 'Instruction set', compiler: 'Compiler', offload_bench: 'OffloadBench',
  bits: 'Bits', 'agent.blas': 'Agent’s BLAS', 'agent.libtorch': 'Agent’s LibTorch', 'agent.aten': 'Agent’s ATen', 'agent.kernels': 'Agent’s kernels'};

const hostOrder = (key) => (Object.keys(hostNames).indexOf(key) + 100) % 100;

function provenance() {
  const keys = [...new Set(report.host.machines.flatMap((machine) => Object.keys(machine)))]
    .sort((a, b) => hostOrder(a) - hostOrder(b) || compare(a, b));
  return [
    el('p', {}, shown(report.statements.trust)),
    list([['Data set SHA-256', hash(report.provenance.dataset_sha256)],
      ['Splits', suite.splits.map((split, i) => `${shown(split)} (seed ${suite.seeds[i]})`).join(', ')],
      ['Bootstrap', `${count(report.provenance.bootstrap_repetitions)} repetitions, 95 % percentiles: of IQM, median, optimality gap and stratified intervals alone`],
      ['Tier 1', `violations in at most ${percent(suite.max_violation_rate)} of the tests of every cell${suite.world ? ', by the upper end of the interval where there is a budget' : ''}`]]),
    table('plugins', 'Plugins and the SHA-256 of their files', [
      {title: 'Row', text: true, value: (plugin) => plugin.row, cell: (plugin) => rowLabel(rowNamed.get(plugin.row))},
      {title: 'Plugin', text: true, value: (plugin) => plugin.plugin, cell: (plugin) => shown(plugin.plugin)},
      {title: 'Version', text: true, value: (plugin) => plugin.version, cell: (plugin) => shown(plugin.version)},
      {title: 'SHA-256', text: true, keep: true, value: (plugin) => plugin.sha256, cell: (plugin) => hash(plugin.sha256)}], report.provenance.plugins),
    table('machines', 'Where trials ran: one line for each different machine and library', keys.map((key) => ({title: hostNames[key] ?? shown(key), text: true, value: (m) => m[key] ?? null,
      cell: (m) => shown(m[key] ?? '–')})), report.host.machines),
    table('action-list', 'Actions and what one turn takes', [
      {title: 'Action', value: (a) => a.action}, {title: 'Name', text: true, value: (a) => a.name ?? '', cell: (a) => shown(a.name ?? '–')}, {title: 'Kind', text: true, value: (a) => a.kind, cell: (a) => (a.kind === null ? '–' : mixNames[a.kind])},
      {title: 'Latency s', value: (a) => a.latency_s, cell: (a) => significant(a.latency_s)},
      {title: `Cost ${costUnit}`, value: (a) => a.cost_usd, cell: (a) => significant(a.cost_usd)}], suite.actions),
    el('details', {}, el('summary', {}, 'The suite with every default'),
      el('pre', {}, JSON.stringify(suite.resolved, null, 1).split('\n').map(shown).join('\n'))),
  ];
}
