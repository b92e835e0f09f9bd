// Makes the page's template: node build.mjs NODE_MODULES OUTPUT. Styles, scripts, the charting library and the licences
// of all that go into template.html; the command puts the report's JSON in later.
import {readFileSync, renameSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const [modules, output] = process.argv.slice(2);
const folder = dirname(fileURLToPath(import.meta.url));
const text = (name) => readFileSync(join(folder, name), 'utf8');
const module = (name) => readFileSync(join(modules, name), 'utf8');

// One scope, in this order.
const scripts = ['dom.js', 'data.js', 'rows.js', 'table.js', 'latex.js', 'chart.js', 'multiples.js', 'leaderboard.js', 'tradeoffs.js', 'behaviour.js', 'learning.js',
  'evidence.js', 'references.js', 'worlds.js', 'headline.js', 'provenance.js', 'state.js', 'main.js'];

// ECharts is built from the others; d3's licence is for parts that it took over.
const licences = [
  ['OffloadBench, this page (MIT)', text('../../LICENSE')],
  ['Apache ECharts (Apache-2.0): NOTICE', module('echarts/NOTICE')],
  ['Apache ECharts (Apache-2.0): LICENSE', module('echarts/LICENSE')],
  ['d3, in Apache ECharts (BSD-3-Clause)', module('echarts/licenses/LICENSE-d3')],
  ['zrender, in Apache ECharts (BSD-3-Clause)', module('zrender/LICENSE')],
  ['tslib, in Apache ECharts (0BSD)', module('tslib/LICENSE.txt')],
];

function script(source, name) {
  if (/<\/script|<!--/i.test(source)) throw new Error(`${name}: would end its script element`);
  return source.trim();
}

const escaped = (source) => source.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

const parts = {
  styles: text('page.css').trim(),
  library: script(module('echarts/dist/echarts.min.js'), 'echarts.min.js'),
  scripts: script(`'use strict';\n(() => {\n${scripts.map(text).join('\n')}})();`, 'scripts'),
  licences: escaped(licences.map(([name, licence]) => `${name}\n\n${licence.trim()}`).join('\n\n\n')),
};
// A function as the replacement: the library holds what replace() would take for patterns.
const page = text('template.html').replace(/%(styles|library|scripts|licences)%/g, (_, name) => parts[name]);
writeFileSync(`${output}.new`, page.replace(/\r\n?/g, '\n'));
renameSync(`${output}.new`, output);
