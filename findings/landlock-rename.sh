#!/usr/bin/env bash
# Under Landlock, renaming from one allowed folder to another fails as if they were two file systems.
#
# Expected: a process that may do everything in two folders may rename a file from one to the other; and if not, it is
# told EACCES.
# Seen (Linux 5.13 and later, asked for the rights of Landlock's first version): rename and link between folders fail
# with EXDEV, "cross-device link", even where one rule allows everything below /. Within a folder they work. mv and
# Python's shutil.move take EXDEV for what it says and copy, so the file arrives as another one, and not at once. Only a
# ruleset that also handles REFER (version 2, Linux 5.19) lets the rename through.
# Why it matters: results that are written in a temporary folder and renamed into place are whole or absent; inside such
# a sandbox the same code copies, and a reader can see half a file.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need python3 python3
cat >"$work/seen.py" <<'PY'
import ctypes
import errno
import os
import shutil
import struct
import sys

FIRST_VERSION, REFER = (1 << 13) - 1, 1 << 13
libc = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        sys.exit(f"system call {number}: {os.strerror(ctypes.get_errno())}")
    return result


def version():
    return libc.syscall(444, None, ctypes.c_size_t(0), 1)


def allow(folders, rights):
    ruleset = call(444, struct.pack("Q", rights), ctypes.c_size_t(8), 0)
    for folder in folders:
        call(445, ruleset, 1, struct.pack("=Qi", rights, os.open(folder, os.O_PATH)), 0)
    libc.prctl(38, 1, 0, 0, 0)
    call(446, ruleset, 0)


def attempt(action, *names):
    try:
        action(*names)
        return "works"
    except OSError as error:
        return errno.errorcode[error.errno]


if sys.argv[1] == "version":
    print(version())
    sys.exit()
os.chdir(sys.argv[2])
for folder in ("from", "to"):
    os.makedirs(folder, exist_ok=True)
open("from/file", "w").write("whole")
number = os.stat("from/file").st_ino
everywhere = sys.argv[1] == "everywhere"
allow(["/"] if everywhere else ["from", "to"], FIRST_VERSION | (REFER if sys.argv[1] == "refer" else 0))
within = attempt(os.rename, "from/file", "from/other")
os.rename("from/other", "from/file")
between = attempt(os.rename, "from/file", "to/file")
moved = "" if between == "works" else attempt(shutil.move, "from/file", "to/file")
same = "same file" if os.stat("to/file").st_ino == number else "a copy"
print(f"within {within}, between {between}, {'move ' + moved + ', ' if moved else ''}{same}")
PY
abi=$(python3 "$work/seen.py" version)
[ "$abi" -ge 1 ] || { echo "skipped: needs a kernel with Landlock"; exit 0; }
expect 'two folders allowed' 'within works, between EXDEV, move works, a copy' \
  "$(python3 "$work/seen.py" folders "$work")"
expect 'everything allowed' 'within works, between EXDEV, move works, a copy' \
  "$(python3 "$work/seen.py" everywhere "$work")"
if [ "$abi" -ge 2 ]; then
  expect 'with REFER' 'within works, between works, same file' "$(python3 "$work/seen.py" refer "$work")"
fi
