#!/usr/bin/env bash
# A missing latency is the smallest one: Arrow's JavaScript turns null into 0.
#
# Expected: toArray() of a nullable column gives null or NaN where a value is missing.
# Seen (apache-arrow 21.2.0 from npm): it gives the memory below the validity bits, a typed array with 0 in that place;
# also after a round trip through the IPC format. get(), iteration and toJSON() give null.
# Why it matters: toArray() is what charts and statistics take, as it is fast. A failed request then has a latency of 0
# s and a cost of 0 USD, and lowers every mean.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need node nodejs
need npm npm
npm_install() {
  npm install --prefix "$work" --no-audit --no-fund --loglevel=error "$@" >/dev/null ||
    { echo "cannot install $*" >&2; exit 2; }
}
npm_install apache-arrow@21.2.0
cat >"$work/seen.mjs" <<'JS'
import { Float64, Int64, Table, tableFromIPC, tableToIPC, vectorFromArray } from 'apache-arrow';

const latency = vectorFromArray([1.5, null, 3], new Float64());
console.log(latency.nullCount, ...latency.toArray());
console.log(...tableFromIPC(tableToIPC(new Table({ latency }))).getChild('latency').toArray());
console.log(latency.get(1), ...latency);
console.log(...vectorFromArray([1n, null, 3n], new Int64()).toArray());
JS
node "$work/seen.mjs" >"$work/out"
expect 'nulls, toArray() of 1.5, null, 3' '1 1.5 0 3' "$(sed -n 1p "$work/out")"
expect 'the same after IPC' '1.5 0 3' "$(sed -n 2p "$work/out")"
expect 'get(1), iteration' 'null 1.5 null 3' "$(sed -n 3p "$work/out")"
expect '64-bit integers' '1 0 3' "$(sed -n 4p "$work/out" | tr -d n)"
