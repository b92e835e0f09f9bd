#!/usr/bin/env bash
# Boost's binomial quantile is not R's, nor scipy's.
#
# Expected: quantile(binomial(20, 0.3), p) is the smallest k whose cumulative probability reaches p: 2 for 0.025 and 3
# for 0.05.
# Seen (Boost.Math 1.74, Debian 12): by default the result is rounded outwards, down below the median and up above it: 1
# and 2. The usual definition needs a policy, discrete_quantile<integer_round_up>.
# Why it matters: bounds on violation rates and exact intervals for counts come one violation wider below than those of
# the paper next to them, and a port of a test from scipy changes its decisions.

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
unpack libboost1.74-dev=1.74.0+ds1-21
cat >"$work/seen.cpp" <<'CPP'
#include <boost/math/distributions/binomial.hpp>
#include <iostream>

int main() {
  namespace policies = boost::math::policies;
  using Usual = policies::policy<policies::discrete_quantile<policies::integer_round_up>>;
  const boost::math::binomial standard(20, 0.3);
  const boost::math::binomial_distribution<double, Usual> usual(20, 0.3);
  for (const double p : {0.025, 0.05, 0.5, 0.95}) std::cout << quantile(standard, p) << '/' << quantile(usual, p) << ' ';
  std::cout << '\n' << (cdf(standard, 1) >= 0.025) << (cdf(standard, 2) >= 0.025) << '\n';
}
CPP
g++ -std=c++17 -I"$work/deb/usr/include" "$work/seen.cpp" -o "$work/seen"
"$work/seen" >"$work/out"
expect 'default/usual quantile at 0.025, 0.05, 0.5, 0.95' '1/2 2/3 6/6 9/9' "$(sed -n 1p "$work/out" | xargs)"
expect 'cdf(1) and cdf(2) reach 0.025' '01' "$(sed -n 2p "$work/out")"
