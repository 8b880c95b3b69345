"""What can be asked of a row: the fields of checkpoints, stages, runs and failures."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeAlias, TypeVar

from ckptui.launch.model import RunRecord
from ckptui.present import units
from ckptui.present.filter_kinds import COUNT, SIZE, SPAN, TEXT, VERSION, Kind, Value, Word
from ckptui.present.safe import plain
from ckptui.repair.model import JournalEntry
from ckptui.terms import PRECEDENCE, TROUBLE, Action, InputState, MarkerState
from ckptui.watch.model import Checkpoint, FailureRow, StageRow

Row = TypeVar("Row")
Failure: TypeAlias = "FailureRow | JournalEntry"


@dataclass(frozen=True)
class Field(Generic[Row]):
    """One field of a row.

    Attributes:
        read: A row's value; the second argument is now, in seconds since the epoch.
        kind: How its values are compared.
        timed: True where the value changes though the row does not.
    """

    read: Callable[[Row, float], Value]
    kind: Kind
    timed: bool = False


@dataclass(frozen=True)
class Language:
    """What can be asked, of whatever kind of row.

    Attributes:
        kinds: Field → how its values are compared, in the order in which they are offered.
        timed: Fields whose value changes though the row does not.
        aliases: Other names of fields.
    """

    kinds: Mapping[str, Kind]
    timed: frozenset[str]
    aliases: Mapping[str, str]

    def field_name(self, typed: str) -> str | None:
        """The field that a name or an alias means, in any case; None where there is none."""
        name = typed.lower()
        name = self.aliases.get(name, name)
        return name if name in self.kinds else None


@dataclass(frozen=True)
class Vocabulary(Language, Generic[Row]):
    """What can be asked of one kind of row.

    Attributes:
        read: Field → how a row's value is read.
        text: What words without a field are looked for in.
        name: What fuzzy words are looked for in.
    """

    read: Mapping[str, Callable[[Row, float], Value]]
    text: Callable[[Row], str]
    name: Callable[[Row], str]


def _vocabulary(
    fields: Mapping[str, Field[Row]],
    *,
    text: Callable[[Row], str],
    name: Callable[[Row], str],
    aliases: Mapping[str, str],
) -> Vocabulary[Row]:
    return Vocabulary(
        kinds={each: field.kind for each, field in fields.items()},
        timed=frozenset(each for each, field in fields.items() if field.timed),
        aliases=aliases,
        read={each: field.read for each, field in fields.items()},
        text=text,
        name=name,
    )


def _plain_too(text: str) -> str:
    """Text as it is, and as the screen shows it where that differs."""
    if text.isascii() and text.isprintable():
        return text
    shown = plain(text)
    return text if shown == text else f"{text}\n{shown}"


def _all(*parts: str | None) -> str:
    """What words are looked for in: no word reaches from one part into the next."""
    shown = (_plain_too(part) for part in parts if part)
    return "\n".join(shown)


def _since(moment: float | None, now: float) -> Value:
    return None if moment is None else now - moment


def _folder(path: str) -> str:
    return os.path.dirname(path) or "."


def _checkpoint_text(row: Checkpoint) -> str:
    # Plainly written: this runs for each of a hundred thousand rows at every key.
    text = f"{_plain_too(row.path)}\n{row.category.value}"
    if row.reason:
        text = f"{text}\n{_plain_too(row.reason)}"
    if row.input_hash.state is InputState.STALE:
        text += "\nstale"
    if row.marker is not None and row.marker is not MarkerState.PRESENT:
        text = f"{text}\n{row.marker.value}"
    return f"{text}\n{_plain_too(row.pointer)}" if row.pointer else text


CHECKPOINTS: Final[Vocabulary[Checkpoint]] = _vocabulary(
    {
        "cat": Field(
            lambda row, _: row.category,
            Word(
                tuple(map(str, PRECEDENCE)), closed=True, also={"bad": frozenset(map(str, TROUBLE))}
            ),
        ),
        "marker": Field(lambda row, _: row.marker, Word(tuple(map(str, MarkerState)), closed=True)),
        "input": Field(
            lambda row, _: row.input_hash.state, Word(tuple(map(str, InputState)), closed=True)
        ),
        "format": Field(
            lambda row, _: row.layout or row.format,
            Word(("torch", "safetensors", "dcp", "hf-trainer", "lightning", "deepspeed")),
        ),
        "version": Field(lambda row, _: row.version, VERSION),
        "status": Field(lambda row, _: row.status, Word(("complete", "in_progress"))),
        "fix": Field(lambda row, _: row.remedy, Word(tuple(map(str, Action)), closed=True)),
        "level": Field(lambda row, _: row.level, COUNT),
        "step": Field(lambda row, _: row.step, COUNT),
        "epoch": Field(lambda row, _: row.epoch, COUNT),
        "size": Field(lambda row, _: row.size, SIZE),
        "age": Field(lambda row, now: _since(row.mtime, now), SPAN, timed=True),
        "checked": Field(
            lambda row, now: _since(units.seconds_of(row.checked_at), now), SPAN, timed=True
        ),
        "name": Field(lambda row, _: os.path.basename(row.path), TEXT),
        "folder": Field(lambda row, _: _folder(row.path), TEXT),
        "path": Field(lambda row, _: row.path, TEXT),
        "reason": Field(lambda row, _: row.reason, TEXT),
        "global": Field(lambda row, _: " ".join(row.globals), TEXT),
    },
    text=_checkpoint_text,
    name=lambda row: _plain_too(row.path),
    aliases={
        "category": "cat", "verdict": "cat", "ver": "version", "remedy": "fix", "dir": "folder",
        "layout": "format", "why": "reason", "globals": "global",
    },
)  # fmt: skip


def _stage_text(row: StageRow) -> str:
    hashes = row.input_hash
    return _all(row.state, row.stage, row.status, row.error, hashes.state, hashes.why)


STAGES: Final[Vocabulary[StageRow]] = _vocabulary(
    {
        "stage": Field(lambda row, _: row.stage, TEXT),
        "status": Field(
            lambda row, _: row.status, Word(("completed", "in_progress", "failed", "not_started"))
        ),
        "input": Field(
            lambda row, _: row.input_hash.state, Word(tuple(map(str, InputState)), closed=True)
        ),
        "took": Field(lambda row, _: row.duration_seconds, SPAN),
        "age": Field(
            lambda row, now: _since(units.seconds_of(row.completed_at or row.started_at), now),
            SPAN,
            timed=True,
        ),
        "outputs": Field(lambda row, _: len(row.outputs), COUNT),
        "output": Field(lambda row, _: " ".join(row.outputs), TEXT),
        "state": Field(lambda row, _: row.state, TEXT),
        "error": Field(lambda row, _: row.error, TEXT),
    },
    text=_stage_text,
    name=lambda row: _plain_too(f"{row.stage} {row.state}"),
    aliases={"name": "stage", "file": "state", "reason": "error"},
)


def _run_took(row: RunRecord, now: float) -> Value:
    started = units.seconds_of(row.started_at)
    return None if started is None else (units.seconds_of(row.ended_at) or now) - started


RUNS: Final[Vocabulary[RunRecord]] = _vocabulary(
    {
        "run": Field(lambda row, _: row.id, TEXT),
        "state": Field(
            lambda row, _: row.state,
            Word(
                ("starting", "running", "unsupervised", "ended", "cancelled", "lost", "elsewhere")
            ),
        ),
        "exit": Field(lambda row, _: row.exit_code, COUNT),
        "age": Field(
            lambda row, now: _since(units.seconds_of(row.started_at), now), SPAN, timed=True
        ),
        "took": Field(_run_took, SPAN, timed=True),
        "host": Field(lambda row, _: row.host, TEXT),
        "command": Field(lambda row, _: " ".join(row.command), TEXT),
    },
    text=lambda row: _all(row.id, row.state, row.host, row.note, " ".join(row.command)),
    name=lambda row: row.id,
    aliases={"name": "run", "status": "state", "cmd": "command"},
)


def _failure_path(row: Failure, _: float = 0.0) -> str:
    if isinstance(row, FailureRow):
        return row.path
    return " ".join(step.path for step in row.steps)


def _failure_text(row: Failure) -> str:
    if isinstance(row, FailureRow):
        return _all(row.path, row.reason)
    return _all(*(step.path for step in row.steps), row.action, row.state, row.by)


def _failure_age(row: Failure, now: float) -> Value:
    at = row.timestamp if isinstance(row, FailureRow) else row.at
    return _since(units.seconds_of(at), now)


FAILURES: Final[Vocabulary[Failure]] = _vocabulary(
    {
        "kind": Field(
            lambda row, _: "failure" if isinstance(row, FailureRow) else "repair",
            Word(("failure", "repair"), closed=True),
        ),
        "path": Field(_failure_path, TEXT),
        "reason": Field(lambda row, _: row.reason if isinstance(row, FailureRow) else None, TEXT),
        "action": Field(
            lambda row, _: None if isinstance(row, FailureRow) else row.action,
            Word((*map(str, Action), "undo")),
        ),
        "state": Field(
            lambda row, _: None if isinstance(row, FailureRow) else row.state,
            Word(("done", "undone", "rolled back", "unfinished")),
        ),
        "age": Field(_failure_age, SPAN, timed=True),
    },
    text=_failure_text,
    name=lambda row: _plain_too(_failure_path(row)),
    aliases={"name": "path", "why": "reason", "status": "state"},
)
