#!/usr/bin/env bash
# What the learners cost in two builds: trials with CPU time and memory, listing and planning, decisions and
# gradient steps. NEW's microbenchmarks measure the plugins of both. With DATASET=M4A1.json also on M4AI.
. "$(dirname "$0")/beside.sh"

# suite AGENT SUITE: that suite with this row alone on one split, without exact policies.
suite() {
  local agent=$1 from=$2
  on_knn "$new/benchmarks/suites/$from.toml" \
    '/^\[\[row\]\]/,$d; s/^split = .*/split = {test_ratio = 0.2}/; /^seeds = /d; /^curve_every/d'
  printf '[[row]]\nname = "%s"\n[evaluation]\noracle_nodes = 0\n' "$agent"
}

# trial_pair AGENT SUITE [OPTION...]: what the trial's own process says it took, from timing.csv.
trial_pair() {
  local agent=$1 from=$2 round root
  shift 2
  suite "$agent" "$from" >"$scratch/suite.toml"
  rm -f "$scratch/base" "$scratch/new"
  for ((round = 0; round < rounds; ++round)); do
    for root in "$base" "$new"; do
      rm -rf "$scratch/results"
      "$root/build/release/bin/offload-bench" run "$scratch/suite.toml" "$@" --jobs 1 --out "$scratch/results" >"$scratch/output" 2>&1 ||
        { echo "$0: failed: $agent of $root" >&2; tail -n 3 "$scratch/output" >&2; exit 1; }
      awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next } { print $at["cpu_s"], $at["wall_s"], $at["peak_memory_mb"] * 1e6 / 1024 }' \
        "$scratch/results/timing.csv" >>"$scratch/$([ "$root" = "$base" ] && echo base || echo new)"
    done
  done
  line "trial: $agent, $from" "CPU s"
}

# micro_pair AGENT FILTER DIVISOR NAME: CPU microseconds of a microbenchmark, divided by the rows of a batch.
micro_pair() {
  local round root
  rm -f "$scratch/base" "$scratch/new"
  for ((round = 0; round < rounds; ++round)); do
    for root in "$base" "$new"; do
      OFFLOAD_BENCH_PLUGIN_PATH="$root/build/release/lib/offload-bench/plugins" \
        "$new/build/release/bin/offload-bench-micro" "$1" --benchmark_filter="$2" --benchmark_format=csv 2>/dev/null |
        awk -F, -v rows="$3" -v column="$([[ $2 == *update* ]] && echo 3 || echo 4)" \
          '/^"agent/ { us = $5 == "ns" ? $column / 1000 : $column; print us / rows, 0, 0 }' \
          >>"$scratch/$([ "$root" = "$base" ] && echo base || echo new)"
    done
  done
  line "$4" "CPU us"
}

# line NAME UNIT: the medians of what both files hold.
line() {
  awk -v name="$1" -v unit="$2" -v base="$(median "$scratch/base" 1)" -v new="$(median "$scratch/new" 1)" \
    -v base_mb="$(median "$scratch/base" 3)" -v new_mb="$(median "$scratch/new" 3)" 'BEGIN {
      printf "%-44s %10.3f %10.3f %6.2fx", name " (" unit ")", base, new, base / new
      if (base_mb > 0) printf " %8.1f, %8.1f", base_mb * 1024 / 1e6, new_mb * 1024 / 1e6
      print "" }'
}

heading
for agent in rc-ppo rc-a2c rc-dqn; do
  trial_pair $agent main-synthetic
  if [ -n "${DATASET:-}" ]; then trial_pair $agent m4ai --dataset "$DATASET"; fi
done
# Ten times, as GNU time counts hundredths of a second.
ten='for ((i = 0; i < 10; ++i)); do'
pair "list, ten times" cpu "$ten \$bench list; done"
pair "describe rc-ppo, ten times" cpu "$ten \$bench describe rc-ppo; done"
one_set "$scratch/main-synthetic.toml"
pair "dry run of main-synthetic, ten times" cpu \
  "$ten \$bench run \$scratch/main-synthetic.toml --dry-run; done"
for agent in rc-ppo rc-a2c rc-dqn; do
  micro_pair $agent 'fused/act/batch:1$' 1 "$agent: a decision alone"
  micro_pair $agent 'fused/act/batch:64$' 64 "$agent: a decision among 64"
  micro_pair $agent 'fused/update' 1 "$agent: a gradient step"
done
