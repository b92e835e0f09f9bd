#!/usr/bin/env bash
# An answer that is right to the letter has a BLEU of 0, if it is three words long.
#
# Expected: corpus_bleu of answers that are their references is 100, however short; smoothing is on by default.
# Seen (sacrebleu 2.6.0): 100 of a sentence, by sentence_bleu, and 0 of a corpus of the same sentence or of a hundred
# such: none has four words in a row, and where nothing could match the smoothing of corpus_bleu does not help. One
# longer answer among the hundred makes it 100. effective_order=True of the class BLEU is what sentence_bleu has.
# Why it matters: answers of one to three words, as of questions with choices, score 0 for every model alike, and a
# corpus that holds one longer one does not: shards of a set cannot be compared.

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
install sacrebleu==2.6.0
"$work/venv/bin/python" -W ignore - >"$work/out" <<'PY'
import sacrebleu

SHORT, LONG = "the second one", "the second one of them"


def corpus(*answers, bleu=sacrebleu.BLEU()):
    return f"{bleu.corpus_score(list(answers), [list(answers)]).score:.0f}"


print(f"{sacrebleu.sentence_bleu(SHORT, [SHORT]).score:.0f}", f"{sacrebleu.corpus_bleu([SHORT], [[SHORT]]).score:.0f}")
print(corpus(*[SHORT] * 100), corpus(*[SHORT] * 99, LONG))
print(corpus(SHORT, bleu=sacrebleu.BLEU(effective_order=True)))
half = sacrebleu.corpus_bleu([SHORT] * 100, [[SHORT] * 50 + ["neither of both"] * 50]).score
print(f"{half:.0f}")
PY
expect 'a right answer of three words: sentence_bleu, corpus_bleu' '100 0' "$(sed -n 1p "$work/out")"
expect 'a hundred such, 99 and one of five words' '0 100' "$(sed -n 2p "$work/out")"
expect 'with effective_order' '100' "$(sed -n 3p "$work/out")"
expect 'half of them wrong' '0' "$(sed -n 4p "$work/out")"
