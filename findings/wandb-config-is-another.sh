#!/usr/bin/env bash
# What Weights & Biases gives back as the configuration is not what it was given: a seed is a float, NaN is None.
#
# Expected: wandb.init(config=settings) notes the settings down, and wandb.config.seed is settings["seed"].
# Seen (wandb 0.31.0, Python): with logging to a file the settings go through a service of another language, and what it
# answers takes their place: whole numbers from 2^63 on are floats that end in other digits, 1.0 is the integer 1, -0.0 is
# 0, and a key 1 is text. With logging disabled these are as given. NaN is None in both, while infinity stays infinity.
# What is set after init() is given back as it was.
# Why it matters: half of all 64-bit seeds are no whole numbers any more, so that a generator refuses them or has another
# seed, just in the runs that are logged; numpy.full(n, config.discount) is an array of whole numbers for 1.0; a check for
# "no limit" with math.isnan() raises.

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
install wandb==0.31.0
cat >"$work/seen.py" <<'PY'
import math

import wandb

settings = {"seed": 2**64 - 1, "small": 2**63 - 1, "discount": 1.0, "zero": -0.0, "limit": math.nan, "most": math.inf,
            "prices": {1: 1e-11}}
run = wandb.init(project="p", config=settings)
run.config["later"] = 2**64 - 1
print(*[repr(run.config[name]).replace("'", '"') for name in (*settings, "later")], sep=", ")
run.finish()
PY
# modes: the settings as they come back, with logging to a file and with none.
modes() {
  (cd "$work" && HOME="$work" WANDB_DIR="$work" WANDB_CACHE_DIR="$work" WANDB_CONFIG_DIR="$work" WANDB_DATA_DIR="$work" \
    WANDB_SILENT=true WANDB_ERROR_REPORTING=false WANDB_MODE="$1" timeout 120 "$work/venv/bin/python" seen.py 2>"$work/log")
}
echo "2^64 - 1, 2^63 - 1, 1.0, -0.0, NaN, infinity, a price by the key 1; 2^64 - 1 set later:"
expect 'disabled' \
  '18446744073709551615, 9223372036854775807, 1.0, -0.0, None, inf, {1: 1e-11}, 18446744073709551615' "$(modes disabled)"
expect 'offline' \
  '1.8446744073709552e+19, 9223372036854775807, 1, 0, None, inf, {"1": 1e-11}, 18446744073709551615' "$(modes offline)"
