"""What a table shows: keys in an order, found by line and by key without going through all."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Final, TypeAlias, overload

_Slice: TypeAlias = "slice[int | None, int | None, int | None]"

_PAGE: Final = 500
"""More lines than this at once are faster taken from all of them."""


class Rows(Sequence[str]):
    """Keys in the order shown. It may change in place; a table is then told to look again.

    Attributes:
        departures: Counted up whenever a key has left; a table then looks after its marks.
    """

    departures: int = 0

    @abstractmethod
    def line_of(self, key: str) -> int | None:
        """Index of a key, None where it is not there."""

    @abstractmethod
    def at(self, line: int) -> str:
        """The key on a line that is there."""

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: _Slice) -> list[str]: ...
    def __getitem__(self, index: int | _Slice) -> str | list[str]:
        if isinstance(index, slice):
            lines = range(*index.indices(len(self)))
            return [self.at(line) for line in lines] if len(lines) < _PAGE else list(self)[index]
        line = index + len(self) if index < 0 else index
        if not 0 <= line < len(self):
            raise IndexError(index)
        return self.at(line)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.line_of(key) is not None

    def index(self, value: str, start: int = 0, stop: int | None = None) -> int:
        """Index of a key.

        Raises:
            ValueError: It is not there.
        """
        line = self.line_of(value)
        if line is None or line < start or (stop is not None and line >= stop):
            raise ValueError(value)
        return line

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)


class Listed(Rows):
    """A plain list of keys, which does not change."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._keys = list(keys)
        self._lines: dict[str, int] | None = None

    def line_of(self, key: str) -> int | None:
        """Index of a key, None where it is not there."""
        if self._lines is None:
            self._lines = {each: line for line, each in enumerate(self._keys)}
        return self._lines.get(key)

    def at(self, line: int) -> str:
        """The key on a line that is there."""
        return self._keys[line]

    def __len__(self) -> int:
        return len(self._keys)
