"""Gymnasium environments: one episode at a time, or many in slots, over the C++ environment."""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

import gymnasium
import numpy as np
from gymnasium.utils import EzPickle
from gymnasium.vector import AutoresetMode

from . import _core
from ._budgets import Budgets, setting
from ._errors import ConfigError
from ._files import PathLike
from ._world import World

Info = Dict[str, Any]


def _space(world: World) -> gymnasium.spaces.Box:
    facts = world._facts
    low = np.full(facts["observation"], -1, np.float32)
    high = np.ones(facts["observation"], np.float32)
    frame = facts["frame"]
    high[frame - 1 : facts["frames"] : frame] = len(world.tasks) - 1
    if frame == 2:  # no views: the arm of the turn before, in a world one of many
        high[0 : facts["frames"] : frame] = facts["actions"] - 1
    if not facts["plain"]:  # the journal's unscaled budgets
        low[facts["frames"] :], high[facts["frames"] :] = -np.inf, np.inf
    return gymnasium.spaces.Box(low, high, dtype=np.float32)


def _batch(world: World, split: Optional[str], part: str, budgets: Budgets, slots: int, next_step: bool) -> Any:
    if part not in ("train", "test"):
        raise ConfigError(f"part: expected 'train' or 'test', found {part!r}")
    text, cell = setting(budgets)
    return _core.Batch(world._core_of(split), split or "", part == "test", text, cell, slots, next_step)


def _not_reset(_: Any) -> Any:
    raise gymnasium.error.ResetNeeded("call reset() before step()")


def _named(options: Dict[str, Any], slot: Optional[int]) -> Dict[str, Any]:
    """What `options` say of the episode of a slot."""
    known = {"episode_id": "episode", "limit": "limit", "rng": "rng"}
    named = {}
    for key, argument in known.items():
        value = options.get(key)
        if value is None:
            continue
        if slot is not None and np.ndim(value) == (2 if key == "limit" else 1):
            value = value[slot]
        named[argument] = tuple(float(v) for v in value) if key == "limit" else int(value)
    unknown = sorted(set(options) - set(known) - ({"reset_mask"} if slot is not None else set()))
    if unknown:
        raise ConfigError(f"options: {', '.join(unknown)}: not known; known: {', '.join(known)}")
    return named


class Env(EzPickle, gymnasium.Env):
    """One episode at a time: every turn an action, from a dialogue of the data set under latency and cost budgets.

    Observation: (D,) float32, `window` frames of (previous cloud?, views sent, task id), then turn and what is left of
    the budgets. Action 0 answers on the device, 1 in the cloud from text alone, the others with views. Episodes end by
    themselves; nothing is truncated.

    `info` of a state: `action_mask` (A,) int8, `infeasible` (nothing fits the budgets any more; the mask is all 1),
    `limit` and `spent` (2,) s and USD, `episode_id`. Of a step also: `cost` (1.0 on the step after which a budget is
    exceeded that was not before, so that an episode's sum is 1 where it violates), `consumed` (2,), `quality`,
    `association`.

    Args:
        suite, task, dataset, reward, compat, trust_reward: as of `World`.
        split: its name; the suite's first by default.
        part: "train" or "test": whose episodes.
        budgets: "none", "per_cell:CELL", (s, USD), Uniform(low, high), "uniform", "tmo-uniform", "tmo-normal" or
            "tmo-extreme-aware".
    """

    metadata: Dict[str, Any] = {"render_modes": []}

    def __init__(
        self,
        suite: Optional[PathLike] = None,
        *,
        task: Optional[str] = None,
        dataset: Optional[PathLike] = None,
        split: Optional[str] = None,
        part: str = "train",
        budgets: Budgets = "uniform",
        reward: Optional[str] = None,
        compat: Optional[str] = None,
        trust_reward: bool = False,
        render_mode: Optional[str] = None,
    ) -> None:
        EzPickle.__init__(
            self, suite, task=task, dataset=dataset, split=split, part=part, budgets=budgets, reward=reward,
            compat=compat, trust_reward=trust_reward, render_mode=render_mode,
        )  # fmt: skip
        if render_mode is not None:
            raise ConfigError(f"render_mode: {render_mode!r} is not known; there is nothing to see")
        self.render_mode = None
        self.world = World(
            suite, task=task, dataset=dataset, reward=reward, compat=compat, trust_reward=trust_reward
        )
        self._batch = _batch(self.world, split, part, budgets, 1, True)
        self._stepper = _core.Stepper(self._batch, True)
        self._step = _not_reset
        self.observation_space = _space(self.world)
        self.action_space = gymnasium.spaces.Discrete(self.world.actions)

    def reset(
        self, *, seed: Optional[int] = None, options: Optional[Dict[str, Any]] = None
    ) -> Tuple[np.ndarray, Info]:
        """Begins the next episode; with `seed` that seed's first one. `options` name one: `episode_id`, `limit`
        (s, USD), `rng` (the agent's random stream); what they leave out is drawn."""
        super().reset(seed=seed)
        named = _named(options or {}, None)
        first = self._step is _not_reset
        if seed is not None or first:
            self._batch.seed(seed if seed is not None else int(self.np_random.integers(2**63)))
            self._step = self._stepper.step_one()
            if named:
                self._batch.restart(0, **named)
        else:
            self._batch.restart(0, **named)
        return self._stepper.state_one()

    def step(self, action: Any) -> Tuple[np.ndarray, float, bool, bool, Info]:
        """Answers the turn with `action`, an integer below A."""
        return self._step(action)

    def action_masks(self) -> np.ndarray:
        """(A,) bool: what may be taken now; for sb3-contrib."""
        return self._stepper.masks()[0].copy()


