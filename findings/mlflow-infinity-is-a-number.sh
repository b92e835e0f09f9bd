#!/usr/bin/env bash
# MLflow makes an infinite cost a finite one.
#
# Expected: what is logged is what comes back; NaN does (SQL has no NaN, and the store keeps a mark for it), so infinity
# does as well.
# Seen (mlflow-skinny 3.17.2, its default store, SQLite): inf comes back as 1.7976931348623157e+308, the greatest double,
# and -inf as its negative; isinf says no. NaN comes back as NaN; a search for metrics.cost != 2 finds it, and one for
# metrics.cost < 1 or > 1 does not.
# Why it matters: inf is how a run says that nothing fitted its budget. Read back it passes for a measurement: isfinite
# keeps it, the mean of two overflows, and a plot's axis ends at 1e308.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need python3 python3
python3 -m venv "$work/venv" || { echo "needs venv: apt-get install python3-venv" >&2; exit 2; }
install() {
  "$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check "$@" || { echo "cannot install $*" >&2; exit 2; }
}
install mlflow-skinny==3.17.2 sqlalchemy==2.1.9 alembic==1.20.1 pandas==3.1.1
"$work/venv/bin/python" -W ignore - "$work" >"$work/out" 2>"$work/log" <<'PY'
import math
import os
import sys

os.chdir(sys.argv[1])
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
import mlflow

mlflow.set_tracking_uri("sqlite:///runs.db")
mlflow.set_experiment("costs")
for cost in (.5, 2., math.inf, -math.inf, math.nan):
    with mlflow.start_run():
        mlflow.log_metric("cost", cost)
client = mlflow.MlflowClient()


def found(condition):
    runs = client.search_runs([client.get_experiment_by_name("costs").experiment_id], condition, order_by=["metrics.cost"])
    return [run.data.metrics["cost"] for run in runs]


print(*found(""))
for condition in ("metrics.cost != 2", "metrics.cost < 1", "metrics.cost > 1"):
    print(*found(condition))
PY
expect 'logged .5, 2, inf, -inf and NaN; read' \
  '-1.7976931348623157e+308 0.5 2.0 1.7976931348623157e+308 nan' "$(sed -n 1p "$work/out")"
expect 'cost != 2' '-1.7976931348623157e+308 0.5 1.7976931348623157e+308 nan' "$(sed -n 2p "$work/out")"
expect 'cost < 1' '-1.7976931348623157e+308 0.5' "$(sed -n 3p "$work/out")"
expect 'cost > 1' '2.0 1.7976931348623157e+308' "$(sed -n 4p "$work/out")"
