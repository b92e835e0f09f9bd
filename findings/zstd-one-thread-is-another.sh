#!/usr/bin/env bash
# The same file, the same zstd, the same level, and one thread: two archives of different bytes.
#
# Expected: what is compressed depends on the level and the library, and not on how many threads did it, least of all on whether
# one thread is asked for or none is mentioned.
# Seen (zstandard 0.25.0 with libzstd 1.5.7): threads=1, 2, 4 and -1 agree with each other and differ from threads=0, the default,
# in length as well. Any number of threads, one included, cuts the input into jobs; none does not. The first 4 MiB are the same
# either way.
# Why it matters: an entry is known by the hash of its archive. Packed again by a tool with another default (the command zstd uses
# threads, libarchive does not unless told), the same results are another entry; a small test does not show it.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need python3 python3
python3 -m venv "$work/venv" || { echo "needs venv: apt-get install python3-venv" >&2; exit 2; }
install() {
  "$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check "$@" || { echo "cannot install $*" >&2; exit 2; }
}
install zstandard==0.25.0
"$work/venv/bin/python" - >"$work/out" <<'PY'
import random

import zstandard

random.seed(1)
lines = b"".join(b"episode %d reward %.6f\n" % (i, random.random()) for i in range(300_000))


def packed(data, threads):
    return zstandard.ZstdCompressor(level=3, threads=threads).compress(data)


for data in (lines, lines[:4_194_304]):
    none, one, four = (packed(data, threads) for threads in (0, 1, 4))
    print(none == one, one == four, len(none) == len(one))
print(all(zstandard.decompress(packed(lines, threads)) == lines for threads in (0, 1, 4)))
PY
expect 'nine megabytes: none = one, one = four, lengths' 'False True False' "$(sed -n 1p "$work/out")"
expect 'the first 4 MiB likewise' 'True True True' "$(sed -n 2p "$work/out")"
expect 'all unpack to the same' 'True' "$(sed -n 3p "$work/out")"
