#!/usr/bin/env bash
# The momentum of a weight that gets no gradient any more never becomes 0.
#
# Expected: .9 times the momentum per step ends below the smallest float and so at 0, after a thousand steps; the weights
# of a dead ReLU unit are then at rest, and PyTorch and optax end at the same state.
# Seen (PyTorch 1.13.1, Debian 12; optax 0.2.8 on jax 0.10.2, CPU): with PyTorch it stands still at 4 times the smallest
# float, since .9 * 4 rounds to 4, and the mean of the squares at 500 times, with the sign of the last gradient, after
# any number of steps. SGD with momentum ends there too. In optax both are 0: jax on a CPU makes such numbers 0.
# In a small network of which half the units die, the state of all their weights is that after some thousand steps.
# Why it matters: arithmetic on numbers of this size is many times slower on some processors, so that the more units are
# dead, the slower a step is, with nothing to see in the weights; a state does not compare as equal to one that is 0.

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
python3 -m venv "$work/venv" || { echo "needs venv: apt-get install python3-venv" >&2; exit 2; }
install() {
  "$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check "$@" || { echo "cannot install $*" >&2; exit 2; }
}
install jax==0.10.2 jaxlib==0.10.2 optax==0.2.8 numpy==2.4.6 scipy==1.17.1
cat >"$work/momentum.py" <<'PY'
import torch

SMALLEST = 2.0**-149


def rest(optimizer, *names):
    """The states, in the smallest floats, after one gradient of 1 and 100,000 of 0."""
    weight = torch.nn.Parameter(torch.ones(1))
    optimizer = optimizer([weight])
    for step in range(100001):
        weight.grad = torch.ones(1) if step == 0 else torch.zeros(1)
        optimizer.step()
    return [int(optimizer.state[weight][name].item() / SMALLEST) for name in names]


print(*rest(torch.optim.Adam, "exp_avg", "exp_avg_sq"),
      *rest(lambda weights: torch.optim.SGD(weights, lr=.1, momentum=.9), "momentum_buffer"))
torch.manual_seed(0)
network = torch.nn.Sequential(torch.nn.Linear(8, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1))
optimizer = torch.optim.Adam(network.parameters())
states = torch.rand(64, 8)
for step in range(3000):
    if step == 100:
        with torch.no_grad():
            network[0].bias[:16] -= 100
    optimizer.zero_grad(set_to_none=False)
    (network(states) - states.sum(1, keepdim=True)).square().mean().backward()
    optimizer.step()
average = optimizer.state[network[0].weight]["exp_avg"][:16].abs()
learned = average.any(1)
print(bool(learned.sum() > 8), *[int(value / SMALLEST) for value in average[learned].unique()])
PY
cat >"$work/other.py" <<'PY'
import jax
import jax.numpy as jnp
import optax

weight, optimizer = jnp.ones(1), optax.adam(1e-3)
_, state = optimizer.update(jnp.ones(1), optimizer.init(weight), weight)
step = lambda _, state: optimizer.update(jnp.zeros(1), state, weight)[1]
state = jax.lax.fori_loop(0, 100000, step, state)
print(float(state[0].mu[0]), float(state[0].nu[0]))
PY
/usr/bin/python3 "$work/momentum.py" >"$work/torch.out"
"$work/venv/bin/python" "$work/other.py" >"$work/optax.out" 2>"$work/log"
expect 'optax: the mean of the gradients and of their squares' '0.0 0.0' "$(cat "$work/optax.out")"
expect 'PyTorch, in the smallest floats: the same, and the momentum of SGD' '4 500 4' "$(sed -n 1p "$work/torch.out")"
expect 'of more than 8 units that died while learning, all sizes there are' 'True 4' "$(sed -n 2p "$work/torch.out")"
