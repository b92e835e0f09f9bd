#!/usr/bin/env bash
# hour.sh FOLDER: what a newcomer does in the first hour after `./dev run`, by the documents alone: a plugin of one's own, a sweep,
# figures and a table for a paper, own data from CSV, another's results beside one's own. FOLDER is made. Prints each command and the
# end of what it says; ends with 1 if one failed. transcript.txt is what it printed on a bare Debian 12.
set -uo pipefail
checkout=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1" && cd "$1" || exit 5
export PATH=$checkout/build/release/bin:$PATH checkout
failed=0

# try LINES COMMAND
try() {
  printf '\n$ %s\n' "${2//$checkout\//}"
  bash -c "$2" >last.txt 2>&1 || { failed=1; echo "[exit $?]"; }
  tail -n "$1" last.txt
}

try 9 "offload-bench run $checkout/benchmarks/suites/quickstart.toml --out quick"
try 2 "offload-bench verify quick --train"
try 1 "cmake --install $checkout/build/release --component sdk --prefix offload"
try 2 "offload-bench plugin new my-agent"
try 1 "cmake -S my-agent -B my-agent/build -DCMAKE_PREFIX_PATH=\$PWD/offload && cmake --build my-agent/build"
try 3 "offload-bench check my-agent/build/my-agent.so"
cat >theirs.toml <<'T'
[suite]
name = "theirs"
[data]
source = "synthetic:200"
split = {folds = 5}
[budgets]
rho = [1.0, 0.5]
[training]
steps = 3000
[[row]]
name = "greedy-quality"
[[row]]
name = "rc-a2c"
T
sed -e 's/"theirs"/"mine"/' -e '/^\[\[row\]\]/,$d' theirs.toml >mine.toml
cat >>mine.toml <<'T'
[[row]]
name = "mine"
plugin = "my-agent/build/my-agent.so"
[[row]]
name = "rc-ppo"
[tuning]
validation = 0.25
measure = "reward"
unequal = true
[[sweep]]
row = "rc-ppo"
parameters = {learning_rate = [3e-4, 1e-3]}
T
try 30 "cat mine.toml"
try 4 "offload-bench run mine.toml --dry-run"
try 9 "offload-bench run mine.toml --out mine"
try 1 "offload-bench export mine --figure budget --format svg --out budget.svg"
try 1 "offload-bench export mine --figure budget --format pdf --out budget.pdf"
try 9 "offload-bench export mine --leaderboard --format latex --out table.tex && cat table.tex"
try 1 "python3 $checkout/datasets/example/to_table.py $checkout/datasets/example/answers.csv own.csv"
try 2 "offload-bench datasets import own.csv --meta $checkout/datasets/example/meta.json --prices $checkout/datasets/example/prices.json --price-date 2026-11-01 --out priced.csv"
try 5 "offload-bench datasets describe priced.csv"
try 9 "offload-bench run $checkout/datasets/example/suite.toml --dataset priced.csv --out own"
try 3 "offload-bench run theirs.toml --out theirs"
try 12 "offload-bench report theirs mine --out both && offload-bench show both"
rm -f last.txt
exit "$failed"
