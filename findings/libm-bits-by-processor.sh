#!/usr/bin/env bash
# glibc's exp and log have other bits on a processor without FMA; exp2 and the float versions do not.
#
# Expected: one build of glibc gives one result for exp(x), whatever the processor, as its functions are within one unit
# in the last place and carefully made.
# Seen (glibc 2.36, Debian 12, x86-64): the library picks a version of exp, log, pow, sin, tan, tanh and others when the
# program starts. Telling it that AVX2 and FMA are missing changes bits among 200,000 results of each; exp2, cbrt, expf
# and logf stay the same.
# Why it matters: "same seed, same bits" ends at an old processor, an emulator or a tunable in the environment, although
# program, library and compiler are the same; softmax in float is safe, log-probabilities in double are not.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need gcc gcc
case $(uname -m) in x86_64) ;; *) echo "skipped: needs x86-64"; exit 0 ;; esac
if ! grep -qw fma /proc/cpuinfo || ! grep -qw avx2 /proc/cpuinfo; then
  echo "skipped: needs a processor with AVX2 and FMA"
  exit 0
fi
case $(getconf GNU_LIBC_VERSION) in 'glibc 2.36') ;; *) echo "skipped: needs glibc 2.36 (Debian 12)"; exit 0 ;; esac
cat >"$work/bits.c" <<'C'
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static double single_exp(double x) { return expf((float)x); }
static double single_log(double x) { return logf((float)x); }
static double power(double x) { return pow(x, 1.7); }

int main(void) {
  struct { const char* name; double (*function)(double); } all[] = {
      {"exp", exp}, {"log", log}, {"pow", power}, {"sin", sin}, {"tan", tan}, {"tanh", tanh}, {"log1p", log1p},
      {"exp2", exp2}, {"cbrt", cbrt}, {"erf", erf}, {"expf", single_exp}, {"logf", single_log}};
  for (unsigned i = 0; i < sizeof all / sizeof *all; ++i) {
    uint64_t state = 88172645463325252u, hash = 1469598103934665603u, bits;
    for (int n = 0; n < 200000; ++n) {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;
      const double result = all[i].function((double)(state >> 11) * 0x1p-53 * 20.0);
      memcpy(&bits, &result, sizeof bits);
      hash = (hash ^ bits) * 1099511628211u;
    }
    printf("%s %016llx\n", all[i].name, (unsigned long long)hash);
  }
}
C
gcc -O1 -fno-builtin "$work/bits.c" -lm -o "$work/bits"
"$work/bits" >"$work/here"
GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4 "$work/bits" >"$work/without"
others=$({ diff "$work/here" "$work/without" || true; } | sed -n 's/^< \(.*\) .*/\1/p' | xargs)
same=$(comm -12 <(sort "$work/here") <(sort "$work/without") | cut -d' ' -f1 | xargs)
expect 'functions with other bits' 'exp log pow sin tan tanh log1p erf' "$others"
expect 'functions with the same bits' 'cbrt exp2 expf logf' "$same"
