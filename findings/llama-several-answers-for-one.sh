#!/usr/bin/env bash
# Three answers are told, and charged, as one.
#
# Expected: asked for several answers to one request (n), a model server either gives one and tells the tokens of one, or gives
# all and tells the tokens of all, as OpenAI's protocol has it.
# Seen (xllamacpp 2026.10.11549, llama.cpp's server, with SmolLM2-135M): n = 3 gives three answers of 16 tokens each, and a usage
# of 16; a stream of two has two usages of 6 tokens, where clients keep the last. llama.cpp's pull request 27318 is to mend it.
# max_tokens = 0 gives one token.
# Why it matters: best-of-n and self-consistency cost n times as much as it says, so that a small model that votes looks as cheap
# as one that answers once: just the comparison that a routing benchmark makes.

set -euo pipefail
. "$(dirname "$0")/llama-server.bash"
cat >"$work/ask.py" <<'PY'
import json
import urllib.request

from llama import serve

server = serve(1024, slots=3)


def ask(**more):
    body = {"model": "m", "messages": [{"role": "user", "content": "Name three rivers of Europe."}], "seed": 3, **more}
    request = urllib.request.Request(server.listening_address + "/v1/chat/completions", json.dumps(body).encode(),
                                     {"content-type": "application/json"})
    return urllib.request.urlopen(request).read().decode()


several = json.loads(ask(n=3, max_tokens=16, logprobs=True))
print(*[len(choice["logprobs"]["content"]) for choice in several["choices"]], several["usage"]["completion_tokens"])
events = [json.loads(line[6:]) for line in ask(n=2, max_tokens=6, stream=True, stream_options={"include_usage": True}).split("\n")
          if line.startswith("data: {")]
print(*[event["usage"]["completion_tokens"] for event in events if "usage" in event])
none = json.loads(ask(max_tokens=0))
print(none["usage"]["completion_tokens"], bool(none["choices"][0]["message"]["content"]))
PY
ask "$work/ask.py" >"$work/out"
expect 'tokens of three answers, and usage' '16 16 16 16' "$(sed -n 1p "$work/out")"
expect 'usages of a stream of two answers of 6 tokens' '6 6' "$(sed -n 2p "$work/out")"
expect 'max_tokens 0: tokens, some text' '1 True' "$(sed -n 3p "$work/out")"
