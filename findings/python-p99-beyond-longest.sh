#!/usr/bin/env bash
# Python's 99th percentile of ten latencies is longer than the longest of them.
#
# Expected: a percentile lies between the least and the greatest of what was measured.
# Seen (Python 3.11, statistics.quantiles): by default (method="exclusive") it goes on in a line beyond both ends: of 2, 3, ...,
# 11 s the 99th percentile is 11.89 s and the 1st 1.11 s, of 1 and 60 s it is 117.23 s and -56.23 s. With method="inclusive" they
# are 10.91 s and 2.09 s, numpy's figures.
# Why it matters: a tail latency that nobody waited for, and a negative one, from the standard library and without a word;
# with fewer than a hundred requests every p99 is such a one.

set -euo pipefail
command -v python3 >/dev/null || { echo "needs python3: apt-get install python3" >&2; exit 2; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
percentiles() {
  python3 -c '
import statistics
import sys
values, method = [float(value) for value in sys.argv[2:]], sys.argv[1]
cuts = statistics.quantiles(values, n=100, method=method)
print(f"{cuts[0]:.2f} {cuts[98]:.2f}")' "$@"
}
expect '1st and 99th percentile of 2 to 11 s' '1.11 11.89' "$(percentiles exclusive 2 3 4 5 6 7 8 9 10 11)"
expect 'of 1 and 60 s' '-56.23 117.23' "$(percentiles exclusive 1 60)"
expect 'of 2 to 11 s, inclusive' '2.09 10.91' "$(percentiles inclusive 2 3 4 5 6 7 8 9 10 11)"
