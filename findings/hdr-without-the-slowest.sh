#!/usr/bin/env bash
# The request that took longest is not in the histogram of latencies.
#
# Expected: a value above the highest trackable one raises, or counts as the highest; HdrHistogram is made for the tail.
# Seen (hdrhistogram 0.10.8 for Python): HdrHistogram(1, 60000, 2), milliseconds up to a minute, drops a request of 130 s,
# and says so by the return value of record_value alone. The total is one less, the maximum and the 99.9th percentile are
# those of the others. What is below 1 counts as 0 and .4 as well as .9: a number that is no integer is cut off.
# Why it matters: the tail ends where it was expected to. Whoever sets the highest value to the client's timeout loses
# just the retried requests, and a gateway that answers within a millisecond takes 0.

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
install hdrhistogram==0.10.8
"$work/venv/bin/python" -W ignore - >"$work/out" <<'PY'
from hdrh.histogram import HdrHistogram

histogram = HdrHistogram(1, 60000, 2)
print(*[histogram.record_value(ms) for ms in (10, 20, 30, 130000)])
print(histogram.get_total_count(), histogram.get_max_value(), histogram.get_value_at_percentile(99.9))
fast = HdrHistogram(1, 60000, 2)
for ms in (.4, .9, .9):
    fast.record_value(ms)
print(fast.get_total_count(), fast.get_value_at_percentile(50))
PY
expect 'recorded: 10, 20, 30 and 130000 ms' 'True True True False' "$(sed -n 1p "$work/out")"
expect 'requests, longest, 99.9th percentile' '3 30 30' "$(sed -n 2p "$work/out")"
expect 'requests of .4, .9 and .9 ms, median' '3 0' "$(sed -n 3p "$work/out")"
