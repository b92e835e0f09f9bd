#!/bin/sh
# Real trainings on fresh synthetic data sets, for `offload-calibration real`: real.sh BUILD FOLDER [SETS [SPLITS]].
# SETS data sets of 200 episodes (66), SPLITS random splits of each (30), five learners, of which two are twins.
set -eu
build=$1 folder=$2 sets=${3:-66} splits=${4:-30}
mkdir -p "$folder"
seeds=$(seq -s, 0 $((splits - 1)))
set=0
while [ $set -lt "$sets" ]; do
  suite="$folder/set-$set.toml"
  cat > "$suite" <<SUITE
[suite]
name = "calibration-$set"
description = "Real trainings on synthetic data set $set"
seed = $set
[data]
source = "synthetic:200"
seed = $((1000 + set))
split = {test_ratio = 0.2, seeds = [$seeds]}
[environment]
response_model = "knn"
[budgets]
cells = [
  {name = "relaxed", latency_s = 30, cost_usd = 0.05},
  {name = "mid", latency_s = 20, cost_usd = 0.02},
  {name = "tight", latency_s = 12, cost_usd = 0.012},
]
[training]
steps = 30000
[evaluation]
lenses = ["simulator"]
models = ["knn", "true_mean"]
oracle_nodes = 0
[[row]]
name = "a2c"
plugin = "rc-a2c"
[[row]]
name = "rc-a2c"
parameters = {shield = true}
training = {budgets = {sample = "uniform"}}
[[row]]
name = "rc-a2c-twin"
plugin = "rc-a2c"
parameters = {shield = true, learning_rate = 0.0007000007}
training = {budgets = {sample = "uniform"}}
[[row]]
name = "rc-dqn"
parameters = {shield = true}
training = {budgets = {sample = "uniform"}}
[[row]]
name = "rc-ppo"
parameters = {shield = true}
training = {budgets = {sample = "uniform"}}
SUITE
  "$build/bin/offload-bench" run "$suite" --out "$folder/set-$set" > "$folder/set-$set.txt" 2>&1 || tail -3 "$folder/set-$set.txt"
  set=$((set + 1))
done
