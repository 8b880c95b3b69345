"""The catalog: entries, verdicts, states and configuration in, rows out.

No process, no disk, no clock: the same facts in any order give the same rows. It keeps what it
was told, and works out anew only the rows that a change can touch, because it lives in the
process that paints.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from posixpath import basename
from typing import Final

from ckptui.config import RunConfig, required_keys_for
from ckptui.failure_log import parse_failure_log
from ckptui.formats.naming import counts_progress, epoch_from_name, step_from_name
from ckptui.formats.role import Role
from ckptui.formats.states import State
from ckptui.globs import matches_anywhere
from ckptui.input_hash import Inputs
from ckptui.light import dataclass, field
from ckptui.marker import MARKER_SUFFIX
from ckptui.user_config import UserConfig
from ckptui.validation.verdict import Verdict
from ckptui.watch.entries import (
    DIRECTORY,
    FILE,
    MARKED_IS_THERE,
    MARKER,
    TEMPORARY,
    Entry,
    folder_of,
    names_a_directory,
)
from ckptui.watch.folders import MARKED_DIRECTORY, MARKED_FILE, STEPLESS, Folder, Folders
from ckptui.watch.model import Checkpoint, FailureRow, StageRow
from ckptui.watch.rows import Context, checkpoint_row, is_shown, orphan_row
from ckptui.watch.stages import InputsKey, Stages, combine, input_hash_for
from ckptui.watch.standing import Standing
from ckptui.watch.tally import Counts

_ROW_KINDS: Final = frozenset({FILE, TEMPORARY, DIRECTORY})


@dataclass(frozen=True, slots=True)
class Demand:
    """What a header check was asked for; a verdict for another demand is not about this one."""

    required_keys: tuple[str, ...] = ()
    allow_globals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """Paths whose rows are new or different, and paths whose rows are gone."""

    changed: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


@dataclass(slots=True)
class Catalog:
    """Facts about one run directory, and the rows they make.

    Attributes:
        rows: As of the last :meth:`refresh`.
        counts: Of these rows.
        standing: Likewise, where somebody wants the last good one all the time.
        stages: All states together.
        required_keys: Keys that every checkpoint must hold, beside those of the configuration.
        root: The run directory, absolute: the user's own configuration goes by whole paths.
        user: What the user's own configuration says.
    """

    rows: dict[str, Checkpoint] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    standing: Standing | None = None
    stages: Stages = field(default_factory=Stages)
    entries: dict[str, Entry] = field(default_factory=dict)
    config: RunConfig = field(default_factory=RunConfig)
    required_keys: tuple[str, ...] = ()
    root: str = ""
    user: UserConfig = field(default_factory=UserConfig)
    _markers: dict[str, Entry] = field(default_factory=dict)
    _folders: Folders = field(default_factory=Folders)
    _verdicts: dict[str, Verdict] = field(default_factory=dict)
    _demands: dict[str, Demand] = field(default_factory=dict)
    _states: dict[str, State] = field(default_factory=dict)
    _logs: dict[str, str] = field(default_factory=dict)
    _inputs: dict[InputsKey, Inputs] = field(default_factory=dict)
    _writers: dict[str, str] = field(default_factory=dict)
    _progress: dict[str, float] = field(default_factory=dict)
    _dirty: set[str] = field(default_factory=set)
    _touched: set[str] = field(default_factory=set)
    _changed: set[str] = field(default_factory=set)
    _removed: set[str] = field(default_factory=set)
    _fresh: set[str] = field(default_factory=set)
    _stages_dirty: bool = False
    _plain: Demand = field(default_factory=Demand)

    # Facts in

    def put(self, entry: Entry) -> None:
        """Take a new or changed entry."""
        if entry.kind == MARKER:
            base = entry.path.removesuffix(MARKER_SUFFIX)
            self._markers[base] = entry
            self._touch(base)
        elif entry.kind in _ROW_KINDS:
            self.entries[entry.path] = entry
            self._touch(entry.path)

    def remove(self, path: str) -> None:
        """Forget an entry that is gone; its states and logs too."""
        base = path.removesuffix(MARKER_SUFFIX)
        if base != path and self._markers.pop(base, None) is not None:
            self._touch(base)
        elif self.entries.pop(path, None) is not None:
            self._verdicts.pop(path, None)
            self._demands.pop(path, None)
            self._touch(path)
        if self._states.pop(path, None) is not None:
            self._stages_dirty = True
        self._logs.pop(path, None)

    def _touch(self, path: str) -> None:
        self._dirty.add(path)
        self._touched.add(path)

    def paths(self) -> set[str]:
        """Everything that was put here and not removed: rows and markers."""
        return {*self.entries, *(marker.path for marker in self._markers.values())}

    def judge(self, path: str, verdict: Verdict, demand: Demand) -> bool:
        """Take a verdict. False where it is not about the bytes that are there now."""
        entry = self.entries.get(path)
        if entry is None:
            return False
        about = verdict.facts.signature
        if about is not None and about != entry.signature:
            return False
        self._verdicts[path] = verdict
        if demand is self._plain:
            self._demands.pop(path, None)
        else:
            self._demands[path] = demand
        if about is not None:  # the same numbers need not be there twice
            device, inode, size, mtime, ctime = about
            self.entries[path] = entry._replace(
                dev=device, ino=inode, size=size, mtime_ns=mtime, ctime_ns=ctime
            )
        self._touch(path)
        return True

    def verdict_of(self, path: str) -> Verdict | None:
        """The verdict that stands for a path, if it is about the bytes and the demand of now."""
        entry, known = self.entries.get(path), self._verdicts.get(path)
        if entry is None or known is None:
            return None
        answered, asked = self._demands.get(path, self._plain), self.demand(path)
        if answered is not asked and answered != asked:
            return None
        about = known.facts.signature
        return known if about is None or about == entry.signature else None

    def forget_verdict(self, path: str) -> None:
        """Ask again, although the bytes look the same."""
        if self._verdicts.pop(path, None) is not None:
            self._dirty.add(path)

    def demand(self, path: str) -> Demand:
        """What the configuration, and whoever opened this, ask of a checkpoint."""
        config = self.config
        if not config.require and not config.allow_globals and not self.user.allow:
            if self._plain.required_keys is not self.required_keys:
                self._plain = Demand(self.required_keys)
            return self._plain
        keys = dict.fromkeys((*required_keys_for(config, path), *self.required_keys))
        allow = self.user.allowed_for(f"{self.root}/{path}", config.allow_globals)
        return Demand(tuple(keys), allow)

    def needs_check(self, path: str) -> bool:
        """True where a header check would tell something new."""
        entry = self.entries.get(path)
        if entry is None or entry.note or self._writer_of(entry):
            return False
        return path not in self._verdicts or self.verdict_of(path) is None

    def set_state(self, path: str, state: State) -> None:
        """Take a state as read."""
        self._states[path] = state
        self._stages_dirty = True

    def set_log(self, path: str, text: str) -> None:
        """Take the text of a failure log."""
        self._logs[path] = text

    def set_inputs(self, key: InputsKey, current: Inputs | None) -> None:
        """Take a list of inputs as they are now; None where it cannot be had."""
        if current is None:
            self._inputs.pop(key, None)
        else:
            self._inputs[key] = current
        self._stages_dirty = True

    def set_config(self, config: RunConfig) -> None:
        """Take the run's configuration."""
        self.config = config
        self._dirty |= set(self.entries)

    def set_writers(self, open_files: Mapping[str, str]) -> set[str]:
        """Take relative path → who has it open for writing; the rows that nobody has any more."""
        before = self._written()
        self._writers = dict(open_files)
        now = self._written()
        self._dirty |= before ^ now
        return before - now

    def _written(self) -> set[str]:
        """Rows that somebody is writing to: files, and directories of which a part is open."""
        return {self._row_of(path) for path in self._writers}

    def _row_of(self, path: str) -> str:
        """The row that a file belongs to: its own, or that of its checkpoint directory."""
        above = path
        while above and path not in self.entries:
            above = folder_of(above)
            entry = self.entries.get(above or ".")
            if entry is not None and entry.kind == DIRECTORY:
                return entry.path
        return path

    def _writer_of(self, entry: Entry) -> str:
        """Who has a row's file, or a part of its directory, open for writing."""
        if entry.kind != DIRECTORY or not self._writers:
            return self._writers.get(entry.path, "")
        mine = (who for path, who in self._writers.items() if self._row_of(path) == entry.path)
        return next(mine, "")

    def set_progress(self, path: str, fraction: float | None) -> None:
        """Take the progress of a running check; None ends it."""
        if fraction is None:
            self._progress.pop(path, None)
        else:
            self._progress[path] = fraction
        self._dirty.add(path)

    # Rows out

    def refresh(self) -> Changes:
        """Work out the rows that may have changed, and what is different since the last call."""
        self.work()
        changes = Changes(frozenset(self._changed), frozenset(self._removed))
        self._changed, self._removed, self._fresh = set(), set(), set()
        return changes

    @property
    def unfinished(self) -> bool:
        """True where rows are to be worked out."""
        return bool(self._dirty or self._touched or self._stages_dirty)

    def work(self, most: int | None = None) -> None:
        """Work out rows ahead of the next :meth:`refresh`, so that it has little left to do.

        Args:
            most: How many at most, None for all.
        """
        if self._stages_dirty:
            self._refresh_stages()
        for path in self._touched:
            self._folders.put(path, self._share(path))
        self._touched.clear()
        self._dirty.update(self._folders.turned())
        for _ in range(len(self._dirty) if most is None else min(most, len(self._dirty))):
            self._remake(self._dirty.pop())

    def _remake(self, path: str) -> None:
        before, row = self.rows.get(path), self._row(path)
        if row is None:
            if before is None:
                return
            del self.rows[path]
            self._changed.discard(path)
            if path in self._fresh:  # come and gone before anybody was told
                self._fresh.discard(path)
            else:
                self._removed.add(path)
        elif row == before:
            return
        else:
            self.rows[path] = row
            if before is None and path not in self._removed:
                self._fresh.add(path)
            self._changed.add(path)
            self._removed.discard(path)
        self.counts.replace(before, row)
        if self.standing is not None:
            self.standing.replace(before, row)

    def _share(self, path: str) -> int | None:
        """What a path adds to what the rows of its folder share; None where it is gone."""
        entry = self.entries.get(path)
        marked = path in self._markers
        if entry is None and not marked:
            return None
        share = 0
        if marked:
            is_directory = entry.kind == DIRECTORY if entry else names_a_directory(basename(path))
            share = MARKED_DIRECTORY if is_directory else MARKED_FILE
        if entry is not None and entry.kind == FILE and not self._has_step(entry):
            share |= STEPLESS
        return share

    def _refresh_stages(self) -> None:
        before = self.stages
        self.stages = combine(self._states.values(), self._inputs)
        self._stages_dirty = False
        moved = _differing(before.outputs, self.stages.outputs)
        hashes = _differing(before.by_hash, self.stages.by_hash)
        units = (before.units ^ self.stages.units) | (before.several ^ self.stages.several)
        if above := {path for path in moved if path not in self.entries}:
            self._dirty.update(path for path in self.entries if _is_below(path, above))
        if hashes:
            self._dirty.update(
                path
                for path, verdict in self._verdicts.items()
                if verdict.facts.input_hash in hashes
            )
        self._dirty |= moved | units

    def _has_step(self, entry: Entry) -> bool:
        known = self._verdicts.get(entry.path)
        if known is not None:
            facts = known.facts
            if facts.role in (Role.DATA, Role.PART):  # a cached tensor called 00012.pt
                return counts_progress(basename(entry.path))
            if facts.step is not None or facts.epoch is not None:
                return True
        row = self.rows.get(entry.path)
        if row is not None and known is None:
            return row.step is not None or row.epoch is not None
        return _step_in_name(entry.path)

    def _row(self, path: str) -> Checkpoint | None:
        entry, marker = self.entries.get(path), self._markers.get(path)
        if entry is None:
            lost = marker is not None and marker.note != MARKED_IS_THERE
            return orphan_row(path, marker) if lost and marker is not None else None
        verdict = self.verdict_of(path)
        if not is_shown(entry, verdict):
            return None
        folder = self._folders.of(path)
        own = verdict.facts.input_hash if verdict is not None else None
        context = Context(
            marker_mtime=marker.mtime if marker is not None else None,
            uses_markers=_marks(folder, entry),
            unit=self._is_unit(entry, folder),
            input_hash=input_hash_for(path, own, self.stages),
            writer=self._writer_of(entry),
            progress=self._progress.get(path),
        )
        return checkpoint_row(entry, verdict, context)

    def _is_unit(self, entry: Entry, folder: Folder) -> bool:
        if entry.kind != FILE:
            return False
        if entry.path in self.stages.units:
            return True
        if any(matches_anywhere(entry.path, glob) for glob in self.config.units):
            return True
        several = entry.path in self.stages.several
        return (several or folder.units) and not self._has_step(entry)

    def failures(self) -> tuple[FailureRow, ...]:
        """Every line of every failure log, in the order of the logs."""
        return tuple(
            FailureRow(*row)
            for path in sorted(self._logs)
            for row in parse_failure_log(self._logs[path])[0]
        )

    def stage_rows(self) -> tuple[StageRow, ...]:
        """The rows of the Stages view."""
        return self.stages.rows


def _is_below(path: str, folders: AbstractSet[str]) -> bool:
    while path:
        path = folder_of(path)
        if path in folders:
            return True
    return False


def _marks(folder: Folder, entry: Entry) -> bool:
    return folder.marks_directories if entry.kind == DIRECTORY else folder.uses_markers


def _step_in_name(path: str) -> bool:
    name = basename(path)
    return step_from_name(name) is not None or epoch_from_name(name) is not None


def _differing(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
