"""The nursery of processes that serve plugins in Python (framework/process/nursery.hpp): it has imported what each of them needs,
and nothing of a plugin, and forks itself for each. One for which that would not be what its own start gives starts by itself,
within the bounds that it has by then."""

import ctypes
import os
import sys

import _offload_sources as sources


def newborn(library):
    """Returns in each process that is born and shut in: the name of what it is to serve."""
    with open("/proc/self/cmdline", "rb") as file:
        started = file.read().split(b"\0")[:-3]
    born = ctypes.PyDLL(library).offload_newborn
    born.restype = ctypes.c_char_p
    sources.note_modules()
    ready = is_ready()
    ctypes.pythonapi.PyOS_BeforeFork()
    plugin = born()
    ctypes.pythonapi.PyOS_AfterFork_Child()
    file, _, name = plugin.rpartition(b":")
    if not ready or has_of_its_own(os.path.dirname(os.fsdecode(file))):
        os.execv(started[0], started + [name])
    begin_anew()
    sys.argv[1:] = [os.fsdecode(name)]
    return sys.argv[1]


def begin_anew():
    """What an import would have taken from the system, and no hook of a fork does; and no module that a start does not have."""
    del sys.modules[__name__]
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    if "threading" in sys.modules:
        sys.modules["threading"].main_thread()._set_native_id()


def is_ready():
    """Whether all is imported, and no thread of it would be missing in a fork."""
    try:
        import _offload_running
    except BaseException:
        return False
    return len(os.listdir("/proc/self/task")) == 1


def has_of_its_own(folder):
    """Whether a module that is imported by now would have been found there instead."""
    try:
        with os.scandir(folder) as entries:
            own = {entry.name.partition(".")[0] for entry in entries if entry.name.endswith((".py", ".pyc", ".so")) or entry.is_dir()}
    except OSError:
        return True
    return not sources.imported().isdisjoint(own)
