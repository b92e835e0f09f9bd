#!/usr/bin/env bash
# -1 equals 18446744073709551615 in nlohmann-json.
#
# Expected: two JSON documents are equal when their numbers are; -1 and 2^64 - 1 are not.
# Seen (nlohmann-json 3.11.2, Debian 12): comparing a negative with an unsigned integer casts the unsigned one to
# signed, so the two are equal, and diff() finds nothing to patch between them. Likewise 2^53 + 1 equals the double
# 2^53.
# Why it matters: "the stored seed is the one asked for", "this report is that report", as a check of ==, passes for
# values that differ in all 64 bits; seeds and hashes must be compared as numbers of a known type or as text.

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
unpack nlohmann-json3-dev=3.11.2-2
cat >"$work/seen.cpp" <<'CPP'
#include <iostream>
#include <nlohmann/json.hpp>

int main() {
  const auto minus_one = nlohmann::json::parse(R"({"seed": -1})");
  const auto largest = nlohmann::json::parse(R"({"seed": 18446744073709551615})");
  std::cout << (minus_one == largest) << ' ' << nlohmann::json::diff(minus_one, largest) << '\n';
  std::cout << (nlohmann::json::parse("9007199254740993") == nlohmann::json::parse("9007199254740992.0")) << '\n';
}
CPP
g++ -std=c++17 -I"$work/deb/usr/include" "$work/seen.cpp" -o "$work/seen"
"$work/seen" >"$work/out"
expect '-1 == 2^64 - 1, and their diff' '1 []' "$(sed -n 1p "$work/out")"
expect '2^53 + 1 == 2^53 as a double' '1' "$(sed -n 2p "$work/out")"
