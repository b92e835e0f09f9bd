#!/usr/bin/env bash
# fuzz.sh SECONDS [READER...]: builds the fuzz targets and runs those of the readers, all by default, for SECONDS in
# all. What they find beyond the committed corpus is kept in build/fuzz/corpus, and an input that breaks one in
# build/fuzz/findings. Exit status 77, with the reason, where that cannot be done.
set -euo pipefail
cd "$(dirname "$0")/../.."

clang=$(command -v clang++) && runtime=$("$clang" -print-file-name="libclang_rt.fuzzer-$(uname -m).a") &&
  [ -f "$runtime" ] || {
  echo "skipped: clang's libFuzzer is missing (apt-get install clang libclang-rt-14-dev)"
  exit 77
}
seconds=$1 readers=("${@:2}")
[ ${#readers[@]} -gt 0 ] || readers=(checkpoint compare dataset packed replay report result suite)

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
mkdir -p build/fuzz/findings
for reader in "${readers[@]}"; do
  dictionary=tests/fuzz/dictionaries/$reader.dict
  mkdir -p "build/fuzz/corpus/$reader"
  echo "== $reader"
  log=build/fuzz/$reader.log
  "build/fuzz/bin/fuzz_$reader" -max_total_time=$((seconds / ${#readers[@]})) -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="build/fuzz/findings/$reader-" \
    $([ -f "$dictionary" ] && echo "-dict=$dictionary") \
    "build/fuzz/corpus/$reader" "tests/fuzz/corpus/$reader" >"$log" 2>&1 || {
    tail -n 60 "$log"
    exit 1
  }
  grep -E "number_of_executed_units|^Done" "$log"
done
