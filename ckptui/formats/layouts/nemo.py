"""NeMo's distributed checkpoints: ``weights/`` and ``context/`` (nemo 2, io/connector).

``<name>-unfinished`` beside a checkpoint says that it is not complete.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

NAME: Final = "nemo"


def recognise(names: Collection[str], dirname: str) -> bool:
    """True for a checkpoint directory of NeMo 2, or an unpacked ``.nemo``."""
    if "model_config.yaml" in names:
        return any(name in names for name in ("model_weights", "model_weights.ckpt"))
    return "weights" in names and "context" in names
