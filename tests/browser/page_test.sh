#!/usr/bin/env bash
# page_test.sh BUILD_FOLDER WORK_FOLDER: runs the quickstart suite, and the routing suite with margins, and tests their report.html and
# that of the committed sample in Chromium. Exit status 77, with the reason, where that cannot be done. Screenshots stay in WORK_FOLDER.
set -euo pipefail
build=$1 work=$2
source=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$source/../.." && pwd)

skip() {
  echo "skipped: $1"
  exit 77
}

command -v node >/dev/null && command -v npm >/dev/null || skip "Node is missing (apt-get install npm)"
# The shell first: it has no windows to draw, which is a sixth of what a test takes.
chromium=$(command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome) ||
  skip "Chromium is missing (apt-get install chromium-headless-shell)"
mkdir -p "$work"
cp "$source"/*.mjs "$source/package.json" "$source/package-lock.json" "$work"
cd "$work"
if ! cmp -s package-lock.json node_modules/.locked; then
  npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=20000 >npm.log 2>&1 ||
    skip "playwright-core cannot be fetched from the npm registry"
  cp package-lock.json node_modules/.locked
fi
rm -rf results world cache
export OFFLOAD_BENCH_CACHE=$work/cache
# Two of its ten splits, of fewer episodes, without the widest budgets: exact policies are most of what it takes.
sed '/name = "open"/d; /name = "relaxed"/d; s/synthetic:200/synthetic:60/; s/folds = 5, repeats = 2/folds = 2/' "$repository/benchmarks/suites/quickstart.toml" >quickstart.toml
"$build/bin/offload-bench" run quickstart.toml --out results >run.log
cp results/report.html first.html
"$build/bin/offload-bench" report results >report.log
cmp first.html results/report.html
sed "s/folds = 5/folds = 2/; s|\"../../datasets/|\"$repository/datasets/|" "$repository/benchmarks/suites/routing.toml" >world.toml
printf '\n[evaluation]\nmargin = {share = 0.3, calibration = 0.4}\n' >>world.toml
"$build/bin/offload-bench" run world.toml --out world >>run.log
node page_test.mjs "$chromium" results/report.html world/report.html "$repository/reports/sample/report.html"
