"""What files hold, to the last bit of every number."""

from __future__ import annotations

from pathlib import Path

import torch


def content(path: Path) -> object:
    """What a file holds, in a form that compares: its bytes, or what torch loads from it.

    Two checkpoints with the same content may differ in their bytes: a pickle shows which equal
    objects were one object.
    """
    if path.suffix != ".pt":
        return path.read_bytes()
    return _bits(torch.load(path, weights_only=True))


def _bits(value: object) -> object:
    if isinstance(value, torch.Tensor):
        return str(value.dtype), tuple(value.shape), value.numpy().tobytes()
    if isinstance(value, dict):
        return {key: _bits(item) for key, item in value.items()}
    return [_bits(item) for item in value] if isinstance(value, list | tuple) else value
