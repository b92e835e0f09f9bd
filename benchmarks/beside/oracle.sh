#!/usr/bin/env bash
# The exact policies: benchmarks/beside/oracle.sh BASE NEW [M4A1.json]. Without the file only the synthetic suites.
# Of games that the base cannot solve (50 turns) only the new build's times are shown.
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
base=$new
for model in table true_mean knn; do
  for rho in 1.0 0.6 0.35 0.15; do
    suite "$model" 50 "$rho" >"$scratch/long.toml"
    ROUNDS=1
    pair "$model, 50 turns, rho $rho: new, new" cpu '$bench oracle "$scratch/long.toml"'
  done
done
