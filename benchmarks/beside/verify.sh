#!/usr/bin/env bash
# What verification of a results folder takes: each build verifies what it ran itself, outside of the clock.
#   benchmarks/beside/verify.sh BASE NEW [M4A1.json]
# ROUNDS=3 for a quicker answer. BASE may be a build whose verify knows no --jobs.
source "$(dirname "$0")/beside.sh"
dataset=${3:+$(realpath "$3")}

export OFFLOAD_BENCH_CACHE=$scratch/cache
one_set "$scratch/main-synthetic.toml"
for tree in base new; do
  bench=${!tree}/build/release/bin/offload-bench
  "$bench" run "$scratch/main-synthetic.toml" --out "$scratch/$tree-synthetic" >"$scratch/log" 2>&1 ||
    { tail -n 3 "$scratch/log" >&2; exit 1; }
  [ -z "$dataset" ] ||
    "$bench" run "$base/benchmarks/suites/m4ai.toml" --dataset "$dataset" --out "$scratch/$tree-m4ai" >"$scratch/log" 2>&1 ||
    { tail -n 3 "$scratch/log" >&2; exit 1; }
done

# The folder and, where the build knows it, the number of jobs. Status 6: nothing is wrong, but what learned is believed.
export new dataset
arguments='tree=$([ "$root" = "$new" ] && echo new || echo base)
  jobs=$("$bench" verify --help | grep -q -- --jobs && echo "--jobs $count" || true)
  verified() { "$bench" verify "$@" $jobs || [ $? -eq 6 ]; }'
heading
for count in 1 2; do
  export count
  pair "main-synthetic, $count at once" both "$arguments"'; verified "$scratch/$tree-synthetic"'
  [ -z "$dataset" ] ||
    pair "m4ai, $count at once" both "$arguments"'; verified "$scratch/$tree-m4ai" --dataset "$dataset"'
done
