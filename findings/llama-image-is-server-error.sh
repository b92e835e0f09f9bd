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
. "$(dirname "$0")/llama-server.bash"
install openai==3.57.0
cat >"$work/ask.py" <<'PY'
import http.server
import threading
import urllib.error
import urllib.request

import openai
from llama import serve

server = serve(512)
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
ask "$work/ask.py" >"$work/out"
expect 'a picture for a text-only model' '500, asked 3 times' "$(sed -n 1p "$work/out")"
expect 'a prompt that is too long' '400, asked 1 times' "$(sed -n 2p "$work/out")"
