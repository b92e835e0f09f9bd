"""VectorEnv against the C++ environment, to the bit, and what its arrays and resets promise."""

import pickle

import cloudpickle
import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from support import QUICK, STATE, STEP, actions_for, same, trace

import offloadbench as ob

STEPS = 400
BUDGETS = {"uniform": "uniform", "per_cell": "per_cell", "tmo-extreme-aware": "tmo-extreme-aware"}


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("slots,budgets", [(1, "uniform"), (7, "per_cell"), (32, "uniform"), (100, "tmo-extreme-aware")])
def test_same_step_is_the_cpp_environment(slots, budgets, copy):
    actions = actions_for(STEPS, slots)
    start, steps = trace(QUICK, budgets, slots, 5, actions)
    env = ob.VectorEnv(QUICK, num_envs=slots, copy=copy, budgets=BUDGETS[budgets])
    observation, info = env.reset(seed=5)
    assert same(observation, start["obs"])
    for key in STATE:
        assert same(info[key], start[key]), key
    ended = 0
    for action, expected in zip(actions, steps):
        observation, reward, terminated, truncated, info = env.step(action)
        assert same(observation, expected["obs"])
        assert same(reward, expected["reward"])
        assert same(terminated, expected["terminated"])
        assert not truncated.any()
        for key in STATE + STEP:
            assert same(info[key], expected[key]), key
        assert ("final_obs" in info) == terminated.any()
        if terminated.any():
            assert same(info["final_obs"], expected["after"])
            assert same(info["_final_obs"], terminated)
            ended += terminated.sum()
    assert ended > STEPS * slots / 6


def slot_histories(env, actions, seed, next_step):
    """What each slot goes through if its k-th real step takes actions[k, slot]: lists of transitions."""
    observation, info = env.reset(seed=seed)
    n = env.num_envs
    histories, taken, over = [[] for _ in range(n)], np.zeros(n, int), np.zeros(n, bool)
    last = [(observation[i].copy(), info["action_mask"][i].copy(), info["episode_id"][i]) for i in range(n)]
    while taken.min() < len(actions):
        action = actions[np.minimum(taken, len(actions) - 1), np.arange(n)]
        observation, reward, terminated, _, info = env.step(action)
        for i in range(n):
            state = (observation[i].copy(), info["action_mask"][i].copy(), info["episode_id"][i])
            if not (next_step and over[i]):
                after = observation[i] if next_step or not terminated[i] else info["final_obs"][i]
                values = [info[key][i] for key in ("cost", *STEP)]
                if taken[i] < len(actions):
                    histories[i].append((last[i], reward[i], terminated[i], after.copy(), np.hstack(values)))
                taken[i] += 1
            else:
                assert reward[i] == 0 and not terminated[i] and info["cost"][i] == 0
                assert not info["consumed"][i].any()
            last[i] = state
        over = terminated.copy()
    return histories


@pytest.mark.parametrize("slots", [1, 2, 32])
def test_next_step_shows_the_same_episodes(slots):
    actions = actions_for(120, slots)
    same_step = slot_histories(ob.VectorEnv(QUICK, num_envs=slots), actions, 7, False)
    for copy in (True, False):
        env = ob.VectorEnv(QUICK, num_envs=slots, copy=copy, autoreset_mode=AutoresetMode.NEXT_STEP)
        next_step = slot_histories(env, actions, 7, True)
        for mine, theirs in zip(next_step, same_step):
            assert len(mine) == len(theirs) == 120
            for a, b in zip(mine, theirs):
                assert same(a[0][0], b[0][0]) and same(a[0][1], b[0][1]) and a[0][2] == b[0][2]
                assert (a[1], a[2]) == (b[1], b[2])
                assert same(a[3], b[3]) and same(a[4], b[4])


def test_single_is_a_vector_of_one():
    actions = actions_for(300, 1)
    vector, single = ob.VectorEnv(QUICK, num_envs=1), ob.Env(QUICK)
    a, info_a = vector.reset(seed=3)
    b, info_b = single.reset(seed=3)
    assert same(a[0], b)
    for action in actions:
        a, reward, terminated, _, info_a = vector.step(action)
        b, r, t, truncated, info_b = single.step(action[0])
        assert same(info_a["final_obs"][0] if terminated[0] else a[0], b)
        assert (reward[0], bool(terminated[0])) == (r, t) and isinstance(r, float) and truncated is False
        for key in ("cost", "quality", "association"):
            assert info_a[key][0] == info_b[key] and isinstance(info_b[key], float)
        assert same(info_a["consumed"][0], info_b["consumed"])
        if t:
            with pytest.raises(ob.ConfigError, match="reset"):
                single.step(0)
            b, info_b = single.reset()
            assert same(a[0], b)
        for key in STATE:
            assert same(np.asarray(info_a[key][0]), np.asarray(info_b[key])), key


