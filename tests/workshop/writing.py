"""Writes what it is told to with torch.save: a line of JSON for each file.

``python -m tests.workshop.writing`` is a process of its own, as every real writer here. A
description is ``{"path", "tree", "options"}``; in a tree ``{"tensor": [dtype, shape, how]}`` is a
tensor, ``{"dict": [[key, tree], …]}`` a dict, ``{"list": [tree, …]}`` a list, ``{"tuple": …}`` a
tuple, and everything else is itself.
"""

from __future__ import annotations

import io
import json
import sys
from collections import OrderedDict
from collections.abc import Mapping
from typing import cast

import torch


def tensor(dtype: str, shape: list[int], how: str) -> torch.Tensor:
    """A tensor with numbers in it; ``how`` says how it lies in its storage."""
    kind = cast("torch.dtype", getattr(torch, dtype))
    count = 1
    for size in shape:
        count *= size
    flat = torch.arange(1, count + 9) % 100
    if how == "view":
        return flat.to(kind)[8:].reshape(shape)
    made = flat[:count].to(kind).reshape(shape)
    if how == "turned" and len(shape) > 1:
        return made.transpose(0, 1).contiguous().transpose(0, 1)
    return torch.nn.Parameter(made, requires_grad=False) if how == "parameter" else made


def build(tree: object) -> object:
    """The value that a tree describes."""
    if not isinstance(tree, dict):
        return tree
    ((kind, inner),) = tree.items()
    if kind == "tensor":
        return tensor(*inner)
    if kind == "dict":
        return {key: build(value) for key, value in inner}
    if kind == "ordered":
        return OrderedDict((key, build(value)) for key, value in inner)
    parts = [build(value) for value in inner]
    return tuple(parts) if kind == "tuple" else parts


def save(path: str, value: object, options: Mapping[str, object]) -> None:
    """As the options say: ``buffer``, ``legacy``, ``protocol``, ``checksums``, ``alignment``."""
    from torch.utils.serialization import config

    torch.serialization.set_crc32_options(bool(options["checksums"]))
    before = config.save.storage_alignment
    config.save.storage_alignment = cast("int", options["alignment"])
    target = io.BytesIO() if options["buffer"] else path
    try:
        torch.save(
            value, target, pickle_protocol=cast("int", options["protocol"]),
            _use_new_zipfile_serialization=not options["legacy"],
        )  # fmt: skip
    finally:
        torch.serialization.set_crc32_options(True)
        config.save.storage_alignment = before
    if isinstance(target, io.BytesIO):
        with open(path, "wb") as file:
            file.write(target.getvalue())


def main() -> None:
    """Write file after file until there are no more."""
    for line in sys.stdin:
        told = json.loads(line)
        save(told["path"], build(told["tree"]), told["options"])
        print("done", flush=True)


if __name__ == "__main__":
    main()
