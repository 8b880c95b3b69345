"""Looking at a run directory for as long as somebody listens.

The thread that touches the filesystem is the one that sends the heartbeat: a filesystem that hangs
is silence, and the monitor says so.
"""

from __future__ import annotations

import os
import select
import time
from dataclasses import replace
from typing import Final

from ckptui.validation.guest import operations_for, site_limits
from ckptui.watch import mounts
from ckptui.watch.entries import TEXT
from ckptui.watch.pace import describe, sweep_interval
from ckptui.watch.protocol import Message, Settings, decode, text_in
from ckptui.watch.root import RootWatch
from ckptui.watch.surroundings import Surroundings
from ckptui.watch.texts import OWN_DIRECTORY, OwnFiles
from ckptui.watch.throttle import Throttle
from ckptui.watch.tree import Diff, Limits, Tree
from ckptui.watch.voice import ParentGoneError, Voice
from ckptui.watch.watches import Watches

_BEAT: Final = 1.0
_DEBOUNCE: Final = 0.05
_SECOND_LOOK: Final = 1.0
_SITE: Final = "the limit of this site"


class Scanner:
    """Keeps a parent informed about one run directory.

    Args:
        root: Absolute run directory.
        settings: How to scan.
        out: File descriptor for the messages.
        commands: File descriptor for the commands, None for ``--once``.
    """

    def __init__(self, root: str, settings: Settings, out: int, commands: int | None) -> None:
        self.root, self.settings = root, settings
        self._commands = commands
        self._buffer = b""
        self._asked: list[Message] = []
        self._voice = Voice(out)
        self.filesystem = mounts.filesystem_of(root)
        self.network = not mounts.events_are_complete(self.filesystem)
        rate = settings.operations or operations_for(network=self.network)
        self._throttle = Throttle(rate, self.tick)
        site = site_limits()
        limits = Limits(
            int(min(settings.entries, site.entries)), int(min(settings.depth, site.depth))
        )
        if limits.entries < settings.entries:
            limits = replace(limits, entries_lift=_SITE)
        if limits.depth < settings.depth:
            limits = replace(limits, depth_lift=_SITE)
        self.tree = Tree(root, limits, self._throttle, self.tick)
        self._own = OwnFiles(root)
        self._root = RootWatch(root)
        self._surroundings = Surroundings(root, self.tree, self._voice.send)
        self._watches = Watches(root, self.network, settings.mode)
        self._due: dict[str, float] = {}
        self._cost: dict[str, float] = {}
        self._next_sweep = 0.0
        self._last_sweep = (0.0, 0.0, 0.0)  # wall clock, seconds it took, seconds of them at work
        self._touched = time.monotonic()
        self._in_sweep = False
        self._told_problem = ""

    # What it says

    def tick(self) -> None:
        """During long work: show that it goes on, and stop when nobody listens any more."""
        if self._voice.quiet_for >= _BEAT:
            self._voice.send({"is": "beat", "seen": self.tree.looked})
            self._listen(0.0)

    def _emit(self, diff: Diff) -> None:
        if not diff:
            return
        self._surroundings.note_changes(diff.put)
        self._voice.files(diff, self.tree.looked)
        for entry in diff.put:
            if entry.kind == TEXT:
                self._throttle.spend()
                self._voice.text(self.root, entry.path)

    def _tell_filesystem(self) -> None:
        """First of all, so that no more workers are started than the file server should bear."""
        self._voice.send({"is": "filesystem", "type": self.filesystem})

    def _emit_own(self) -> None:
        put, gone = self._own.changes()
        if put or gone:
            self._voice.send({"is": "own", "put": put, "gone": gone})

    def _emit_lines(self) -> None:
        """What runs wrote to their logs: no event tells of it, so it is looked at often."""
        lines = self._own.log_lines() if self._root_is_there() else {}
        if lines:
            self._voice.send({"is": "own", "put": lines, "gone": []})

    def _emit_watching(self) -> None:
        at, took, _ = self._last_sweep
        mode, sentence = describe(
            self._watches.state(self.tree),
            network=self.network,
            filesystem=self.filesystem,
            interval=self._interval(),
            once=self._commands is None,
        )
        self._voice.send(
            {
                "is": "watching",
                "mode": mode,
                "sentence": sentence,
                "filesystem": self.filesystem,
                "swept_at": at,
                "took": took,
                "interval": self._interval(),
                "files": self.tree.seen,
                "left_out": self.tree.left_out.sentence(),
            }
        )

    # What it does

    def once(self) -> None:
        """One sweep and what belongs to it."""
        self._tell_filesystem()
        if self._sweep():
            self._surroundings.look(force=True)
        self._voice.send({"is": "end"})

    def follow(self) -> None:
        """Go on until the parent goes away."""
        self._tell_filesystem()
        while True:
            self._listen(self._pause())
            self._obey()
            if self._root_is_there():
                self._work()
            if self._voice.quiet_for >= _BEAT:
                self._emit_lines()
                self._voice.send({"is": "beat"})

    def _work(self) -> None:
        now = time.monotonic()
        if self._watches.keep_up(self.tree, may_start=self._last_sweep[0] > 0.0):
            self._next_sweep = min(self._next_sweep, now + self._interval())
            self._emit_watching()
        self._take_hints(now)
        if now >= self._next_sweep:
            self._sweep()
        self._relist_due()
        self._surroundings.look()

    def _root_is_there(self) -> bool:
        """Check the identity of the root now and then; where it is gone nothing is forgotten."""
        if self._root.due(self.network):
            self._check_root()
        return not self._root.problem

    def _check_root(self) -> None:
        if self._root.check():
            self._watches.restart()
            self._next_sweep = 0.0
        self._tell_problem()

    def _root_failed(self, error: OSError) -> None:
        self._root.fail(error)
        self._tell_problem()

    def _tell_problem(self) -> None:
        if self._root.problem != self._told_problem:
            self._told_problem = self._root.problem
            self._voice.send({"is": "problem", "text": self._told_problem})

    def _sweep(self) -> bool:
        """Look at everything. False where the root could not be read."""
        if self._in_sweep:
            return False
        self._check_root()
        if self._root.problem:
            return False
        self._in_sweep = True
        started, slept = time.monotonic(), self._throttle.slept
        self._emit_own()
        try:
            for diff in self.tree.sweep():
                self._emit(diff)
                if self.network:  # a slow sweep does not hold up what is known to have changed
                    self._take_hints(time.monotonic())
                    self._relist_due()
        except OSError as error:
            self._root_failed(error)
            return False
        finally:
            self._in_sweep = False
        took = time.monotonic() - started
        self._last_sweep = (time.time(), took, took - (self._throttle.slept - slept))
        self._next_sweep = time.monotonic() + self._interval()
        self._surroundings.look(force=self._commands is not None)
        self._emit_watching()
        self._voice.send({"is": "swept"})
        return True

    def _interval(self) -> float:
        if self.settings.interval:
            return self.settings.interval
        _, took, work = self._last_sweep
        return sweep_interval(
            network=self.network,
            hints=self._watches.complete,
            took=took,
            work=work,
            idle=time.monotonic() - self._touched,
        )

    def _take_hints(self, now: float) -> None:
        dirty, everything = self._watches.take()
        if everything:
            self._next_sweep = 0.0
        for path in dirty:
            if path == OWN_DIRECTORY or path.startswith(OWN_DIRECTORY + "/"):
                path = OWN_DIRECTORY
            # A directory that is long to list is listed less often than its events come.
            self._due.setdefault(path, now + max(_DEBOUNCE, 5 * self._cost.get(path, 0.0)))

    def _relist_due(self) -> None:
        now = time.monotonic()
        for path in [path for path, at in self._due.items() if at <= now]:
            del self._due[path]
            started = time.monotonic()
            if path == OWN_DIRECTORY:
                self._emit_own()
                continue
            try:
                known = path in self.tree.listings
                for diff in self.tree.relist(path):
                    self._emit(diff)
            except OSError as error:
                self._root_failed(error)
                return
            if not known and path in self.tree.listings:
                # New: what was written while its watch was being added has no event.
                self._due[path] = now + _SECOND_LOOK
            self._cost[path] = time.monotonic() - started
            self.tick()

    def _pause(self) -> float:
        now = time.monotonic()
        if self._watches.may_begin(self.tree):
            return 0.0
        moments = [self._voice.spoke_at + _BEAT, self._next_sweep, self._surroundings.due]
        moments += self._due.values()
        return max(0.0, min(moments) - now)

    # What it is told

    def _listen(self, timeout: float) -> None:
        """Wait for commands or hints.

        Raises:
            ParentGoneError: The parent closed its end.
        """
        if self._commands is None:
            return
        ready, _, _ = select.select([self._commands, self._watches.wake_fd], [], [], timeout)
        if self._watches.wake_fd in ready:
            self._watches.drain()
        if self._commands in ready:
            data = os.read(self._commands, 65_536)
            if not data:
                raise ParentGoneError
            *lines, self._buffer = (self._buffer + data).split(b"\n")
            self._asked += [message for line in lines if (message := decode(line))]

    def _obey(self) -> None:
        asked, self._asked = self._asked, []
        for message in asked:
            match message.get("do"):
                case "rescan":
                    self._next_sweep = 0.0
                    self._touched = time.monotonic()
                case "look":
                    self._due[text_in(message.get("path"))] = time.monotonic()
                case "touch":
                    self._touched = time.monotonic()
