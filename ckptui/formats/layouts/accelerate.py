"""Hugging Face Accelerate: ``save_state`` (accelerate 1.15, checkpointing.py).

model*.safetensors, optimizer.bin, scheduler.bin, sampler.bin, random_states_<rank>.pkl last.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

NAME: Final = "accelerate"


def recognise(names: Collection[str], dirname: str) -> bool:
    """True for a state that Accelerate saved."""
    if not any(name.startswith("random_states_") and name.endswith(".pkl") for name in names):
        # Killed before the random states, which come last: the optimizer's name is its own.
        return dirname.startswith("checkpoint_") and "optimizer.bin" in names
    others = ("optimizer.bin", "scheduler.bin", "sampler.bin", "model.safetensors")
    return any(name in names for name in (*others, "pytorch_model.bin")) or any(
        name.startswith(("model", "pytorch_model", "custom_checkpoint_", "optimizer"))
        for name in names
    )
