#!/usr/bin/env bash
# One NaN makes Eigen's maximum a wrong number, depending on where it stands.
#
# Expected: maxCoeff() of values with a NaN among them is NaN, or it is the largest of the others.
# Seen (Eigen 3.4.0, Debian 12, SSE2): with 0 to 15 and a NaN put in place of one of them, NaN comes out when it stands
# first, and the true maximum in most places; but with the NaN at 1, 3 or 7 the answer is 14, although 15 is there.
# maxCoeff<PropagateNaN>() does what one expects.
# Why it matters: a best score, a largest violation or the greedy action is then an ordinary number that is not the
# maximum, which no check for NaN finds, and another vector width moves the bad places.

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
case $(uname -m) in x86_64) ;; *) echo "skipped: needs x86-64, as the places depend on the vector width"; exit 0 ;; esac
unpack libeigen3-dev=3.4.0-4
cat >"$work/seen.cpp" <<'CPP'
#include <Eigen/Core>
#include <cmath>
#include <iostream>

int main() {
  int propagated = 0;
  for (int place = 0; place < 16; ++place) {
    Eigen::VectorXf values = Eigen::VectorXf::LinSpaced(16, 0.0F, 15.0F);
    values[place] = std::nanf("");
    std::cout << values.maxCoeff() << (place == 15 ? "\n" : " ");
    propagated += std::isnan(values.maxCoeff<Eigen::PropagateNaN>());
  }
  std::cout << propagated << '\n';
}
CPP
g++ -std=c++17 -O2 -I"$work/deb/usr/include/eigen3" "$work/seen.cpp" -o "$work/seen"
"$work/seen" >"$work/out"
expect 'maximum of 0..15 with a NaN at place 0, 1, ... 15' 'nan 14 15 14 15 15 15 14 15 15 15 15 15 15 15 14' \
  "$(sed -n 1p "$work/out")"
expect 'NaN with PropagateNaN, of 16' '16' "$(sed -n 2p "$work/out")"
