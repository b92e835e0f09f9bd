"""Running suites, results folders, exact policies, data sets."""

import os
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from support import BUILD, PACKAGE, same

import offloadbench as ob

# Tight budgets: of wide ones exact policies are seconds of work.
SUITE = """
[suite]
name = "small"
[data]
source = "synthetic:60"
split = {folds = 2}
[environment]
lenses = ["simulator", "held_out"]
[budgets]
cells = [{name = "mid", latency_s = 12, cost_usd = 0.012}, {name = "tight", latency_s = 8, cost_usd = 0.006}]
[training]
steps = 2000
curve_every = 500
[[row]]
name = "random"
[[row]]
name = "greedy-quality"
[[row]]
name = "rc-ppo"
parameters = {shield = true}
[evaluation]
models = ["knn", "table"]
"""


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    file = tmp_path_factory.mktemp("suite") / "small.toml"
    file.write_text(SUITE, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def results(suite, tmp_path_factory):
    return ob.run(suite, out=tmp_path_factory.mktemp("out") / "small", jobs=2, quiet=True)


def test_tables(results, suite):
    report = results.report
    board = results.leaderboard
    for view in ("knn", "table"):
        lines = board[(board["lens"] == "simulator") & (board["model"] == view) & (board["status"] == "complete")]
        said = next(b for b in report["leaderboard"] if (b["lens"], b["model"]) == ("simulator", view))
        assert list(lines["row"]) == [row["row"] for row in said["rows"]]
    headline = report["headline"]["view"]
    assert results.view == f"{headline['lens']} / {headline['model']}"
    first = next(b for b in report["leaderboard"] if (b["lens"], b["model"]) == (headline["lens"], headline["model"]))
    assert list(results.board["row"]) == [row["row"] for row in first["rows"]]
    # Whole numbers, beside rows that have none.
    assert [str(board[name].dtype) for name in ("tier", "rank")] == ["Int64", "Int64"]
    trials = results.trials
    assert len(trials) == 3 * 2 * 2 * 4 and set(trials["row"]) == {"random", "greedy-quality", "rc-ppo"}
    decisions = results.decisions
    world = ob.World(suite)
    turns = ob.Data("synthetic:60").to_pandas().groupby("episode_id").size()
    assert len(decisions) == 3 * 2 * turns.sum()
    assert set(decisions["episode_id"]) == set(world.test_ids(list(world.splits)[0]) + world.test_ids(list(world.splits)[1]))
    assert decisions["action"].between(0, 8).all()
    curves = results.curves
    assert "rc-ppo" in set(curves["row"])
    reward = curves[(curves["curve"] == "reward/mid") & (curves["row"] == "rc-ppo")]
    assert list(reward["step"])[-1] >= 2000 and (reward["min"] <= reward["mean"]).all() and (reward["runs"] == 2).all()


def test_arrow_round_trip(results):
    for name in results.TABLES:
        table = results.to_arrow(name)
        assert isinstance(table, pa.Table) and table.num_rows > 0
        assert all(column.num_chunks == 1 for column in table.columns)
        pd.testing.assert_frame_equal(table.to_pandas(), getattr(results, name))
    with pytest.raises(ob.DataError, match="known: leaderboard"):
        results.to_arrow("else")


def test_decisions_score_as_in_the_report(results, suite):
    world = ob.World(suite)
    for split in world.splits:
        mine = results.decisions.query("row == 'greedy-quality' and cell == 'mid' and split == @split")
        lists = [list(mine[mine["episode_id"] == e]["action"]) for e in world.test_ids(split)]
        board = ob.score(world, {"mid": lists}, "again", split)
        for _, line in board.iterrows():
            said = results.trials.query(
                "row == 'greedy-quality' and cell == 'mid' and split == @split"
                f" and lens == '{line['lens']}' and model == '{line['model']}'"
            )
            assert line["reward"] == pytest.approx(float(said["reward"].iloc[0]), abs=1e-12)


def board_line(frame, cell):
    return frame[(frame["cell"] == cell) & (frame["lens"] == "simulator") & (frame["model"] == "knn")].iloc[0]


def test_exact_policies(results, suite):
    world = ob.World(suite)
    frames = [ob.oracle(world, split) for split in range(2)]
    references = results.report["references"]
    view = next(v for v in references["views"] if (v["lens"], v["model"]) == ("simulator", "knn"))
    said = {row["row"]: {cell["cell"]: cell["reward"] for cell in row["cells"]} for row in view["rows"]}
    for index, cell in enumerate(world.cells):
        lines = [board_line(f, cell) for f in frames]
        value = np.mean([line["value"] for line in lines])
        assert value == pytest.approx(references["cells"][index]["causal_value"], abs=1e-12)
        for column, row in (("hindsight", "hindsight oracle"), ("causal", "causal oracle")):
            assert np.mean([line[column] for line in lines]) == pytest.approx(said[row][cell], abs=1e-12)
        assert all(line["exact"] and line["hindsight"] > line["causal"] > line["masked_random"] for line in lines)
    policy = ob.causal_policy(world)
    for cell in world.cells:
        lower, upper, exact = policy.value(cell)
        assert exact and lower == upper == board_line(frames[0], cell)["value"]
    # Played in the environment it gets what the frame says.
    env = ob.Env(suite, part="test", budgets="per_cell:mid")
    means = []
    for number in world.test_ids():
        observation, _ = env.reset(seed=0, options={"episode_id": number})
        tasks, actions, rewards, over = [int(observation[24])], [], [], False
        while not over:
            action, tied = policy.decide("mid", tasks, actions)
            assert isinstance(tied, bool)
            observation, reward, over, _, _ = env.step(action)
            actions.append(action)
            rewards.append(reward)
            tasks.append(int(observation[24]))
        means.append(np.mean(rewards))
    expected = board_line(frames[0], "mid")["causal"]
    assert np.mean(means) == pytest.approx(expected, abs=1e-12)
    for arguments in (("mid", [], []), ("mid", [0], [0]), ("mid", [77], []), ("mid", [0, 0], [9]), ("x", [0], [])):
        with pytest.raises(ob.ConfigError):
            policy.decide(*arguments)


def test_a_cell_without_budgets(tmp_path):
    suite = tmp_path / "open.toml"
    suite.write_text(
        '[data]\nsource = "scenario:1,2,2:20"\nsplit = {folds = 2}\n[budgets]\n'
        'cells = [{name = "open"}, {name = "tight", latency_s = 7, cost_usd = 0.006}]\n[[row]]\nname = "random"\n',
        encoding="utf-8",
    )
    results = ob.run(suite, out=tmp_path / "out", quiet=True)
    world = ob.World(suite)
    lines = ob.oracle(world, 0)
    wide, tight = (board_line(lines, cell) for cell in ("open", "tight"))
    assert wide["exact"] and tight["exact"] and wide["value"] > tight["value"]
    split = list(world.splits)[0]
    mine = results.decisions.query("cell == 'open' and split == @split")
    lists = [list(mine[mine["episode_id"] == e]["action"]) for e in world.test_ids(split)]
    said = results.trials.query("cell == 'open' and split == @split").iloc[0]
    board = ob.score(world, {"open": lists}, "again", split)
    assert board.iloc[0]["reward"] == pytest.approx(float(said["reward"]), abs=1e-12)
    assert board.iloc[0]["violation_rate"] == 0
    observation, _ = ob.Env(suite, part="test", budgets="per_cell:open").reset(seed=0)
    assert np.isfinite(observation).all()


def test_errors_are_the_commands(tmp_path, capfd):
    bad = tmp_path / "bad.toml"
    bad.write_text('[data]\nsource = "synthetic:50"\n[[row]]\nname = "random"\nparameters = {epsiln = 1}\n', encoding="utf-8")
    with pytest.raises(ob.Error) as error:
        ob.run(bad, out=tmp_path / "out", quiet=True)
    assert "unknown key 'epsiln'" in str(error.value) and "bad.toml:5" in str(error.value)
    assert isinstance(error.value, ob.ConfigError)
    bad.write_text('[data]\nsource = "gone.json"\n[[row]]\nname = "random"\n', encoding="utf-8")
    for call in (lambda: ob.run(bad, out=tmp_path / "out", quiet=True), lambda: ob.World(bad)):
        with pytest.raises(ob.IoError, match="gone.json: no such file; name the data set by dataset=FILE"):
            call()
    (tmp_path / "gone.json").write_text("[", encoding="utf-8")
    with pytest.raises(ob.DataError, match="gone.json"):
        ob.World(bad)
    bad.write_text('[data]\nsource = "synthetic:50"\n[[row]]\nname = "nobody"\n', encoding="utf-8")
    with pytest.raises(ob.PluginError, match="no plugin 'nobody'"):
        ob.run(bad, out=tmp_path / "out", quiet=True)
    with pytest.raises(ob.DataError, match="no report.json; no results folder of `run`; name one"):
        ob.Results(tmp_path)
    with pytest.raises(ob.DataError, match="no report.json; no such folder"):
        ob.Results(tmp_path / "nowhere")
    (tmp_path / "below").mkdir()
    (tmp_path / "below/suite.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ob.DataError, match="make it from the results with `offload-bench report .*below`"):
        ob.Results(tmp_path / "below")
    (tmp_path / "below/report.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ob.DataError, match="name .*below$"):
        ob.Results(tmp_path)
    assert issubclass(ob.ConfigError, ValueError) and issubclass(ob.IoError, OSError)
    assert capfd.readouterr() == ("", "")


def test_nothing_forks_and_no_agent_is_loaded(tmp_path):
    """This process keeps its children and its libraries."""
    suite = tmp_path / "bounded.toml"
    suite.write_text(SUITE + "oracle_nodes = 2000\n", encoding="utf-8")
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        forked = []
        os.register_at_fork(before=lambda: forked.append(threading.current_thread().name))
        ob.run(suite, out=tmp_path / "out", jobs=1, quiet=True)
        ob.oracle(suite)
        ob.Env(suite).reset(seed=0)
        assert not forked and child.poll() is None
    finally:
        child.kill()
        child.wait()
    with open("/proc/self/maps", encoding="ascii") as file:
        loaded = {line.split()[-1].rsplit("/", 1)[-1] for line in file if "plugins/" in line}
    assert loaded <= {"tmo-weighted.so", "budget-aware.so"}


def test_data():
    data = ob.Data("synthetic:60", seed=2)
    assert len(data) == 60 and len(data.first_turn) == 61 and data.first_turn[-1] == len(data.task)
    assert data.association.shape == (len(data.task), 3) and not data.score.flags.writeable
    frame, table = data.to_pandas(), data.to_arrow()
    assert all(column.num_chunks == 1 for column in table.columns)
    assert list(frame.columns) == table.column_names and len(frame) == table.num_rows
    np.testing.assert_array_equal(frame["score"], data.score)
    assert list(frame["task"]) == table["task"].to_pylist()
    address = table["score"].chunk(0).buffers()[1].address
    assert address == data.score.ctypes.data  # without a copy
    assert pa.table(data) == table
    again = ob.Data("synthetic:60", seed=2)
    assert again.sha256 == data.sha256 != ob.Data("synthetic:60").sha256 and same(again.score, data.score)
    kept = ob.Data("synthetic:60").score
    assert np.isfinite(kept).all()
    with pytest.raises(AttributeError):
        data.nothing


def test_the_command_is_beside(tmp_path):
    out = subprocess.run([PACKAGE / "bin" / "offload-bench", "list"], capture_output=True, text=True, check=True)
    assert "rc-ppo" in out.stdout
    symbols = subprocess.run(["nm", "-D", "--defined-only", *PACKAGE.glob("_core*.so")], capture_output=True, text=True)
    if symbols.returncode == 0:
        names = {line.split()[-1] for line in symbols.stdout.splitlines()}
        assert names == {"PyInit__core"}
    assert BUILD.is_dir()
