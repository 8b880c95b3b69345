"""What the monitor knows: messages and verdicts in, snapshots out. One thread, no waiting."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ckptui.config import CONFIG_NAME, RunConfig, parse_run_config
from ckptui.errors import ConfigError
from ckptui.failure_log import FAILURE_LOG
from ckptui.formats.states import State, read_state, state_kind
from ckptui.user_config import UserConfig, concerning_checkpoints, read_user_config
from ckptui.validation.pool import Pool
from ckptui.watch.catalog import Catalog
from ckptui.watch.checks import Checks, Depth, Event, Finish
from ckptui.watch.entries import FILE, TEXT, Entry
from ckptui.watch.last_good import find_last_good
from ckptui.watch.model import (
    Change,
    Checkpoint,
    Disk,
    LastGood,
    PassedOver,
    Snapshot,
    Watching,
)
from ckptui.watch.mounts import events_are_complete
from ckptui.watch.passed import Passed
from ckptui.watch.protocol import Message, entries_in, names_in, number_in, text_in, texts_in
from ckptui.watch.rhythm import rhythm_of
from ckptui.watch.standing import Standing, standing_of

_SHOWN: Final = 200
"""Newer ones that are known without being asked for: more than a screen shows of them."""
_QUIET_SENTENCE: Final = "{} does not answer. Shown is what was last seen; quitting does not wait"


def _user_config() -> tuple[UserConfig, tuple[str, ...]]:
    """What is right in the user's own configuration, and sentences about the rest."""
    user, problems = read_user_config()
    said = (f"{each}; until then it is left out of account"
            for each in concerning_checkpoints(problems))  # fmt: skip
    return user, tuple(said)


