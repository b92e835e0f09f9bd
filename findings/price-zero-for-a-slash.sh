#!/usr/bin/env bash
# Spelled with a slash, a model is free.
#
# Expected: a price table that does not know how a model is spelled says so; openai/gpt-4o, the spelling of routers and
# gateways, is either known or unknown.
# Seen (tokenlens 1.3.1): estimateCost says 12.50 USD for a million tokens each way of openai:gpt-4o, no price at all
# for a model it does not know, and exactly 0 for openai/gpt-4o.
# Why it matters: a router's log spells its models with a slash. A sum of zeros is a number: the cloud comes out as
# cheap as the device, and no check for a missing price helps.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need node nodejs
need npm npm
npm_install() {
  npm install --prefix "$work" --no-audit --no-fund --loglevel=error "$@" >/dev/null ||
    { echo "cannot install $*" >&2; exit 2; }
}
npm_install tokenlens@1.3.1
cat >"$work/seen.mjs" <<'JS'
import { estimateCost } from 'tokenlens';

for (const modelId of ['openai:gpt-4o', 'my-own-7b', 'openai/gpt-4o'])
  console.log(estimateCost({ modelId, usage: { input_tokens: 1e6, output_tokens: 1e6 } }).totalUSD);
JS
node "$work/seen.mjs" >"$work/out"
expect 'openai:gpt-4o' '12.5' "$(sed -n 1p "$work/out")"
expect 'a model that nobody knows' 'undefined' "$(sed -n 2p "$work/out")"
expect 'openai/gpt-4o' '0' "$(sed -n 3p "$work/out")"
