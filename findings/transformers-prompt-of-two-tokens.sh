#!/usr/bin/env bash
# Every prompt is two tokens long.
#
# Expected: apply_chat_template(messages) returns the list of the tokens, and its length is what the prompt is charged
# for; that is how it has been counted for years.
# Seen (transformers 5.24.0): it returns a dictionary of input_ids and attention_mask, whose length is 2, whatever the
# messages, and also of two dialogues at once. return_dict=False gives the list. And text that the template has made,
# tokenised again, has the token of the beginning twice.
# Why it matters: a budget of tokens, a price and a limit of the context go by len() of it. With the release all prompts
# cost the same, next to nothing, and no limit is ever reached; nothing fails.

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
install transformers==5.24.0 tokenizers==0.23.3 jinja2==3.1.6
"$work/venv/bin/python" -W ignore - >"$work/out" 2>"$work/log" <<'PY'
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

words = "<s> </s> <unk> user : which river is the longest of all".split()
inner = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
inner.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, bos_token="<s>", eos_token="</s>", unk_token="<unk>")
tokenizer.chat_template = "{{ bos_token }}{% for m in messages %} {{ m['role'] }} : {{ m['content'] }} </s>{% endfor %}"
short = [{"role": "user", "content": "which"}]
long = [{"role": "user", "content": "which river is the longest of all " * 50}]
for messages in (short, long, [short, long]):
    print(len(tokenizer.apply_chat_template(messages)))
print(len(tokenizer.apply_chat_template(long, return_dict=False)))
print(tokenizer(tokenizer.apply_chat_template(short, tokenize=False))["input_ids"].count(0))
PY
expect 'length of what a prompt of one word gives' '2' "$(sed -n 1p "$work/out")"
expect 'of 350 words' '2' "$(sed -n 2p "$work/out")"
expect 'of two dialogues' '2' "$(sed -n 3p "$work/out")"
expect 'of 350 words, return_dict=False' '354' "$(sed -n 4p "$work/out")"
expect 'beginnings of text, template then tokenizer' '2' "$(sed -n 5p "$work/out")"
