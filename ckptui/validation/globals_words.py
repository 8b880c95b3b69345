"""Globals in sentences: whose they are, what becomes of them, and how to allow them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Final

from ckptui.validation.known_globals import GlobalsSplit
from ckptui.validation.telling import NEXT

_MOST: Final = 12
_WHOSE: Final = {
    "__main__": "the script itself that saved it",
    "__mp_main__": "the script itself that saved it",
    "transformers": "the package transformers, as training_args.bin has them",
    "accelerate": "the package accelerate",
    "ultralytics": "the package ultralytics, whose checkpoints hold the whole model",
    "models": "the source tree of YOLOv5 or YOLOv7, whose checkpoints hold the whole model",
    "fairseq": "the package fairseq",
    "megatron": "Megatron-LM's source tree",
    "yacs": "the package yacs (its configuration)",
    "easydict": "the package easydict",
    "omegaconf": "the package omegaconf (Hydra's configuration)",
    "timm": "the package timm",
    "functools": "the standard library: a function kept with its arguments",
    "logging": "the standard library: a logger kept with the settings",
}
"""Package → whose it is, for those that real checkpoints name most."""


def unknown_lines(names: Sequence[str]) -> list[str]:
    """``needs A and B of the package transformers``, a line a package."""
    lines = []
    for package, group in groupby(sorted(names), key=lambda name: name.partition(".")[0]):
        classes = [name.rpartition(".")[2] for name in group]
        shown = _listed(classes)
        noun = "class" if len(classes) == 1 else "classes"
        whose = _WHOSE.get(package, f"the package {package}")
        lines.append(f"needs the {noun} {shown} of {whose}")
    return lines[:_MOST]


def _listed(names: Sequence[str]) -> str:
    if len(names) > _MOST:
        return ", ".join(names[:_MOST]) + f" and {len(names) - _MOST} more"
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]


def dangerous_lines(names: Sequence[str], called: Collection[str]) -> list[str]:
    """Whether the pickle calls them itself, or only names them."""
    return [
        f"{name}: the pickle calls it itself"
        if name in called
        else f"{name}: named, not called by the pickle itself; loading imports it all the same"
        for name in names[:_MOST]
    ]


def how_to_allow(split: GlobalsSplit) -> str:
    """The next step where everything that stands against it can be allowed."""
    listed = json.dumps([*split.allowed, *split.unknown], ensure_ascii=False)
    return (
        f"{NEXT}if you trust whoever wrote it: ckptui repair allow-globals FILE, or put into "
        f"ckptui.toml of its run [allow] globals = {listed}   (nothing of it is imported for that)"
    )
