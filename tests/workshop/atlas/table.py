"""The atlas as text: a summary, and kinds with the same answers in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.workshop.atlas.asking import CRASHED, NO_ANSWER
from tests.workshop.atlas.checkers import CHECKERS, accepts
from tests.workshop.specimen import Specimen

_NAMED: Final = 6
"""Kinds that a line of the compact table names before it counts the rest."""


@dataclass(frozen=True, slots=True)
class Row:
    """One specimen and what each checker says about it."""

    specimen: Specimen
    answers: Mapping[str, str]


def _count(rows: Iterable[Row], checker: str, wanted: Callable[[str], bool]) -> str:
    return f"{sum(wanted(row.answers[checker]) for row in rows):,}"


def _never(answer: str) -> bool:
    return answer in {CRASHED, NO_ANSWER}


def summary(rows: Sequence[Row]) -> list[list[str]]:
    """What each checker misses and what it wrongly refuses; the first row is the heading."""
    truths = [row.specimen.truth for row in rows]
    proven = [row for row, truth in zip(rows, truths, strict=True) if truth.bad and truth.witness]
    unseen = [row for row, truth in zip(rows, truths, strict=True) if not truth.witness]
    fine = [row for row, truth in zip(rows, truths, strict=True) if truth.fine]
    lines: list[tuple[str, Sequence[Row], Callable[[str], bool]]] = [
        (f"accepts, of {len(proven)} damaged files that something on disk gives away", proven,
         accepts),
        (f"accepts, of {len(unseen)} damaged files that nothing gives away", unseen, accepts),
        (f"refuses, of {len(fine)} good and odd files", fine, lambda answer: not accepts(answer)),
        (f"crashes or does not answer, of all {len(rows)}", rows, _never),
    ]  # fmt: skip
    head = ["", *(heading for heading, _ in CHECKERS.values())]
    counted = [
        [text, *(_count(chosen, checker, wanted) for checker in CHECKERS)]
        for text, chosen, wanted in lines
    ]
    right = [_right(proven, checker) for checker in CHECKERS]
    return [
        head,
        counted[0],
        [f"says which category, of these {len(proven)}", *right],
        *counted[1:],
    ]


def _right(rows: Sequence[Row], checker: str) -> str:
    """How often it names the right category; a dash for those that name none."""
    if not checker.startswith(("header", "level")):
        return "–"
    found = (row.answers[checker].partition(",")[0] for row in rows)
    wanted = (row.specimen.truth.categories for row in rows)
    return f"{sum(f in w for f, w in zip(found, wanted, strict=True)):,}"


def full(rows: Sequence[Row]) -> list[list[str]]:
    """A line for every kind."""
    head = ["kind", "truth", *(heading for heading, _ in CHECKERS.values())]
    return [head] + [
        [row.specimen.name, _truth(row.specimen), *(row.answers[name] for name in CHECKERS)]
        for row in rows
    ]


def _truth(specimen: Specimen) -> str:
    truth = specimen.truth
    return truth.kind if truth.witness else f"{truth.kind}, no witness"


def compact(rows: Sequence[Row]) -> list[list[str]]:
    """A line for all kinds of one family that have the same truth and the same answers."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        answers = tuple(row.answers[name] for name in CHECKERS)
        key = (row.specimen.family, _truth(row.specimen), *answers)
        groups.setdefault(key, []).append(row.specimen.name.partition("/")[2])
    head = ["family", "kinds", "truth", *(heading for heading, _ in CHECKERS.values())]
    return [head] + [[key[0], _some(names), *key[1:]] for key, names in groups.items()]


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"


def as_text(table: Sequence[Sequence[str]]) -> str:
    """Aligned columns."""
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in table
    )


def as_markdown(table: Sequence[Sequence[str]]) -> str:
    """A table of markdown; what could be markup in it is not."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in table]
    return "\n".join([lines[0], "|" + "---|" * len(table[0]), *lines[1:]])
