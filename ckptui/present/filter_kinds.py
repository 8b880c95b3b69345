"""What the fields of a filter hold, and how each kind of value is compared with what is typed."""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, TypeAlias

from ckptui.present import units
from ckptui.present.measures import count_of, size_of, span_of
from ckptui.version import parse_version

Value: TypeAlias = "str | float | None"
"""A row's value in one field; None where it has none."""
Test: TypeAlias = "Callable[[Value], bool]"

NONE: Final = "none"
"""What is typed for "has no value": ``step:none``."""
_ORDER: Final = frozenset({":", "=", ">", ">=", "<", "<="})


def fold(text: str) -> str:
    """Text as it is compared: in any case, and composed where it has marks."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text.casefold())


class Kind(ABC):
    """One kind of value.

    Attributes:
        signs: What may stand between the field and the value.
        values: What is offered while typing.
    """

    signs: ClassVar[frozenset[str]] = frozenset({":", "="})
    values: tuple[str, ...] = ()

    @abstractmethod
    def test(self, sign: str, text: str) -> Test:
        """What a row's value must pass.

        Raises:
            ValueError: The text is no value of this kind; its message says what would be one.
        """


@dataclass(frozen=True)
class Word(Kind):
    """One of a few words, told by its beginning.

    Attributes:
        values: Those that there are.
        closed: True where no others are possible.
        also: Further words, each for several of them.
    """

    values: tuple[str, ...] = ()
    closed: bool = False
    also: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def test(self, sign: str, text: str) -> Test:
        """``:`` compares the beginning, ``=`` the whole."""
        typed = fold(text)
        if typed in self.also:
            members = self.also[typed]
            return lambda value: value in members
        if self.closed and not any(each.startswith(typed) for each in (*self.values, NONE)):
            raise ValueError(_unknown(text, (*self.values, *self.also)))
        if sign == "=":
            return lambda value: fold(str(value or NONE)) == typed
        return lambda value: fold(str(value or NONE)).startswith(typed)


def _unknown(text: str, known: tuple[str, ...]) -> str:
    near = nearest(text, known)
    return f"did you mean {near}?" if near else f"it is one of {', '.join(known)}"


def nearest(text: str, known: tuple[str, ...]) -> str:
    """The known word that was probably meant, or empty."""
    from difflib import get_close_matches  # only for those who mistype

    return next(iter(get_close_matches(text.lower(), known, 1, 0.6)), "")


class Text(Kind):
    """Any text, such as a name."""

    def test(self, sign: str, text: str) -> Test:
        """``:`` looks for it anywhere, or as a whole where it has ``*`` or ``?``; ``=`` is all."""
        typed = fold(text)
        if sign == "=":
            return lambda value: fold(str(value or "")) == typed
        if "*" in typed or "?" in typed:
            glob = re.compile(_pattern(typed), re.DOTALL)
            return lambda value: glob.fullmatch(fold(str(value or ""))) is not None
        return lambda value: typed in fold(str(value or ""))


def _pattern(glob: str) -> str:
    return re.escape(glob).replace(r"\*", ".*").replace(r"\?", ".")


@dataclass(frozen=True)
class Measure(Kind):
    """A number.

    Attributes:
        what: As a problem names it: ``a size``.
        example: One that is right.
        read: Text → number; raises ValueError.
        shown: Number → what the table shows. Two that look the same there are equal here.
    """

    what: str
    example: str
    read: Callable[[str], float]
    shown: Callable[[float], str] | None = None
    signs: ClassVar[frozenset[str]] = _ORDER

    def test(self, sign: str, text: str) -> Test:
        """Compare as numbers; ``:`` also takes a range, ``100..200``."""
        low, dots, high = text.partition("..")
        if sign in (":", "="):
            if fold(text) == NONE:
                return lambda value: value is None
            return self._between(low, high) if dots else self._equal(text)
        return _compared(sign, self._number(text))

    def _number(self, text: str) -> float:
        try:
            return self.read(text)
        except ValueError:
            raise ValueError(f"not {self.what}, for example {self.example}") from None

    def _between(self, low: str, high: str) -> Test:
        least = self._number(low) if low else float("-inf")
        most = self._number(high) if high else float("inf")
        return lambda value: isinstance(value, int | float) and least <= value <= most

    def _equal(self, text: str) -> Test:
        number = self._number(text)
        if self.shown is None or text.isdigit():
            return lambda value: value == number
        show, look = self.shown, self.shown(number)
        return lambda value: isinstance(value, int | float) and show(value) == look


def _compared(sign: str, number: float) -> Test:
    if sign == ">":
        return lambda value: isinstance(value, int | float) and value > number
    if sign == ">=":
        return lambda value: isinstance(value, int | float) and value >= number
    if sign == "<":
        return lambda value: isinstance(value, int | float) and value < number
    return lambda value: isinstance(value, int | float) and value <= number


class Version(Kind):
    """A version such as ``1.0``."""

    signs: ClassVar[frozenset[str]] = _ORDER

    def test(self, sign: str, text: str) -> Test:
        """``:`` compares the beginning of the text, the others compare as numbers."""
        typed = fold(text)
        if sign == ":":
            return lambda value: fold(str(value or NONE)).startswith(typed)
        wanted = parse_version(text)
        if sign == "=":
            return lambda value: (
                str(value or NONE) == text
                or (wanted is not None and parse_version(value) == wanted)
            )
        if wanted is None:
            raise ValueError("not a version, for example 1.0")
        return lambda value: _ordered(sign, parse_version(value), wanted)


def _ordered(sign: str, version: tuple[int, ...] | None, wanted: tuple[int, ...]) -> bool:
    if version is None:
        return False
    if version == wanted:
        return "=" in sign
    return (version > wanted) == (sign[0] == ">")


TEXT: Final = Text()
COUNT: Final = Measure("a number", "1000", count_of)
SIZE: Final = Measure("a size", "1G", size_of, units.size)
SPAN: Final = Measure("a span of time", "2h", span_of, units.age)
VERSION: Final = Version()
