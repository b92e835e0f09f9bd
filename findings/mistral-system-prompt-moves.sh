#!/usr/bin/env bash
# With every turn the system prompt moves, and the prefix that could be cached ends at the second token.
#
# Expected: the system prompt stands at the head of a dialogue, so that each turn begins with the tokens of the turn
# before, which a server keeps and a provider sells cheaper.
# Seen (mistral-common 1.13.1): the tokenizers v2 and v3, of the models that go by them, put the system prompt before the
# last message of the user. Turn 2 has it elsewhere, and of the 10 tokens of turn 1 its first two are the same. v1 and v7
# keep it at the head, and all of turn 1 is the beginning of turn 2.
# Why it matters: the price of cached tokens, the time to the first one and the tokens a turn adds depend on the version
# of a tokenizer. A cost model of dialogues fitted on one model of the family does not hold for the next.

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
install mistral-common==1.13.1 sentencepiece==0.2.3
"$work/venv/bin/python" -W ignore - >"$work/out" 2>"$work/log" <<'PY'
from mistral_common.protocol.instruct.messages import AssistantMessage, SystemMessage, UserMessage
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

first = [SystemMessage(content="Be brief."), UserMessage(content="One?")]
second = [*first, AssistantMessage(content="Yes."), UserMessage(content="Two?")]
for version in ("v1", "v2", "v3", "v7"):
    tokenizer = getattr(MistralTokenizer, version)()
    turns = [tokenizer.encode_chat_completion(ChatCompletionRequest(messages=turn)).tokens for turn in (first, second)]
    same = 0
    while same < len(turns[0]) and turns[0][same] == turns[1][same]:
        same += 1
    print(same, len(turns[0]))
PY
expect 'tokens of turn 1 that turn 2 begins with, and of turn 1: v1' '15 15' "$(sed -n 1p "$work/out")"
expect 'v2' '2 10' "$(sed -n 2p "$work/out")"
expect 'v3' '2 10' "$(sed -n 3p "$work/out")"
expect 'v7' '10 10' "$(sed -n 4p "$work/out")"
