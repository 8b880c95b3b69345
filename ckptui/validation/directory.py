"""Check one checkpoint directory: are its parts all there, whole, and of one save?

What should be there is read by :mod:`ckptui.formats.layouts`; each part that a resume needs is
checked as a file, at the level that was asked for, and the worst of them decides.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from isal import isal_zlib

from ckptui.formats.layouts import read_layout
from ckptui.formats.layouts.folder import Folder, list_folder
from ckptui.formats.layouts.reading import Reading
from ckptui.formats.role import Role
from ckptui.terms import Category, Level
from ckptui.validation.check import Cancelled, OnProgress, Order, changing
from ckptui.validation.directory_findings import find
from ckptui.validation.directory_parts import Parts, check_parts
from ckptui.validation.judge import judge, verdict_without_reading
from ckptui.validation.login_node import is_too_much, sentence
from ckptui.validation.scan import CancelledError
from ckptui.validation.settling import settling_time
from ckptui.validation.source import pause_on
from ckptui.validation.trouble import cancelled, removed, unreadable
from ckptui.validation.verdict import Facts, Part, Verdict

_BAD: Final = frozenset({Category.CORRUPTED, Category.FOREIGN, Category.INCOMPLETE})
_MOST_PARTS: Final = 200
_MOST_GLOBALS: Final = 100
NOT_ONE: Final = "a directory, and not laid out like a checkpoint of any framework known here"


def check_directory(
    path: str | os.PathLike[str],
    *,
    level: int = 4,
    required_keys: Sequence[str] = (),
    header_only: bool = False,
    allow_globals: Sequence[str] = (),
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
    settle: bool = True,
) -> Verdict:
    """Check a checkpoint directory: its parts' completeness, and each part as a file.

    Args:
        path: The directory.
        level, required_keys, header_only, allow_globals, on_progress, cancelled, settle: As for
            :func:`ckptui.validation.check.check_file`; keys may be in any of its parts.

    Returns:
        The verdict; ``facts.layout`` and ``facts.parts`` say what it is made of. No error is raised
        for anything that the directory or the disk does.

    Example:
        >>> check_directory("/nowhere/checkpoint-500").reason
        'it does not exist'
    """
    order = Order(level, tuple(required_keys), header_only, tuple(allow_globals), settle)
    try:
        return check_listed(os.fspath(path), order, on_progress, cancelled)
    except OSError as error:
        return unreadable(os.fspath(path), error)


def check_listed(
    path: str, order: Order, on_progress: OnProgress | None, is_cancelled: Cancelled | None
) -> Verdict:
    """Check a directory, as a check of files comes upon it.

    Raises:
        OSError: It cannot be listed.
    """
    folder = list_folder(path, pause_on(os.stat(path).st_dev))
    if not folder.layout:
        return verdict_without_reading(path, Category.UNREADABLE, NOT_ONE)
    size = folder.signature[2]
    if order.here or order.header_only or not is_too_much(order.level, size, os.environ):
        return _check(folder, order, on_progress, is_cancelled)
    shallow = replace(order, level=int(Level.CONTAINER), here=True)
    verdict = _check(folder, shallow, on_progress, is_cancelled)
    if verdict.category is not Category.UNCHECKED:
        return verdict
    return replace(verdict, reason=sentence(size))


def _check(
    folder: Folder, order: Order, on_progress: OnProgress | None, is_cancelled: Cancelled | None
) -> Verdict:
    path = folder.path
    said = read_layout(folder)
    try:
        parts = check_parts(folder, said, order, on_progress, is_cancelled)
    except CancelledError:
        return cancelled(path)
    findings, detail = find(folder, said, parts, order)
    verdict = judge(
        path,
        findings,
        _facts(folder, said, parts),
        asked=order.level,
        header_only=order.header_only,
    )
    lines = [verdict.detail, *detail]
    verdict = replace(verdict, detail="\n".join(line for line in lines if line))
    return _settle(folder, order, verdict)


def _facts(folder: Folder, said: Reading, parts: Parts) -> Facts:
    results = parts.checked.values()
    names = sorted({name for verdict in results for name in verdict.facts.globals})
    return Facts(
        layout=folder.layout,
        parts=tuple(_parts(folder, said, parts))[:_MOST_PARTS],
        step=said.step,
        epoch=said.epoch,
        step_note=said.step_note,
        globals=tuple(names[:_MOST_GLOBALS]),
        tensors=sum(verdict.facts.tensors for verdict in results),
        signature=folder.signature,
        role=Role.TRAINING if said.training else Role.WEIGHTS,
        content=_content(parts),
    )


def _content(parts: Parts) -> str:
    """One checksum of all parts that were read to their ends; empty where one was not."""
    sums = {name: verdict.facts.content for name, verdict in parts.checked.items()}
    if not sums or parts.left or not all(sums.values()):
        return ""
    lines = "\n".join(f"{name} {sums[name]}" for name in sorted(sums))
    return f"crc32:{isal_zlib.crc32(lines.encode('utf-8', 'surrogateescape')):08x}"


def _parts(folder: Folder, said: Reading, parts: Parts) -> Iterable[Part]:
    """What is missing, then what is bad, then the rest by name."""
    for lost in said.missing:
        text = f"missing: {lost.why}" if lost.why else "missing"
        yield Part(lost.name, None, Category.INCOMPLETE, text)
    broken = {each.name: each for each in said.broken if each.kind in ("damaged", "unfinished")}
    found = [_part(folder, name, parts, broken[name].text if name in broken else "")
             for name in sorted(folder.files)]  # fmt: skip
    yield from (part for part in found if part.reason)
    yield from (part for part in found if not part.reason)


def _part(folder: Folder, name: str, parts: Parts, broken: str) -> Part:
    size = folder.files[name]
    if broken:
        return Part(name, size, Category.CORRUPTED, broken)
    verdict = parts.checked.get(name) or parts.side.get(name)
    if verdict is None:
        return Part(name, size, Category.UNCHECKED, "")
    return Part(name, size, verdict.category, verdict.reason)


def _settle(folder: Folder, order: Order, verdict: Verdict) -> Verdict:
    """What moved, or is bad and young, is ``changing``: it is being written, or removed."""
    try:
        now = list_folder(folder.path, folder.pause)
    except FileNotFoundError:
        return removed(folder.path)
    except OSError:
        return verdict
    if now.signature != folder.signature:
        gone = len(folder.files.keys() - now.files.keys())
        what = f"{gone} of its parts were removed" if gone else "its parts changed"
        return changing(verdict, f"{what} during the check")
    if order.settle and verdict.category in _BAD and _is_young(folder):
        text = f"written to a moment ago and not complete (yet): {verdict.reason}"
        return changing(verdict, text)
    return verdict


def _is_young(folder: Folder) -> bool:
    return abs(time.time() - folder.newest) < settling_time(folder.signature[0])
