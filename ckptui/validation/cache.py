"""The verdict cache: what was found out about a file stands while inode, size and times stand.

It holds paths, signatures, verdicts and checksums, and lies where
:mod:`ckptui.validation.cache_place` says. Whatever becomes of it (damaged, locked, read-only, on a
full disk or on one that hangs) costs time and never a result: a thread of its own does all that
touches its disk, and nobody waits for that thread longer than :data:`PATIENCE`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, TypeAlias

from ckptui import turns
from ckptui.validation.cache_place import is_switched_off
from ckptui.validation.cache_rows import Known, PastVerdict, Question, Sighting
from ckptui.validation.settling import settling_time

if TYPE_CHECKING:
    from ckptui.validation.cache_store import Store

PATIENCE: Final = 0.5
"""Seconds to wait for the cache's disk; after that everything is found out anew."""
ROWS: Final = 200_000
"""Files remembered at most; those not asked about for longest go first."""
_AT_ONCE: Final = 256
_BACKLOG: Final = 20_000
"""Verdicts that may wait to be written: what comes on top is not remembered."""
_DIRTY: Final = 60.0
"""A page that is written through a memory map gets the file's times moved at the first write only,
until the kernel has put it on disk: after 30 s, and up to 5 s later (``dirty_expire_centisecs`` in
the kernel's admin-guide/sysctl/vm.rst). Only what rested for longer can bear witness."""

_Work: TypeAlias = "Callable[[Store], None]"


class _Order:
    """Something for the thread to do."""

    __slots__ = ("done", "sighting", "work")

    def __init__(self, work: _Work | None = None, sighting: Sighting | None = None) -> None:
        self.work, self.sighting = work, sighting
        # For a verdict that is only given nobody waits, and there are thousands of them.
        self.done = None if sighting is not None else threading.Event()


class Cache:
    """The verdict cache, for any thread; nothing here raises or hangs.

    Args:
        directory: Where it lies; by default where the environment says.
        off: Remember nothing, and know nothing.
        rest: Seconds for which a file must have been left alone for its verdict to be kept; by
            default the settling time of its filesystem, and a minute for bearing witness.
        rows: Files remembered at most.

    Example:
        >>> cache = Cache(off=True)
        >>> cache.look_up([])
        []
    """

    def __init__(
        self,
        directory: str | None = None,
        *,
        off: bool = False,
        rest: float | None = None,
        rows: int = ROWS,
    ) -> None:
        self.off = off or (directory is None and is_switched_off())
        self._directory, self._rest, self._rows = directory, rest, rows
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._silent = False

    # What others call

    def is_settled(self, device: int, changed_at: float, asked_at: float) -> bool:
        """True where a file had been left alone long enough before it was looked at.

        A write within the same tick of the clock, or one that the file server has not told yet,
        would leave its times as they are.

        Args:
            device: ``st_dev`` of the file.
            changed_at: Its ctime, seconds.
            asked_at: Wall-clock seconds before it was looked at.
        """
        rest = settling_time(device) if self._rest is None else self._rest
        return asked_at - changed_at >= rest

    def is_seasoned(self, changed_at: float, asked_at: float) -> bool:
        """True where its bytes can bear witness: no memory map may still change them unseen."""
        return asked_at - changed_at >= (_DIRTY if self._rest is None else self._rest)

    def look_up(self, questions: Sequence[Question]) -> list[Known]:
        """What is known about each; nothing, where the cache does not answer in time."""
        found: list[Known] = []
        if not self.off:
            for start in range(0, len(questions), _AT_ONCE):
                found += self._some(questions[start : start + _AT_ONCE])
        return found + [Known()] * (len(questions) - len(found))

    def _some(self, questions: Sequence[Question]) -> list[Known]:
        nothing = [Known()] * len(questions)
        if self._silent:
            return nothing
        found: list[Known] = []
        order = _Order(lambda store: found.extend(store.find(questions)))
        if not self._wait_for(order) or len(found) != len(questions):
            return nothing
        idle = [q for q, known in zip(questions, found, strict=True) if known.idle]
        if idle:
            self._give(_Order(lambda store: store.touch(idle)))
        return found

    def history(self, path: str) -> list[PastVerdict] | None:
        """What was found out about a path over time, and about all below it.

        Returns:
            The newest first; None where nothing is remembered, or the cache does not answer.
        """
        found: list[PastVerdict] = []
        if self.off or self._silent:
            return None
        order = _Order(lambda store: found.extend(store.history(path)))
        written = self._wait_for(_Order())  # what was given before is to be told too
        return found if written and self._wait_for(order) else None

    def keep(self, sighting: Sighting) -> None:
        """Remember a verdict, soon."""
        if not self.off and self._orders.qsize() < _BACKLOG:
            self._give(_Order(sighting=sighting))

    def flush(self) -> None:
        """Wait until what was given is with the disk, for half a second at most."""
        if self._thread is None or self._silent:
            return
        if self.off:
            self._thread.join(PATIENCE)
        else:
            self._wait_for(_Order())

    def close(self) -> None:
        """Write what there is to write, for half a second at most, and let go of the file."""
        if not self.off:
            self.off = True
            self._orders.put(None)
            self.flush()

    def _give(self, order: _Order) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="cache", daemon=True)
                self._thread.start()
        self._orders.put(order)

    def _wait_for(self, order: _Order) -> bool:
        self._give(order)
        if order.done is not None and order.done.wait(PATIENCE):
            return True
        # Until it speaks again nobody else waits for it.
        self._silent = True
        return False

    # The cache's thread

    def _serve(self) -> None:
        # SQLite is loaded here, so that nobody who has no question waits for it.
        from ckptui.validation.cache_keeper import Keeper

        keeper = Keeper(self._directory, self._rows)
        while True:
            turns.give()
            orders = [self._orders.get()]
            while len(orders) < _AT_ONCE and not self._orders.empty():
                try:
                    orders.append(self._orders.get_nowait())
                except Empty:
                    break
            given = [order for order in orders if order is not None]
            keeper.do(
                [order.work for order in given if order.work is not None],
                [order.sighting for order in given if order.sighting is not None],
            )
            self._silent = False
            for order in given:
                if order.done is not None:
                    order.done.set()
            if len(given) != len(orders):
                keeper.close()
                return
