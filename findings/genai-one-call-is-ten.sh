#!/usr/bin/env bash
# One call of Google's client is ten requests, of which the answer tells the tokens of one.
#
# Expected: generate_content sends one request, and usage_metadata of what it returns says what it cost.
# Seen (google-genai 3.6.1): if a Python function stands among the tools, the client calls it itself and asks again with
# the result, up to ten times in all, when the model goes on asking for it. Each request holds the whole conversation so
# far and is charged; usage_metadata is the last one's alone. There is no text in the answer then, and nothing raises:
# it ends with one more call of the function. With a declaration of the same function it is one request.
# Why it matters: a routed question with a tool costs up to ten times what is written down; its latency is ten answers'.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need python3 python3
python3 -m venv "$work/venv" || { echo "needs venv: apt-get install python3-venv" >&2; exit 2; }
install() {
  "$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check "$@" || { echo "cannot install $*" >&2; exit 2; }
}
install google-genai==3.6.1
cat >"$work/seen.py" <<'PY'
import http.server
import json
import threading

from google import genai
from google.genai import types

sent, called = [], []


class Model(http.server.BaseHTTPRequestHandler):
    """Asks for the tool whatever it is told; a token is a message."""

    def log_message(self, *words):
        pass

    def do_POST(self):
        messages = len(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["contents"])
        sent.append(messages)
        part = {"functionCall": {"name": "price", "args": {"model": "m"}}}
        answer = {"candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}],
                  "usageMetadata": {"promptTokenCount": messages, "candidatesTokenCount": 1,
                                    "totalTokenCount": messages + 1}}
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def price(model: str) -> str:
    """The price of a model."""
    called.append(model)
    return "1 USD"


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = types.HttpOptions(base_url=f"http://127.0.0.1:{server.server_port}")
client = genai.Client(api_key="none", http_options=address)
arguments = types.Schema(type="OBJECT", properties={"model": types.Schema(type="STRING")})
declared = types.Tool(function_declarations=[types.FunctionDeclaration(name="price", parameters=arguments)])
for tool in (declared, price):
    sent.clear()
    answer = client.models.generate_content(model="m", contents="q", config={"tools": [tool]})
    print(len(sent), len(called), sum(sent), answer.usage_metadata.prompt_token_count, answer.text)
PY
timeout 60 "$work/venv/bin/python" -W ignore "$work/seen.py" >"$work/out" 2>"$work/log"
echo "requests, calls of the function, tokens of all prompts, tokens that the answer tells, its text:"
expect 'with a declaration' '1 0 1 1 None' "$(sed -n 1p "$work/out")"
expect 'with a function' '10 9 100 19 None' "$(sed -n 2p "$work/out")"
