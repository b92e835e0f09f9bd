#!/usr/bin/env bash
# Four packages of prices, up to four times apart for the best-known model.
#
# Expected: the price of gpt-4o has not changed for years, so packages that are installed today agree on it.
# Seen (tokenlens 1.3.1, llm-info 1.0.69, llm-cost 1.0.5, gpt-tokenizer 4.0.0, all from npm): a million tokens in costs
# 2.50, 5, 5 and 10 USD, out 10, 15, 15 and 30. The most expensive one belongs to a package that was released this year.
# Why it matters: the cost axis of an offloading benchmark, and with it every budget, moves by a factor of four with the
# package that somebody took for a list of prices. State the table, its version and its date with each result.

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
npm_install tokenlens@1.3.1 llm-info@1.0.69 llm-cost@1.0.5 gpt-tokenizer@4.0.0
cat >"$work/seen.mjs" <<'JS'
import { readFileSync } from 'node:fs';
import { estimateCost } from 'tokenlens';
import { ModelInfoMap } from 'llm-info';
import * as tokenizer from 'gpt-tokenizer/model/gpt-4o';

const million = estimateCost({ modelId: 'openai:gpt-4o', usage: { input_tokens: 1e6, output_tokens: 1e6 } });
console.log(million.inputUSD, million.outputUSD);
const info = ModelInfoMap['gpt-4o'];
console.log(info.pricePerMillionInputTokens, info.pricePerMillionOutputTokens);
const file = new URL('node_modules/llm-cost/model_prices_and_context_window.json', import.meta.url);
const table = JSON.parse(readFileSync(file));
console.log(table['gpt-4o'].input_cost_per_token * 1e6, table['gpt-4o'].output_cost_per_token * 1e6);
const estimate = tokenizer.estimateCost(1e6).main;
console.log(estimate.input, estimate.output);
JS
node "$work/seen.mjs" >"$work/out"
expect 'tokenlens, USD per million in and out' '2.5 10' "$(sed -n 1p "$work/out")"
expect 'llm-info' '5 15' "$(sed -n 2p "$work/out")"
expect 'llm-cost' '5 15' "$(sed -n 3p "$work/out")"
expect 'gpt-tokenizer' '10 30' "$(sed -n 4p "$work/out")"
