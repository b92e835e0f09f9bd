#!/usr/bin/env bash
# UCB never asks a model that joins later, though it is the best; if all rewards are one less, it does.
#
# Expected: UCB1 tries each arm that it has not tried before all others, as its bound is infinite; to take 1 from every
# reward changes nothing.
# Seen (mabwiser 2.7.4): an arm without a reward has the expectation 0 and no bound on top, by add_arm() or from the
# beginning. Where rewards are above 0, as shares of right answers are, the others' bounds stay above 0 for ever: in 5,000
# rounds the best of three arms is not drawn once. With 1 less, as costs are, it is drawn once the others' have come below 0.
# Why it matters: a bandit that routes queries to models leaves out a new one, whatever it is worth, and its regret grows
# with every query; the sign of the reward, which nothing should depend on, decides.

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
install mabwiser==2.7.4 numpy==2.4.6 pandas==3.1.1 scikit-learn==1.9.1 scipy==1.17.1
"$work/venv/bin/python" -W ignore - >"$work/out" <<'PY'
from mabwiser.mab import MAB, LearningPolicy

SHARES = {"small": .5, "large": .7, "new": .9}


def rounds(less, joins):
    """How often each was drawn of 5,000 rounds, when all but the new one had been asked once."""
    old = ["small", "large"]
    bandit = MAB(old if joins else list(SHARES), LearningPolicy.UCB1(alpha=1), seed=1)
    bandit.fit(old, [SHARES[arm] - less for arm in old])
    if joins:
        bandit.add_arm("new")
    drawn = dict.fromkeys(SHARES, 0)
    for _ in range(5000):
        arm = bandit.predict()
        drawn[arm] += 1
        bandit.partial_fit([arm], [SHARES[arm] - less])
    return drawn["new"]


print(rounds(0, True), rounds(0, False))
print(rounds(1, True) > 2500)
PY
expect 'rewards less 1: the new arm is drawn in most rounds' 'True' "$(sed -n 2p "$work/out")"
expect 'rewards: rounds with the new arm, that joins later, that was there from the beginning' '0 0' \
  "$(sed -n 1p "$work/out")"
