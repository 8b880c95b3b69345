"""Which text files belong to a row of the run directory, and which to the run directory itself."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from typing import Final

from ckptui.config import CONFIG_NAME
from ckptui.failure_log import FAILURE_LOG
from ckptui.launch.places import OWN_DIR
from ckptui.light import dataclass

_SUFFIXES: Final = frozenset({
    ".json", ".jsonl", ".txt", ".log", ".out", ".err", ".toml", ".yaml", ".yml", ".md", ".csv",
    ".tsv", ".cfg", ".ini", ".sh", ".py", ".xml",
})  # fmt: skip
_NAMES_LOOKED_AT: Final = 2_000
_MOST: Final = 13


@dataclass(frozen=True, slots=True)
class FoundText:
    """A text file.

    Attributes:
        path: Relative to the run directory.
        size: Bytes.
        modified: Seconds since the epoch.
        own: True where it belongs to the row, False where to the run directory.
    """

    path: str
    size: int
    modified: int
    own: bool


def texts_near(root: str, path: str | None) -> list[FoundText]:
    """Text files that somebody may want to read who looks at a row; the row's own come first.

    Only names tell what is text, so nothing is opened; not more than a few are listed.

    Args:
        root: The run directory.
        path: The row's file or directory, relative to it; None for no row.
    """
    own = _looked(root, _of_row(root, path), own=True) if path else []
    seen = {each.path for each in own}
    fixed = (CONFIG_NAME, FAILURE_LOG, f"{OWN_DIR}/journal.jsonl")
    rest = [each for each in _looked(root, fixed, own=False) if each.path not in seen]
    seen |= {each.path for each in rest}
    loose = (name for name in [*_names(root, ""), *_names(root, "logs")] if name not in seen)
    newest = sorted(_looked(root, loose, own=False), key=lambda each: -each.modified)
    return [*own[: _MOST - len(rest)], *rest, *newest][:_MOST]


def _of_row(root: str, path: str) -> Iterator[str]:
    if os.path.isdir(os.path.join(root, path)):
        yield from sorted(_names(root, path))
        return
    if _is_text(path):
        yield path
    folder, name = os.path.split(path)
    stem = name.split(".", maxsplit=1)[0]
    for other in sorted(_names(root, folder)):
        if other != path and os.path.basename(other).split(".", maxsplit=1)[0] == stem:
            yield other
    yield os.path.join(folder, FAILURE_LOG)


def _names(root: str, folder: str) -> list[str]:
    """Text files right in a folder."""
    found: list[str] = []
    try:
        with os.scandir(os.path.join(root, folder)) as entries:
            for looked, entry in enumerate(entries):
                if looked == _NAMES_LOOKED_AT:
                    break
                if _is_text(entry.name):
                    found.append(os.path.join(folder, entry.name))
    except OSError:
        return []
    return found


def _is_text(path: str) -> bool:
    return os.path.splitext(path)[1].lower() in _SUFFIXES


def _looked(root: str, paths: Iterable[str], *, own: bool) -> list[FoundText]:
    found: list[FoundText] = []
    for path in dict.fromkeys(paths):
        try:
            info = os.stat(os.path.join(root, path))
        except OSError:
            continue
        if stat.S_ISREG(info.st_mode):
            found.append(FoundText(path, info.st_size, int(info.st_mtime), own))
    return found
