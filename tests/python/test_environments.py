"""Single environments: the checkers of Gymnasium and Stable-Baselines3 on every shipped suite, budgets, costs."""

import subprocess
import sys
import warnings
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as check_gymnasium
from stable_baselines3.common.env_checker import check_env as check_sb3
from support import QUICK, same

import offloadbench as ob
from offloadbench import _core


def dataset_of(suite):
    """Suites of public data run on data of the same shape that the project has."""
    if "m4ai" in suite:
        return "synthetic:700"
    return ROUTING if any(name in suite for name in ("rout", "bfcl", "simulated-log")) else None


ROUTING = str(Path(__file__).parents[2] / "datasets" / "routing.csv")
# Their arms and prices are those of tables that users import.
IMPORTED = ("tasks/bfcl-v1", "tasks/routellm-mmlu-v1")


@pytest.mark.parametrize("suite", [suite for suite in ob.shipped_suites() if suite not in IMPORTED])
def test_checkers_have_nothing_to_say(suite):
    env = ob.Env(suite, dataset=dataset_of(suite))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Unscaled budgets are a quirk of the reference's that the suite asks for.
        warnings.filterwarnings("ignore", message=".*A Box observation space (minimum|maximum) value is.*infinity")
        warnings.filterwarnings("ignore", message=".*(not from the OpenAI gym|is different from the unwrapped)")
        check_gymnasium(env, skip_render_check=True)
        check_sb3(env)


def test_made_by_id():
    env = gymnasium.make("OffloadBench/M4AI-v1", dataset="synthetic:200", part="test", budgets="per_cell:tight")
    _, info = env.reset(seed=1)
    assert tuple(info["limit"]) == env.unwrapped.world.cells["tight"]
    with pytest.raises(ob.Error, match="M4A1.json"):
        gymnasium.make("OffloadBench/M4AI-v1")
    assert gymnasium.make("OffloadBench/M4AI-v1", task="synth-true-v2").unwrapped.world.name == "synth-true-v2"
    env = gymnasium.make("OffloadBench/M4AI-v1", dataset="synthetic:200", compat="tmo-journal")
    assert np.isinf(env.observation_space.high[-2:]).all()
    assert env.observation_space.contains(env.reset(seed=0)[0])


def episodes(env, choose, count, seed=0):
    for number in range(count):
        observation, info = env.reset(seed=seed) if number == 0 else env.reset()
        steps, over = [(observation, info)], False
        while not over:
            observation, reward, over, _, info = env.step(choose(info))
            steps.append((observation, info))
        yield steps


def test_masks_keep_the_budgets():
    env = ob.Env(QUICK, budgets="tmo-uniform")
    rng = np.random.default_rng(0)
    env.action_space.seed(0)
    broken = infeasible = 0
    for steps in episodes(env, lambda info: env.action_space.sample(info["action_mask"]), 300):
        costs = sum(info["cost"] for _, info in steps[1:])
        last = steps[-1][1]
        assert costs == float((last["spent"] > last["limit"]).any())
        assert same(sum(info["consumed"] for _, info in steps[1:]).round(9), last["spent"].round(9))
        if steps[0][1]["infeasible"]:
            infeasible += 1
            assert steps[0][1]["action_mask"].all()
        else:
            assert costs == 0
        assert last["action_mask"].all()
    for steps in episodes(env, lambda info: rng.integers(9), 300, seed=1):
        costs = sum(info["cost"] for _, info in steps[1:])
        assert costs == float((steps[-1][1]["spent"] > steps[-1][1]["limit"]).any())
        broken += costs
    assert broken > 30 and infeasible < 300


def test_budgets():
    def limits(budgets, count=200):
        env = ob.VectorEnv(QUICK, num_envs=count, budgets=budgets)
        return env.reset(seed=3)[1]["limit"]

    assert np.isinf(limits("none")).all()
    assert (limits((12, 0.012)) == (12, 0.012)).all()
    assert np.isinf(limits((12, np.inf))[:, 1]).all()
    assert same(limits("uniform"), limits(ob.Uniform()))
    narrow = limits(ob.Uniform(0.3, 0.4))
    assert np.ptp(narrow[:, 0]) < np.ptp(limits("uniform")[:, 0]) / 5
    assert len({limits(name).tobytes() for name in ("tmo-uniform", "tmo-normal", "tmo-extreme-aware")}) == 3
    for budgets, message in (
        ("per_cell:nowhere", "no budget cell 'nowhere'; known: open"),
        ("often", "no sampler; known: none"),
        ((1, 2, 3), "expected a name"),
        ((-1, 1), "budgets:"),
        (ob.Uniform(0.5, 0.1), "budgets:"),
    ):
        with pytest.raises(ob.ConfigError, match=message):
            limits(budgets)


