#!/usr/bin/env bash
# What portable bits cost: the learners' decisions, gradient steps and whole trials of 30,000 steps in two builds, per
# instruction set of the processor. BASE may be of before OFFLOAD_ISA, when OFFLOAD_KERNEL named the kernels. NEW's
# microbenchmarks measure the plugins of both; CPU time.
. "$(dirname "$0")/beside.sh"

# micro_pair SET AGENT FILTER DIVISOR NAME
micro_pair() {
  local round root
  rm -f "$scratch/base" "$scratch/new"
  for ((round = 0; round < rounds; ++round)); do
    for root in "$base" "$new"; do
      OFFLOAD_ISA=$1 OFFLOAD_KERNEL=$1 OFFLOAD_BENCH_PLUGIN_PATH="$root/build/release/lib/offload-bench/plugins" \
        "$new/build/release/bin/offload-bench-micro" "$2" --benchmark_filter="$3" --benchmark_format=csv \
        --benchmark_min_time="${MIN_TIME:-0.3}" 2>/dev/null |
        awk -F, -v rows="$4" -v column="$([[ $3 == *update* ]] && echo 3 || echo 4)" \
          '/^"agent/ { us = $5 == "ns" ? $column / 1000 : $column; print us / rows, 0, 0 }' \
          >>"$scratch/$([ "$root" = "$base" ] && echo base || echo new)"
    done
  done
  line "$5" "cpu us" 1
}

# trial_pair SET AGENT: the main experiment's data, budgets and steps, this row alone on one split; what the trial's own
# process says it took, from timing.csv.
trial_pair() {
  local round root
  on_knn "$new/benchmarks/suites/main-synthetic.toml" \
    '/^\[\[row\]\]/,$d; s/^split = .*/split = {test_ratio = 0.2}/; /^curve_every/d' >"$scratch/suite.toml"
  printf '[[row]]\nname = "%s"\n[evaluation]\noracle_nodes = 0\n' "$2" >>"$scratch/suite.toml"
  rm -f "$scratch/base" "$scratch/new"
  for ((round = 0; round < rounds; ++round)); do
    for root in "$base" "$new"; do
      rm -rf "$scratch/results"
      OFFLOAD_ISA=$1 OFFLOAD_KERNEL=$1 "$root/build/release/bin/offload-bench" run "$scratch/suite.toml" --jobs 1 \
        --out "$scratch/results" >"$scratch/output" 2>&1 || { tail -n 3 "$scratch/output" >&2; exit 1; }
      awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next } { print $at["cpu_s"], $at["wall_s"], 0 }' \
        "$scratch/results/timing.csv" >>"$scratch/$([ "$root" = "$base" ] && echo base || echo new)"
    done
  done
  line "$1: trial of $2" "cpu s" 1
}

export OFFLOAD_BENCH_CACHE=$scratch/cache
uptime
heading
for set in ${SETS:-avx512 avx2}; do
  grep -qm 1 "$([ "$set" = avx512 ] && echo avx512dq || echo avx2)" /proc/cpuinfo || continue
  for agent in rc-ppo rc-a2c rc-dqn; do
    micro_pair "$set" "$agent" 'fused/act/batch:1$' 1 "$set: decision of $agent"
    micro_pair "$set" "$agent" 'fused/update' 1 "$set: gradient step of $agent"
    trial_pair "$set" "$agent"
  done
done
uptime
