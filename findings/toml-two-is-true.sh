#!/usr/bin/env bash
# `masked = 2` is true for toml++, and `steps = true` is 1.
#
# Expected: value<T>() gives a value where the file holds a T, and nothing where the type is another one.
# Seen (toml++ 3.3, Debian 12): it converts what its header calls lossless. 2 read as a boolean is true, true read as a whole number
# is 1, 1.0 is 1. Yet 1.0 read as a boolean and 2^53 + 1 read as a double are nothing, so value_or gives the default there.
# value_exact<T>() is what one expects of value<T>().
# Why it matters: a setting of the wrong type is taken for another setting instead of being refused, and two that look alike
# (1 and 1.0) end as true and as the default. tomllib, with which the same suite is read from Python, says 2.

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
unpack libtomlplusplus-dev=3.3.0+ds-1
cat >"$work/seen.cpp" <<'CPP'
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <cstdint>
#include <iostream>

template <typename T>
void say(const char* text) {
  const auto table = toml::parse(text);
  const auto value = table["x"].value<T>();
  if (value)
    std::cout << *value << ' ';
  else
    std::cout << "nothing ";
}

int main() {
  std::cout << std::boolalpha;
  say<bool>("x = 2");
  say<bool>("x = 0");
  say<bool>("x = 1.0");
  say<std::int64_t>("x = true");
  say<std::int64_t>("x = 1.0");
  say<std::int64_t>("x = 1.5");
  say<double>("x = 9007199254740993");
  const auto table = toml::parse("x = 2");
  std::cout << '\n' << table["x"].value_exact<bool>().has_value() << '\n';
}
CPP
g++ -std=c++17 -I"$work/deb/usr/include" "$work/seen.cpp" -o "$work/seen"
"$work/seen" >"$work/out"
expect 'boolean of 2, 0, 1.0; integer of true, 1.0, 1.5; double of 2^53 + 1' 'true false nothing 1 1 nothing nothing' \
  "$(sed -n 1p "$work/out" | xargs)"
expect 'value_exact<bool>() of 2 has one' 'false' "$(sed -n 2p "$work/out")"
