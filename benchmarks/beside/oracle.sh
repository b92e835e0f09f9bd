#!/usr/bin/env bash
# The exact policies: benchmarks/beside/oracle.sh BASE NEW [M4A1.json]. Without the file only the synthetic suites.
# Of games of 50 turns, which e946127 cannot solve, only the new build's times are shown beside that; beside a later
# base both. Of these CELLS=1.0 takes one budget, MODELS=table one response model.
. "$(dirname "$0")/beside.sh"

heading
if [ -n "${3:-}" ]; then
  export data=$3
  pair "oracle m4ai.toml, split r0f0" cpu '$bench oracle "$base/benchmarks/suites/m4ai.toml" --dataset "$data" --split r0f0'
fi
one_set "$scratch/main-synthetic.toml"
pair "oracle main-synthetic.toml, split seed0" cpu '$bench oracle "$scratch/main-synthetic.toml" --split seed0'

suite() {
  printf '[suite]\nname = "long"\n[data]\nsource = "scenario:3,4,%s:60"\nsplit = {test_ratio = 0.3, seeds = [0]}\n' "$2"
  printf '[environment]\nresponse_model = "%s"\n[budgets]\nrho = [%s]\n[[row]]\nname = "local-only"\n' "$1" "$3"
}
suite table 50 0.15 >"$scratch/long.toml"
"$base/build/release/bin/offload-bench" oracle "$scratch/long.toml" >"$scratch/log" 2>&1 || base=$new rounds=1
for model in ${MODELS:-table true_mean knn}; do
  for rho in ${CELLS:-1.0 0.6 0.35 0.15}; do
    suite "$model" 50 "$rho" >"$scratch/long.toml"
    pair "$model, 50 turns, rho $rho" cpu '$bench oracle "$scratch/long.toml"'
  done
done
