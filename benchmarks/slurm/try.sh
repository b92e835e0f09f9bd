#!/usr/bin/env bash
# try.sh BUILT_TREE [SUITE]: `offload-bench slurm` against a real Slurm (22.05.8, Debian's, unpacked in a temporary folder,
# two machines of one processor each on loopback). A node is lost, a part runs out of time, one is cancelled, one is
# submitted again; what comes out has to be what an undisturbed local run gives, byte for byte but for /timing and /host.
# As root, on Debian 12 with network; about ten minutes, outside CI. README.md beside it has a transcript.
#
# SUITE: main-synthetic by default.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bench=$(realpath "$1/bin/offload-bench")
suite=$(realpath "${2:-$here/../suites/main-synthetic.toml}")
work=$(mktemp -d)
# shellcheck source=../../findings/slurm-cluster.bash
. "$here/../../findings/slurm-cluster.bash"
trap cluster_end EXIT

step() { printf '\n== %s\n' "$1"; }
shown() { sed -e "s#$work#WORK#g" -e "s#$bench#offload-bench#g"; }
# The report without what may differ, and the tables.
outcome() {
  python3 - "$1" <<'PY'
import json
import sys

folder = sys.argv[1]
report = json.load(open(f"{folder}/report.json"))
del report["timing"], report["host"]
print(json.dumps(report))
for name in ("leaderboard.csv", "trials.csv"):
    print(open(f"{folder}/{name}").read())
PY
}
same_as_undisturbed() {
  outcome "$1" >"$work/outcome"
  cmp "$work/undisturbed" "$work/outcome" || { echo "FAILED: $1 is not what an undisturbed run gives" >&2; exit 1; }
  echo "same bytes as the undisturbed run: report.json but for /timing and /host, leaderboard.csv, trials.csv"
}
# campaign NAME PARTS [OPTION...]: writes one and sets $folder.
campaign() {
  folder=$work/$1
  "$bench" slurm "$suite" --out "$folder" --tasks "$2" --partition main "${@:3}" | shown
}
submit() {
  "$folder/slurm/submit.sh" "$@" >"$work/submitted"
  shown <"$work/submitted"
  array=$(sed -n 's/^parts .*: job //p' "$work/submitted")
}
status() { "$bench" slurm --status "$folder" | shown || true; }
logs() { grep -h ' part ' "$folder"/slurm/logs/part-*.log | grep -v 'results in' | shown || true; }
results_of() { find "$folder/parts/$1-of-$2/trials" -name '*.json' 2>/dev/null | wc -l; }
all_done() { [ -z "$(squeue -h)" ]; }
node_of() { squeue -h -r -j "${array}_$1" -o %N; }

step "an undisturbed local run"
"$bench" run "$suite" --out "$work/local-run" --jobs 2 >/dev/null
outcome "$work/local-run" >"$work/undisturbed"
wc -c <"$work/undisturbed"

step "a cluster of two machines"
cluster_begin 2
sed 's/slurm-wlm/slurm/' "$work/version"
sinfo

step "A: a node is lost and nothing may be requeued; one more submission"
campaign lost 4 --time 60
submit --no-requeue
cluster_await '[ "$(results_of 1 4)" -ge 3 ]' 300
lost=$(node_of 1)
echo "part 1 has $(results_of 1 4) trials on $lost, which is lost now"
node_kill "$lost"
cluster_await "[ \"\$(sinfo -h -n $lost -o %t)\" = 'down*' ]" 120
node_begin "$lost"
cluster_await all_done 600
logs
shown <"$folder/slurm/logs/merge.log"
status
submit
cluster_await all_done 600
logs | tail -2
status
same_as_undisturbed "$folder"

step "B: a node is lost, and Slurm requeues its part by itself, two minutes later"
campaign requeued 4 --time 60
submit
cluster_await '[ "$(results_of 1 4)" -ge 3 ]' 300
lost=$(node_of 1)
echo "part 1 has $(results_of 1 4) trials on $lost, which is lost now"
node_kill "$lost"
cluster_await all_done 900
node_begin "$lost"
cluster_await '[ "$(sinfo -h -t idle -o %D)" = 2 ]' 60
logs
status
same_as_undisturbed "$folder"

step "C: a part runs out of time, another one is cancelled, one more submission"
campaign timed 2 --time 60
submit
cluster_await '[ "$(results_of 1 2)" -ge 3 ] && [ "$(results_of 2 2)" -ge 3 ]' 300
scontrol update JobId="${array}_1" TimeLimit=1
scancel "${array}_2"
cluster_await '[ "$(squeue -h -r -j "${array}_1" -t PENDING -o %r)" = BeginTime ]' 180
squeue -r -o '%i %T %r'
scontrol update JobId="${array}_1" TimeLimit=60
cluster_await all_done 900
logs
status
submit
cluster_await all_done 600
status
same_as_undisturbed "$folder"

step "D: verify believes what was merged as it does a local run"
"$bench" verify "$folder" | tail -3 | shown || true
