"""Stable-Baselines3: a VecEnv over `VectorEnv`, whose arrays it hands on without copies.

    from offloadbench.sb3 import VecEnv
    from sb3_contrib import MaskablePPO
    MaskablePPO("MlpPolicy", VecEnv(VectorEnv("main-synthetic", num_envs=32, copy=False))).learn(32768)
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.vec_env import VecEnv as _VecEnv

from . import _core
from ._errors import ConfigError
from .envs import VectorEnv


class VecEnv(_VecEnv):
    """n environments for Stable-Baselines3 and sb3-contrib.

    Observations (n, D) and rewards (n,) are views, not to be written to, valid until the next step but one, which is as long as
    the algorithms need them. `infos[i]` has `terminal_observation` and `episode` {r, l, t, violation} where an episode
    ended, else nothing. `env_method("action_masks")` gives all masks at once, as MaskablePPO asks for them.

    Args:
        venv: a `VectorEnv` with SAME_STEP; with copy=False nothing is copied.
    """

    def __init__(self, venv: VectorEnv) -> None:
        if venv.metadata["autoreset_mode"] != AutoresetMode.SAME_STEP:
            raise ConfigError("Stable-Baselines3 starts the next episode in the step that ends one: use SAME_STEP")
        self.venv = venv
        if not venv._copy:
            # Observations are the environment's own memory as before, but PyTorch warns of views that say read-only.
            venv._stepper = _core.Stepper(venv._batch, False, True)
        self.render_mode = None
        super().__init__(venv.num_envs, venv.single_observation_space, venv.single_action_space)
        self._seed: Optional[int] = None
        self._actions: Any = None
        self._returns = np.zeros(venv.num_envs)
        self._lengths = np.zeros(venv.num_envs, np.int64)
        self._violations = np.zeros(venv.num_envs, bool)
        self._steps = 0

    def reset(self) -> np.ndarray:
        """The first states, of the seed given by seed() where one was."""
        observation, info = self.venv.reset(seed=self._seed)
        self._seed = None
        self.reset_infos = [{} for _ in range(self.num_envs)]
        for values in (self._returns, self._lengths, self._violations):
            values[:] = 0
        return observation

    def seed(self, seed: Optional[int] = None) -> Sequence[Optional[int]]:
        """The next reset begins this seed's episodes."""
        self._seed = seed if seed is not None else int(np.random.SeedSequence().generate_state(1)[0])
        return [self._seed] * self.num_envs

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = actions

    def step_wait(self) -> Tuple[np.ndarray, np.ndarray, np.ndarray, List[Dict[str, Any]]]:
        observation, reward, terminated, _, info = self.venv.step(self._actions)
        self._returns += reward
        self._lengths += 1
        self._violations |= info["cost"] > 0
        self._steps += 1
        infos: List[Dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if "final_obs" in info:
            final = info["final_obs"]
            for i in np.flatnonzero(terminated):
                infos[i] = {
                    "terminal_observation": final[i].copy(),
                    "TimeLimit.truncated": False,
                    "episode": {
                        "r": float(self._returns[i]),
                        "l": int(self._lengths[i]),
                        "t": self._steps,
                        "violation": bool(self._violations[i]),
                    },
                }
            going = ~terminated
            self._returns *= going
            self._lengths *= going
            self._violations &= going
        # The algorithms keep this one for longer than a view lives.
        return observation, reward, terminated.copy(), infos

    def action_masks(self) -> np.ndarray:
        """(n, A) bool: what may be taken now."""
        return self.venv.action_masks()

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> Any:
        if method_name == "action_masks":
            masks = self.venv.action_masks()
            return masks if indices is None else masks[list(self._get_indices(indices))]
        raise AttributeError(f"the environments have no method {method_name!r}; they have action_masks")

    def get_attr(self, attr_name: str, indices: Any = None) -> List[Any]:
        value = getattr(self.venv, attr_name)
        return [value for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise AttributeError(f"{attr_name}: the environments are one object, whose attributes are not set one by one")

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> List[bool]:
        return [False for _ in self._get_indices(indices)]

    def close(self) -> None:
        self.venv.close()
