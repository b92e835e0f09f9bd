#!/usr/bin/env bash
# OpenBLAS calls a Zen 4 a Cooperlake, and does not mind a core type that does not exist.
#
# Expected: on an AMD Zen 4, OpenBLAS runs and reports its Zen kernels; a misspelled OPENBLAS_CORETYPE is refused or at
# least mentioned.
# Seen (OpenBLAS 0.3.21, Debian 12): OPENBLAS_CORETYPE=Zen5, AVX2 or any other unknown word is dropped without a word
# and the detected type stays. On Zen 4 (family 25 with AVX-512 and BF16) that is Cooperlake, an Intel name, as it goes
# by the instructions.
# Why it matters: a results file that records the BLAS core as its hardware shows the wrong maker; and who pins the
# kernels for equal bits on two machines with a name of a newer OpenBLAS has pinned nothing.

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
(cd "$work" && apt-get -qq -o APT::Sandbox::User=root download libopenblas0-pthread=0.3.21+ds-4 libgfortran5 &&
  for package in *.deb; do dpkg-deb -x "$package" deb; done) ||
  { echo "cannot download OpenBLAS: needs Debian 12 and an apt-get update" >&2; exit 2; }
cat >"$work/core.c" <<'C'
char* openblas_get_corename(void);
int puts(const char*);
int main(void) { return puts(openblas_get_corename()) < 0; }
C
libraries=$work/deb/usr/lib/x86_64-linux-gnu
gcc "$work/core.c" "$libraries/openblas-pthread/libopenblas.so.0" -Wl,--allow-shlib-undefined -o "$work/core"
core() { env "$@" LD_LIBRARY_PATH="$libraries/openblas-pthread:$libraries" "$work/core" 2>&1; }
detected=$(core -u OPENBLAS_CORETYPE)
expect 'OPENBLAS_CORETYPE=Prescott' 'Prescott' "$(core OPENBLAS_CORETYPE=Prescott)"
expect 'OPENBLAS_CORETYPE=Zen5 and AVX2, all they print' \
  "$detected $detected" "$(core OPENBLAS_CORETYPE=Zen5) $(core OPENBLAS_CORETYPE=AVX2)"
if grep -q AuthenticAMD /proc/cpuinfo && grep -q '^cpu family[[:space:]]*: 25$' /proc/cpuinfo &&
  grep -qw avx512_bf16 /proc/cpuinfo; then
  expect 'core on this Zen 4' 'Cooperlake' "$detected"
else
  echo "skipped: the name of a Zen 4 needs a Zen 4; this is $detected"
fi
