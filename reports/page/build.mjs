// Makes the page's template: node build.mjs ECHARTS_FOLDER OUTPUT. Styles, scripts and the charting library go
// into template.html; the command puts the report's JSON in later.
import {readFileSync, renameSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const [library, output] = process.argv.slice(2);
const folder = dirname(fileURLToPath(import.meta.url));
const text = (name) => readFileSync(join(folder, name), 'utf8');

// One scope, in this order.
const scripts = ['dom.js', 'data.js', 'chart.js', 'leaderboard.js', 'tradeoffs.js', 'behaviour.js', 'learning.js',
  'evidence.js', 'references.js', 'provenance.js', 'main.js'];

function script(source, name) {
  if (/<\/script|<!--/i.test(source)) throw new Error(`${name}: would end its script element`);
  return source.trim();
}

const parts = {
  styles: text('page.css').trim(),
  library: script(readFileSync(join(library, 'dist/echarts.min.js'), 'utf8'), 'echarts.min.js'),
  scripts: script(`'use strict';\n(() => {\n${scripts.map(text).join('\n')}})();`, 'scripts'),
};
// A function as the replacement: the library holds what replace() would take for patterns.
const page = text('template.html').replace(/%(styles|library|scripts)%/g, (_, name) => parts[name]);
writeFileSync(`${output}.new`, page);
renameSync(`${output}.new`, output);
