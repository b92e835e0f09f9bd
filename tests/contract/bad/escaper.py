"""A reward that tries, in the way its parameter asks for, to reach what is none of its business, and says as a failure
what came of it: "escaped: ..." or "held". By itself (`python escaper.py ATTEMPT TARGET`) it tries the same and prints it.
Harmless: it looks, or writes where it is told to."""

import atexit
import ctypes
import mmap
import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading

LIBC = ctypes.CDLL(None, use_errno=True)
lives = 0  # of rewards in this process


def works(*calls):
    """The numbers of those calls that do not fail."""
    worked = []
    for number, call in enumerate(calls):
        try:
            answer = call()
            if answer is not False and not (type(answer) is int and answer < 0):
                worked.append(str(number))
        except (OSError, ValueError):
            pass
    return worked


def reads(*paths):
    return [lambda path=path: os.close(os.open(path, os.O_RDONLY)) for path in paths]


def data(target):
    beyond = ["/proc/self/root" + target, "/proc/%d/root" % os.getppid() + target]
    return works(*reads(target, *beyond, os.path.dirname(target), "/etc/passwd"))


def memory(target):
    parent = "/proc/%d/" % os.getppid()
    byte = ctypes.create_string_buffer(1)
    vector = struct.pack("PN", ctypes.addressof(byte), 1)
    vm_read = lambda: LIBC.process_vm_readv(os.getppid(), vector, 1, vector, 1, 0)
    return works(*reads(parent + "mem", parent + "maps", parent + "environ"), vm_read)


def mapped(target):
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        return ["mapping"] if target in maps.read() else []


def network(target):
    kinds = [(socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET6, socket.SOCK_DGRAM), (socket.AF_UNIX, socket.SOCK_STREAM)]
    return works(*[lambda kind=kind: socket.socket(*kind).close() for kind in kinds], lambda: socket.socketpair() and None)


def write(target):
    folder = os.path.dirname(target)
    return works(
        lambda: open(folder + "/made", "w").close(),
        lambda: open(target, "a").close(),
        lambda: os.truncate(target, 0),
        lambda: os.mkdir(folder + "/folder"),
        lambda: os.symlink(target, folder + "/link"),
        lambda: os.chmod(target, 0o600),
        lambda: os.utime(target),
        lambda: os.close(os.open("/tmp", os.O_RDWR | os.O_TMPFILE)),
    )


def forks():
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def process(target):
    run = lambda: subprocess.run(["/bin/true"], check=True) and None
    return works(forks, run, lambda: os.kill(os.getppid(), 0), lambda: os.kill(0, 0))


def shared(target):
    named = lambda: LIBC.shm_open(b"/offload-escaper-python", os.O_CREAT | os.O_RDWR, 0o600)
    calls = [lambda: LIBC.shmget(0, 4096, 0o600), lambda: LIBC.msgget(0, 0o600), lambda: LIBC.semget(0, 1, 0o600)]
    worked = works(*calls, named, lambda: os.close(os.memfd_create("x")))
    LIBC.shm_unlink(b"/offload-escaper-python")
    return worked


def descriptors(target):
    """Those that somebody else opened: neither a standard stream nor what the transport is spoken over."""
    # Python itself opens what it maps again.
    given, found = os.fstat(3), []
    for descriptor in range(2000):
        try:
            file = os.fstat(descriptor)
        except OSError:
            continue
        stream = stat.S_ISCHR(file.st_mode) if descriptor == 0 else stat.S_ISFIFO(file.st_mode)
        if not (stream if descriptor <= 2 else os.path.samestat(file, given)):
            found.append(str(descriptor))
    return found


def copy(target):
    """Ways to leave a word for a copy to come, or to hear one."""
    import fcntl

    def locks(path):
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)

    left = lambda: open("/tmp/offload-escaper-python", "x").close()
    return (["static"] if lives > 1 else []) + works(lambda: locks(sys.executable), lambda: locks(os.__file__), left)


def transport(target):
    """Everything behind its first block changes all the time, from now on."""
    memory = mmap.mmap(3, os.fstat(3).st_size)
    words = memoryview(memory).cast("I")
    reward = memoryview(memory).cast("Q")[46] // 4

    def change():
        value = 1
        while True:
            value = (value * 1664525 + 1013904223) & 0xFFFFFFFF
            valid = value >> 16 & 1
            for word in range(reward, reward + 32):
                words[word] = 0 if valid else 0xFFFFFFFF
            for word in range(2, 94):  # size, rows and offsets
                words[word] = value
            if not valid:
                words[114] = value  # how long the answer is

    threading.Thread(target=change, daemon=True).start()


def write_at_exit():
    with open(os.path.join(os.path.dirname(parameters_target), "at-exit"), "w"):
        pass


def leave(target):
    global parameters_target, at_exit
    parameters_target = target
    at_exit = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: write_at_exit())
    atexit.register(write_at_exit)
    LIBC.__cxa_atexit(at_exit, None, None)
    LIBC.exit(0)


ATTEMPTS = {function.__name__: function for function in (data, memory, mapped, network, write, process, shared)}
ATTEMPTS.update({function.__name__: function for function in (descriptors, copy)})


def verdict(worked):
    return "escaped: " + " ".join(worked) if worked else "held"


def began():
    with open("/proc/self/cmdline", "rb") as file:
        return ", born" if b"--nursery" in file.read() else ", started"


# Before anything is asked for.
at_load = ""
if "OFFLOAD_TEST_TARGET" in os.environ:
    at_load = verdict(data(os.environ["OFFLOAD_TEST_TARGET"]) + network("") + shared(""))


class Escaper:
    def __init__(self, env, parameters):
        global lives
        lives += 1
        self.attempt = parameters.text("attempt", "none", None, "what to try")
        self.target = parameters.text("target", "", None, "a file of the test's")
        self.changing = False

    def score(self, outcomes):
        outcomes.reward[:] = 0
        if self.attempt in ATTEMPTS:
            raise RuntimeError(verdict(ATTEMPTS[self.attempt](self.target)) + began())
        if self.attempt == "load":
            raise RuntimeError(at_load + began())
        if self.attempt == "exit":
            leave(self.target)
        if self.attempt == "transport" and not self.changing:
            self.changing = True
            transport(self.target)


if __name__ == "__main__":
    attempt, target = sys.argv[1:]
    # What it is to find is this process's own here.
    lives = 2
    with open(target, "rb") as opened:
        kept = mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if attempt == "exit":
            leave(target)
        print(at_load if attempt == "load" else verdict(ATTEMPTS[attempt](target)))
