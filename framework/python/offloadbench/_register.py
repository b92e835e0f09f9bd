"""Makes the environments known to Gymnasium."""

from __future__ import annotations


def register() -> None:
    """OffloadBench/M4AI-v1 (the official grid; needs `dataset`) and OffloadBench/Synthetic-v1 (the main suite)."""
    from gymnasium.envs import registration

    for name in ("M4AI", "Synthetic"):
        if f"OffloadBench/{name}-v1" not in registration.registry:
            registration.register(
                f"OffloadBench/{name}-v1",
                entry_point=f"offloadbench.envs:_make_{name.lower()}",
                vector_entry_point=f"offloadbench.envs:_make_{name.lower()}_vector",
            )