def test_arrays_without_copies():
    env = ob.VectorEnv(QUICK, num_envs=8, copy=False)
    first, _ = env.reset(seed=1)
    kept = [first.copy()]
    shown = [first]
    for action in actions_for(5, 8):
        observation, reward, _, truncated, info = env.step(action)
        for array in (observation, reward, truncated, info["action_mask"], info["consumed"]):
            assert not array.flags.writeable
        # What the last step showed is still there.
        assert same(shown[-1], kept[-1])
        assert not np.shares_memory(observation, shown[-1])
        if len(shown) > 1:
            assert np.shares_memory(observation, shown[-2])
        assert np.shares_memory(env.action_masks(), info["action_mask"])
        shown.append(observation)
        kept.append(observation.copy())
    info["mine"] = 1
    assert "mine" not in env.step(actions_for(1, 8)[0])[4]
    del env
    assert np.isfinite(shown[-1]).all()


def test_arrays_of_ones_own():
    env = ob.VectorEnv(QUICK, num_envs=8)
    arrays = []
    env.reset(seed=1)
    for action in actions_for(30, 8):
        observation, *rest, info = env.step(action)
        arrays += [observation, *rest, *info.values()]
    for array in arrays:
        assert array.flags.writeable and array.flags.owndata
    assert len({array.ctypes.data for array in arrays}) == len(arrays)


def test_actions_are_integers_in_range():
    env = ob.VectorEnv(QUICK, num_envs=4)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step([0, 0, 0, 0])
    env.reset(seed=0)
    for actions, message in (
        ([0, 1, 2, 1.5], "expected integers, found float64"),
        (np.zeros(4, bool), "expected integers, found bool"),
        ([0, 1, 2], r"expected shape \(4,\), found \(3,\)"),
        (3, r"expected shape \(4,\)"),
        ([0, 1, 9, 0], "action 9 of environment 2 is outside 0..8"),
        ([0, -1, 0, 0], "action -1 of environment 1"),
        ([0, 2**40, 0, 0], "action 1099511627776 of environment 1 is outside"),
        (["a", "b", "c", "d"], "expected integers"),
    ):
        with pytest.raises(ValueError, match=message):
            env.step(actions)
    whole = [env.step(np.array([1, 2, 3, 0], dtype))[1] for dtype in ("i8",)]
    for dtype in ("i4", "u1", "i2", "u8", ">i8"):
        env.reset(seed=0)
        whole.append(env.step(np.array([1, 2, 3, 0], dtype))[1])
    env.reset(seed=0)
    whole.append(env.step(np.array([9, 1, 9, 2, 9, 3, 9, 0])[1::2])[1])
    for reward in whole:
        assert same(reward, whole[0])


def test_seeds():
    def rewards(env, seed):
        env.reset(seed=seed)
        return np.concatenate([env.step(a)[1] for a in actions_for(20, 4)])

    env, other = (ob.VectorEnv(QUICK, num_envs=4) for _ in range(2))
    assert same(rewards(env, 1), rewards(other, 1))
    assert same(rewards(env, 1), rewards(other, 1))
    assert not same(rewards(env, 1), rewards(other, 2))
    env.reset(seed=1)
    other.reset(seed=1)
    first = env.reset()[1]["episode_id"]
    assert same(first, other.reset()[1]["episode_id"])
    ids = [tuple(env.reset()[1]["episode_id"]) for _ in range(5)]
    assert len(set(ids)) == 5
    unseeded = {tuple(ob.VectorEnv(QUICK, num_envs=8).reset()[1]["limit"].ravel()) for _ in range(3)}
    assert len(unseeded) == 3
    with pytest.raises(ob.ConfigError, match="one number"):
        env.reset(seed=[1, 2, 3, 4])


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP])
def test_reset_of_some_to_named_episodes(mode):
    env = ob.VectorEnv(QUICK, num_envs=3, autoreset_mode=mode)
    before, _ = env.reset(seed=1)
    env.step([0, 0, 0])
    mask = np.array([False, True, False])
    options = {"reset_mask": mask, "episode_id": 17, "limit": (12, 0.012), "rng": 3}
    observation, info = env.reset(options=options)
    assert info["episode_id"][1] == 17 and tuple(info["limit"][1]) == (12, 0.012)
    assert not info["spent"][1].any() and (info["spent"][[0, 2]] > 0).any(axis=1).all()
    again, other = ob.VectorEnv(QUICK, num_envs=1), []
    first, _ = again.reset(seed=9, options={"episode_id": [17], "limit": [(12, 0.012)]})
    assert same(first[0], observation[1])
    for action in (1, 0):
        a, b = env.step([0, action, 0]), again.step([action])
        assert a[1][1] == b[1][0]
        other.append(a)
    one = ob.Env(QUICK)
    assert same(one.reset(seed=2, options={"episode_id": 17, "limit": (12, 0.012)})[0], observation[1])
    for options, message in (
        ({"episode_id": 10**9}, "no episode 1000000000"),
        ({"limit": (-1, 1)}, "limit"),
        ({"episode": 1}, "not known"),
    ):
        with pytest.raises(ob.ConfigError, match=message):
            one.reset(options=options)


