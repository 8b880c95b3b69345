"""What was passed over: a screen shows the first of it, the rest is made when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias, overload

from ckptui.watch.model import PassedOver

_Slice: TypeAlias = "slice[int | None, int | None, int | None]"


class Passed(Sequence[PassedOver]):
    """A long sequence whose beginning is known.

    Args:
        first: Its beginning. Looking no further than this costs nothing.
        count: How many there are; None where counting them takes making them.
        make: Makes the whole, once; from any thread.

    Example:
        >>> many = Passed((PassedOver("b.pt", "cut short"),), 9, lambda: everything)
        >>> many[:1]
        (PassedOver(path='b.pt', reason='cut short'),)
        >>> len(many)
        9
    """

    def __init__(
        self,
        first: tuple[PassedOver, ...],
        count: int | None,
        make: Callable[[], tuple[PassedOver, ...]],
    ) -> None:
        self._first, self._count, self._make = first, count, make
        self._made: tuple[PassedOver, ...] | None = None

    def whole(self) -> tuple[PassedOver, ...]:
        """All of them. For a hundred thousand this takes a second."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def __len__(self) -> int:
        return len(self.whole()) if self._count is None else self._count

    def __bool__(self) -> bool:
        return bool(self._first)

    @overload
    def __getitem__(self, index: int) -> PassedOver: ...
    @overload
    def __getitem__(self, index: _Slice) -> tuple[PassedOver, ...]: ...
    def __getitem__(self, index: int | _Slice) -> PassedOver | tuple[PassedOver, ...]:
        if isinstance(index, int):
            return (self._first if 0 <= index < len(self._first) else self.whole())[index]
        stop = index.stop if index.start is None and index.step is None else None
        if stop is not None and 0 <= stop <= len(self._first):
            return self._first[:stop]
        return self.whole()[index]

    def __iter__(self) -> Iterator[PassedOver]:
        return iter(self.whole())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self.whole() == tuple(other)

    def __hash__(self) -> int:
        return hash(self.whole())
