"""An index of shards that was named as a file: it is judged with the shards beside it."""

from __future__ import annotations

import os
from typing import Final

from ckptui.formats.model import Header, Problem
from ckptui.formats.reader import read_header
from ckptui.formats.sharded_index import outside, read_index, shard_problems

_MOST: Final = 2_000
"""Shards that are opened; the largest models have a few hundred."""


def problems_beside(path: str) -> list[Problem]:
    """What does not fit between an index and the files beside it.

    Args:
        path: The ``*.index.json``, surrogate-escaped.

    Raises:
        OSError: The index, or a shard that is there, cannot be read.
    """
    index = read_index(path)
    folder = os.path.dirname(path)
    names = [name for name in index.files if not outside(name)]
    shards = {name: _header(os.path.join(folder, name)) for name in names[:_MOST]}
    problems = shard_problems(index, shards)
    if len(names) > _MOST:
        text = f"it names {len(names):,} shards; the first {_MOST:,} were looked at"
        problems.append(Problem("reader-limit", text, None, "limit"))
    return problems


def _header(path: str) -> Header | None:
    try:
        return read_header(path)
    except FileNotFoundError:
        return None
