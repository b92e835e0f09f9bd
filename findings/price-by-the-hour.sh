#!/usr/bin/env bash
# The price of a call depends on the time of day at which it is computed.
#
# Expected: genai-prices maps a model and its tokens to a price; the same log gives the same cost whenever it is
# evaluated.
# Seen (genai-prices 0.2.3): deepseek-chat costs 1.37 USD for a million tokens each way at noon UTC and 0.685 at 17:00,
# as the table still holds a night rate. o3 costs 50 USD on a day in May 2025 and 10 a year later. Without
# genai_request_timestamp it is the present moment that counts.
# Why it matters: evaluating a finished log again at night halves the cloud's cost. Pass the time of the call, or freeze
# the prices into the suite.

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
install genai-prices==0.2.3
python - >"$work/out" <<'PY'
from datetime import datetime, timezone

from genai_prices import Usage, calc_price

tokens = Usage(input_tokens=1_000_000, output_tokens=1_000_000)


def price(model, *moment):
    return calc_price(tokens, model_ref=model, genai_request_timestamp=datetime(*moment, tzinfo=timezone.utc)).total_price


def now(model):
    return calc_price(tokens, model_ref=model).total_price


print(*(float(price("deepseek-chat", 2026, 6, 1, hour)) for hour in (12, 17)))
print(*(float(price("o3", year, 5, 1, 12)) for year in (2025, 2026)))
before, seen, after = datetime.now(timezone.utc), now("deepseek-chat"), datetime.now(timezone.utc)
print(seen in {price("deepseek-chat", *moment.timetuple()[:6]) for moment in (before, after)})
PY
expect 'deepseek-chat at 12:00 and at 17:00 UTC' '1.37 0.685' "$(sed -n 1p "$work/out")"
expect 'o3 on 2025-05-01 and a year later' '50.0 10.0' "$(sed -n 2p "$work/out")"
expect 'without a time, the price of now' 'True' "$(sed -n 3p "$work/out")"
