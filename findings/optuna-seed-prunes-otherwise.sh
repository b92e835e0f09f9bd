#!/usr/bin/env bash
# With the same seed other trials are pruned.
#
# Expected: a study with TPESampler(seed=0), one thread and an objective without chance is the same study each time.
# Seen (optuna 5.0.0): with HyperbandPruner it is not, unless the study has a name. Which bracket a trial belongs to is a
# hash of the study's name and the trial's number, and a study without a name is given one at random. With a name, or with
# MedianPruner, the trials are the same.
# Why it matters: a sweep that cannot be made again from its script chooses other parameters, and another baseline; the
# name of a study is a label that people change, and each change is a new seed.

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
install optuna==5.0.0 sqlalchemy==2.1.9 numpy==2.4.6
"$work/venv/bin/python" -W ignore - >"$work/out" <<'PY'
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    for step in range(1, 28):
        trial.report(x + 1 / step, step)
        if trial.should_prune():
            raise optuna.TrialPruned()
    return x


def trials(pruner, **more):
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0), pruner=pruner, **more)
    study.optimize(objective, n_trials=30)
    return [(trial.params, trial.state) for trial in study.trials]


def hyperband():
    return optuna.pruners.HyperbandPruner(min_resource=1, max_resource=27)


runs = [trials(hyperband()) for _ in range(5)]
print(all(run == runs[0] for run in runs))
print(trials(hyperband(), study_name="a") == trials(hyperband(), study_name="a"))
print(trials(hyperband(), study_name="a") == trials(hyperband(), study_name="b"))
print(trials(optuna.pruners.MedianPruner()) == trials(optuna.pruners.MedianPruner()))
PY
expect 'five runs with one seed are alike, HyperbandPruner' 'False' "$(sed -n 1p "$work/out")"
expect 'two studies named a' 'True' "$(sed -n 2p "$work/out")"
expect 'one named a, one named b' 'False' "$(sed -n 3p "$work/out")"
expect 'MedianPruner, no name' 'True' "$(sed -n 4p "$work/out")"
