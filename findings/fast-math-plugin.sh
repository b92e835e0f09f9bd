#!/usr/bin/env bash
# Loading a plugin that was linked with -Ofast changes the host's arithmetic, but only in some threads.
#
# Expected: how one shared library was compiled is its own matter; if it does change the host, then all of it.
# Seen (g++ 12.2.0, Debian 12, x86-64): linking a shared library with -Ofast or -ffast-math adds a start-up piece that
# makes the thread that loads the library, and threads it starts later, round denormal numbers to 0. Threads that
# already ran keep them, so one function gives two answers in one process. What counts is the flag at the link: the same
# object linked without it changes nothing.
# Why it matters: a benchmark that loads algorithms as plugins gets other bits for all rows after one such plugin, and a
# pool of threads made before gives others than one made after. Load plugins in processes of their own, or look at the
# control register afterwards.

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
case $(gcc -dumpversion) in 12*) ;; *) echo "skipped: needs gcc 12, later ones changed this"; exit 0 ;; esac
cat >"$work/host.c" <<'C'
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

static volatile double tiny = 2.3e-308;
static atomic_int loaded;

static const char* kept(void) { return tiny * 0.25 > 0.0 ? "kept" : "zero"; }

static void* early(void* result) {
  while (!loaded) continue;
  *(const char**)result = kept();
  return 0;
}

static void* late(void* result) {
  *(const char**)result = kept();
  return 0;
}

int main(int count, char** words) {
  pthread_t first, second;
  const char *in_first, *in_second, *before = kept();
  pthread_create(&first, 0, early, &in_first);
  if (count < 2 || !dlopen(words[1], RTLD_NOW)) return 1;
  loaded = 1;
  pthread_join(first, 0);
  pthread_create(&second, 0, late, &in_second);
  pthread_join(second, 0);
  printf("before %s, loading thread %s, earlier thread %s, later thread %s\n", before, kept(), in_first, in_second);
}
C
echo 'double plugin(double x) { return x + 1.0; }' >"$work/plugin.c"
gcc "$work/host.c" -o "$work/host" -ldl -lpthread
gcc -fPIC -Ofast -c "$work/plugin.c" -o "$work/plugin.o"
gcc -shared -Ofast "$work/plugin.o" -o "$work/fast.so"
gcc -shared "$work/plugin.o" -o "$work/plain.so"
expect 'linked with -Ofast' 'before kept, loading thread zero, earlier thread kept, later thread zero' \
  "$("$work/host" "$work/fast.so")"
expect 'compiled alone with -Ofast' 'before kept, loading thread kept, earlier thread kept, later thread kept' \
  "$("$work/host" "$work/plain.so")"
