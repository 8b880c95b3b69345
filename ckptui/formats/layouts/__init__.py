"""What a checkpoint directory is, and what makes it complete. One framework a file.

Each module has ``NAME`` and ``recognise(names, dirname) -> bool``, which looks at names alone:
a scan asks for every directory that it enters; and ``read(folder, said)``, which notes from names,
sizes and small files what should be there and is. Facts about who writes which files in which
order: the frameworks' own sources, named in each module.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Final

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

if TYPE_CHECKING:
    from ckptui.formats.layouts.folder import Folder
    from ckptui.formats.layouts.reading import Reading

# An output directory that keeps several checkpoints is none itself, even where the final model
# lies among them, as transformers' Trainer leaves it.
_HOLDS_CHECKPOINTS: Final = re.compile(r"^checkpoint[-_]\d+$").match

_Recogniser = Callable[[Collection[str], str], bool]
_Reader = Callable[["Folder", "Reading"], None]

_LAYOUTS: Final[tuple[tuple[str, _Recogniser, _Reader], ...]] = (
    # The specific ones first: a Megatron or torchtitan directory also looks like DCP.
    (hf_trainer.NAME, hf_trainer.recognise, hf_trainer.read),
    (deepspeed.NAME, deepspeed.recognise, deepspeed.read),
    (megatron.NAME, megatron.recognise, megatron.read),
    (nemo.NAME, nemo.recognise, nemo.read),
    (lightning.NAME, lightning.recognise, lightning.read),
    (torchtitan.NAME, torchtitan.recognise, torchtitan.read),
    (dcp.NAME, dcp.recognise, dcp.read),
    (accelerate.NAME, accelerate.recognise, accelerate.read),
    (sharded.NAME, sharded.recognise, sharded.read),
)

_BESIDE: Final = {
    deepspeed.NAME: (deepspeed.LATEST,),
    megatron.NAME: (megatron.TRACKER,),
    nemo.NAME: (),
}
"""Layouts that a file beside the directory says something about, written after it."""

NAMES: Final = tuple(name for name, _, _ in _LAYOUTS)
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
    return next((name for name, recognise, _ in _LAYOUTS if recognise(present, dirname)), None)


def is_marked_beside(layout: str) -> bool:
    """True where a file beside the directory belongs to its layout, such as ``latest``."""
    return layout in _BESIDE


def beside(layout: str, path: str) -> Iterator[os.stat_result]:
    """The files beside a directory that say something about it, as they are now.

    Args:
        layout: Its layout.
        path: The directory.
    """
    names = _BESIDE.get(layout)
    if names is None:
        return
    above, name = os.path.split(os.path.abspath(path))
    for each in (*names, f"{name}{nemo.UNFINISHED}") if layout == nemo.NAME else names:
        try:
            yield os.stat(os.path.join(above, each))
        except OSError:
            continue


def read_layout(folder: Folder) -> Reading:
    """Note what a checkpoint directory should hold and holds.

    Args:
        folder: A directory whose layout is known.

    Returns:
        Facts; what lies in its parts is not looked at, but for small files and a few headers.
    """
    from ckptui.formats.layouts.reading import Reading
    from ckptui.formats.naming import epoch_from_name, step_from_name

    said = Reading(folder.layout)
    read = next(read for name, _, read in _LAYOUTS if name == folder.layout)
    read(folder, said)
    named = step_from_name(folder.name)
    said.step = named if said.step is None else said.step
    if named is not None and named not in (said.step, said.epoch) and not said.step_note:
        said.step_note = f"its name says step {named:,}, its content {said.step:,}"
    said.epoch = epoch_from_name(folder.name) if said.epoch is None else said.epoch
    return said
