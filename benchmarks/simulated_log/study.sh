#!/bin/bash
# study.sh BUILD OUT LOGS TABLE...: the suite simulated-log.toml on every table under every logging policy, and
# what it came to as Markdown (README.md). TABLE is a neutral table with texts of `offload-bench datasets import`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$1 out=$2 logs=$3
shift 3
for table; do
  for policy in uniform skewed nearly_deterministic; do
    "$build/bin/offload-bench" run "$here/../suites/simulated-log.toml" --dataset "$table" --runs "$logs" \
      --set evaluation.log.policy="$policy" --set training.steps=30000 --jobs "${JOBS:-2}" \
      --out "$out/$(basename "$table" .csv)-$policy" >/dev/null
  done
done
python3 "$here/tables.py" "$out"/*-uniform "$out"/*-skewed "$out"/*-nearly_deterministic
