"""Rewards in Python: in a process of their own, to the bit what the same formula is in C++."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from support import BUILD, QUICK, actions_for, same

import offloadbench as ob

# quality-price with its own order of operations.
SOURCE = """
import os

class Priced:
    def __init__(self, env, parameters):
        self.usd = parameters.number("lambda_usd", 0, 0, 1e12, "")
        self.s = parameters.number("lambda_s", 0, 0, 1e12, "")
    def score(self, outcomes):
        return FACTOR * outcomes.quality - self.usd * outcomes.consumed[:, 1] - self.s * outcomes.consumed[:, 0]

def process(outcomes):
    return outcomes.quality * 0 + os.getpid()

def writes(outcomes):
    open(__file__ + ".written", "w")

def dies(outcomes):
    os.abort()

FACTOR = 1.0
"""
HEAD = '[data]\nsource = "synthetic:60"\n[[row]]\nname = "random"\n[reward]\nplugin = "{}"\n'
PRICES = "parameters = {lambda_usd = 20, lambda_s = 0.01}\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine.py").write_text(SOURCE, encoding="utf-8")
    for name, plugin, more in [
        ("cpp", "quality-price", ""),
        ("apart", "quality-price", 'isolation = "process"\n'),
        ("python", "mine.py:Priced", ""),
    ]:
        (tmp_path / f"{name}.toml").write_text(HEAD.format(plugin) + PRICES + more, encoding="utf-8")
    return tmp_path


def rewards_of(suite, steps=40, slots=8, **arguments):
    envs = ob.VectorEnv(suite, num_envs=slots, **arguments)
    envs.reset(seed=3)
    return np.array([envs.step(actions)[1] for actions in actions_for(steps, slots, envs.world.actions)])


def test_the_same_bits_wherever_it_runs(folder):
    here = rewards_of(folder / "cpp.toml")
    assert np.ptp(here) > 0
    assert same(rewards_of(folder / "apart.toml"), here)
    assert same(rewards_of(folder / "python.toml"), here)


def test_exact_policies_and_scores(folder):
    for name in ("cpp", "python"):  # a tight budget: of wide ones exact policies are seconds of work
        with open(folder / f"{name}.toml", "a", encoding="utf-8") as suite:
            suite.write('[budgets]\ncells = [{name = "tight", latency_s = 12, cost_usd = 0.012}]\n')
    cpp, python = (ob.oracle(folder / f"{name}.toml") for name in ("cpp", "python"))
    assert cpp.equals(python)


def test_named_by_argument_and_read_again_when_changed(folder):
    named = str(folder / "mine.py:Priced")
    before = rewards_of(QUICK, reward=named)
    assert same(before, rewards_of(QUICK, reward=named))
    (folder / "mine.py").write_text(SOURCE.replace("FACTOR = 1.0", "FACTOR = 2.0"), encoding="utf-8")
    assert same(rewards_of(QUICK, reward=named), 2 * before)


def test_outlives_the_thread_that_made_it(folder):
    made = []
    thread = threading.Thread(target=lambda: made.append(ob.Env(folder / "python.toml")))
    thread.start()
    thread.join()
    made[0].reset(seed=0)
    assert all(np.isfinite(made[0].step(0)[1]) or made[0].reset() for _ in range(3))


def _process(env, answers):
    answers.put(env.step(np.zeros(1, int))[1][0])


def test_a_forked_process_has_one_of_its_own(folder):
    env = ob.VectorEnv(QUICK, num_envs=1, reward=str(folder / "mine.py:process"))
    env.reset(seed=0)
    own = env.step(np.zeros(1, int))[1][0]
    fork = multiprocessing.get_context("fork")
    answers = fork.Queue()
    child = fork.Process(target=_process, args=(env, answers))
    child.start()
    other = answers.get(timeout=60)
    child.join(60)
    assert child.exitcode == 0
    assert other != own and other != child.pid
    assert env.step(np.zeros(1, int))[1][0] == own


def test_what_goes_wrong_is_said_and_held(folder):
    for name, words in [
        ("writes", "PermissionError"),
        ("dies", "was ended by signal 6 .SIGABRT."),
        ("nothing", "has no class or function 'nothing'"),
    ]:
        with pytest.raises(ob.PluginError, match=words):
            rewards_of(QUICK, steps=1, reward=str(folder / f"mine.py:{name}"))
    assert not (folder / "mine.py.written").exists()


def test_what_the_machine_lacks_is_said(folder):
    """Its own view of file systems is root's to give."""
    nobody = "import os, sys; os.setgroups([]); os.setgid(65534); os.setuid(65534); import numpy, offloadbench as ob; "
    code = nobody + "ob.Env(sys.argv[1]); print('isolated', file=sys.stderr); ob.Env(sys.argv[2])"
    if os.geteuid() != 0:
        pytest.skip("SKIPPED: only root can be somebody else")
    if subprocess.run([sys.executable, "-c", nobody], capture_output=True).returncode != 0:
        pytest.skip("SKIPPED: the interpreter or the package is not for everybody to read")
    for file in [folder, *folder.iterdir(), *folder.parents]:
        if file.is_relative_to(folder.parents[1]):
            file.chmod(0o755)
    with tempfile.TemporaryDirectory() as cache:
        os.chmod(cache, 0o777)
        command = [sys.executable, "-W", "always", "-c", code, str(folder / "cpp.toml"), str(folder / "python.toml")]
        environment = dict(os.environ, OFFLOAD_BENCH_CACHE=cache, HOME=cache)
        said = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stderr
    before, after = said.split("isolated\n")
    assert "RuntimeWarning" not in before
    assert "RuntimeWarning: the reward" in after and "no view of file systems of its own" in after
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ob.Env(folder / "python.toml")


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_nothing_is_left(folder):
    code = (
        "import offloadbench as ob, sys; env = ob.Env(sys.argv[1], reward=sys.argv[2]); env.reset(seed=0); "
        "print(int(env.step(0)[1]))"
    )
    command = [sys.executable, "-c", code, QUICK, str(folder / "mine.py:process")]
    pid = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    for _ in range(200):
        if not runs(pid):
            return
        time.sleep(0.1)
    raise AssertionError(f"{pid} still runs")


def test_memory_may_run_out_before_there_is_a_limit(monkeypatch):
    monkeypatch.syspath_prepend(str(BUILD / "lib/offload-bench/python"))
    import _offload_server

    server = _offload_server.Server.__new__(_offload_server.Server)
    server.owner, server.taken_before = "plugin 'x'", None
    server.memory, server.words, server.longs = bytearray(4096), [0] * 200, [0] * 100
    server.text_at, server.text_most = 0, 1000
    server.fail("create", MemoryError())
    assert server.words[_offload_server.W_STATUS] == _offload_server.MEMORY
    assert server.longs[_offload_server.Q_REFUSED] > 0
