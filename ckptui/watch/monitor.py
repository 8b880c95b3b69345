"""The monitor: the live model of a run directory, for a process that must never touch it."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final, Self, TypeAlias

from ckptui import turns
from ckptui.user_config import UserConfig
from ckptui.validation.pool import Answer, Done, Pool, Progress
from ckptui.watch.brain import Brain
from ckptui.watch.checks import Depth, Finish
from ckptui.watch.link import Link
from ckptui.watch.model import Change, Snapshot
from ckptui.watch.protocol import Settings
from ckptui.watch.scanner_care import RESTART_AFTER, ScannerCare

Subscriber: TypeAlias = "Callable[[Change], None]"

_log = logging.getLogger("ckptui")
_PUBLISH_EVERY: Final = 0.25
_PUBLISH_SHARE: Final = 4
"""How much longer than making a snapshot the time between two is, at least."""
_IDLE: Final = 1.0
_PIECE: Final = 100
"""Verdicts, and rows, between two moments at which a key may come first: some milliseconds."""


class Monitor:
    """Watches one run directory from the outside.

    A daemon thread of its own keeps the model, reads the scanner and asks the check workers; no
    method waits for any of them, but for :meth:`wait_settled`, which is asked to.

    Args:
        root: The run directory.
        follow: False for one look.
        header_checks: False leaves out the header checks; the inputs of stages are still listed.
        pool: Check workers, which are the monitor's from then on: it closes them. By default it
            has its own, started at the first question.
        settings: How to scan.
        required_keys: Keys that every checkpoint must hold, beside those of the configuration.
        scanner: One that was started already, by a thread that lives as long as the monitor.
        user: The user's configuration, where it was read already.
        jobs: Deep checks at a time of the pool of its own, None for as many as suit the machine.

    Example:
        >>> monitor = Monitor("run")                                    # doctest: +SKIP
        >>> monitor.subscribe(lambda change: print(change.changed))     # doctest: +SKIP
        >>> monitor.start()                                             # doctest: +SKIP
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        follow: bool = True,
        header_checks: bool = True,
        pool: Pool | None = None,
        settings: Settings = Settings(),  # noqa: B008  (frozen)
        required_keys: tuple[str, ...] = (),
        scanner: Link | None = None,
        user: UserConfig | None = None,
        jobs: int | None = None,
    ) -> None:
        self.root = os.path.abspath(os.fspath(root))
        self._follow = follow
        self._snapshot = Snapshot(self.root)
        self._subscribers: list[Subscriber] = []
        self._published = threading.Condition()
        self._closed = False
        self._todo: deque[Callable[[], None]] = deque()
        self._events: deque[Progress | Done | Answer] = deque()
        self._ear, self._mouth = socket.socketpair()
        self._ear.setblocking(False)
        self._mouth.setblocking(False)
        self._pool: Pool | None = pool
        self._jobs = jobs
        self._pool_thread: threading.Thread | None = None
        self._thread: threading.Thread | None = None
        self._brain = Brain(
            self.root,
            self._get_pool,
            self._tell,
            follow=follow,
            header_checks=header_checks,
            required_keys=required_keys,
            user=user,
        )
        link = scanner or Link(self.root, settings, follow=follow)
        self._scanner = ScannerCare(self._brain, link, follow=follow)

    # What others call

    @property
    def snapshot(self) -> Snapshot:
        """The model as it is now."""
        return self._snapshot

    @property
    def scanner_pid(self) -> int | None:
        """Process id of the scanner, None where there is none."""
        return self._scanner.link.pid

    def start(self) -> None:
        """Begin; returns at once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End scanner and workers; never waits for one that hangs, half a second for the cache."""
        if self._closed:
            return
        self._closed = True
        # The monitor's thread alone closes what it reads from; here the scanner is only killed.
        self._scanner.kill()
        self._wake()
        with self._published:
            self._published.notify_all()
        if self._pool is not None:
            self._pool.wake()
            # The process may end at once: what was found out should not be found out again.
            self._pool.flush()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Call ``callback`` with every change, from the monitor's thread, at most 4 times a second.

        Returns:
            A function that ends the subscription.
        """
        self._subscribers.append(callback)

        def unsubscribe() -> None:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

        return unsubscribe

    def wait_settled(self, timeout: float | None = None) -> Snapshot:
        """Wait until the first sweep and its header checks are done.

        Args:
            timeout: Seconds, None for as long as it takes.

        Returns:
            The snapshot; where ``settled`` is False, time ran out or ``problem`` says why.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._published:
            while not self._is_settled():
                left = _IDLE if deadline is None else min(_IDLE, deadline - time.monotonic())
                if left <= 0:
                    break
                self._published.wait(left)
        return self._snapshot

    def _is_settled(self) -> bool:
        shown = self._snapshot
        hopeless = bool(shown.problem) and not shown.watching.swept_at
        if hopeless and shown.silent_since is not None:
            # A first start from a cold, slow disk is silent too: give it time to speak.
            hopeless = time.time() - shown.silent_since > RESTART_AFTER
        return shown.settled or hopeless or not self.alive

    @property
    def alive(self) -> bool:
        """False once there will be no further news: closed, or its thread came to grief."""
        return not self._closed and (self._thread is None or self._thread.is_alive())

    def rescan(self) -> None:
        """Look at everything again, also at what could not be judged before."""
        self._do(lambda: self._brain.rescan())

    def touched(self) -> None:
        """Somebody pressed a key: sweep at the usual pace."""
        self._do(lambda: self._tell({"do": "touch"}))

    def prioritise(self, paths: Iterable[str]) -> None:
        """Check what is on screen first."""
        visible = tuple(paths)
        self._do(lambda: self._brain.checks.prioritise(visible))

    def check(
        self,
        paths: Iterable[str],
        level: int = 5,
        load: bool = True,
        *,
        here: bool = False,
        done: Finish | None = None,
    ) -> None:
        """Check these rows to ``level``; progress and verdicts arrive as changes.

        Args:
            paths: Relative to the run directory.
            level: 1–6.
            load: Whether level 3 asks torch.
            here: Read large files also where this is a login node.
            done: Called once for each path, from the monitor's thread, with its row after the
                check (None where it is gone); not for checks that were cancelled.
        """
        wanted = tuple(paths)
        self._do(lambda: self._brain.order(wanted, Depth(level, load, here), done))

    def cancel(self, paths: Iterable[str]) -> None:
        """Take back checks that were asked for."""
        wanted = tuple(paths)
        self._do(lambda: self._brain.checks.cancel(wanted))

    def inspect(self, path: str, callback: Callable[[dict[str, object]], None]) -> None:
        """Read one header whole; ``callback`` gets the ``inspect --json`` document.

        It is called from the monitor's thread.
        """
        self._do(lambda: self._brain.checks.inspect(path, callback))

    # The monitor's thread

    def _do(self, action: Callable[[], None]) -> None:
        self._todo.append(action)
        self._wake()

    def _wake(self) -> None:
        try:
            self._mouth.send(b"!")
        except OSError:  # full: it is awake already; closed: there is nobody to wake
            pass

    def _tell(self, message: dict[str, object]) -> None:
        self._scanner.link.send(message)

    def _get_pool(self) -> Pool:
        if self._pool is None:
            self._pool = Pool(self._jobs)
        if self._pool_thread is None:
            self._pool_thread = threading.Thread(
                target=self._listen, args=(self._pool,), daemon=True
            )
            self._pool_thread.start()
        return self._pool

    def _listen(self, pool: Pool) -> None:
        """The one thread that may call ``events`` and ``close``: it only hands on what it hears."""
        while not self._closed:
            turns.give()
            events = pool.events(_IDLE)
            if events:
                self._events.extend(events)
                self._wake()
        pool.close()

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001  (said: whoever waits would wait for ever)
            _log.debug("the monitor of %s failed", self.root, exc_info=True)
            self._give_up(f"{self.root}: watching it failed inside ckptui: {error!r}")
        self._scanner.link.stop()
        self._ear.close()
        self._mouth.close()

    def _work(self) -> None:
        if self._scanner.link.pid is None:
            self._scanner.start()
        # Who looks once waits for the whole; half of it is worth a word only where it takes long.
        due = 0.0 if self._follow else time.monotonic() + 2 * _PUBLISH_EVERY
        while not self._closed:
            self._step(self._pause(due))
            began = time.monotonic()
            if self._brain.dirty and (began >= due or self._brain.has_settled):
                self._publish()
                ended = time.monotonic()
                # With ten thousand rows a snapshot takes a while: most of the time is for news.
                due = max(began + _PUBLISH_EVERY, ended + _PUBLISH_SHARE * (ended - began))

    def _pause(self, publish_due: float) -> float:
        now = time.monotonic()
        if self._events:
            return 0.0
        if self._brain.dirty:
            return max(0.0, publish_due - now)
        due = self._brain.checks.next_due()
        return min(_IDLE, max(0.0, due - now)) if due is not None else _IDLE

    def _step(self, timeout: float) -> None:
        messages = self._scanner.link.read(self._ear.fileno(), timeout)
        if self._closed:
            return
        self._drain()
        if messages is None:
            self._scanner.has_ended()
        elif messages:
            self._scanner.speaks()
            for message in messages:
                self._brain.hear(message)
                turns.give()
        while self._todo:
            self._todo.popleft()()
        for _ in range(min(len(self._events), _PIECE)):
            self._brain.checked(self._events.popleft())
        self._scanner.watch_silence()
        self._brain.go_on()
        while self._brain.catalog.unfinished and not self._todo:
            self._brain.catalog.work(_PIECE)
            turns.give()

    def _drain(self) -> None:
        try:
            while self._ear.recv(4096):
                pass
        except BlockingIOError:
            pass

    def _give_up(self, problem: str) -> None:
        """Say why there will be no further news; what was seen last stays."""
        self._closed = True
        self._scanner.kill()
        last = replace(self._snapshot, problem=problem, silent_since=None)
        self._show(Change(last, frozenset(), frozenset()))

    def _publish(self) -> None:
        change = self._brain.change(self._snapshot)
        self._show(change)
        for done, path in self._brain.checks.take_finished():
            done(path, change.snapshot.checkpoints.get(path))

    def _show(self, change: Change) -> None:
        with self._published:
            self._snapshot = change.snapshot
            self._published.notify_all()
        for subscriber in tuple(self._subscribers):
            try:
                subscriber(change)
            except Exception:  # noqa: BLE001  (logged; the model goes on without it)
                _log.exception("a subscriber of %s failed", self.root)
