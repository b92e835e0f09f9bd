#!/usr/bin/env bash
# Cold nearest-neighbour queries. BASE has to be a tree of e946127 with build/release/bin/offload-bench-micro, NEW one
# of today. e946127 takes the widest instruction set of the processor and cannot be told otherwise: for its AVX2
# figures BASE_AVX2 names a second tree of it, built without "arch=x86-64-v4" in framework/core/multiversion.hpp.
# Each query is a mean over many; the figures are CPU time in ns, medians over rounds.
source "$(dirname "$0")/beside.sh"

if [ -z "${BASE_AVX2:-}" ]; then
  echo "$0: BASE_AVX2 names no tree: only the widest instruction set is compared" >&2
fi
micro=build/release/bin/offload-bench-micro
widest=$("$new/$micro" --benchmark_list_tests | sed -n 's|^environment/cold_query/knn/280_points/scan/||p' | tail -n 1)

# query TREE NAME: adds a figure to the file of tree and name.
query() {
  local file
  file=$scratch/$(printf '%s %s' "$1" "$2" | tr '/ ' '__')
  "$1/$micro" --benchmark_filter="^environment/cold_query/knn/$2\$" --benchmark_format=csv \
    --benchmark_min_time="${MIN_TIME:-0.1}" 2>/dev/null | awk -F, '/^"environment/ { print $4 }' >>"$file"
  [ -s "$file" ] || { echo "$0: $1 has no environment/cold_query/knn/$2" >&2; exit 1; }
}

# versus NAME BASE_TREE BASE_QUERY NEW_QUERY
versus() {
  local name=$1 tree=$2 round of_base of_new
  for ((round = 0; round < rounds; ++round)); do
    query "$tree" "$3"
    query "$new" "$4"
  done
  of_base=$(median "$scratch/$(printf '%s %s' "$tree" "$3" | tr '/ ' '__')" 1)
  of_new=$(median "$scratch/$(printf '%s %s' "$new" "$4" | tr '/ ' '__')" 1)
  awk -v name="$name" -v base="$of_base" -v new="$of_new" \
    'BEGIN { printf "%-44s %10.0f %10.0f %6.2fx\n", name, base, new, base / new }'
}

# compared TREE SET: each tree as it searches by itself; e946127 takes the index from 4,096 distinct points on.
compared() {
  versus "280 points, $2 (ns)" "$1" 280_points "280_points/scan/$2"
  versus "2,000 points, $2 (ns)" "$1" 2000_points/scan "2000_points/scan/$2"
  versus "20,000 points, $2 (ns)" "$1" 20000_points/index "20000_points/scan/$2"
  rm -f "$scratch"/*_points*
}

printf '%-44s %10s %10s %7s\n' "" "base" "new" "ratio"
if [ -n "${BASE_AVX2:-}" ]; then compared "$(cd "$BASE_AVX2" && pwd)" avx2; fi
compared "$base" "$widest"
