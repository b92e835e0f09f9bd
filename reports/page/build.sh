#!/usr/bin/env bash
# build.sh WORK OUTPUT: makes the template of report.html from the sources beside this file, with the charting library
# of package-lock.json, which is fetched into WORK. Exit status 77, with the reason, where that cannot be done.
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd)
work=$1 output=$2

skip() {
  echo "skipped: $1"
  exit 77
}

command -v node >/dev/null && command -v npm >/dev/null || skip "Node is missing (apt-get install npm)"
mkdir -p "$work"
cp "$source/package.json" "$source/package-lock.json" "$work"
if ! cmp -s "$work/package-lock.json" "$work/node_modules/.locked"; then
  (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=20000) >"$work/npm.log" 2>&1 ||
    skip "the charting library cannot be fetched from the npm registry: $(grep -m 1 '^npm' "$work/npm.log" || true)"
  cp "$work/package-lock.json" "$work/node_modules/.locked"
fi
node "$source/build.mjs" "$work/node_modules" "$output"
