#!/bin/sh
# The program against itself, with real training: self.sh BUILD FOLDER. Twenty suites of six twins (learning rates
# that differ by a millionth, ten splits): in how many is a pair significant. Twenty-one main-synthetics that
# differ in the suite's seed (without exact policies): how many of twenty comparisons of neighbours end with 1.
set -eu
build=$1 folder=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"
found=0
for seed in $(seq 0 19); do
  {
    cat <<SUITE
[suite]
name = "twins-$seed"
seed = $seed
[data]
source = "synthetic:200"
seed = $((2000 + seed))
split = {test_ratio = 0.2, seeds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}
[budgets]
cells = [{name = "mid", latency_s = 20, cost_usd = 0.02}, {name = "tight", latency_s = 12, cost_usd = 0.012}]
[training]
steps = 30000
[evaluation]
oracle_nodes = 0
SUITE
    for twin in 0 1 2 3 4 5; do
      printf '[[row]]\nname = "twin-%d"\nplugin = "rc-a2c"\n' $twin
      printf 'parameters = {shield = true, learning_rate = %s}\n' "$(awk "BEGIN {printf \"%.13g\", .0007 * (1 + $twin * 1e-6)}")"
      printf 'training = {budgets = {sample = "uniform"}}\n'
    done
  } > "$folder/twins-$seed.toml"
  "$build/bin/offload-bench" run "$folder/twins-$seed.toml" --out "$folder/twins-$seed" > "$folder/twins-$seed.txt" 2>&1
  # Ranks are 1 but behind a row that is significantly better.
  if awk -F, 'NR > 1 && $1 == "simulator" && $4 > 1 {found = 1} END {exit !found}' "$folder/twins-$seed/leaderboard.csv"; then
    found=$((found + 1))
  fi
done
echo "suites of six twins with a significant pair: $found of 20"
worse=0
for seed in $(seq 0 20); do
  sed "s/^seed = 0$/seed = $seed/; s/^curve_every = .*//; s/^\[evaluation\]$/&\noracle_nodes = 0/" \
    "$here/../suites/main-synthetic.toml" > "$folder/main-$seed.toml"
  "$build/bin/offload-bench" run "$folder/main-$seed.toml" --out "$folder/main-$seed" > "$folder/main-$seed.txt" 2>&1
  [ "$seed" -eq 0 ] && continue
  status=0
  "$build/bin/offload-bench" compare "$folder/main-$((seed - 1))" "$folder/main-$seed" > "$folder/compare-$seed.txt" || status=$?
  [ $status -eq 0 ] || worse=$((worse + 1))
done
echo "comparisons of main-synthetic with itself under another seed that end with 1: $worse of 20"
