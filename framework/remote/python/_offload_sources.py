"""What an agent in Python is made of: its folder, the files that it reads there, the packages that it imports; and the
place in them where something went wrong. Standard library alone."""

import os
import re
import sys

CONFIG, REFUSED = 3, 5
FACTS_MOST = 80


class Refusal(Exception):
    """Not of the agent's doing: what was named is no agent, or a parameter is wrong."""

    def __init__(self, status, sentence):
        super().__init__(sentence)
        self.status = status


def id_of(name):
    """MyAgent and my_agent are the agent my-agent."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name)
    plain = re.sub(r"[^a-z0-9]+", "-", spaced.lower()).strip("-")
    return plain[:64] or "agent"


class _Watch:
    root = None
    file = None
    sealed = False
    read = set()
    before = None  # modules that are there whatever the agent is


def _inside(path):
    """Relative to the agent's folder, or None."""
    for found in (os.path.abspath(path), os.path.realpath(path)):
        if found.startswith(_Watch.root + os.sep):
            return found[len(_Watch.root) + 1 :]
    return None


def _opened(event, arguments):
    if event != "open" or not isinstance(arguments[0], (str, bytes)):
        return
    name = _inside(os.fsdecode(arguments[0]))
    if name is None or name.endswith((".py", ".pyc", ".so")) or name in _Watch.read:
        return
    if _Watch.sealed:
        raise PermissionError(
            "%s is read after create; read it in __init__, so that it is part of what the agent is" % name
        )
    _Watch.read.add(name)


def note_modules():
    """What is imported later is the agent's, if not by itself."""
    if _Watch.before is None:
        # What a limit of memory imports as well, when that may be.
        _Watch.before = frozenset(sys.modules) | {"resource"}


def imported():
    """The packages of that."""
    return {name.partition(".")[0] for name in sys.modules.keys() - _Watch.before}


def watch(file):
    """From now on what is read of the folder of `file` is noted; modules are found there first."""
    _Watch.file = os.path.abspath(file)
    _Watch.root = os.path.dirname(_Watch.file)
    note_modules()
    sys.addaudithook(_opened)
    # serve.py's own folder comes after the agent's.
    sys.path.insert(0, _Watch.root)


def seal():
    _Watch.sealed = True


def file():
    return _Watch.file


def sha256(paths):
    import hashlib

    hashed = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as opened:
            content = opened.read()
        hashed.update(b"%d:" % len(content) + content)
    return hashed.hexdigest()


def _files_of(package):
    for name, module in sorted(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if (name == package or name.startswith(package + ".")) and path and os.path.isfile(path):
            yield path


def _version(package, path):
    """A released package's, or the hash of what was imported of any other."""
    head = re.match(r".*?/(?:site|dist)-packages/", path)
    version = getattr(sys.modules.get(package), "__version__", None)
    if head and isinstance(version, str):
        return version
    if head:
        stem = re.compile(re.escape(package).replace("_", "[-_.]") + r"-([^-]+)\.(?:dist|egg)-info", re.IGNORECASE)
        for entry in sorted(os.listdir(head.group())):
            if found := stem.match(entry):
                return found.group(1)
    return sha256(_files_of(package))


def facts():
    """What the agent's results depend on beside its sources, by name."""
    own = os.path.dirname(os.path.abspath(__file__))
    found = {"python": "%s %d.%d.%d" % ((sys.implementation.name,) + tuple(sys.version_info[:3]))}
    found["serve"] = sha256(os.path.join(own, name) for name in sorted(os.listdir(own)) if name.endswith(".py"))
    packages = {}
    others = imported() - getattr(sys, "stdlib_module_names", frozenset())  # from Python 3.10 on
    for name in sorted(name for name in others if not name.startswith("_sysconfigdata")):
        path = next(_files_of(name), None)
        if path is None or _inside(path) is not None or os.path.dirname(path) == own:
            continue
        packages[name] = _version(name, path)
    names = list(packages)
    found.update((name, packages[name]) for name in names[:FACTS_MOST])
    if names[FACTS_MOST:]:
        found["other packages"] = " ".join("%s %s" % (name, packages[name]) for name in names[FACTS_MOST:])[:900]
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        libraries = {os.path.basename(line.split()[-1]) for line in maps if "/" in line}
    blas = sorted(name for name in libraries if re.match(r"lib.*(blas|mkl_rt|mkl_core)", name))
    if blas:
        found["blas"] = " ".join(blas)
    for name in sorted(_Watch.read):
        path = os.path.join(_Watch.root, name)
        if os.path.isfile(path):
            found["file " + name] = sha256([path])
    return found


def own_frames(trace):
    """From where the agent was called."""
    at = trace
    while at is not None and not (_Watch.root and _inside(at.tb_frame.f_code.co_filename)):
        at = at.tb_next
    return at or trace


def reason_of(error, interpreter):
    """One line: what went wrong, and the line of the agent's own that it went wrong in."""
    if isinstance(error, SyntaxError) and error.filename:
        name = _inside(error.filename) or error.filename
        return "%s: %s (%s:%s:%s)" % (type(error).__name__, error.msg, name, error.lineno, error.offset)
    if isinstance(error, SystemExit):
        words = "ended the process with %s" % (0 if error.code is None else error.code)
    else:
        words = " ".join(str(error).split())[:600]
        words = type(error).__name__ + (": " + words if words else "")
    if isinstance(error, ModuleNotFoundError):
        words += "; install it for %s, or name another interpreter" % interpreter
    place, at = "", error.__traceback__
    while at is not None:
        name = _Watch.root and _inside(at.tb_frame.f_code.co_filename)
        if name:
            place = " (%s:%d)" % (name, at.tb_lineno)
        at = at.tb_next
    return words + place
