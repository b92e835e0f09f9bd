#!/usr/bin/env bash
# Whatever comes with status 200 is a chat completion for the OpenAI client.
#
# Expected: the typed Python client (its types are pydantic models) converts or refuses what does not fit them.
# Seen (openai 3.57.0): it converts, a token count sent as text is a number; but it refuses nothing. {"error": ...} with
# status 200, as some gateways answer, is a ChatCompletion whose choices are None; a login page is returned as a str.
# Why it matters: OpenAI-compatible servers differ just there. An overloaded server is an AttributeError or TypeError
# far from the cause, or an empty answer that is scored; check choices before counting it.

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
install openai==3.57.0
python - >"$work/out" <<'PY'
import http.server
import json
import threading

import openai

CHOICE = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "answer"}}
USAGE = {"prompt_tokens": "12", "completion_tokens": 3, "total_tokens": 15}
ANSWERS = {
    "text": ("application/json", json.dumps({"id": "1", "object": "chat.completion", "choices": [CHOICE], "usage": USAGE})),
    "error": ("application/json", json.dumps({"error": "overloaded"})),
    "page": ("text/html", "<html>Sign in</html>"),
}


class Compatible(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        kind, body = ANSWERS[self.path.split("/")[1]]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body.encode())


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Compatible)
threading.Thread(target=server.serve_forever, daemon=True).start()


def ask(case):
    client = openai.OpenAI(api_key="none", base_url=f"http://127.0.0.1:{server.server_port}/{case}", max_retries=0)
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": "q"}])


text, error, page = map(ask, ANSWERS)
print(text.usage.prompt_tokens + text.usage.completion_tokens)
print(type(error).__name__, error.choices)
print(type(page).__name__)
PY
expect '"12" prompt tokens and 3 more' '15' "$(sed -n 1p "$work/out")"
expect 'an error with status 200: type, choices' 'ChatCompletion None' "$(sed -n 2p "$work/out")"
expect 'a page: type' 'str' "$(sed -n 3p "$work/out")"
