"""Data sets as columns."""

from __future__ import annotations

import os
from typing import Any, Dict, List

import numpy as np

from . import _core
from ._counted import counted
from ._files import PathLike


class Data:
    """A data set, checked and mapped read-only: arrays are views without copies.

    Args:
        source: a JSON file, "synthetic:N" or "scenario:M,C,T:N".
        seed: of the generator.

    Attributes:
        id: (E,) int64, the episodes' ids.
        first_turn: (E + 1,) uint64; episode e holds turns first_turn[e] .. first_turn[e + 1] - 1.
        task: (turns,) uint8, index into `tasks`.
        action: (turns,) uint16, the logged action.
        score, raw_score: (turns,) float64, the judged score, refused answers as 0 and as in the file.
        latency_s, cost_usd: (turns,) float64, measured; None where the file has none.
        association: (turns, M) float64.
    """

    def __init__(self, source: PathLike, seed: int = 0) -> None:
        self._table = _core.Table(os.fspath(source), seed)
        self.columns: Dict[str, np.ndarray] = self._table.columns()
        self.tasks: List[str] = self._table.tasks
        self.sha256: str = self._table.sha256

    def __getattr__(self, name: str) -> Any:
        columns = self.__dict__.get("columns", {})
        if name in columns:
            return columns[name]
        if name in ("latency_s", "cost_usd"):
            return None
        raise AttributeError(f"data sets have no {name!r}")

    def __len__(self) -> int:
        """Number of episodes."""
        return len(self.columns["id"])

    def _flat(self) -> Dict[str, np.ndarray]:
        """Columns of one length, a value per turn; association split by view."""
        lengths = np.diff(self.first_turn).astype(np.int64)
        turn = np.arange(len(self.task)) - np.repeat(self.first_turn[:-1].astype(np.int64), lengths)
        flat = {"episode_id": np.repeat(self.id, lengths), "turn": turn}
        for name in ("task", "action", "score", "raw_score", "latency_s", "cost_usd"):
            if name in self.columns:
                flat[name] = self.columns[name]
        for view in range(self.association.shape[1]):
            flat[f"association_{view}"] = self.association[:, view]
        return flat

    def to_pandas(self) -> Any:
        """A DataFrame of turns: episode_id, turn, task (names), action, scores, ..., association_0 ..."""
        import pandas as pd

        frame = pd.DataFrame(self._flat())
        frame["task"] = pd.Categorical.from_codes(frame["task"], self.tasks)
        return frame

    def to_arrow(self) -> Any:
        """A pyarrow Table of turns in one chunk, like `to_pandas`; columns share the data's memory where Arrow can."""
        import pyarrow as pa

        flat = self._flat()
        task = pa.DictionaryArray.from_arrays(pa.array(flat["task"].astype(np.int8)), pa.array(self.tasks))
        return pa.table({name: task if name == "task" else pa.array(values) for name, values in flat.items()})

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        sizes = [counted(len(self), "episode"), counted(len(self.task), "turn"), counted(len(self.tasks), "task")]
        return f"<offloadbench.Data: {', '.join(sizes)}>"
