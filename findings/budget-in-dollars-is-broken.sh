#!/usr/bin/env bash
# The best plan within a budget breaks it, if both are in USD.
#
# Expected: a plan that scipy's solver calls optimal keeps its constraint, but for the last digits; the unit does not
# matter.
# Seen (scipy 1.17.1, whose milp and linprog are HiGHS): 60 turns, one of four answers each, and what all may cost. With
# a budget of 200 USD the plan keeps it. In the same problem with all prices smaller the plan costs 1.3 % more than a
# budget of 2e-5 USD and 4.4 % more than one of 2e-6; at 2e-8 it takes the dearest answers throughout, 24 times the
# budget. Tokens at 1e-9 USD each are bought for a hundred times what they may cost, those at 2e-9 are not. Each time
# the status is 0, optimal, and nothing is said. Counted in budgets instead of USD the plans are equal: tolerances are
# absolute, and small coefficients are taken for 0.
# Why it matters: prices of calls, and more so of tokens, are of that size. A bound by such a plan lies above what anybody
# can reach.

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
install scipy==1.17.1 numpy==2.4.6
"$work/venv/bin/python" -W ignore - >"$work/log" <<'PY'
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

TURNS, ANSWERS = 60, 4
draw = np.random.default_rng(3)
costs = np.sort(draw.uniform(.01, 1, (TURNS, ANSWERS)), axis=1)
costs[:, 0] = 0
quality = np.sort(draw.uniform(0, 1, (TURNS, ANSWERS)), axis=1).ravel()
one_each = LinearConstraint(np.kron(np.eye(TURNS), np.ones(ANSWERS)), 1, 1)


def plan(budget, unit=1.0):
    prices = costs.reshape(1, -1) * budget / 2
    kept = LinearConstraint(prices / unit, ub=budget / unit)
    best = milp(-quality, constraints=[kept, one_each], integrality=np.ones(quality.size), bounds=Bounds(0, 1))
    print("seen", best.status, f"{(prices @ np.round(best.x)).item() / budget:.3f}")


for budget in (200, 2e-5, 2e-6, 2e-8):
    plan(budget)
for budget in (2e-6, 2e-8):
    plan(budget, unit=budget)
for price in (2e-9, 1e-9):
    tokens = linprog([-1.0], A_ub=[[price]], b_ub=[1e-4], bounds=(0, 1e7))
    print("seen", tokens.status, f"{tokens.x[0] * price:.4f}")
PY
sed -n 's/^seen //p' "$work/log" >"$work/out"
expect 'status, cost of the plan over its budget: 200 USD' '0 0.999' "$(sed -n 1p "$work/out")"
expect '2e-5 USD' '0 1.013' "$(sed -n 2p "$work/out")"
expect '2e-6 USD' '0 1.044' "$(sed -n 3p "$work/out")"
expect '2e-8 USD' '0 24.232' "$(sed -n 4p "$work/out")"
expect '2e-6 and 2e-8 USD, counted in budgets' '0 0.999 / 0 0.999' "$(sed -n 5p "$work/out") / $(sed -n 6p "$work/out")"
expect 'status, USD for tokens at 2e-9 each, of 1e-4' '0 0.0001' "$(sed -n 7p "$work/out")"
expect 'at 1e-9 each' '0 0.0100' "$(sed -n 8p "$work/out")"
