"""Stable-Baselines3: the VecEnv hands on the very numbers, and its learners learn."""

import numpy as np
import pytest
import torch
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.vec_env import VecMonitor, VecNormalize
from support import actions_for, same

import offloadbench as ob
from offloadbench.sb3 import VecEnv

SUITE = """
[data]
source = "synthetic:200"
[budgets]
cells = [{name = "mid", latency_s = 20, cost_usd = 0.02}]
[[row]]
name = "random"
"""


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    file = tmp_path_factory.mktemp("suite") / "sb3.toml"
    file.write_text(SUITE, encoding="utf-8")
    torch.set_num_threads(1)
    return file


def test_the_same_numbers(suite):
    plain, wrapped = ob.VectorEnv(suite, num_envs=8), VecEnv(ob.VectorEnv(suite, num_envs=8, copy=False))
    assert wrapped.seed(3) == [3] * 8
    assert same(wrapped.reset(), plain.reset(seed=3)[0])
    totals, lengths, violated = np.zeros(8), np.zeros(8, int), np.zeros(8, bool)
    for action in actions_for(60, 8):
        observation, reward, terminated, _, info = plain.step(action)
        a, b, c, infos = wrapped.step(action)
        assert same(a, observation) and same(b, reward) and same(c, terminated)
        totals, lengths, violated = totals + reward, lengths + 1, violated | (info["cost"] > 0)
        for i, said in enumerate(infos):
            assert bool(said) == terminated[i]
            if not terminated[i]:
                continue
            assert same(said["terminal_observation"], info["final_obs"][i])
            episode = said["episode"]
            assert episode["r"] == pytest.approx(totals[i]) and episode["l"] == lengths[i]
            assert episode["violation"] == violated[i]
            totals[i], lengths[i], violated[i] = 0, 0, False
        assert same(np.stack(wrapped.env_method("action_masks")), info["action_mask"].astype(bool))
    assert np.shares_memory(wrapped.step(action)[0], wrapped.step(action)[0]) is False


def test_masks_and_attributes(suite):
    env = VecEnv(ob.VectorEnv(suite, num_envs=8, copy=False))
    env.reset()
    assert is_masking_supported(env)
    assert get_action_masks(env).shape == (8, 9) and get_action_masks(env).dtype == bool
    assert np.shares_memory(env.env_method("action_masks"), env.action_masks())
    assert len(env.env_method("action_masks", indices=[1, 2])) == 2
    assert env.get_attr("num_envs") == [8] * 8
    with pytest.raises(AttributeError, match="action_masks"):
        env.env_method("render")
    with pytest.raises(AttributeError):
        env.set_attr("x", 1)
    with pytest.raises(ob.ConfigError, match="SAME_STEP"):
        VecEnv(ob.VectorEnv(suite, num_envs=8, autoreset_mode="NextStep"))
    normal = VecNormalize(VecMonitor(VecEnv(ob.VectorEnv(suite, num_envs=8, copy=False))))
    normal.reset()
    assert normal.step(np.zeros(8, int))[0].shape == (8, 28)
    DQN("MlpPolicy", env, learning_starts=64, seed=1).learn(256)


def mean_reward(suite, choose, envs=64, episodes=1500):
    """Mean over test episodes of the mean reward per turn, and the share that broke a budget."""
    env = ob.VectorEnv(suite, num_envs=envs, part="test", budgets="per_cell:mid", copy=True)
    observation, info = env.reset(seed=77)
    totals, lengths, broken = np.zeros(envs), np.zeros(envs), np.zeros(envs, bool)
    means, violations = [], []
    while len(means) < episodes:
        observation, reward, terminated, _, info = env.step(choose(observation, info))
        totals, lengths, broken = totals + reward, lengths + 1, broken | (info["cost"] > 0)
        means += list((totals / lengths)[terminated])
        violations += list(broken[terminated])
        totals[terminated] = lengths[terminated] = 0
        broken[terminated] = False
    return np.mean(means), np.mean(violations)


def masked_random(observation, info):
    rng = masked_random.rng
    return np.argmax(rng.random(info["action_mask"].shape) * info["action_mask"], axis=1)


@pytest.mark.parametrize("algorithm", [PPO, MaskablePPO])
def test_learners_beat_masked_random(suite, algorithm):
    masked_random.rng = np.random.default_rng(1)
    chance, broken = mean_reward(suite, masked_random)
    assert broken == 0
    env = VecEnv(ob.VectorEnv(suite, num_envs=32, budgets="per_cell:mid", copy=False))
    model = algorithm("MlpPolicy", env, n_steps=64, batch_size=256, seed=1)
    model.learn(8192)
    assert len(model.ep_info_buffer) == 100

    def choose(observation, info):
        masks = {"action_masks": info["action_mask"].astype(bool)} if algorithm is MaskablePPO else {}
        return model.predict(observation, deterministic=True, **masks)[0]

    learned, broken = mean_reward(suite, choose)
    print(f"{algorithm.__name__}: {learned:.3f} against {chance:.3f}, violations {broken:.3f}")
    assert learned > chance + 0.1
    if algorithm is MaskablePPO:
        assert broken == 0
