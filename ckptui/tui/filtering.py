"""The filter line: words, and fields such as ``cat:corrupted marker:missing input:stale``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ckptui.terms import InputState
from ckptui.watch.model import Checkpoint

_FIELDS: Final[Mapping[str, Callable[[Checkpoint], str]]] = {
    "cat": lambda row: str(row.category),
    "marker": lambda row: str(row.marker or "none"),
    "input": lambda row: str(row.input_hash.state),
    "format": lambda row: row.layout or row.format or "none",
    "version": lambda row: row.version or "none",
    "status": lambda row: row.status or "none",
    "fix": lambda row: str(row.remedy or "none"),
    "level": lambda row: str(row.level),
    "step": lambda row: "none" if row.step is None else str(row.step),
}
FIELDS: Final = tuple(_FIELDS)
"""Names of the fields that ``field:value`` knows."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter; an empty one lets everything through.

    Attributes:
        words: All of them must occur in a row's text, in any case.
        fields: (field, beginning of its value); all of them must hold.
    """

    words: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Read the filter line; an unknown field is an ordinary word."""
        words: list[str] = []
        fields: list[tuple[str, str]] = []
        for word in text.lower().split():
            name, colon, value = word.partition(":")
            if colon and name in _FIELDS:
                fields.append((name, value))
            else:
                words.append(word)
        return cls(tuple(words), tuple(fields))

    def __bool__(self) -> bool:
        return bool(self.words or self.fields)

    def matches(self, row: Checkpoint) -> bool:
        """True where a checkpoint is to be shown."""
        return all(_FIELDS[name](row).startswith(value) for name, value in self.fields) and (
            not self.words or self.matches_text(_text(row))
        )

    def matches_text(self, text: str) -> bool:
        """True where all words occur in a text."""
        lower = text.lower()
        return all(word in lower for word in self.words)


def _text(row: Checkpoint) -> str:
    stale = "stale" if row.input_hash.state is InputState.STALE else ""
    return f"{row.path} {row.category} {row.reason} {stale}"
