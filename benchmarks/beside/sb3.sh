#!/usr/bin/env bash
# A training of the learners beside stable-baselines3's, with the same defaults, environment and number of steps,
# one thread each, in turns. Ours is the CPU time of the whole process of the trial, its start and evaluation
# included; theirs is that of learn() alone, without the seconds that importing it takes. Not run by CI: it installs 5 GB.
#
# usage: sb3.sh BUILT_TREE VENV_FOLDER     ALGORITHMS="ppo a2c dqn", ROUNDS=3, STEPS=30000, DATASET=FILE.json (synthetic episodes if left out)
set -euo pipefail
if [ $# -ne 2 ]; then
  sed -n 's/^# usage: /usage: /p' "$0" >&2
  exit 2
fi
tree=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
bench=$tree/build/release/bin/offload-bench
rounds=${ROUNDS:-3} steps=${STEPS:-30000}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

[ -x "$2/bin/python" ] || python3 -m venv "$2"
"$2/bin/pip" install --quiet stable-baselines3==2.9.2 torch==2.15.0 gymnasium==1.4.0
# Settings of the machine may name kernels of another processor.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1

data=${DATASET:-$scratch/data.json}
[ -n "${DATASET:-}" ] || "$bench" datasets synth --episodes 200 --out "$data" >/dev/null
data=$(realpath "$data")

# The median of the numbers in a file.
median() { sort -g "$1" | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

suite() {
  cat <<TOML
[data]
source = "$data"
split = {test_ratio = 0.2}
[environment]
response_model = "table"
quirks = {observation = "conference"}
[training]
steps = $steps
[[row]]
name = "rc-$1"
[evaluation]
oracle_nodes = 0
TOML
}

"$2/bin/pip" list 2>/dev/null | grep -E '^(stable.baselines3|torch|gymnasium|numpy) ' || true
printf '%-10s %16s %16s %8s   %s steps, CPU s, medians of %s\n' "" stable-baselines3 ours ratio "$steps" "$rounds"
for algorithm in ${ALGORITHMS:-ppo a2c dqn}; do
  suite $algorithm >"$scratch/$algorithm.toml"
  rm -f "$scratch/theirs" "$scratch/ours"
  for ((round = 0; round < rounds; ++round)); do
    "$2/bin/python" "$here/sb3.py" $algorithm "$data" "$steps" $round >>"$scratch/theirs"
    rm -rf "$scratch/results"
    "$bench" run "$scratch/$algorithm.toml" --jobs 1 --out "$scratch/results" >"$scratch/log" 2>&1 ||
      { cat "$scratch/log" >&2 && exit 1; }
    awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next } { print $at["cpu_s"] }' \
      "$scratch/results/timing.csv" >>"$scratch/ours"
  done
  awk -v name=$algorithm -v theirs="$(median "$scratch/theirs")" -v ours="$(median "$scratch/ours")" \
    'BEGIN { printf "%-10s %16.2f %16.3f %7.1fx\n", name, theirs, ours, theirs / ours }'
done
