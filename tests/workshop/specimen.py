"""A specimen: one file, and what its maker knows about it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ckptui.terms import Category

OLD = 3600.0
"""Seconds that a specimen's time lies back, so that it is past every settling time."""


class Kind(StrEnum):
    """What its maker calls a specimen."""

    GOOD = "good"
    """Written by a real library and left alone: nothing may be said against it."""
    ODD = "odd"
    """Unusual, but nothing is lost."""
    DAMAGED = "damaged"
    """Bytes wrong or missing."""
    FOREIGN = "foreign"
    UNSAFE = "unsafe"
    INCOMPATIBLE = "incompatible"
    INCOMPLETE = "incomplete"
    UNREADABLE = "unreadable"
    CHANGING = "changing"


@dataclass(frozen=True, slots=True)
class Truth:
    """What the maker of a specimen knows.

    Attributes:
        kind: What it is.
        categories: A check to ``ask`` must end in one of these.
        note: What happened to it, in a sentence.
        format: Format that a check must tell (see ``formats.recognise``), "" where any will do.
        witness: True where something on disk proves what is wrong. Without one, no check can be
            blamed for ``valid``.
        words: Each must stand in what is said about the file, capitals aside: the tensor, the byte.
        level: Least level that must be reached.
        ask: Level to ask for.
        warns: Level 6 must warn.
    """

    kind: Kind
    categories: frozenset[Category]
    note: str
    format: str = ""
    witness: bool = True
    words: tuple[str, ...] = ()
    level: int = 0
    ask: int = 5
    warns: bool = False

    @property
    def bad(self) -> bool:
        """True for damaged and unfinished files."""
        return self.kind in {Kind.DAMAGED, Kind.INCOMPLETE}

    @property
    def fine(self) -> bool:
        """True where any word against the file is a false alarm."""
        return self.kind in {Kind.GOOD, Kind.ODD}


@dataclass(frozen=True, slots=True)
class Specimen:
    """One file of the workshop.

    Attributes:
        name: ``family/what``, for example ``cut/in-a-tensor``; unique.
        path: Where it is; surrogate-escaped.
        truth: What its maker knows.
        fresh: True where it counts as written at this moment (:meth:`prepare`).
    """

    name: str
    path: str
    truth: Truth
    fresh: bool = False

    @property
    def family(self) -> str:
        """The first part of the name."""
        return self.name.partition("/")[0]

    def prepare(self) -> None:
        """Call this before each check: a fresh file is fresh only for some seconds."""
        if self.fresh:
            os.utime(self.path)


def age(path: str, seconds: float = OLD) -> None:
    """Set a file's time back."""
    then = time.time() - seconds
    os.utime(path, (then, then), follow_symlinks=False)


def to_json(specimens: Iterable[Specimen]) -> str:
    """All truths as a JSON document, ASCII."""
    rows = [
        {
            "name": s.name,
            "path": s.path,
            "fresh": s.fresh,
            "kind": s.truth.kind,
            "categories": sorted(s.truth.categories),
            "note": s.truth.note,
            "format": s.truth.format,
            "witness": s.truth.witness,
            "words": list(s.truth.words),
            "level": s.truth.level,
            "ask": s.truth.ask,
            "warns": s.truth.warns,
        }
        for s in specimens
    ]
    return json.dumps(rows, indent=1)
