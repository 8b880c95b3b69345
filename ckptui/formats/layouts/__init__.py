"""What a checkpoint directory is. One framework a file; recognition only.

Each module has ``NAME`` and ``recognise(names, dirname) -> bool``, which looks at names alone:
a scan asks for every directory that it enters. Facts about who writes which files in which
order: torch-files notes in the frameworks' own sources, named in each module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Final

from ckptui.formats.layouts import (
    accelerate,
    dcp,
    deepspeed,
    hf_trainer,
    lightning,
    megatron,
    nemo,
    sharded,
    torchtitan,
)

# An output directory that keeps several checkpoints is none itself, even where the final model
# lies among them, as transformers' Trainer leaves it.
_HOLDS_CHECKPOINTS: Final = re.compile(r"^checkpoint[-_]\d+$").match

_Recogniser = Callable[[Collection[str], str], bool]

_LAYOUTS: Final[tuple[tuple[str, _Recogniser], ...]] = (
    # The specific ones first: a Megatron or torchtitan directory also looks like DCP.
    (hf_trainer.NAME, hf_trainer.recognise),
    (deepspeed.NAME, deepspeed.recognise),
    (megatron.NAME, megatron.recognise),
    (nemo.NAME, nemo.recognise),
    (lightning.NAME, lightning.recognise),
    (torchtitan.NAME, torchtitan.recognise),
    (dcp.NAME, dcp.recognise),
    (accelerate.NAME, accelerate.recognise),
    (sharded.NAME, sharded.recognise),
)

NAMES: Final = tuple(name for name, _ in _LAYOUTS)
"""Every layout's name."""


def recognise_directory(names: Collection[str], dirname: str) -> str | None:
    """Name the layout of a checkpoint directory.

    Args:
        names: Names of its entries, files and directories, without paths. A set or frozenset is
            fastest.
        dirname: The directory's own name.

    Returns:
        A name of :data:`NAMES`, or None for a directory like any other.
    """
    if not names:
        return None
    if any(map(_HOLDS_CHECKPOINTS, names)):
        return None
    present = names if isinstance(names, frozenset | set) else frozenset(names)
    return next((name for name, recognise in _LAYOUTS if recognise(present, dirname)), None)
