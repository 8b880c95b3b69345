"""Hugging Face Trainer: ``checkpoint-500/`` (transformers 5.23, trainer.py).

Written in this order: config.json, model weights, index, tokenizer, training_args.bin,
optimizer.pt, scheduler.pt, rng_state*.pth, and trainer_state.json last.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

NAME: Final = "hf-trainer"
_DIRECTORY: Final = re.compile(r"^checkpoint-\d+$")
_WEIGHTS: Final = (
    "model.safetensors", "pytorch_model.bin", "adapter_model.safetensors", "adapter_model.bin",
    "model.safetensors.index.json", "pytorch_model.bin.index.json",
)  # fmt: skip


def recognise(names: Collection[str], dirname: str) -> bool:
    """True for a Trainer's checkpoint, complete or not."""
    if "trainer_state.json" in names:
        return any(name in names for name in (*_WEIGHTS, "optimizer.pt", "training_args.bin"))
    if not _DIRECTORY.match(dirname):
        return False
    # Killed before trainer_state.json: the directory's name and one of its files must do.
    written = (*_WEIGHTS, "training_args.bin", "optimizer.pt", "scheduler.pt", "config.json")
    return any(name in names for name in written)
