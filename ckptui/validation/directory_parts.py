"""The parts of a checkpoint directory, each checked as a file; of a header check, a bounded few."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import Final

from ckptui.formats.layouts.folder import Folder
from ckptui.formats.layouts.reading import Reading
from ckptui.validation.check import Cancelled, OnProgress, Order, check_as
from ckptui.validation.distributed import check_shard
from ckptui.validation.scan import CancelledError
from ckptui.validation.verdict import Verdict

HEADERS: Final = 48
"""Parts whose headers one header check reads: the largest first, the newest of those."""


@dataclass(slots=True)
class Parts:
    """What the checks of the parts said.

    Attributes:
        checked: Needed part → its verdict.
        side: Likewise for parts that decide nothing.
        left: Needed parts that were not looked into.
    """

    checked: dict[str, Verdict] = field(default_factory=dict)
    side: dict[str, Verdict] = field(default_factory=dict)
    left: int = 0


def check_parts(
    folder: Folder,
    said: Reading,
    order: Order,
    on_progress: OnProgress | None,
    is_cancelled: Cancelled | None,
) -> Parts:
    """Check the parts that a resume reads, and those beside them.

    Raises:
        CancelledError: The check is not wanted any more.
    """
    found = Parts()
    names = _chosen(folder, said, order)
    found.left = len(set(said.needed) | set(said.slices)) - len(names)
    part = replace(order, required_keys=(), listed=True)
    total = sum(folder.files[name] for name in names)
    done = 0
    for name in names:
        _stop(is_cancelled)
        report = _shifted(on_progress, done, total)
        path = os.path.join(folder.path, name)
        if name in said.slices:
            verdict = check_shard(path, said.slices[name], part, report, is_cancelled)
        else:
            verdict = check_as(path, part, report, is_cancelled)
        found.checked[name] = verdict
        done += folder.files[name]
    for name in said.side[:HEADERS]:
        _stop(is_cancelled)
        found.side[name] = check_as(os.path.join(folder.path, name), part, None, is_cancelled)
    _stop(is_cancelled)
    return found


def _chosen(folder: Folder, said: Reading, order: Order) -> list[str]:
    wanted = dict.fromkeys((*said.needed, *said.slices))
    names = [name for name in wanted if name in folder.files]
    names.sort(key=lambda name: (-folder.files[name], -folder.mtimes[name], name))
    return names[:HEADERS] if order.header_only else names


def _shifted(on_progress: OnProgress | None, before: int, total: int) -> OnProgress | None:
    """Progress of one part as progress of the whole."""
    if on_progress is None:
        return None
    return lambda done, _: on_progress(min(before + done, total), total)


def _stop(is_cancelled: Cancelled | None) -> None:
    if is_cancelled is not None and is_cancelled():
        raise CancelledError
