"""The previous checkpoint of a row's series, for level 6 to compare with."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from ckptui.formats.naming import series_key
from ckptui.terms import GOOD
from ckptui.validation.verdict import Verdict
from ckptui.watch.entries import Signature
from ckptui.watch.model import Checkpoint

_KEPT: Final = 16


def previous_of(path: str, rows: Mapping[str, Checkpoint]) -> str:
    """The save before this one in its series, by step; "" where there is none that is good.

    Args:
        path: Of a row.
        rows: All rows by path.
    """
    row = rows.get(path)
    if row is None or row.step is None:
        return ""
    folder, key = path.rpartition("/")[0], series_key(path)
    best: Checkpoint | None = None
    for other in rows.values():
        if other.step is None or other.step >= row.step or not other.path.startswith(folder):
            continue
        if best is not None and best.step is not None and other.step <= best.step:
            continue
        if _is_whole_file(other) and series_key(other.path) == key:
            best = other
    return "" if best is None else best.path


def _is_whole_file(row: Checkpoint) -> bool:
    return row.category in GOOD and not row.layout and row.size is not None and row.pointer is None


class RecentValues:
    """Level 6's values of the files that were checked last; a few, because they are many."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Signature, Mapping[str, float]]] = OrderedDict()

    def keep(self, path: str, verdict: Verdict) -> None:
        """Keep what a verdict says about the numbers, if it does."""
        about = verdict.facts.signature
        if not verdict.values or about is None or verdict.category not in GOOD:
            return
        self._kept[path] = (about, verdict.values)
        self._kept.move_to_end(path)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def of(self, path: str, signature: Signature | None) -> Mapping[str, float] | None:
        """The values of these very bytes, or None where they are not kept."""
        about, values = self._kept.get(path, (None, None))
        return values if about is not None and about == signature else None
