#!/usr/bin/env bash
# With a base URL of one's own, LangChain no longer asks what a stream cost.
#
# Expected: which server answers changes nothing in what is asked of it: ChatOpenAI asks for the usage of a stream, or
# does not.
# Seen (langchain-openai 1.7.4, openai 3.57.0): made without a base URL it asks for usage. With one, be it an argument or
# the environment's OPENAI_BASE_URL, it sends no stream_options, so that a server that keeps to the protocol tells no
# usage and usage_metadata is None. stream_usage=True brings it back.
# Why it matters: put a gateway or a local model server before the same program, and every streamed call costs nothing in
# its books. Totals that drop when the gateway comes are no saving.

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
install langchain-openai==1.7.4 openai==3.57.0
cat >"$work/ask.py" <<'PY'
import http.server
import json
import os
import threading

os.environ.pop("OPENAI_BASE_URL", None)
os.environ.pop("OPENAI_API_BASE", None)
from langchain_openai import ChatOpenAI


class Server(http.server.BaseHTTPRequestHandler):
    """One word, and the usage for whoever asks."""

    def log_message(self, *words):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        word = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}]}
        usage = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8}}
        for part in [word] + [usage] * bool((asked.get("stream_options") or {}).get("include_usage")):
            event = {"id": "a", "object": "chat.completion.chunk", "created": 1, "model": "m", **part}
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/v1"


def total(**more):
    whole = None
    for chunk in ChatOpenAI(model="m", api_key="none", **more).stream("Is it warm?"):
        whole = chunk if whole is None else whole + chunk
    return whole.usage_metadata and whole.usage_metadata["total_tokens"]


print(ChatOpenAI(model="m", api_key="none").stream_usage)
print(total(base_url=url), total(base_url=url, stream_usage=True))
os.environ["OPENAI_BASE_URL"] = url
print(total())
PY
python "$work/ask.py" >"$work/out"
expect 'asks for usage, no base URL' 'True' "$(sed -n 1p "$work/out")"
expect 'tokens told, base URL; with stream_usage=True' 'None 8' "$(sed -n 2p "$work/out")"
expect 'tokens told, OPENAI_BASE_URL' 'None' "$(sed -n 3p "$work/out")"