def test_pickled_and_spawned():
    env = pickle.loads(pickle.dumps(ob.VectorEnv(QUICK, num_envs=2, budgets=ob.Uniform(0.1, 0.5))))
    expected = ob.VectorEnv(QUICK, num_envs=2, budgets=ob.Uniform(0.1, 0.5)).reset(seed=4)[0]
    assert same(env.reset(seed=4)[0], expected)
    world = ob.World(QUICK)
    make = cloudpickle.loads(cloudpickle.dumps(lambda: (world.actions, ob.Env(QUICK))))
    assert make()[0] == 9
    # By id: a spawned process imports this package when it makes one.
    functions = [lambda: gymnasium.make("offloadbench:OffloadBench/Synthetic-v1") for _ in range(2)]
    many = gymnasium.vector.AsyncVectorEnv(functions, context="spawn")
    try:
        observation, _ = many.reset(seed=[4, 5])
        one = gymnasium.make("OffloadBench/Synthetic-v1")
        assert same(observation[0], one.reset(seed=4)[0])
        assert same(observation[1], one.reset(seed=5)[0])
    finally:
        many.close()


def test_gymnasium_vector_wrappers():
    wrappers = gymnasium.wrappers.vector
    for mode in (AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP):
        env = wrappers.RecordEpisodeStatistics(ob.VectorEnv(QUICK, num_envs=4, autoreset_mode=mode))
        env = wrappers.DictInfoToList(wrappers.NormalizeReward(env))
        env.reset(seed=0)
        episodes = sum("episode" in info for a in actions_for(30, 4) for info in env.step(a)[4])
        assert episodes > 10
    env = wrappers.NormalizeObservation(ob.VectorEnv(QUICK, num_envs=4, autoreset_mode=AutoresetMode.NEXT_STEP))
    env.reset(seed=0)
    for action in actions_for(30, 4):
        assert env.step(action)[0].shape == (4, 28)


def test_make_vec():
    env = gymnasium.make_vec(
        "OffloadBench/M4AI-v1", num_envs=6, vectorization_mode="vector_entry_point", dataset="synthetic:200",
        autoreset_mode="NextStep", copy=False,
    )  # fmt: skip
    assert env.metadata["autoreset_mode"] == AutoresetMode.NEXT_STEP
    assert env.reset(seed=0)[0].shape == (6, 28)
    with pytest.raises(ob.ConfigError, match="autoreset_mode"):
        ob.VectorEnv(QUICK, autoreset_mode=AutoresetMode.DISABLED)
    for count in (0, 65537):
        with pytest.raises(ob.ConfigError, match="ask for 1 to 65536"):
            ob.VectorEnv(QUICK, num_envs=count)


def memory_kb():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP])
@pytest.mark.parametrize("copy", [True, False])
def test_memory_is_flat(mode, copy):
    env = ob.VectorEnv(QUICK, num_envs=256, copy=copy, autoreset_mode=mode, reward="tmo-weighted")
    env.reset(seed=0)
    actions = np.random.default_rng(2).integers(0, 2, (64, 256))
    for i in range(4000):  # until all that the response model is asked is remembered
        env.step(actions[i % 64])
    before = memory_kb()
    for i in range(12000):
        env.step(actions[i % 64])
        if i % 500 == 0:
            env.reset()
    assert memory_kb() - before < 1024
