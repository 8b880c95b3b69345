"""A file whose name promises another format than its content has: told, and never held against it.

Only endings that mean one thing are looked at: ``.bin``, ``.pkl`` and ``.tar`` promise little.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Final

from ckptui.formats.recognise import FORMATS, describe
from ckptui.terms import Result
from ckptui.validation.finding import Finding

_MEANS: Final[dict[str, frozenset[str]]] = {
    ".safetensors": frozenset({"safetensors"}),
    ".npz": frozenset({"npz"}),
    ".gguf": frozenset({"gguf"}),
    ".h5": frozenset({"hdf5"}),
}
_TORCH: Final = frozenset({".pt", ".pth", ".ckpt"})
_NOT_TORCH: Final = frozenset({"safetensors", "npz", "gguf", "hdf5", "pickle"})


def disagreement(path: str, format_name: str) -> str:
    """One sentence where a file's ending promises another format; empty where it does not.

    Example:
        >>> disagreement("model.safetensors", "torch-zip")
        'its name says .safetensors, its content is a torch checkpoint'
    """
    ending = os.path.splitext(path)[1].lower()
    if format_name not in FORMATS or format_name in {"zeros", "empty", "zip"}:
        return ""
    means = _MEANS.get(ending)
    if means is None:
        agrees = ending not in _TORCH or format_name not in _NOT_TORCH
    else:
        agrees = format_name in means
    if agrees:
        return ""
    what = describe(format_name)
    article = "" if format_name in {"safetensors", "gguf", "hdf5"} else "a "
    return f"its name says {ending}, its content is {article}{what}"


def with_name(container: Finding, path: str, format_name: str) -> Finding:
    """Level 2's finding with that sentence, where the container itself is whole."""
    if container.result not in {Result.PASS, Result.WARN}:
        return container
    said = disagreement(path, format_name)
    if not said:
        return container
    note = f"{container.note}; {said}" if container.note else said
    return replace(container, result=Result.WARN, note=note)
