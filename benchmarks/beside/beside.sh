# Two builds side by side: sourced by the scripts here, each of which is called with the roots of two built
# trees, BASE and NEW. Figures are medians over rounds in which both run, in turns, so that what else the machine does
# meets both alike. Needs GNU time (Debian: time).
set -euo pipefail

if [ $# -lt 2 ]; then
  echo "usage: $0 BASE NEW    roots of two trees in which './dev build' has run" >&2
  exit 2
fi
base=$(cd "$1" && pwd)
new=$(cd "$2" && pwd)
rounds=${ROUNDS:-5}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# measured FILE COMMAND...: adds "CPU seconds, wall seconds, KiB of the largest process" to FILE.
measured() {
  local file=$1
  shift
  /usr/bin/time -o "$scratch/one" -f '%U %S %e %M' "$@" >"$scratch/output" 2>&1 ||
    { echo "$0: failed: $*" >&2; tail -n 3 "$scratch/output" >&2; exit 1; }
  awk '{ print $1 + $2, $3, $4 }' "$scratch/one" >>"$file"
}

# on_knn FILE SED: the suite, edited, as builds know it that have no hierarchical response model.
on_knn() {
  sed "s/^response_model = .*/response_model = \"knn\"/; s/^models = \[\"hierarchical\", /models = [/; $2" "$1"
}

# one_set FILE: main-synthetic as builds know it that have no [data] seeds: three runs on one data set.
one_set() {
  on_knn "$new/benchmarks/suites/main-synthetic.toml" \
    '/^seeds = /d; s/^split = .*/split = {test_ratio = 0.2, seeds = [0, 1, 2]}/' >"$1"
}

# median FILE COLUMN
median() {
  sort -g -k "$2,$2" "$1" | awk -v column="$2" '{ value[NR] = $column } END { print value[int((NR + 1) / 2)] }'
}

heading() {
  printf '%-44s %10s %10s %7s %18s\n' "" "base" "new" "ratio" "MB base, new"
}

# pair NAME cpu|wall|both COMMAND...: the command runs in turns with $root set to each tree, in single quotes.
pair() {
  local name=$1 command=$3 round root
  rm -f "$scratch/base" "$scratch/new"
  for ((round = 0; round < rounds; ++round)); do
    root=$base bench=$base/build/release/bin/offload-bench measured_in "$scratch/base" "$command"
    root=$new bench=$new/build/release/bin/offload-bench measured_in "$scratch/new" "$command"
  done
  [ "$2" = wall ] || line "$name" "cpu s" 1
  [ "$2" = cpu ] || line "$name" "wall s" 2
}

# line NAME UNIT COLUMN, of what was measured last
line() {
  awk -v name="$1" -v unit="$2" -v base="$(median "$scratch/base" "$3")" -v new="$(median "$scratch/new" "$3")" \
    -v base_mb="$(median "$scratch/base" 3)" -v new_mb="$(median "$scratch/new" 3)" 'BEGIN {
      printf "%-44s %10.3f %10.3f %6.2fx %8.0f, %8.0f\n", name " (" unit ")", base, new, base / (new > 0 ? new : .001),
             base_mb / 1024, new_mb / 1024 }'
}

# The command line is evaluated by a shell that knows root, bench and scratch, in an empty folder of its own.
measured_in() {
  rm -rf "$scratch/work"
  mkdir "$scratch/work"
  (cd "$scratch/work" && export root base bench scratch && measured "$1" bash -c "$2")
}
