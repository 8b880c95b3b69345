"""A plain pickle: its structure is that it reaches its end mark, and that the file ends there."""

from __future__ import annotations

from typing import Final

from ckptui.formats.limits import MIB, Limits
from ckptui.formats.model import Header, Problem
from ckptui.formats.pickle_table import make_table, storage_infos
from ckptui.formats.pickle_vm import run
from ckptui.formats.window import Window

_LARGEST: Final = 8 * MIB
"""Larger ones hold data, not only structure; reading them is no header read any more."""
_JOBLIB: Final = "joblib.numpy_pickle."
_ARRAYS_BETWEEN: Final = "written by joblib, with arrays between: read to the first of them"


def read_header_of(window: Window, limits: Limits, full: bool) -> Header:
    """The header of a plain pickle; ``full`` reads it up to the limit of all pickles.

    Raises:
        OSError: A read failed.
    """
    largest = limits.pickle if full else min(_LARGEST, limits.pickle)
    if window.size > largest:
        return Header("pickle", window.size, notes=("it is too large to be read by its header",))
    tree = run(window.pread(window.size, 0), limits)
    table = make_table(tree.root, limits)
    problems = [_as_cut(p, window.size) if p.code == "pickle-cut" else p for p in tree.problems]
    notes = list(table.notes)
    if any(name.startswith(_JOBLIB) for name in tree.globals):
        # joblib.dump writes the bytes of each array into the stream of the pickle.
        problems, notes = [p for p in problems if p.kind == "hostile"], [*notes, _ARRAYS_BETWEEN]
    if tree.finished and tree.end < window.size:
        notes.append(f"{window.size - tree.end:,} bytes follow the first pickle in it")
    return Header(
        "pickle",
        window.size,
        top_type=table.top_type,
        keys=table.keys,
        top=table.top,
        tensors=tuple(table.tensors),
        storages=storage_infos(tree.storages),
        globals=tree.globals,
        metadata={"protocol": str(tree.protocol)},
        problems=tuple(problems),
        notes=tuple(notes),
        truncated_table=table.truncated or any(p.kind == "limit" for p in problems),
    )


def _as_cut(problem: Problem, size: int) -> Problem:
    return Problem("cut-short", f"it is cut short at byte {size:,}: {problem.text}", size)
