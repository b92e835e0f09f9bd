#!/usr/bin/env bash
# litellm fills in the tokens that a server did not tell: none, or a guess that looks like a count.
#
# Expected: an answer without usage has usage None, streamed or not, so that who adds up costs knows that it is missing.
# Seen (litellm 1.110.2): an answer that is not streamed gets a usage of 0 and 0 tokens. Of a stream nothing is said,
# unless it is asked for (include_usage): then the last chunk has numbers, counted by litellm with the tokenizer of
# another model, though the server sent none; stream_chunk_builder does so always. Nothing marks them.
# Why it matters: model servers and gateways that tell no usage are just those being compared. The same call is free, or
# costs a guess by the way that it was made, and neither is what the server did.

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
install litellm==1.110.2 openai==3.57.0 tiktoken==0.14.0 tokenizers==0.23.3
env -u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY -u ALL_PROXY -u all_proxy \
  "$work/venv/bin/python" -W ignore - 2>"$work/log" <<'PY' | sed -n "s/^seen //p" >"$work/out"
import http.server
import json
import os
import threading

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm

litellm.suppress_debug_info = True
WORDS = ("Bon", "jour ", "Xyzzy")


class Server(http.server.BaseHTTPRequestHandler):
    """Answers in three pieces or in one, and tells no usage."""

    def log_message(self, *words):
        pass

    def do_POST(self):
        stream = json.loads(self.rfile.read(int(self.headers["Content-Length"]))).get("stream")
        common = {"id": "1", "created": 1, "model": "m"}
        if stream:
            choices = [{"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None} for word in WORDS]
            choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
            events = [json.dumps({**common, "object": "chat.completion.chunk", "choices": [one]}) for one in choices]
            body = "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"])
        else:
            choice = {"index": 0, "message": {"role": "assistant", "content": "".join(WORDS)}, "finish_reason": "stop"}
            body = json.dumps({**common, "object": "chat.completion", "choices": [choice]})
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if stream else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
messages = [{"role": "user", "content": "What do you say?"}]


def ask(**more):
    return litellm.completion(model="openai/m", api_key="none", api_base=f"http://127.0.0.1:{server.server_port}/v1",
                              messages=messages, **more)


def tokens(answer):
    usage = getattr(answer, "usage", None)
    return usage and (usage.prompt_tokens, usage.completion_tokens)


print("seen", tokens(ask()))
chunks = list(ask(stream=True))
print("seen", tokens(chunks[-1]))
print("seen", tokens(litellm.stream_chunk_builder(chunks, messages=messages)))
print("seen", tokens(list(ask(stream=True, stream_options={"include_usage": True}))[-1]))
PY
expect 'prompt and completion tokens of an answer that tells none' '(0, 0)' "$(sed -n 1p "$work/out")"
expect 'of a stream' 'None' "$(sed -n 2p "$work/out")"
expect 'of the same stream, put together' '(12, 4)' "$(sed -n 3p "$work/out")"
expect 'of a stream that was asked for them' '(12, 4)' "$(sed -n 4p "$work/out")"
