"""Experiments: running a suite, and what a results folder says."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

from ._errors import BY_STATUS, DataError, IoError, RunError, in_python
from ._files import COMMAND, PathLike, interpreter, suite_file


class Results:
    """A results folder that has a report: its figures as DataFrames. Nothing is computed; `offload-bench report` made
    them, and reports/README.md says what each means, with units."""

    TABLES = ("leaderboard", "trials", "decisions", "curves")

    def __init__(self, folder: PathLike) -> None:
        self.folder = Path(folder)
        if not (self.folder / "report.json").is_file():
            raise DataError(f"{self.folder}: no report.json; {self._without_report()}")

    def _without_report(self) -> str:
        if (self.folder / "suite.json").is_file():
            return f"make it from the results with `offload-bench report {self.folder}`"
        if not self.folder.is_dir():
            return "no such folder; name one that `run` wrote"
        below = sorted(str(file.parent) for file in self.folder.glob("*/report.json"))
        return f"no results folder of `run`; name {below[0] if below else 'one'}"

    @functools.cached_property
    def report(self) -> Dict[str, Any]:
        """report.json as it is."""
        try:
            return json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{self.folder / 'report.json'}: {error}") from error

    def _csv(self, name: str) -> Any:
        import pandas as pd

        # Whole numbers of rows that are ranked; with none beside them pandas would make floats of them.
        ranks = {"tier": "Int64", "rank": "Int64"}
        return pd.read_csv(self.folder / name, na_values=[""], keep_default_na=False, dtype=ranks)

    @functools.cached_property
    def leaderboard(self) -> Any:
        """leaderboard.csv: a line per row, lens and response model, the suite's first view first; `board` is one of them."""
        return self._csv("leaderboard.csv")

    @property
    def view(self) -> Optional[str]:
        """The view of the report's headline, "lens / model", under which the page, the terminal and `export` show rows
        where no other is asked for; None where no trial has finished."""
        view = self.report["headline"]["view"]
        return None if view is None else f"{view['lens']} / {view['model']}"

    @property
    def board(self) -> Any:
        """The ranked rows under `view`, first to last: lines of `leaderboard`."""
        lens, model = (self.view or " / ").split(" / ", 1)
        lines = self.leaderboard
        of_view = (lines["lens"] == lens) & (lines["model"] == model) & lines["rank"].notna()
        return lines[of_view].reset_index(drop=True)

    @functools.cached_property
    def trials(self) -> Any:
        """trials.csv: a line per trial, budget cell, lens and response model."""
        return self._csv("trials.csv")

    @functools.cached_property
    def decisions(self) -> Any:
        """Every decision on a test episode: row, split, cell, episode_id, turn, action."""
        import numpy as np
        import pandas as pd

        parts: List[Any] = []
        for file in sorted((self.folder / "trials").glob("*.json")):
            trial = json.loads(file.read_text(encoding="utf-8"))["trial"]
            for cell in trial.get("cells", ()):
                lengths = [len(actions) for actions in cell["decisions"]]
                parts.append(
                    pd.DataFrame(
                        {
                            "row": trial["row"],
                            "split": trial["split"],
                            "cell": cell["cell"],
                            "episode_id": np.repeat(np.asarray(trial["episode_ids"], np.int64), lengths),
                            "turn": np.concatenate([np.arange(n) for n in lengths]),
                            "action": np.concatenate([np.asarray(a, np.int64) for a in cell["decisions"]]),
                        }
                    )
                )
        columns = ["row", "split", "cell", "episode_id", "turn", "action"]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)

    @functools.cached_property
    def curves(self) -> Any:
        """Learning curves, a line per point: row, curve ("reward/CELL" or an agent's scalar), step, and mean, min
        and max over the `runs` that have the point."""
        import pandas as pd

        lines = []
        for row in self.report["rows"]:
            for curve in (row.get("training") or {}).get("curves") or ():
                for point in curve["points"]:
                    lines.append({"row": row["row"], "curve": curve["name"], **point})
        return pd.DataFrame(lines, columns=["row", "curve", "step", "runs", "mean", "min", "max"])

    def to_arrow(self, table: str) -> Any:
        """One of TABLES as a pyarrow Table."""
        import pyarrow as pa

        if table not in self.TABLES:
            raise DataError(f"no table {table!r}; known: {', '.join(self.TABLES)}")
        return pa.Table.from_pandas(getattr(self, table), preserve_index=False).combine_chunks()

    def __repr__(self) -> str:
        return f"<offloadbench.Results {self.folder}>"


def run(
    suite: Optional[PathLike] = None,
    *,
    task: Optional[str] = None,
    out: Optional[PathLike] = None,
    jobs: Optional[int] = None,
    dataset: Optional[PathLike] = None,
    quiet: bool = False,
    check: bool = True,
) -> Results:
    """Runs a suite (a file, or the name of a shipped one) by the command and gives its results.

    Args:
        suite, task: as of `World`.
        out: the results folder; `results/NAME` below the current folder by default. Finished trials in it stay.
        jobs: trials at once; as many as processors by default.
        dataset: in place of the suite's.
        quiet: print nothing.
        check: raise RunError where a row failed; else such a report is returned like any other.

    Raises the Error of the command's exit status with its words.
    """
    file = suite_file(suite, task)
    folder = Path(out) if out is not None else Path("results") / file.stem
    command = [str(COMMAND), "run", str(file), "--out", str(folder)]
    command += ["--jobs", str(jobs)] if jobs is not None else []
    command += ["--dataset", os.fspath(dataset)] if dataset is not None else []
    # By exec alone: no fork of this process goes on in Python, and no plugin is loaded into it.
    try:
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            encoding="utf-8", errors="replace", close_fds=True,
            env={**os.environ, "OFFLOAD_BENCH_PYTHON": interpreter()},
        ) as process:  # fmt: skip
            status, said = _follow(process, quiet)
    except OSError as error:
        raise IoError(f"{COMMAND}: {error}") from error
    if status == 0 or (status == 1 and not check and (folder / "report.json").is_file()):
        return Results(folder)
    raise BY_STATUS.get(status, RunError)(in_python(said) or f"offload-bench run ended with {status}")


def _follow(process: Any, quiet: bool) -> Any:
    """Hands the output on while it comes; the exit status and the last words on standard error."""
    import threading

    errors: List[str] = []

    def collect() -> None:
        for line in process.stderr:
            errors.append(line.rstrip("\n"))
            del errors[:-50]

    reader = threading.Thread(target=collect, daemon=True)
    reader.start()
    try:
        for line in process.stdout:
            if not quiet:
                sys.stdout.write(line)
    except BaseException:
        process.terminate()
        raise
    reader.join()
    return process.wait(), "\n".join(errors).strip()
