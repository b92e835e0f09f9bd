#!/bin/sh
# A suite of trials that do next to nothing, to standard output: campaign.sh ROWS RUNS, RUNS a multiple of 5.
set -eu
rows=$1 runs=$2
cat <<SUITE
[suite]
name = "campaign-$((rows * runs))"
description = "$rows rows that always take one action, $runs runs of 4 test episodes, no exact policies"
[data]
source = "synthetic:20"
split = {folds = 5, repeats = $((runs / 5))}
[budgets]
cells = [{name = "none"}]
[evaluation]
oracle_nodes = 0
SUITE
row=0
while [ $row -lt "$rows" ]; do
  printf '[[row]]\nname = "row-%d"\nplugin = "constant"\nparameters = {action = %d}\n' $row $((row % 5))
  row=$((row + 1))
done
