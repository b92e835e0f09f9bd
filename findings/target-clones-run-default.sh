#!/usr/bin/env bash
# clang's target_clones for x86-64-v3 and v4 compiles, and then always runs the default.
#
# Expected: target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default") makes three versions and the best one that the
# processor knows runs, with g++ 12 and clang 14 alike; and the function can be called from another file.
# Seen (clang 14.0.6, g++ 12.2.0, Debian 12): g++ runs the v3 or v4 version. clang compiles all three without a warning,
# but what it asks at run time is not about these levels: default runs on every processor of Intel or AMD. And from
# another file it does not link, as only NAME.ifunc is defined.
# How it is seen: only v3 and v4 have fused multiply-add, which leaves another last bit.
# Why it matters: a kernel that was measured with g++ loses its wide versions when built with clang, with other bits in
# the results, and nothing says so.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need g++ g++
need clang++-14 clang-14
case $(uname -m) in x86_64) ;; *) echo "skipped: needs x86-64"; exit 0 ;; esac
if ! grep -qw fma /proc/cpuinfo || ! grep -qw avx2 /proc/cpuinfo; then
  echo "skipped: needs a processor with AVX2 and FMA"
  exit 0
fi
cat >"$work/one.cpp" <<'CPP'
#include <cstdio>

__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
double fused(double a, double b, double c) { return a * b + c; }

int main() {
  volatile double a = 1.0 + 0x1p-30;
  std::puts(fused(a, a, -(1.0 + 0x1p-29)) == 0.0 ? "default" : "v3 or v4");
}
CPP
cat >"$work/kernel.cpp" <<'CPP'
__attribute__((target_clones("avx2", "default"))) int twice(int x) { return 2 * x; }
CPP
cat >"$work/caller.cpp" <<'CPP'
int twice(int);
int main() { return twice(0); }
CPP
for compiler in g++ clang++-14; do
  "$compiler" -O2 -ffp-contract=fast "$work/one.cpp" -o "$work/$compiler"
  links=yes
  "$compiler" "$work/kernel.cpp" "$work/caller.cpp" -o "$work/two" 2>/dev/null || links=no
  echo "$("$work/$compiler"), links: $links" >"$work/$compiler.out"
done
objdump -d "$work/clang++-14" >"$work/instructions"
expect 'clang: versions with fused multiply-add in the program' '2' "$(grep -c vfmadd "$work/instructions")"
expect 'g++: version that runs, call from another file' 'v3 or v4, links: yes' "$(cat "$work/g++.out")"
expect 'clang: version that runs, call from another file' 'default, links: no' "$(cat "$work/clang++-14.out")"
