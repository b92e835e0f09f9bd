#!/usr/bin/env bash
# A mock of httpx no longer holds the official client back: the call goes out to the server, and is paid.
#
# Expected: the Python client sends by httpx, so that inside respx.mock, which answers for httpx and refuses what nobody
# mocked, its calls are answered by the mock or refused; and a failed connection has an httpx error as its cause.
# Seen (openai 3.57.0, respx 0.23.1, httpx 0.28.1): the client brings a library of its own, httpx2. Inside respx.mock the
# answer comes from the network, without a word, and the cause of a failed connection is no httpx.HTTPError. An
# httpx.Client as http_client is taken all the same, and with it the mock holds again.
# Why it matters: tests of an agent that were free and offline ask the real model and pay for it, with the key that is in
# the environment; timers and counters that hook into httpx see no calls and report none.

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
python() { "$work/venv/bin/python" "$@"; }
install openai==3.57.0 respx==0.23.1 httpx==0.28.1 httpx2==2.16.2
python - >"$work/out" <<'PY'
import http.server
import json
import threading

import httpx
import openai
import respx


def completion(text):
    message = {"role": "assistant", "content": text}
    return {"id": "1", "object": "chat.completion", "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}


class Model(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(completion("the network")).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/v1"


def ask(base_url=url, **more):
    client = openai.OpenAI(api_key="none", base_url=base_url, max_retries=0, **more)
    answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "q"}])
    return answer.choices[0].message.content


with respx.mock(assert_all_called=False) as mock:
    mock.post(url + "/chat/completions").respond(json=completion("the mock"))
    print(ask())
    print(ask(http_client=httpx.Client()))
try:
    ask("http://127.0.0.1:9/v1")
except openai.APIConnectionError as error:
    print(isinstance(error.__cause__, httpx.HTTPError))
PY
expect 'who answers inside the mock' 'the network' "$(sed -n 1p "$work/out")"
expect 'who answers where http_client is an httpx.Client' 'the mock' "$(sed -n 2p "$work/out")"
expect 'a failed connection is an httpx.HTTPError' 'False' "$(sed -n 3p "$work/out")"
