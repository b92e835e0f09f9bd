#!/usr/bin/env bash
# g++ drops hand-placed prefetches that stand in a function of their own.
#
# Expected: __builtin_prefetch is there for its effect and not for a result, so that a helper that prefetches a row of a
# replay buffer does what its lines would do in the loop that calls it.
# Seen (g++ 12.2.0, clang 14.0.6, Debian 12, x86-64): a function that does nothing else is taken for one without an
# effect, and calls to it from the same file are deleted before it would be inlined. At -O1 and -O2 no prefetch is left
# where it is used, for a plain, a static and an inline function, without a word at -Wall -Wextra -Winline. always_inline
# keeps them; -O3 too, as it inlines earlier, but then not with noinline. clang keeps all of them. With
# -fno-ipa-pure-const -fno-ipa-modref g++ does too, so it is these two that find no effect.
# A loop around a single prefetch is small enough to be inlined early at -O2; a second line in it can be one too many.
# Why it matters: the loop is slower by what its misses of the cache cost, its results are the same and no test fails.

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
cat >"$work/rows.cpp" <<'CPP'
struct Row {
  const float *state, *next, *mask;
};

extern "C" {
HOW void ahead(const Row& row, long size) {
  for (long i = 0; i < size; i += 16) {
    __builtin_prefetch(row.state + i);
    __builtin_prefetch(row.next + i);
    __builtin_prefetch(row.mask + i);
  }
}

float sum(const Row* rows, const int* order, int count, long size) {
  float total = 0;
  for (int i = 0; i < count; ++i) {
    if (i + 1 < count) ahead(rows[order[i + 1]], size);
    const Row& row = rows[order[i]];
    for (long j = 0; j < size; ++j) total += row.state[j] * row.next[j] * row.mask[j];
  }
  return total;
}
}
CPP
# reached COMPILER OPTIONS HOW: whether sum() still comes to a prefetch, by its own instructions or a call of ahead().
reached() {
  # shellcheck disable=SC2086
  "$1" $2 -Wall -Wextra -Winline -DHOW="$3" -c "$work/rows.cpp" -o "$work/rows.o" 2>"$work/said"
  [ ! -s "$work/said" ] || { echo "said: $(head -n 1 "$work/said")"; return; }
  objdump -dr --no-show-raw-insn --disassemble=sum "$work/rows.o" >"$work/sum"
  if grep -q -e prefetch -e 'R_X86_64.*ahead' "$work/sum"; then echo yes; else echo no; fi
}
# all COMPILER OPTIONS: for each way to write the helper.
all() {
  local seen=() how
  for how in '' static inline '__attribute__((noinline))' 'inline __attribute__((always_inline))'; do
    seen+=("$(reached "$1" "$2" "$how")")
  done
  echo "${seen[*]}"
}
echo "any prefetch left of a plain, static, inline, noinline and always_inline helper:"
expect 'clang -O2' 'yes yes yes yes yes' "$(all clang++-14 -O2)"
expect 'g++ -O2 without the passes that look for an effect' 'yes yes yes yes yes' \
  "$(all g++ '-O2 -fno-ipa-pure-const -fno-ipa-modref')"
expect 'g++ -O1' 'no no no no yes' "$(all g++ -O1)"
expect 'g++ -O3' 'yes yes yes no yes' "$(all g++ -O3)"
expect 'g++ -O2' 'no no no no yes' "$(all g++ -O2)"
