#!/usr/bin/env bash
# A model server that is told to call a tool answers in prose, with status 200 and finish_reason "stop".
#
# Expected: tool_choice "required" either ends in a call of one of the tools, which llama.cpp can force by a grammar,
# or in an error that says that the model cannot; as with a schema for the answer, which the same server keeps.
# Seen (xllamacpp 2026.10.11549, llama.cpp's server, with SmolLM2-135M, whose template knows no tools): prose and no
# tool_calls, nothing says that the tools were left out. With response_format and a schema the answer fits the schema.
# With use_jinja off the same request is refused, with status 500 rather than 400.
# Why it matters: an agent that waits for a call gets words, and a benchmark of tools scores the server's omission as the
# model's failure; whoever routes by tool has to look for tool_calls and not for the status.

set -euo pipefail
. "$(dirname "$0")/llama-server.bash"
cat >"$work/ask.py" <<'PY'
import json
import sys
import urllib.error
import urllib.request

from llama import serve

server = serve(1024, sys.argv[1] == "on")
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}
TOOL = {"type": "function", "function": {"name": "look", "parameters": SCHEMA}}


def ask(**more):
    body = {"messages": [{"role": "user", "content": "Say a word."}], "max_tokens": 40, "temperature": 0, **more}
    request = urllib.request.Request(server.listening_address + "/v1/chat/completions", json.dumps(body).encode(),
                                     {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request) as answer:
            choice = json.load(answer)["choices"][0]
            return 200, choice["message"], choice["finish_reason"]
    except urllib.error.HTTPError as error:
        return error.code, {}, None


status, message, _ = ask(tools=[TOOL], tool_choice="required")
print(status, "a call" if message.get("tool_calls") else "prose" if message.get("content") else "nothing")
_, message, _ = ask(response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}})
print("fits" if list(json.loads(message["content"])) == ["a"] else "does not fit")
PY
ask "$work/ask.py" on >"$work/on"
ask "$work/ask.py" off >"$work/off" || true
expect 'tool_choice "required"' '200 prose' "$(sed -n 1p "$work/on")"
expect 'a schema for the answer' 'fits' "$(sed -n 2p "$work/on")"
expect 'tool_choice "required" without jinja' '500 nothing' "$(sed -n 1p "$work/off")"
