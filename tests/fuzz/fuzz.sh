#!/usr/bin/env bash
# fuzz.sh SECONDS [READER...]: runs the fuzz targets of the readers, all by default, for SECONDS of processor time in all. What they find beyond the committed corpus is kept in build/fuzz/corpus, and an input that
# breaks one in build/fuzz/findings. Exit status 77, with the reason, where that cannot be done.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=$1 readers=("${@:2}")
[ ${#readers[@]} -gt 0 ] || readers=(bundle calls checkpoint compare dataset dialogues framing journal outcomes packed plan replay report request result sse suite)

for reader in "${readers[@]}"; do
  [ -x "build/fuzz/bin/fuzz_$reader" ] || {
    echo "skipped: build/fuzz/bin/fuzz_$reader is not built (./dev test and ./dev fuzz build it)"
    exit 77
  }
done
mkdir -p build/fuzz/findings

# fuzz READER MILLISECONDS: again and again, since libFuzzer counts time on the wall and a busy machine gives it less.
fuzz() {
  local reader=$1 share=$2 used=0 executions=0 spent dictionary=tests/fuzz/dictionaries/$1.dict log=build/fuzz/$1.log
  local TIMEFORMAT='%3U %3S'
  mkdir -p "build/fuzz/corpus/$reader"
  while [ "$used" -lt "$share" ]; do
    { time "build/fuzz/bin/fuzz_$reader" -max_total_time=$(((share - used + 999) / 1000)) -timeout=10 \
      -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="build/fuzz/findings/$reader-" \
      $([ -f "$dictionary" ] && echo "-dict=$dictionary") \
      "build/fuzz/corpus/$reader" "tests/fuzz/corpus/$reader" >"$log" 2>&1; } 2>"$log.time" || {
      tail -n 60 "$log"
      exit 1
    }
    read -r -a spent <"$log.time"
    used=$((used + 10#${spent[0]/./} + 10#${spent[1]/./}))
    executions=$((executions + $(sed -n 's/^stat::number_of_executed_units: *//p' "$log")))
  done
  echo "$reader: $executions executions in $((used / 1000)) s of processor time, no finding"
}

for reader in "${readers[@]}"; do
  fuzz "$reader" $((seconds * 1000 / ${#readers[@]}))
done
