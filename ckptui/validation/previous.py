"""The previous checkpoint of a series: which file it is, and what level 6 knows of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Final

from ckptui.formats.layouts.walk import TO_LIST
from ckptui.formats.naming import is_candidate, series_key, step_from_name
from ckptui.formats.steps import step_of
from ckptui.light import dataclass
from ckptui.terms import Level, Result
from ckptui.validation.cache_rows import key_of
from ckptui.validation.comparison import Before, shapes_of
from ckptui.validation.container import check_container
from ckptui.validation.payload import read_payload
from ckptui.validation.reading import Content, read_content
from ckptui.validation.scan import Progress
from ckptui.validation.source import Source

_MOST: Final = 50_000
"""Names looked at in a folder."""


def previous_beside(path: str, pause: Callable[[int], None] = lambda count: None) -> str:
    """The save before this one, by the step in the names of its folder; "" where there is none.

    Args:
        path: The save.
        pause: Called before looks at its filesystem, with how many there will be.

    Example:
        >>> previous_beside("/nowhere/step_200.pt")
        ''
    """
    folder, name = os.path.split(path)
    step, key = step_from_name(name), series_key(name)
    if step is None:
        return ""
    best, found = -1, ""
    pause(TO_LIST)
    try:
        with os.scandir(folder or ".") as entries:
            for entry in islice(entries, _MOST):
                if series_key(entry.name) != key or not is_candidate(entry.name):
                    continue
                other = step_from_name(entry.name)
                if other is not None and best < other < step and entry.is_file():
                    best, found = other, entry.name
    except OSError:
        return ""
    return os.path.join(folder, found) if found else ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the previous checkpoint already.

    Attributes:
        values: Level 6's, None where they are not known.
        key: Of the bytes that they are about; "" where that is certain.
    """

    values: Mapping[str, float] | None = None
    key: str = ""

    def of(self, source: Source) -> Mapping[str, float] | None:
        """The values, where they are about the bytes that are there now."""
        fits = not self.key or self.key == key_of(source.signature)
        return self.values if fits else None


def read_before(path: str, known: Known, progress: Progress, others: int) -> Before:
    """What the previous checkpoint's tensors are like.

    Args:
        path: The previous checkpoint.
        known: What is known of it; where that is its values, only its header is read.
        progress: Counts the bytes that are read.
        others: Bytes that will be read after these.

    Returns:
        It; with ``why_not`` where it cannot be read, or is damaged.

    Raises:
        CancelledError: Where the check is not wanted any more.
    """
    name = os.path.basename(path)
    try:
        with Source(path, recall=False) as source:
            values = known.of(source)
            content = read_content(source, whole=values is None)
            if values is None:
                values = _read_values(source, content, progress, others)
            if values is None or source.moved():
                return Before(name, why_not=f"not compared with {name}: it is not whole")
    except OSError:
        return Before(name, why_not=f"not compared with {name}: it cannot be read")
    step, _, _ = step_of(content.header, name)
    return Before(name, values, shapes_of(content.header.tensors), step)


def _read_values(
    source: Source, content: Content, progress: Progress, others: int
) -> Mapping[str, float] | None:
    if check_container(content.header, content.problems).result not in {Result.PASS, Result.WARN}:
        return None
    progress.total = source.size + others
    payload = read_payload(source, content, [Level.CHECKSUMS, Level.VALUES], progress)
    return None if payload.findings[Level.CHECKSUMS].result is Result.FAIL else payload.values