class Brain:
    """Keeps the model of one run directory.

    Args:
        root: Absolute.
        pool: Gives the check workers.
        tell: Sends a command to the scanner.
        follow: False for one look.
        header_checks: Whether to ask for them; without them no last good one is looked for.
        required_keys: Keys that every checkpoint must hold, beside those of the configuration.
        user: The user's configuration, where somebody has read it, and told what is wrong in it.

    Attributes:
        dirty: True where the model differs from the last change given out.
        ahead: Seconds by which the newest file was ahead of this host's clock when it was seen.
        ended: True once a scanner that looks once has said everything.
    """

    def __init__(
        self,
        root: str,
        pool: Callable[[], Pool],
        tell: Callable[[Message], None],
        *,
        follow: bool,
        header_checks: bool,
        required_keys: tuple[str, ...] = (),
        user: UserConfig | None = None,
    ) -> None:
        self.root, self._tell, self._header_checks = root, tell, header_checks
        self._follow = follow
        user, self._user_notes = (user, ()) if user is not None else _user_config()
        self.catalog = Catalog(required_keys=required_keys, root=root, user=user)
        if follow and header_checks:
            self.catalog.standing = Standing()
        self.checks = Checks(root, self.catalog, pool, follow=follow)
        self.dirty = False
        self.ended = False
        self._base = Snapshot(root, notes=self._user_notes)
        self._run_files: dict[str, str] = {}
        self._texts_known: set[str] = set()
        self._unseen: set[str] | None = None
        self._swept = False
        self._failed = False
        self._failures_dirty = True
        self._root_problem = ""
        self._config_note = ""
        self._speaking_since: float | None = None
        self._youngest = 0
        self.ahead = 0.0

    # The scanner

    @property
    def spoke_for(self) -> float:
        """Seconds for which the scanner has been answering without a gap."""
        since = self._speaking_since
        return 0.0 if since is None else time.monotonic() - since

    def speaks(self) -> None:
        """The scanner has said something."""
        if self._speaking_since is None:
            self._speaking_since = time.monotonic()
        if self._base.silent_since is not None:
            self._set(silent_since=None, problem=self._root_problem)

    def silent(self, since: float) -> None:
        """The scanner has said nothing for too long."""
        self._speaking_since = None
        if self._base.silent_since is None:
            problem = self._root_problem or _QUIET_SENTENCE.format(self.root)
            self._set(silent_since=since, problem=problem)

    def fail(self, problem: str) -> None:
        """There will be no further news."""
        self._failed = True
        self._root_problem = problem
        self._set(problem=problem, silent_since=None)

    def begin_again(self) -> None:
        """A new scanner will tell everything again; what it does not name is gone by then."""
        self._unseen = self._texts_known | self.catalog.paths()

    def hear(self, message: Message) -> None:
        """Take one message of the scanner."""
        self._progress(message)
        match message.get("is"):
            case "files":
                self._files(message)
            case "texts":
                self._texts(message)
            case "own":
                self._own(message)
            case "writers":
                self._writers(message)
            case "disk":
                free, total = number_in(message.get("free")), number_in(message.get("total"))
                self._set(disk=Disk(int(free), int(total)))
            case "owner":
                other, writable = bool(message.get("other")), bool(message.get("writable"))
                self._set(owner_is_other=other, writable=writable)
            case "watching":
                self._watching(message)
            case "filesystem":
                self.checks.network = not events_are_complete(text_in(message.get("type")))
            case "problem":
                self._root_problem = text_in(message.get("text"))
                self._set(problem=self._root_problem)
            case "swept":
                self._finish_sweep()
            case "end":
                self.ended = True
                self._finish_sweep()

    def _set(self, **values: object) -> None:
        base = replace(self._base, **values)  # type: ignore[arg-type]  # fields of Snapshot
        if base != self._base:
            self._base, self.dirty = base, True

    def _files(self, message: Message) -> None:
        entries, now = entries_in(message.get("put")), time.time()
        for entry in entries:
            self._see(entry)
            self.catalog.put(entry)
            if entry.ctime_ns > self._youngest and entry.kind == FILE:
                # Only a clock makes both times of a file: anybody can set the one of its content.
                self._youngest = entry.ctime_ns
                self.ahead = min(entry.mtime_ns, entry.ctime_ns) / 1e9 - now
        for path in names_in(message.get("gone")):
            self._lose(path)
        self._consider(entry.path for entry in entries)
        self.dirty = True

    def _progress(self, message: Message) -> None:
        """How far the first sweep has come; the watching itself is told at its end."""
        files = int(number_in(message.get("seen")))
        if files > self._base.watching.files and not self._swept:
            self._set(watching=replace(self._base.watching, files=files))

    def _see(self, entry: Entry) -> None:
        if entry.kind == TEXT:
            self._texts_known.add(entry.path)
        if self._unseen is not None:
            self._unseen.discard(entry.path)

    def _lose(self, path: str) -> None:
        self._texts_known.discard(path)
        self.catalog.remove(path)
        self.checks.forget(path)
        if os.path.basename(path) == FAILURE_LOG:
            self._failures_dirty = True
        if path == CONFIG_NAME:
            self._configure("")

    def _finish_sweep(self) -> None:
        for path in self._unseen or ():
            self._lose(path)
        self._unseen = None
        self._swept = self._swept or bool(self._base.watching.swept_at)
        self.dirty = True

    def _watching(self, message: Message) -> None:
        filesystem = text_in(message.get("filesystem"))
        self.checks.network = not events_are_complete(filesystem)
        self._set(
            watching=Watching(
                mode=text_in(message.get("mode")),
                filesystem=filesystem,
                sentence=text_in(message.get("sentence")),
                swept_at=number_in(message.get("swept_at")),
                interval=number_in(message.get("interval")),
                files=int(number_in(message.get("files"))),
                left_out=text_in(message.get("left_out")),
            )
        )

    def _writers(self, message: Message) -> None:
        closed = self.catalog.set_writers(texts_in(message.get("open")))
        self._consider(closed)
        sentences = tuple(names_in(message.get("sentences")))
        self._set(writers=sentences, writing=bool(message.get("alive")))
        self.dirty = True

    def _consider(self, paths: Iterable[str]) -> None:
        if self._header_checks:
            self.checks.consider(paths)

    def _texts(self, message: Message) -> None:
        for path, text in texts_in(message.get("put")).items():
            name = os.path.basename(path)
            kind = state_kind(name, path)
            if path == CONFIG_NAME:
                self._configure(text)
            elif name == FAILURE_LOG:
                self.catalog.set_log(path, text)
                self._failures_dirty = True
            elif kind is not None:
                self.catalog.set_state(path, read_state(kind, path, os.fsencode(text)))
        for path, why in texts_in(message.get("failed")).items():
            kind = state_kind(os.path.basename(path), path)
            if kind is not None:
                self.catalog.set_state(path, State(kind, path, problem=f"cannot be read: {why}"))
            elif path == CONFIG_NAME:
                self._note_config(f"{CONFIG_NAME} cannot be read: {why}; it is left out of account")
        self.dirty = True

    def _configure(self, text: str) -> None:
        try:
            config = parse_run_config(text, CONFIG_NAME) if text else RunConfig()
        except ConfigError as error:
            self._note_config(f"{error}; until then it is left out of account")
            return
        self._note_config("")
        self.catalog.set_config(config)
        self._consider(self.catalog.entries)

    def _note_config(self, note: str) -> None:
        self._config_note = note
        self._set(notes=(*((note,) if note else ()), *self._user_notes))

    def _own(self, message: Message) -> None:
        put = texts_in(message.get("put"))
        self._run_files = {**self._run_files, **put}
        for path in names_in(message.get("gone")):
            self._run_files.pop(path, None)
        self._set(run_files=dict(self._run_files))

    # The workers

    def checked(self, event: Event) -> None:
        """Take one event of the pool."""
        self.checks.take(event)
        self.dirty = True

    def order(self, paths: Iterable[str], depth: Depth, done: Finish | None) -> None:
        """Check what somebody asked for; the next snapshot tells."""
        self.checks.order(paths, depth, done)
        self.dirty = True

    def rescan(self) -> None:
        """Look at everything again."""
        self.checks.ask_again()
        self._tell({"do": "rescan"})
        self.dirty = True

    def go_on(self) -> None:
        """Ask for what is needed next."""
        self.checks.inputs.want(self.catalog.stages.wanted)
        self.checks.feed()

    # Out

    @property
    def has_settled(self) -> bool:
        """True once the first look is over, and nobody has been told yet: that is worth telling."""
        return not self._base.settled and self._is_settled

    @property
    def _is_settled(self) -> bool:
        return self._failed or (self._swept and not self.checks.busy)

    def change(self, before: Snapshot) -> Change:
        """Make the next snapshot."""
        changes = self.catalog.refresh()
        self.go_on()  # states may have named inputs just now
        settled = before.settled or self._is_settled
        values = replace(self._base, stages=self.catalog.stage_rows(), settled=settled)
        moved = bool(changes.changed or changes.removed or not before.watching.swept_at)
        if moved:
            rows = dict(self.catalog.rows)
            values = replace(values, checkpoints=rows, tally=self.catalog.counts.tally())
        if self._failures_dirty:
            self._failures_dirty = False
            values = replace(values, failures=self.catalog.failures())
        moved = moved or settled != before.settled
        self._base = self._with_last_good(values) if moved else values
        self.dirty = False
        return Change(self._base, changes.changed, changes.removed)

    def _with_last_good(self, values: Snapshot) -> Snapshot:
        standing = self.catalog.standing
        if standing is None:
            if not (self._header_checks and values.settled):
                # Where everything is read whole, and before the end of the one look that there
                # is, nobody asks which one would do.
                return values
            standing = self.catalog.standing = standing_of(self.catalog.rows.values())
        best, over = self._passed(standing, values.checkpoints)
        return replace(
            values,
            last_good=best,
            last_good_none=() if best else over,
            rhythm=rhythm_of(standing.latest(), ahead=self.ahead),
        )

    def _passed(
        self, standing: Standing, rows: Mapping[str, Checkpoint]
    ) -> tuple[LastGood | None, Sequence[PassedOver]]:
        """The last good one and those that were passed over, of which there may be very many."""
        if not self._follow:
            return standing.answer()
        best, first = standing.answer(_SHOWN + 1)
        if len(first) <= _SHOWN:
            return best, first
        count = None if best else standing.without()
        over = Passed(first, count, lambda: find_last_good(rows)[1])
        return best and replace(best, passed_over=over), over
