"""A plain pickle: its structure is that it reaches its end mark, and that the file ends there.

Files of any size: arrays and other bytes in it are passed over. A file may hold several pickles,
one after another; each is gone through.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ckptui.formats.joblib_arrays import WRAPPER
from ckptui.formats.limits import MIB, Limits
from ckptui.formats.model import Header, Problem
from ckptui.formats.pickle_nodes import Packed
from ckptui.formats.pickle_stream import run_stream
from ckptui.formats.pickle_table import make_table, storage_infos
from ckptui.formats.pickle_vm import PickleTree, run
from ckptui.formats.recognise import begins_legacy
from ckptui.formats.window import Window

_BUDGET: Final = 8 * MIB
"""Bytes that are read for the header alone."""
_PICKLES: Final = 64  # of several in one file, as many are gone through
_LEGACY_PICKLES: Final = 4
_UNPACK: Final = "torch.storage._load_from_bytes"


def read_header_of(window: Window, limits: Limits, full: bool) -> Header:
    """The header of a plain pickle; ``full`` goes further into large ones.

    Raises:
        OSError: A read failed.
    """
    budget = limits.pickle if full else min(_BUDGET, limits.pickle)
    tree = run_stream(window, limits, 0, budget)
    table = make_table(tree.root, limits)
    problems = [_as_cut(p, window.size) if p.code == "pickle-cut" else p for p in tree.problems]
    names = set(tree.globals)
    left = limits.opcodes - tree.opcodes
    notes = list(table.notes)
    if tree.finished:
        left = _read_rest(window, limits, tree, left, names, problems, notes)
    _read_packed(tree, limits, left, names, problems)
    names.discard(WRAPPER)  # what stands behind it was gone through
    return Header(
        "pickle",
        window.size,
        top_type=table.top_type,
        keys=table.keys,
        top=table.top,
        tensors=tuple(table.tensors),
        storages=storage_infos(tree.storages),
        globals=tuple(sorted(names)),
        called=tree.called,
        metadata={"protocol": str(tree.protocol)},
        problems=tuple(problems),
        notes=tuple(notes),
        truncated_table=table.truncated or any(p.kind == "limit" for p in problems),
    )


def _read_rest(
    window: Window,
    limits: Limits,
    tree: PickleTree,
    left: int,
    names: set[str],
    problems: list[Problem],
    notes: list[str],
) -> int:
    """What follows the first pickle: further ones, or other bytes; the opcodes that are left."""
    at, count = tree.end, 1
    while at < window.size and left > 0:
        more = run_stream(window, replace(limits, opcodes=left), at, _BUDGET)
        limited = any(problem.kind == "limit" for problem in more.problems)
        if not more.finished and not limited:
            text = f"{window.size - at:,} bytes follow that are no pickle"
            problems.append(Problem("trailing", text, at, "odd"))
            break
        names.update(more.globals)
        left -= more.opcodes
        count += 1
        if limited or count > _PICKLES:
            text = "it holds more pickles than the reader goes through"
            problems.append(Problem("reader-limit", text, at, "limit"))
            break
        at = more.end
    if count > 1:
        notes.append(f"it holds {count:,} pickles one after another; the first is shown")
    return left


def _read_packed(
    tree: PickleTree, limits: Limits, left: int, names: set[str], problems: list[Problem]
) -> None:
    """What the storages name that stand in it as files of torch's own: these are pickles, too.

    A pickled tensor is unpacked by torch.load without its safe loader, so each is looked into.
    """
    for content in tree.packed:
        head = Packed(content).head
        at = 0
        for _ in range(_LEGACY_PICKLES):
            inner = run(head, replace(limits, opcodes=max(left, 1)), at)
            names.update(inner.globals)
            left -= inner.opcodes
            if not inner.finished or not begins_legacy(head):
                text = "a tensor in it is packed in a way that is not read here"
                problems.append(Problem("reader-limit", text, None, "limit"))
                return
            at = inner.end
    names.discard(_UNPACK)


def _as_cut(problem: Problem, size: int) -> Problem:
    return Problem("cut-short", f"it is cut short at byte {size:,}: {problem.text}", size)
