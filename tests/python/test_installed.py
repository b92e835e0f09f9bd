"""The wheel, built from the tree before (target wheel), in a fresh virtual environment: it needs nothing of the tree."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support import BUILD

TREE = Path(__file__).resolve().parents[2]

FIVE_LINES = """
import offloadbench as ob

results = ob.run(SUITE, out="out", quiet=True)
board = results.board
print(board[["tier", "rank", "row", "reward", "joint_violation_rate"]].to_string(index=False))
"""
SUITE = """
[data]
source = "synthetic:60"
[budgets]
cells = [{name = "tight", latency_s = 12, cost_usd = 0.012}]
[environment]
response_model = "hierarchical"
[evaluation]
models = ["hierarchical"]
[training]
steps = 2000
[[row]]
name = "rc-ppo"
[[row]]
name = "rc-dqn"
[[row]]
name = "greedy-quality"
"""


@pytest.fixture(scope="module")
def wheel():
    return Path(os.environ["OFFLOAD_WHEEL"])


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    # Another environment's pip, and of the requirements what is asked for here: making and filling one is most of this test.
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--system-site-packages", "--without-pip", folder], check=True)
    pinned = (TREE / "tests/python/requirements.txt").read_text(encoding="utf-8").splitlines()
    needed = [line for line in pinned if line.startswith(("cloudpickle=", "farama-notifications=", "gymnasium="))]
    assert len(needed) == 3
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, wheel, *needed], check=True)
    return folder / "bin" / "python"


def run(python, code, folder):
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "OFFLOAD_BUILD")}
    said = subprocess.run([python, "-c", code], cwd=folder, capture_output=True, text=True, env=environment)
    assert said.returncode == 0, said.stderr
    return said.stdout


def test_what_is_in_it(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"offloadbench/bin/offload-bench", "offloadbench/py.typed", "offloadbench/suites/m4ai.toml"} <= names
    plugins = {n.rsplit("/", 1)[1] for n in names if n.startswith("offloadbench/lib/offload-bench/plugins/")}
    assert plugins == {p.name for p in (BUILD / "lib/offload-bench/plugins").glob("*.so")}
    assert not any("autograd" in name for name in names)
    assert "offloadbench/lib/offload-bench/python/liboffload_nursery.so" in names


def test_the_readmes_five_lines(python, tmp_path):
    readme = (TREE / "framework/python/README.md").read_text(encoding="utf-8")
    assert FIVE_LINES.strip().split("\n", 3)[3] in readme
    (tmp_path / "small.toml").write_text(SUITE, encoding="utf-8")
    board = run(python, FIVE_LINES.replace("SUITE", "'small.toml'"), tmp_path)
    assert {"rc-ppo", "rc-dqn", "greedy-quality"} <= set(board.split())


def test_agents_in_python_run(python, tmp_path):
    (tmp_path / "mine.py").write_text("def decide(observation, mask, rng):\n    return 0\n", encoding="utf-8")
    suite = SUITE[: SUITE.index("[[row]]")] + '[[row]]\nname = "mine"\nplugin = "mine.py:decide"\n'
    (tmp_path / "mine.toml").write_text(suite, encoding="utf-8")
    code = "import offloadbench as ob; print(ob.run('mine.toml', out='out', quiet=True).leaderboard['row'].unique())"
    assert "mine" in run(python, code, tmp_path)


def test_gymnasium_knows_the_environments(python, tmp_path):
    said = run(
        python,
        "import offloadbench, gymnasium, sys; print('offloadbench.envs' in sys.modules)\n"
        "env = gymnasium.make('OffloadBench/Synthetic-v1'); env.reset(seed=0); print(env.step(0)[1] > 0, env.unwrapped)\n",
        tmp_path,
    )
    assert said.startswith("False\nTrue <")


def test_the_command(python, tmp_path):
    command = python.parent / "offload-bench"
    said = subprocess.run([command, "list"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "rc-ppo" in said and "tmo-weighted" in said
    status = subprocess.run([command, "nonsense"], cwd=tmp_path, capture_output=True).returncode
    assert status == 2
