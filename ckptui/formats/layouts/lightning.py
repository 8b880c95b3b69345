"""Lightning's directory form: a ``.ckpt`` directory (lightning 2.6, ModelParallel and FSDP).

A sharded save is DCP with ``meta.pt`` beside it; the usual single-file ``.ckpt`` is a file.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

NAME: Final = "lightning"


def recognise(names: Collection[str], dirname: str) -> bool:
    """True for a checkpoint that Lightning saved as a directory."""
    sharded = ".metadata" in names or any(name.endswith(".distcp") for name in names)
    if "meta.pt" in names and sharded:
        return True
    # DeepSpeed under Lightning: x.ckpt/checkpoint/ and x.ckpt/latest.
    return dirname.endswith(".ckpt") and "checkpoint" in names
