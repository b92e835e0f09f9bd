"""A reward that says, as a failure, what its process begins with, part by part as a number, and what it draws there: a
process that a nursery began, which says so, is to be as one that was started."""

import os
import random
import resource
import signal
import sys
import threading
import zlib

import numpy

KINDS = ("Sig", "Cap", "NoNewPrivs", "Seccomp", "Umask", "Threads")


def parts():
    with open("/proc/self/status", encoding="ascii") as file:
        yield "status", [line for line in file if line.startswith(KINDS) and not line.startswith("SigQ")]
    yield "modules", sorted(sys.modules)
    yield "seen", (sys.argv, sys.path, sys.flags, sys.executable, sys.prefix, hash("text"))
    yield "around", (sorted(os.environ.items()), os.getcwd())
    yield "handlers", [(number, str(signal.getsignal(number))) for number in sorted(signal.valid_signals())]
    kinds = [name for name in dir(resource) if name.startswith("RLIMIT_") and name != "RLIMIT_DATA"]
    yield "limits", [(name, resource.getrlimit(getattr(resource, name))) for name in kinds]
    yield "descriptors", sorted(os.listdir("/proc/self/fd"))
    yield "thread", threading.get_native_id() == threading.main_thread().native_id == os.getpid()


def left_mb():
    with open("/proc/self/statm", encoding="ascii") as file:
        taken = int(file.read().split()[5]) * resource.getpagesize()
    return (resource.getrlimit(resource.RLIMIT_DATA)[0] - taken) // 1_000_000


class Newborn:
    def score(self, outcomes):
        with open("/proc/self/cmdline", "rb") as file:
            born = b"--nursery" in file.read()
        said = " ".join("%s=%08x" % (name, zlib.crc32(repr(part).encode())) for name, part in parts())
        drawn = "drawn %d %d" % (numpy.random.randint(1 << 30), random.getrandbits(30))
        raise RuntimeError("%s; left %d MB; %s; %s" % (said, left_mb(), drawn, "born" if born else "started"))
