#!/usr/bin/env bash
# A command line made with CLI11 reads shard 010 as 8.
#
# Expected: "--shard 010" is ten, as leading zeros only pad; and a number beyond 64 bits is refused.
# Seen (CLI11 2.1.2, Debian 12): a leading 0 means octal: 010 is 8, and 008 and 009 are refused. For an unsigned 64-bit
# option neither 18446744073709551616 nor -1 is refused, both become 18446744073709551615; a 32-bit option refuses both.
# Why it matters: shards and seeds come from scripts that pad (printf %03d, names of files). Shards 000 to 007 run, 008
# and 009 fail, and from 010 on each runs what another one ran already: two fail loudly, the rest is quietly wrong. A
# seed of -1 is taken.

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
unpack libcli11-dev=2.1.2+ds-1
cat >"$work/seen.cpp" <<'CPP'
#include <CLI/CLI.hpp>
#include <cstdint>
#include <iostream>

int main(int count, char** words) {
  CLI::App app;
  std::uint64_t shard = 0;
  unsigned narrow = 0;
  app.add_option("--shard", shard);
  app.add_option("--narrow", narrow);
  try {
    app.parse(count, words);
    std::cout << shard << '\n';
  } catch (const CLI::Error&) {
    std::cout << "refused\n";
  }
}
CPP
g++ -std=c++17 -I"$work/deb/usr/include" "$work/seen.cpp" -o "$work/seen"
expect '--shard 007, 008, 010' '7 refused 8' \
  "$("$work/seen" --shard 007) $("$work/seen" --shard 008) $("$work/seen" --shard 010)"
expect '--shard 18446744073709551616' '18446744073709551615' "$("$work/seen" --shard 18446744073709551616)"
expect '--shard=-1, --narrow=-1' '18446744073709551615 refused' \
  "$("$work/seen" --shard=-1) $("$work/seen" --narrow=-1)"