class VectorEnv(EzPickle, gymnasium.vector.VectorEnv):
    """`num_envs` episodes at a time in the C++ environment, to the bit those of a training run of as many slots.

    `step` -> observation (n, D) float32, reward (n,) float64, terminated (n,) bool, truncated (all False), info with
    the keys of `Env`, arrays of n. Where an episode ended, with SAME_STEP also `final_obs` (n, D) and `_final_obs`
    (n,): rows of the last states; the observation is the next episode's first. With NEXT_STEP the observation is the
    last state, and the next step takes no action there. n environments are not n single ones: the episodes that a slot
    gets depend on n, not on the mode nor on `copy`.

    Args:
        num_envs: n, 1 to 65,536.
        copy: arrays of one's own at every step. False: read-only arrays that are written anew, valid until the next
            step but one, `final_obs` and `_final_obs` until the next; reset() writes into the last step's.
        autoreset_mode: SAME_STEP or NEXT_STEP.
        Others: as of `Env`.
    """

    def __init__(
        self,
        suite: Optional[PathLike] = None,
        *,
        num_envs: int = 1,
        copy: bool = True,
        autoreset_mode: Any = AutoresetMode.SAME_STEP,
        task: Optional[str] = None,
        dataset: Optional[PathLike] = None,
        split: Optional[str] = None,
        part: str = "train",
        budgets: Budgets = "uniform",
        reward: Optional[str] = None,
        compat: Optional[str] = None,
        trust_reward: bool = False,
        render_mode: Optional[str] = None,
    ) -> None:
        EzPickle.__init__(
            self, suite, num_envs=num_envs, copy=copy, autoreset_mode=autoreset_mode, task=task, dataset=dataset,
            split=split, part=part, budgets=budgets, reward=reward, compat=compat, trust_reward=trust_reward,
            render_mode=render_mode,
        )  # fmt: skip
        mode = AutoresetMode(autoreset_mode)
        if mode not in (AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP):
            raise ConfigError(f"autoreset_mode: expected SAME_STEP or NEXT_STEP, found {mode}")
        if render_mode is not None:
            raise ConfigError(f"render_mode: {render_mode!r} is not known; there is nothing to see")
        self.render_mode = None
        self.num_envs = num_envs
        self.metadata = {"render_modes": [], "autoreset_mode": mode}
        self.world = World(
            suite, task=task, dataset=dataset, reward=reward, compat=compat, trust_reward=trust_reward
        )
        self._batch = _batch(self.world, split, part, budgets, num_envs, mode == AutoresetMode.NEXT_STEP)
        self._copy = copy
        self._stepper = _core.Stepper(self._batch, copy)
        self._step = _not_reset
        self.single_observation_space = _space(self.world)
        self.single_action_space = gymnasium.spaces.Discrete(self.world.actions)
        batched = gymnasium.vector.utils.batch_space
        self.observation_space = batched(self.single_observation_space, num_envs)
        self.action_space = batched(self.single_action_space, num_envs)

    def reset(
        self, *, seed: Any = None, options: Optional[Dict[str, Any]] = None
    ) -> Tuple[np.ndarray, Info]:
        """Begins the next episode in every slot; with `seed`, one number, that seed's first ones. `options`:
        `reset_mask` (n,) bool, which slots; `episode_id`, `limit`, `rng` as of `Env`, for all slots or one each."""
        if seed is not None and not isinstance(seed, (int, np.integer)):
            raise ConfigError("seed: expected one number: slots draw from one stream")
        super().reset(seed=seed)
        options = dict(options or {})
        slots = np.arange(self.num_envs)
        if options.get("reset_mask") is not None:
            slots = slots[np.asarray(options["reset_mask"], bool)]
        named = [_named(options, int(slot)) for slot in slots]
        fresh = seed is not None or self._step is _not_reset
        if fresh:
            self._batch.seed(int(seed) if seed is not None else int(self.np_random.integers(2**63)))
            self._step = self._stepper.step()
        for slot, names in zip(slots, named):
            if names or not fresh:
                self._batch.restart(int(slot), **names)
        return self._stepper.state()

    def step(self, actions: Any) -> Tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, Info]:
        """Takes a step in all slots; `actions` (n,) integers below A."""
        return self._step(actions)

    def action_masks(self) -> np.ndarray:
        """(n, A) bool: what may be taken now; read-only, valid until the next step but one."""
        return self._stepper.masks()


def _make(kind: Any, suite: str, arguments: Dict[str, Any]) -> Any:
    if arguments.get("task") is None:
        arguments.setdefault("suite", suite)
    return kind(**arguments)


def _make_m4ai(**arguments: Any) -> Env:
    return _make(Env, "m4ai.toml", arguments)


def _make_m4ai_vector(**arguments: Any) -> VectorEnv:
    return _make(VectorEnv, "m4ai.toml", arguments)


def _make_synthetic(**arguments: Any) -> Env:
    return _make(Env, "main-synthetic.toml", arguments)


def _make_synthetic_vector(**arguments: Any) -> VectorEnv:
    return _make(VectorEnv, "main-synthetic.toml", arguments)
