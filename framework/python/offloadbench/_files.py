"""Where the parts of the package are: the command, its plugins, the shipped suites."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import List, Optional, Union

from ._errors import ConfigError

PathLike = Union[str, "os.PathLike[str]"]

# Not resolved: in the build folder each file is a link of its own.
PACKAGE = Path(os.path.abspath(__file__)).parent
COMMAND = PACKAGE / "bin" / "offload-bench"
PLUGINS = PACKAGE / "lib" / "offload-bench" / "plugins"
SUITES = PACKAGE / "suites"


def interpreter() -> str:
    """What runs plugins in Python for which nothing else is said: this one, so that they find what it finds."""
    return os.environ.get("OFFLOAD_BENCH_PYTHON") or sys.executable or "python3"


def shipped_suites() -> List[str]:
    """Names of the suites that the package brings, as `suite=` takes them; those of official tasks below `tasks/`."""
    return sorted(str(p.relative_to(SUITES))[: -len(".toml")] for p in SUITES.rglob("*.toml"))


def suite_file(suite: Optional[PathLike], task: Optional[str] = None) -> Path:
    """The file of a suite: a path, or the name of a shipped one; or that of an official task."""
    if (suite is None) == (task is None):
        raise ConfigError("name either a suite or a task")
    if task is not None:
        found = SUITES / "tasks" / f"{task}.toml"
        if found.is_file():
            return found
        known = sorted(p.stem for p in (SUITES / "tasks").glob("*.toml"))
        raise ConfigError(f"no official task {task!r}; known: {', '.join(known)}")
    path = Path(os.fspath(suite))  # type: ignore[arg-type]
    if path.is_file():
        return path.absolute()
    for shipped in (SUITES / path, SUITES / f"{path}.toml"):
        if shipped.is_file():
            return shipped
    raise ConfigError(f"{path}: no such file, nor a shipped suite; shipped: {', '.join(shipped_suites())}")
