#!/usr/bin/env bash
# An answer that is wrong by sixteen powers of ten is right.
#
# Expected: a checker of mathematical answers, used for scoring models, reads 4e-7 as 0.0000004.
# Seen (math-verify 0.9.0): in text it reads 4e-7 and 4e9 both as 4, so that they are equal, and 4e-7 is not equal to
# 0.0000004; between dollar signs it is 4 times Euler's number less 7. And 0.0000004 equals 0.0000001, since numbers are
# rounded to six decimals first. 4 \times 10^{-7} is read as meant.
# Why it matters: programs write small numbers that way, and models that use a tool repeat them. Whoever writes it in full
# is right, who writes it short is wrong or, by accident, right with any exponent: a quality that goes by spelling decides
# which model a router prefers.

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
install math-verify==0.9.0 latex2sympy2_extended==1.11.0 sympy==1.14.0 antlr4-python3-runtime==4.13.2
"$work/venv/bin/python" -W ignore - >"$work/out" <<'PY'
from math_verify import parse, verify

for truth, answer in (("4e-7", "4e9"), ("0.0000004", "4e-7"), ("$0.0000004$", "$4e-7$"), ("$0.0000004$", "$0.0000001$"),
                      ("$0.0000004$", r"$4 \times 10^{-7}$")):
    print(verify(parse(truth), parse(answer)))
print(parse("4e-7")[0], parse("$4e-7$")[0])
PY
expect '4e-7 is 4e9' 'True' "$(sed -n 1p "$work/out")"
expect '0.0000004 is 4e-7' 'False' "$(sed -n 2p "$work/out")"
expect 'between dollar signs' 'False' "$(sed -n 3p "$work/out")"
expect '0.0000004 is 0.0000001' 'True' "$(sed -n 4p "$work/out")"
expect '0.0000004 is 4 x 10^-7' 'True' "$(sed -n 5p "$work/out")"
expect '4e-7 in text, and between dollar signs' '4 -7 + 4*E' "$(sed -n 6p "$work/out")"
