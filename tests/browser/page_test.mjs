// node page_test.mjs CHROMIUM REPORT_HTML WORLD_HTML SAMPLE_JSON: what a reader sees of the page and does with it, and what a hostile
// name must not do.
import assert from 'node:assert/strict';
import {complaints, requests, runAll, step} from './kit.mjs';
import './uses.mjs';  // first: what it draws anew time and again is folded yet
import './looks.mjs';
import './takes.mjs';
import './says.mjs';

step('said nothing and asked for nothing', async () => {
  assert.deepEqual(complaints, []);
  assert.deepEqual(requests.filter((url) => !/^(file|data|blob|about):/.test(url)), []);
});

process.exit(await runAll() > 0 ? 1 : 0);
