#!/usr/bin/env bash
# Asked with another setting, litellm's cache gives the answer that was made with the first one.
#
# Expected: a cache of answers knows two requests by what is sent to the server.
# Seen (litellm 1.110.2): its key has the parameters that OpenAI knows and a few more. What a server of one's own is
# told by extra_body (top_k, whether the model thinks), by a name such as min_p, or by headers, is sent and is not in
# the key: the second request does not reach the server. temperature and a top_k that is given by its name are in it.
# Why it matters: a sweep of sampling or thinking over a cache has the same answers in every row, the first one's.

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
install litellm==1.110.2 openai==3.57.0 fastapi==0.165.0 orjson==3.13.0 soundfile==0.14.0 tiktoken==0.14.0 tokenizers==0.23.3
env -u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY -u ALL_PROXY -u all_proxy \
  "$work/venv/bin/python" -W ignore - 2>"$work/log" <<'PY' | sed -n "s/^seen //p" >"$work/out"
import http.server
import json
import os
import threading

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm

asked = []


class Server(http.server.BaseHTTPRequestHandler):
    """Answers with what it was told besides the messages."""

    def log_message(self, *words):
        pass

    def do_POST(self):
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked.append({name: value for name, value in told.items() if name not in ("messages", "model")})
        choice = {"index": 0, "message": {"role": "assistant", "content": json.dumps(asked[-1])}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        body = json.dumps({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()


def differ(name, one, other):
    """How many of two requests reach the server, and what the second one is answered."""
    litellm.enable_cache(type="local")
    asked.clear()
    for value in (one, other):
        answer = litellm.completion(model="openai/m", api_key="none", api_base=f"http://127.0.0.1:{server.server_port}/v1",
                                    messages=[{"role": "user", "content": "q"}], **{name: value})
    litellm.disable_cache()
    print("seen", len(asked), answer.choices[0].message.content)


differ("temperature", 0, 1)
differ("top_k", 1, 50)
differ("extra_body", {"top_k": 1}, {"top_k": 50})
thinks = [{"chat_template_kwargs": {"enable_thinking": value}} for value in (False, True)]
differ("extra_body", *thinks)
differ("min_p", .1, .9)
differ("extra_headers", {"x-model": "small"}, {"x-model": "large"})
PY
line() { sed -n "$1p" "$work/out"; }
expect 'requests that arrive, second answer: temperature 0, 1' '2 {"temperature": 1}' "$(line 1)"
expect 'top_k 1, 50' '2 {"top_k": 50}' "$(line 2)"
expect 'the same in extra_body' '1 {"top_k": 1}' "$(line 3)"
expect 'without and with thinking' '1 {"chat_template_kwargs": {"enable_thinking": false}}' "$(line 4)"
expect 'min_p .1, .9' '1 {"min_p": 0.1}' "$(line 5)"
expect 'headers' '1 {}' "$(line 6)"