def test_worlds():
    world = ob.World("quickstart")
    assert list(world.cells) == ["open", "relaxed", "mid", "tight", "extreme"]
    assert world.actions == 9 and world.consumption.shape == (9, 2) and len(world.test_ids()) == 40
    assert len(ob.World("quickstart").test_ids("r1f2")) == 40
    for arguments, message in (
        (dict(suite="nowhere"), "nowhere: no such file, nor a shipped suite; shipped: drift, m4ai"),
        (dict(task="nothing"), "no official task 'nothing'"),
        (dict(suite="quickstart", task="synth-true-v2"), "either a suite or a task"),
        (dict(suite="quickstart", reward="none"), "no shipped reward 'none'"),
        (dict(suite="quickstart", compat="else"), "compat"),
    ):
        with pytest.raises(ob.Error, match=message):
            ob.World(**arguments)
    with pytest.raises(ob.ConfigError, match="no split 'x'"):
        ob.Env("quickstart", split="x")
    with pytest.raises(ob.ConfigError, match="part: expected"):
        ob.Env("quickstart", part="both")


def test_a_reward_of_somebody_elses_is_not_loaded_unasked(tmp_path):
    suite = tmp_path / "suite.toml"
    suite.write_text(
        '[data]\nsource = "synthetic:50"\n[reward]\nplugin = "./mine.so"\n[[row]]\nname = "random"\n', encoding="utf-8"
    )
    with pytest.raises(ob.PluginError, match="trust_reward=True"):
        ob.Env(suite)
    with pytest.raises(ob.PluginError, match="mine.so"):
        ob.Env(suite, trust_reward=True).reset(seed=0)


def test_an_older_pybind11_is_refused_beside_numpy_2():
    code = (
        "import importlib.util, sys, types\n"
        "sys.modules['numpy'] = types.SimpleNamespace(__version__='2.4.6')\n"
        "spec = importlib.util.spec_from_file_location('_core', sys.argv[1])\n"
        "importlib.util.module_from_spec(spec)\n"
    )
    said = subprocess.run([sys.executable, "-c", code, _core.__file__], capture_output=True, text=True)
    if _core.pybind11 < 0x020C0000:
        assert said.returncode == 1 and "shows arrays wrongly with NumPy 2.4.6" in said.stderr
    else:
        assert said.returncode == 0, said.stderr


def test_safe_env():
    plain = ob.VectorEnv(QUICK, num_envs=16)
    sums = {}
    for resource, index in (("latency", 0), ("cost", 1)):
        safe = ob.SafeEnv(ob.VectorEnv(QUICK, num_envs=16), resource)
        _, info = plain.reset(seed=2)
        safe.reset(seed=2)
        rng, total, violations = np.random.default_rng(1), np.zeros(16), []
        for _ in range(100):
            limit = info["limit"].copy()
            action = rng.integers(0, 9, 16)
            observation, reward, terminated, _, info = plain.step(action)
            a, b, cost, c, d, info_b = safe.step(action)
            assert same(a, observation) and same(b, reward) and same(c, terminated) and not d.any()
            np.testing.assert_array_equal(cost, info["consumed"][:, index] / limit[:, index])
            total += cost
            violations += list(total[terminated] > 1)
            total[terminated] = 0
        sums[resource] = np.mean(violations)
    assert all(0.05 < share < 0.9 for share in sums.values())
    one = ob.SafeEnv(ob.Env(QUICK, budgets="none"), "latency")
    one.reset(seed=0)
    assert one.step(1)[2] == 0.0 and one.action_space.n == 9
    violation = ob.SafeEnv(ob.Env(QUICK, budgets=(0.001, 0.0)), "violation")
    violation.reset(seed=0)
    assert [violation.step(1)[2], violation.step(1)[2]] == [1.0, 0.0]


def test_episodes_score_as_the_host_scores_their_decisions():
    """What the environment rewarded on the test episodes is what the report would say of these decisions."""
    env = ob.Env(QUICK, part="test", budgets="per_cell:mid")
    rng, decisions, rewards, quality = np.random.default_rng(5), [], [], []
    for number in env.world.test_ids():
        _, info = env.reset(seed=1, options={"episode_id": number})
        over, taken, got = False, [], []
        while not over:
            action = int(rng.choice(np.flatnonzero(info["action_mask"])))
            _, reward, over, _, info = env.step(action)
            taken.append(action)
            got.append((reward, info["quality"]))
        decisions.append(taken)
        rewards.append(np.mean([r for r, _ in got]))
        quality.append(np.mean([q for _, q in got]))
    board = ob.score(env.world, {"mid": decisions}, "elsewhere")
    assert set(board["source"]) == {"decisions only"} and len(board) == len(board.groupby(["lens", "model"]))
    line = board[(board["lens"] == "simulator") & (board["model"] == "knn")].iloc[0]
    assert line["reward"] == pytest.approx(np.mean(rewards), abs=1e-12)
    assert line["quality"] == pytest.approx(np.mean(quality), abs=1e-12)
    assert line["masked_actions"] == 0 and line["violation_rate"] == 0
    for bad, message in (
        ({"mid": decisions[1:]}, "decisions for 39 episodes, where split 'r0f0' tests 40"),
        ({"mid": [d + [0] for d in decisions]}, "turns"),
        ({"mid": [[12] * len(d) for d in decisions]}, "action 12 is outside 0..8"),
        ({"else": decisions}, "no budget cell 'else'"),
        ({}, "name at least one"),
    ):
        with pytest.raises(ob.Error, match=message):
            ob.score(env.world, bad, "elsewhere")
