#!/usr/bin/env bash
# board_test.sh BUILD_FOLDER WORK_FOLDER: makes a board of two entrants and tests its site in Chromium. Exit status 77, with
# the reason, where that cannot be done. Screenshots stay in WORK_FOLDER.
set -euo pipefail
build=$1 work=$2
source=$(cd "$(dirname "$0")" && pwd)

skip() {
  echo "skipped: $1"
  exit 77
}

command -v node >/dev/null && command -v npm >/dev/null || skip "Node is missing (apt-get install npm)"
# The shell first: it has no windows to draw, which is a sixth of what a test takes.
chromium=$(command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome) ||
  skip "Chromium is missing (apt-get install chromium-headless-shell)"
mkdir -p "$work"
cp "$source/package.json" "$source/package-lock.json" "$source/board_test.mjs" "$work"
cd "$work"
if ! cmp -s package-lock.json node_modules/.locked; then
  npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=20000 >npm.log 2>&1 ||
    skip "playwright-core cannot be fetched from the npm registry"
  cp package-lock.json node_modules/.locked
fi
rm -rf board site first second ./*.zst
bench=$build/bin/offload-bench
suite() {
  cat <<TOML
[suite]
name = "small"
description = "A small task"
[data]
source = "synthetic:24"
split = {test_ratio = 0.25, seeds = [0, 1, 2]}
[budgets]
cells = [{name = "open"}, {name = "tight", latency_s = 12, cost_usd = 0.012}]
$1
[evaluation]
oracle_nodes = 2000
TOML
}
suite '[[row]]
name = "random"' >task.toml
suite '[[row]]
name = "careful"
plugin = "cost-min"
[[row]]
name = "<img src=x onerror=alert(1)>"
plugin = "greedy-quality"' >first.toml
suite '[[row]]
name = "mine"
plugin = "local-only"' >second.toml
export OFFLOAD_BENCH_CACHE=$work/cache
"$bench" leaderboard init board >board.log
"$bench" leaderboard task board task.toml --date 2026-01-01 >>board.log
for name in first second; do
  "$bench" run "$name.toml" --out "$name" >run.log
  "$bench" submit "$name" --as "Entrant $name" --note '</p><script>alert(1)</script>' --out "$name.tar.zst" >>board.log
  "$bench" leaderboard add board "$name.tar.zst" --date 2026-01-02 >>board.log
done
"$bench" leaderboard build board --out site >>board.log
"$bench" leaderboard withdraw board 2 --reason 'a "mistake" <b>' --date 2026-01-03 >>board.log
"$bench" submit second --as 'Entrant third' --out third.tar.zst >>board.log
"$bench" leaderboard add board third.tar.zst --date 2026-01-03 >>board.log
"$bench" leaderboard build board --out site >>board.log
node board_test.mjs "$chromium" site
