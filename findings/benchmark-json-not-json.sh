#!/usr/bin/env bash
# The JSON of Google Benchmark is JSON only while the figures are finite.
#
# Expected: --benchmark_format=json is JSON, so every JSON parser reads it; a counter that is not a number becomes null
# or text.
# Seen (Google Benchmark 1.7.1, Debian 12): counters are printed as NaN and Infinity, which JSON does not have. Python's
# json reads them without a word, so the file looks fine; nlohmann-json and JavaScript refuse the whole file. One
# infinite counter is enough: with repetitions its mean is Infinity and its standard deviation NaN.
# Why it matters: a user counter that is a ratio (regret per step, speed-up) with a zero below makes the file unreadable
# for the tools that compare benchmark files, after the run.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need g++ g++
need dpkg-deb dpkg
# Debian's package, unpacked beside us instead of installed.
unpack() {
  (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$1" && dpkg-deb -x "${1%%=*}"_*.deb "$work/deb") ||
    { echo "cannot download $1: needs Debian 12 and an apt-get update" >&2; exit 2; }
}
unpack libbenchmark-dev=1.7.1-1
unpack libbenchmark1debian=1.7.1-1
unpack nlohmann-json3-dev=3.11.2-2
need python3 python3
cat >"$work/bench.cpp" <<'CPP'
#include <benchmark/benchmark.h>

static void step(benchmark::State& state) {
  volatile double none = 0.0;
  for (auto _ : state) benchmark::DoNotOptimize(none + 1.0);
  state.counters["steps_per_failure"] = 1.0 / none;
}
BENCHMARK(step)->Iterations(10)->Repetitions(2);
BENCHMARK_MAIN();
CPP
cat >"$work/read.cpp" <<'CPP'
#include <iostream>
#include <nlohmann/json.hpp>

int main() { std::cout << (nlohmann::json::accept(std::cin) ? "reads it" : "refuses it") << '\n'; }
CPP
libraries=$work/deb/usr/lib/$(g++ -print-multiarch)
g++ -std=c++17 -O1 -I"$work/deb/usr/include" "$work/bench.cpp" -L"$libraries" -lbenchmark -lpthread -o "$work/bench"
g++ -std=c++17 -I"$work/deb/usr/include" "$work/read.cpp" -o "$work/read"
LD_LIBRARY_PATH=$libraries "$work/bench" --benchmark_format=json >"$work/out.json" 2>/dev/null
expect 'the counter in the rows' 'Infinity Infinity Infinity Infinity NaN NaN' \
  "$(sed -n 's/.*"steps_per_failure": \([A-Za-z]*\).*/\1/p' "$work/out.json" | xargs)"
expect "Python's json" 'reads it' \
  "$(python3 -c 'import json, sys; json.load(sys.stdin); print("reads it")' <"$work/out.json")"
expect 'nlohmann-json' 'refuses it' "$("$work/read" <"$work/out.json")"
