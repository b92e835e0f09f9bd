#!/usr/bin/env bash
# measure.sh [SECONDS]: the gateway by itself and beside Portkey's (npm), before a scripted server on this machine: JSON
# per second beside Portkey's, in three interleaved rounds (wanted: 20 times, and 15.4 is the least that passes); the
# median time of a decision about a body of 4 KB without syncing the journal (goal: 100 us); memory with 500 open
# streams (25 MB + 96 KiB each at most) and over 10^5 requests (flat). Needs build/release and curl; the part with
# Portkey Node and npm, and is skipped by name without. Ends with status 1 where a figure is missed, the goal apart.
set -euo pipefail
seconds=${1:-6} missed=0
. "$(dirname "$0")/common.bash"
suite 'plugin = "cost-min"'

memory_kb() { awk '/VmRSS/ {print $2}' "/proc/$serving/status"; }
metric() { curl -s "http://127.0.0.1:$1/metrics" | grep "^$2"; }
check() { awk "BEGIN {exit !($1)}" || { echo "missed: $2"; missed=1; }; }

portkey() {
  npm install --prefix "$folder/npm" --no-audit --no-fund --loglevel=error @portkey-ai/gateway@1.15.2 >/dev/null 2>&1 ||
    { echo "skipped: Portkey cannot be installed"; return; }
  NODE_ENV=production node "$folder/npm/node_modules/@portkey-ai/gateway/build/start-server.js" --headless --port=8194 \
    >"$folder/portkey.txt" 2>&1 &
  until curl -s -o /dev/null http://127.0.0.1:8194/; do
    kill -0 $! 2>/dev/null || { echo "skipped: Portkey does not start"; return; }
    sleep 0.2
  done
  local fields=("authorization: Bearer none" "x-portkey-provider: openai" "x-portkey-custom-host: http://127.0.0.1:8191/v1")
  local ratios=() round ours theirs
  rate 8194 json 50 2 "${fields[@]}" >/dev/null # warm
  for round in 1 2 3; do
    theirs=$(rate 8194 json 50 "$seconds" "${fields[@]}")
    [ "$theirs" != 0.0 ] || { echo "skipped: Portkey answers nobody within $seconds s on this machine; give more"; return; }
    ours=$(rate 8193 json 50 "$seconds")
    ratios+=("$(awk "BEGIN {printf \"%.1f\", $ours / $theirs}")")
    echo "JSON, 50 connections, round $round: Portkey $theirs, gateway $ours answers/s, ratio ${ratios[-1]}"
  done
  local median
  median=$(printf '%s\n' "${ratios[@]}" | sort -n | sed -n 2p)
  echo "JSON beside Portkey 1.15.2: $median times (median of three), journal synced"
  check "$median >= 20 / 1.3" "20 times Portkey's JSON rate, with slack 1.3"
}
serve 8193 true
if command -v npm >/dev/null && command -v node >/dev/null; then portkey; else echo "skipped: Portkey, as there is no npm"; fi

echo "memory after start and rounds: $(memory_kb) kB"
load 8193 paced 500 "$seconds" >/dev/null & streams=$!
sleep "$(awk "BEGIN {print $seconds * 0.8}")"
open=$(memory_kb)
wait "$streams"
echo "memory with 500 open streams: $open kB (at most $((25 * 1000 + 500 * 96)))"
check "$open <= 25 * 1000 + 500 * 96" "25 MB + 96 KiB per open stream"
turns() { metric 8193 offload_turns_total | awk '{n += $2} END {print n + 0}'; }
first=$(turns) at=0
while [ $(($(turns) - first)) -lt 100000 ]; do
  load 8193 json 50 5 >/dev/null
  done_now=$(($(turns) - first))
  [ "$at" -gt 0 ] || { at=$(memory_kb); early=$done_now; }
done
late=$(memory_kb)
echo "memory after $early more requests: $at kB, after $done_now: $late kB"
check "$late <= $at * 1.05 + 1000" "flat memory over 10^5 requests"
kill "$serving"

serve 8195 false
load 8195 long 1 "$seconds" >/dev/null
metric 8195 offload_decision_seconds_bucket | sed 's/.*le="\([^"]*\)"} /\1 /' | awk '
  {le[NR] = $1; n[NR] = $2}
  END {
    half = n[NR] / 2
    for (i = 1; i <= NR; ++i) if (n[i] >= half) break
    low = i > 1 ? le[i - 1] : 0; below = i > 1 ? n[i - 1] : 0
    printf "decision, 4 KB, one connection, journal not synced: p50 %.0f us (of %d; within the bucket %g to %g us)\n", \
      (low + (le[i] - low) * (half - below) / (n[i] - below)) * 1e6, n[NR], low * 1e6, le[i] * 1e6
  }'
exit "$missed"
