#!/usr/bin/env bash
# Half a number is a number: of a judge's 10, cut by the limit of tokens, a score of 1 is left, and parsed.
#
# Expected: a parser of JSON that is still coming in gives what is known to be whole, so of '{"score": 1' no score yet;
# one of an answer that has ended raises.
# Seen (jiter 0.19.0, which the official clients use, partial-json-parser 0.2.1.1.post7, json-repair 0.64.6,
# langchain-core 1.8.3): all say 1. Of 4.5e-7, cut behind the e, three make 4.5, and jiter leaves it out. LangChain's
# JsonOutputParser does so of a whole answer as well, with partial=False, and raises of none of these.
# Why it matters: a judge with a limit of tokens gives 1 in the place of 10, and streamed scores pass through it. The
# finish_reason, length, is the only sign.

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
install jiter==0.19.0 partial-json-parser==0.2.1.1.post7 json-repair==0.64.6 langchain-core==1.8.3
"$work/venv/bin/python" -W ignore - >"$work/out" <<'PY'
import jiter
import json_repair
import partial_json_parser
from langchain_core.output_parsers import JsonOutputParser

PARSERS = (lambda text: jiter.from_json(text.encode(), partial_mode=True), partial_json_parser.loads, json_repair.loads,
           JsonOutputParser().parse)
for text in ('{"score": 1', '{"score": 10, "usd": 4.5e'):
    for parse in PARSERS:
        print(parse(text))
PY
line() { sed -n "$1p" "$work/out"; }
expect 'jiter of {"score": 1' "{'score': 1}" "$(line 1)"
expect 'partial-json-parser / json-repair' "{'score': 1} / {'score': 1}" "$(line 2) / $(line 3)"
expect 'JsonOutputParser.parse' "{'score': 1}" "$(line 4)"
expect 'jiter of {"score": 10, "usd": 4.5e' "{'score': 10}" "$(line 5)"
expect 'partial-json-parser / json-repair there' "{'score': 10, 'usd': 4.5} / {'score': 10, 'usd': 4.5}" "$(line 6) / $(line 7)"
expect 'the price that JsonOutputParser.parse reads of it' '4.5' "$(line 8 | sed "s/.*'usd': \(.*\)}/\1/")"
