"""Which checks to ask for next, and what to make of the answers. Knows the pool, not the disk."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final, TypeAlias

from ckptui.light import dataclass, field
from ckptui.terms import Category, Level
from ckptui.validation.pool import Answer, Done, Pool, Progress, Request
from ckptui.validation.settling import SETTLING_LOCAL, SETTLING_NETWORK
from ckptui.validation.verdict import Verdict
from ckptui.watch.catalog import Catalog, Demand
from ckptui.watch.entries import TEMPORARY, Entry, Signature
from ckptui.watch.header_queue import HeaderQueue
from ckptui.watch.input_lists import InputLists
from ckptui.watch.later import Later
from ckptui.watch.model import Checkpoint
from ckptui.watch.previous import RecentValues, previous_of
from ckptui.watch.rows import written_just_before
from ckptui.watch.stages import InputsKey

Event: TypeAlias = "Progress | Done | Answer"
Reply: TypeAlias = "Callable[[dict[str, object]], None]"
Finish: TypeAlias = "Callable[[str, Checkpoint | None], None]"
"""Told the path and its row, None where it is gone."""

_HEADERS: Final = 256
"""Header checks that are with the pool at one time: enough for its batches, few enough that what
becomes visible does not wait behind ten thousand."""
_DEEP: Final = 32
"""Deep checks that are with the pool at one time, for each of its workers."""
_PATIENCE: Final = 2.0
_BUSY: Final = 0.2


@dataclass(frozen=True, slots=True)
class _Flight:
    path: str
    signature: Signature | None = None
    demand: Demand = field(default_factory=Demand)
    deep: bool = False
    done: Finish | None = None
    key: InputsKey | None = None
    reply: Reply | None = None
    started: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Depth:
    """How deep somebody wants to look: the level, whether torch is asked, and large files here."""

    level: int = 5
    load: bool = True
    here: bool = False


@dataclass(frozen=True, slots=True)
class _Order:
    path: str
    depth: Depth
    done: Finish | None = None


class Checks:
    """The questions to the pool, newest and visible first.

    Args:
        root: Absolute run directory.
        catalog: Where verdicts go.
        pool: Gives the pool, starting it at the first question.
        follow: False where nothing will be asked twice.

    Attributes:
        inputs: The lists that belong to stages.
        network: Whether the run directory is on a filesystem of the network.
    """

    def __init__(
        self, root: str, catalog: Catalog, pool: Callable[[], Pool], *, follow: bool
    ) -> None:
        self._root, self._catalog, self._pool, self._follow = root, catalog, pool, follow
        self._waiting = HeaderQueue()
        self._orders: deque[_Order] = deque()
        self._finished: list[tuple[Finish, str]] = []
        self._flights: dict[int, _Flight] = {}
        self._flying: set[str] = set()
        self._deep: dict[str, Signature] = {}
        self._later = Later()
        self.inputs = InputLists(catalog, follow=follow)
        self._recent = RecentValues()
        self.network = False

    @property
    def busy(self) -> bool:
        """True while a question of the first look is open."""
        return bool(
            self._waiting
            or any(not f.deep and f.reply is None for f in self._flights.values())
            or self.inputs.wait
        )

    @property
    def _most_deep(self) -> int:
        """Deep checks that are with the pool: enough that none of its workers waits for us."""
        return _DEEP * self._pool().jobs

    def consider(self, paths: Iterable[str]) -> None:
        """Queue the header checks that are needed."""
        for path in paths:
            if path not in self._waiting and self._catalog.needs_check(path):
                self._waiting.put(path, self._catalog.entries[path].mtime)

    def prioritise(self, paths: Iterable[str]) -> None:
        """What is on screen now comes first."""
        self._waiting.prioritise(paths)

    def order(self, paths: Iterable[str], depth: Depth, done: Finish | None = None) -> None:
        """Queue checks that somebody asked for; what has no bytes to check is finished at once."""
        for path in paths:
            entry = self._catalog.entries.get(path)
            if entry is not None and not entry.note:
                self._orders.append(_Order(path, depth, done))
                self._catalog.set_progress(path, 0.0)
            else:
                self._finish(path, done)

    def _finish(self, path: str, done: Finish | None) -> None:
        if done is not None:
            self._finished.append((done, path))

    def take_finished(self) -> list[tuple[Finish, str]]:
        """Whom to tell, now that the rows are made anew, that an ordered check has its verdict."""
        finished, self._finished = self._finished, []
        return finished

    def cancel(self, paths: Iterable[str]) -> None:
        """Take back what was ordered."""
        wanted = set(paths)
        self._orders = deque(order for order in self._orders if order.path not in wanted)
        for ident, flight in list(self._flights.items()):
            if flight.deep and flight.path in wanted:
                self._pool().cancel(ident)
                del self._flights[ident]
        for path in wanted:
            self._catalog.set_progress(path, None)

    def inspect(self, path: str, reply: Reply) -> None:
        """Ask for the whole header of one checkpoint."""
        self._submit(Request(self._absolute(path), kind="inspect"), _Flight(path, reply=reply))

    def feed(self) -> None:
        """Give the pool as much as it should have."""
        for key, request in self.inputs.due():
            self._submit(request, _Flight("", key=key))
        self._feed_later()
        if self._orders:
            self._feed_orders()
        while self._waiting and len(self._flying) < _HEADERS:
            path = self._waiting.take()
            # One that is still with the pool is considered again when its answer comes.
            if path not in self._flying and self._catalog.needs_check(path):
                if (rest := self._rest(self._catalog.entries[path])) > 0:
                    self._later.put(path, time.monotonic() + rest, 0)
                else:
                    self._ask_header(path)

    def _feed_orders(self) -> None:
        deep = sum(1 for flight in self._flights.values() if flight.deep)
        while self._orders and deep < self._most_deep:
            self._ask_deep(self._orders.popleft())
            deep += 1

    def _rest(self, entry: Entry) -> float:
        """Seconds until a file that somebody may be writing is read unasked; 0 for one at rest."""
        age = time.time() - entry.mtime
        settling = SETTLING_NETWORK if self.network else SETTLING_LOCAL
        return settling - age + 0.1 if self._follow and abs(age) < settling else 0.0

    def _ask_header(self, path: str) -> None:
        demand = self._catalog.demand(path)
        signature = self._catalog.entries[path].signature
        request = Request(
            self._absolute(path),
            level=4,
            load=False,
            header_only=True,
            required_keys=demand.required_keys,
            allow_globals=demand.allow_globals,
            seen=signature,
        )
        self._flying.add(path)
        self._submit(request, _Flight(path, signature, demand))

    def _ask_deep(self, order: _Order) -> None:
        entry = self._catalog.entries.get(order.path)
        if entry is None:
            self._finish(order.path, order.done)
            return
        demand = self._catalog.demand(order.path)
        request = Request(
            self._absolute(order.path),
            level=order.depth.level,
            load=order.depth.load,
            required_keys=demand.required_keys,
            allow_globals=demand.allow_globals,
            seen=entry.signature,
            here=order.depth.here,
        )
        if order.depth.level >= Level.VALUES:
            request = self._with_previous(order.path, request)
        flight = _Flight(order.path, entry.signature, demand, deep=True, done=order.done)
        self._submit(request, flight)

    def _with_previous(self, path: str, request: Request) -> Request:
        previous = previous_of(path, self._catalog.rows)
        entry = self._catalog.entries.get(previous)
        if entry is None:
            return request
        values = self._recent.of(previous, entry.signature)
        return replace(request, previous=self._absolute(previous), previous_values=values)

    def _submit(self, request: Request, flight: _Flight) -> None:
        if self.network:
            self._pool().be_modest()
        ident = self._pool().submit(request)
        self._flights[ident] = flight

    def _absolute(self, path: str) -> str:
        return os.path.join(self._root, path)

    # Answers

    def take(self, event: Event) -> None:
        """Take one event of the pool."""
        if isinstance(event, Progress):
            flight = self._flights.get(event.id)
            if flight is not None and flight.deep and event.total_bytes:
                done = min(1.0, event.done_bytes / event.total_bytes)
                self._catalog.set_progress(flight.path, done)
            return
        flight = self._flights.pop(event.id, None)
        if flight is None:
            return
        if isinstance(event, Done):
            self._judge(flight, event)
        elif flight.reply is not None:
            flight.reply(event.document)
        elif flight.key is not None:
            self.inputs.take(flight.key, event.document, time.monotonic() - flight.started)

    def _judge(self, flight: _Flight, event: Done) -> None:
        path, catalog = flight.path, self._catalog
        if path == "." and event.verdict.facts.signature is not None:
            # The run directory as a checkpoint: the row counts what lies in it, the check also
            # what lies below.
            facts = replace(event.verdict.facts, signature=flight.signature)
            event = replace(event, verdict=replace(event.verdict, facts=facts))
        if flight.deep:
            catalog.set_progress(path, None)
            self._finish(path, flight.done)
            self._recent.keep(path, event.verdict)
        else:
            self._flying.discard(path)
        verdict = event.verdict.filed(path)
        if self._adopt(flight, event) and catalog.judge(path, verdict, flight.demand):
            entry = catalog.entries[path]
            if flight.deep:
                self._deep[path] = entry.signature
            self._settle(entry, event.verdict)
            if flight.demand is catalog.demand(path):
                return
        self.consider([path])

    def _adopt(self, flight: _Flight, event: Done) -> bool:
        """False where the verdict is about other bytes than those of now, or is the lesser one."""
        entry = self._catalog.entries.get(flight.path)
        if entry is None:
            return False
        about = event.verdict.facts.signature
        if about is None:
            return entry.signature == flight.signature
        if entry.signature == flight.signature and about != flight.signature:
            # The entry is as it was when the question went out: the check saw what came after.
            dev, ino, size, mtime, ctime = about
            entry = entry._replace(dev=dev, ino=ino, size=size, mtime_ns=mtime, ctime_ns=ctime)
            self._catalog.put(entry)
        return flight.deep or self._deep.get(flight.path) != entry.signature

    def _settle(self, entry: Entry, verdict: Verdict) -> None:
        """What was changing is looked at again once it has been left alone long enough."""
        path, mtime = entry.path, entry.mtime
        changing = verdict.category is Category.CHANGING
        if entry.kind == TEMPORARY:
            changing = changing or written_just_before(entry, verdict)
        if not changing or not self._follow:
            self._later.drop(path)
            return
        tries = self._later.tries(path) + 1
        settling = SETTLING_NETWORK if self.network else SETTLING_LOCAL
        rest = min(max(mtime + settling - time.time(), 0.0), settling) + 0.5
        wait = max(rest, min(_PATIENCE**tries, 60.0))
        self._later.put(path, time.monotonic() + wait, tries)

    def _feed_later(self) -> None:
        now = time.monotonic()
        for path in list(self._later.take(now)):
            if path in self._flying:
                self._later.put(path, now + _BUSY, self._later.tries(path))
                continue
            self._catalog.forget_verdict(path)
            self.consider([path])

    def forget(self, path: str) -> None:
        """The entry is gone."""
        self._waiting.drop(path)
        self._later.drop(path)
        self._deep.pop(path, None)

    def next_due(self) -> float | None:
        """Monotonic time at which something waits to be asked, None where nothing does."""
        dues = [due for due in (self._later.next(), self.inputs.next_due()) if due is not None]
        return min(dues, default=None)

    def ask_again(self) -> None:
        """Look again at what could not be judged for good, and at all inputs."""
        for path, row in self._catalog.rows.items():
            if row.category in ("unreadable", "changing"):
                self._catalog.forget_verdict(path)
                self.consider([path])
        self.inputs.ask_again()
