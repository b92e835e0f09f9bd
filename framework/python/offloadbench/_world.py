"""A suite opened in this process: data, actions, budget cells and splits."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from typing import Any, Dict, List, Optional, Tuple

from . import _core, _files
from ._counted import counted
from ._errors import Error, in_python

_core.use_command(str(_files.COMMAND))


@functools.lru_cache(maxsize=8)
def _open(suite: str, changed: int, dataset: str, reward: str, compat: str, trust_reward: bool, python: str) -> Any:
    # `changed` is the time of the file, so that an edited suite is read again.
    core = _core.World(suite, dataset, str(_files.PLUGINS), reward, compat, trust_reward, python)
    return core, _sources_changed(core)


def _sources_changed(core: Any) -> List[Tuple[str, int]]:
    """When what a reward in Python may be made of was written: every source beside it."""
    file = core.describe()["reward_file"]
    folder = os.path.dirname(file)
    beside = sorted(name for name in os.listdir(folder) if name.endswith(".py")) if file else []
    return [(name, os.stat(os.path.join(folder, name)).st_mtime_ns) for name in beside]


def _opened(*arguments: Any) -> Any:
    core, changed = _open(*arguments)
    if _sources_changed(core) != changed:
        _open.cache_clear()
        core, _ = _open(*arguments)
    return core


class World:
    """What a suite comes to on its data set.

    Environments, oracles and scores of equal arguments share one.

    Args:
        suite: path of a TOML file, or the name of a shipped suite (`shipped_suites()`).
        task: the name of an official task in place of a suite.
        dataset: data set in place of the suite's: a file or "synthetic:N".
        reward: in place of the suite's: the id of a shipped one, or one in Python, "my_reward.py:NAME".
        compat: "none", "tmo-journal" or "tmo-conference" in place of the suite's.
        trust_reward: load a reward that is not shipped (native code) into this process.

    A reward in Python, or with `isolation = "process"`, runs in a process of its own, in the sandbox of isolated rows; its
    interpreter is the suite's, else OFFLOAD_BENCH_PYTHON, else this one.
    """

    def __init__(
        self,
        suite: Optional[_files.PathLike] = None,
        *,
        task: Optional[str] = None,
        dataset: Optional[_files.PathLike] = None,
        reward: Optional[str] = None,
        compat: Optional[str] = None,
        trust_reward: bool = False,
    ) -> None:
        self._arguments = dict(
            suite=suite, task=task, dataset=dataset, reward=reward, compat=compat, trust_reward=trust_reward
        )
        file = _files.suite_file(suite, task)
        source = "" if dataset is None else os.fspath(dataset)
        if source and ":" not in source:
            source = os.path.abspath(source)
        try:
            self._core = _opened(
                str(file), file.stat().st_mtime_ns, source, reward or "", compat or "", trust_reward, _files.interpreter()
            )
        except Error as error:
            raise type(error)(in_python(str(error))) from None
        facts = self._core.describe()
        self._facts = facts
        self.name: str = facts["name"]
        self.description: str = facts["description"]
        #: Number of actions A; `images[a]` is a bit mask of the views that action a sends; 0 is local.
        self.actions: int = facts["actions"]
        self.images: List[int] = facts["images"]
        #: (A, 2): what a turn consumes by action, s and USD.
        self.consumption = facts["consumption"]
        #: Names of the tasks; a task id is an index.
        self.tasks: List[str] = facts["tasks"]
        self.window: int = facts["window"]
        #: Most turns of an episode.
        self.turns_max: int = facts["turns_max"]
        #: Limits of an episode by budget cell: (s, USD), infinite where there is none.
        self.cells: Dict[str, Tuple[float, float]] = facts["cells"]
        #: Number of training and of test episodes by split.
        self.splits: Dict[str, Tuple[int, int]] = facts["splits"]
        self.reward: str = facts["reward"]
        self.data_sha256: str = facts["data_sha256"]

    def _core_of(self, split: Optional[str]) -> Any:
        """For who is about to ask the split's reward: warns where its process is not held as isolated rows are."""
        if missing := self._core.missing(split or ""):
            warnings.warn(
                f"the reward {self.reward} is isolated on a machine that does not hold all of it: {missing}",
                RuntimeWarning,
                stacklevel=4,
            )
        return self._core

    def test_ids(self, split: Optional[str] = None) -> List[int]:
        """Ids of a split's test episodes, in the order in which decisions on them are given."""
        return self._core.test_ids(split or "")

    def __reduce__(self) -> Any:
        return _rebuilt, (self._arguments,)

    def __repr__(self) -> str:
        return f"<offloadbench.World {self.name}: {counted(self.actions, 'action')}, {counted(len(self.splits), 'split')}>"


def _rebuilt(arguments: Dict[str, Any]) -> World:
    return World(**arguments)
