#!/usr/bin/env bash
# For PyTorch's Categorical no action is less probable than 1.2e-7.
#
# Expected: Categorical(probs=p).log_prob(a) is the logarithm of p[a], as it is for Categorical(logits=log p).
# Seen (PyTorch 1.13.1, Debian 12): made of probabilities it raises each to the distance of 1 to the next float before it
# takes the logarithm: a forbidden action has exp(log_prob) 1.2e-7, and one of 1e-9 has too, while .probs still says 0 and
# 1e-9. Made of logits of the same distribution it says 1e-9. In float64 the bound is 2.2e-16. The
# divergence from a distribution that forbids the action is nevertheless infinite: that one looks at .probs.
# Why it matters: an agent that is evaluated off-policy, with a behaviour policy that logged probabilities, has ratios of
# .0084 instead of 1 for two equal policies, by which of the two ways each was made; an action that cannot be is finite.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need python3 python3
/usr/bin/python3 -c 'import torch; assert torch.__version__.startswith("1.13")' 2>/dev/null ||
  { echo "needs PyTorch 1.13 of Debian 12: apt-get install python3-torch" >&2; exit 2; }
/usr/bin/python3 - >"$work/out" <<'PY'
import torch
from torch.distributions import Categorical, kl_divergence

actions = torch.arange(3)


def say(values):
    print(*[f"{value:.2g}" for value in values.tolist()])


shares = torch.tensor([1, 1e-9, 0])
behaviour, target = Categorical(probs=shares), Categorical(logits=shares.log())
say(behaviour.probs)
say(behaviour.log_prob(actions).exp())
say(Categorical(probs=shares.double()).log_prob(actions).exp())
say(target.log_prob(actions).exp())
say(kl_divergence(Categorical(probs=torch.ones(3)), behaviour).view(1))
say((target.log_prob(actions) - behaviour.log_prob(actions)).exp()[1:2])
PY
expect 'probs of three actions' '1 1e-09 0' "$(sed -n 1p "$work/out")"
expect 'made of logits: exp(log_prob)' '1 1e-09 0' "$(sed -n 4p "$work/out")"
expect 'made of probabilities: exp(log_prob)' '1 1.2e-07 1.2e-07' "$(sed -n 2p "$work/out")"
expect 'in float64' '1 1e-09 2.2e-16' "$(sed -n 3p "$work/out")"
expect 'divergence from it of equal chances' 'inf' "$(sed -n 5p "$work/out")"
expect 'ratio of the two at the action of 1e-9' '0.0084' "$(sed -n 6p "$work/out")"
