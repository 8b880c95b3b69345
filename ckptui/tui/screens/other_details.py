"""The detail of what is no checkpoint: stages, runs, failures, repairs, folders; and of inputs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from functools import partial

from ckptui.present import units
from ckptui.present.glyphs import ARROW, Role, to_ascii
from ckptui.present.spans import Line, Span, line
from ckptui.repair.model import JournalEntry
from ckptui.terms import InputState
from ckptui.tui.folding import folder_of, group_facts, group_name
from ckptui.tui.keys import cap
from ckptui.tui.screens.knowing import Knowing, Question
from ckptui.tui.sections import DIAGNOSIS, INPUTS, OUTPUTS, TITLES, Section
from ckptui.tui.services import Services
from ckptui.watch.model import Checkpoint, FailureRow, InputHash, StageRow

_MOST_OUTPUTS = 2_000


class OtherDetails(Knowing):
    """Makes the parts of their details."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._stages: tuple[StageRow, ...] = ()
        self._makers: dict[str, StageRow] = {}

    def other_sections(self) -> tuple[Section, ...]:
        """The parts for the row under the cursor, where it is no checkpoint."""
        key = self.table.cursor
        if key is None:
            return _one("Detail", nothing("nothing is selected"))
        if self.view is self.stages:
            return self._stage(self.stages.rows[key])
        if self.view is self.runs:
            return _one("Run", self._run(key))
        if self.view is self.failures:
            return (self._failure(self.failures.rows[key]),)
        return _one("Folder", [] if folder_of(key) is None else self._folder(key))

    def other_question(self, section: str) -> Question | None:
        """What a child has to find out about it."""
        key = self.table.cursor
        if self.view is not self.stages or key is None or section != INPUTS:
            return None
        row = self.stages.rows[key]
        return self.inputs_question(key, row.input_hash, row)

    def _folder(self, key: str) -> list[Line]:
        tally = self.checkpoints.tally(key)
        count = units.counted(self.checkpoints.count(key), "checkpoint")
        return [
            line(Span(group_name(key), Role.STRONG), f"  {count}"),
            () if tally is None else group_facts(tally, now=time.time()),
            line(
                Span(cap("open-row"), Role.ACCENT), "  shows them one by one, and folds them again"
            ),
            line(Span(cap("validate"), Role.ACCENT), "  validates all of them"),
        ]

    def _run(self, key: str) -> list[Line]:
        run = self.runs.rows[key]
        return [
            line(Span(run.id, Role.STRONG), f"  {run.state}  ", run.note),
            line(Span("command  ", Role.MUTED), " ".join(run.command)),
            line(Span("log      ", Role.MUTED), run.log),
        ]

    # Stages

    def _stage(self, row: StageRow) -> tuple[Section, ...]:
        times = " · ".join(_times(row.started_at, row.completed_at, row.duration_seconds))
        made = units.counted(len(row.outputs), "output")
        lines = [
            line(Span(row.stage, Role.STRONG), f"  {row.status.replace('_', ' ')}  ",
                 Span(row.state, Role.MUTED)),
            line(Span(row.error or "", Role.ERROR)),
            *hash_lines(row.input_hash),
            line(" · ".join(filter(None, (times, made)))),
        ]  # fmt: skip
        outputs = Section(
            OUTPUTS, TITLES[OUTPUTS], tuple(nothing("it lists no outputs")),
            rows=row.outputs[:_MOST_OUTPUTS], checkpoints=self.snapshot.checkpoints,
        )  # fmt: skip
        return (
            Section(DIAGNOSIS, "Stage", tuple(each for each in lines if each)),
            outputs,
            self.inputs_section(self.table.cursor or "", row.input_hash, row),
        )

    def stage_of(self, row: Checkpoint) -> StageRow | None:
        """The stage that a checkpoint comes from: lists it as output, or has the same inputs."""
        if self._stages != self.snapshot.stages:
            self._stages = self.snapshot.stages
            self._makers = {path: stage for stage in self._stages for path in stage.outputs}
        path = row.path
        while path:
            if path in self._makers:
                return self._makers[path]
            path = os.path.dirname(path)
        own = row.input_hash.recorded
        alike = (stage for stage in self._stages if stage.input_hash.recorded == own)
        return None if own is None else next(alike, None)

    def inputs_section(self, about: str, hashes: InputHash, stage: StageRow | None) -> Section:
        """Why it is stale, or that it is not."""
        question = self.inputs_question(about, hashes, stage)
        if question is not None:
            return self.answer(question)
        lines = hash_lines(hashes) or nothing("it records no inputs")
        return Section(INPUTS, TITLES[INPUTS], tuple(lines))

    def inputs_question(
        self, about: str, hashes: InputHash, stage: StageRow | None
    ) -> Question | None:
        """What a child finds out about the inputs of a stage."""
        if stage is None or not stage.stage:
            return None
        return Question(
            INPUTS, about, (hashes, stage.input_hash, stage.completed_at),
            ("inputs", self.full(stage.state), "--stage", stage.stage, "--root",
             self.services.root, "--json"),
            partial(self._tell_inputs, stage.state), "listing its inputs again…",
        )  # fmt: skip

    async def _tell_inputs(self, state: str, document: Mapping[str, object]) -> Section:
        from ckptui.present.inputs import inputs_lines

        lines = inputs_lines({**document, "path": state}, now=time.time())
        if not self.why_read_only():
            press = Span(cap("resume"), Role.ACCENT)
            lines += [(), line(press, "  resumes the run, and makes anew what is stale")]
        return Section(INPUTS, TITLES[INPUTS], tuple(lines))

    # Failures and repairs

    def _failure(self, row: FailureRow | JournalEntry) -> Section:
        if isinstance(row, JournalEntry):
            paths = [path for step in row.steps for path in (step.to, step.path) if path]
            lines = self._repair_lines(row)
        else:
            paths = list(_endings(row.path))
            lines = [
                line(Span(row.path, Role.STRONG)),
                line(Span(row.reason, Role.ERROR)),
                line(Span(f"logged {_when(row.timestamp)}", Role.MUTED)),
            ]
        there = next((path for path in paths if path in self.snapshot.checkpoints), "")
        if there:
            goes = line(Span(cap("follow"), Role.ACCENT), f"  goes to {there} as it is now")
        else:
            goes = line(Span("no checkpoint of that name is there now", Role.MUTED))
        return Section(DIAGNOSIS, "Failure", (*lines, (), goes), leads_to=there)

    def _repair_lines(self, entry: JournalEntry) -> list[Line]:
        arrow = to_ascii(ARROW.unicode) if self.services.ascii_only else ARROW.unicode
        lines = [
            line(Span(entry.action, Role.STRONG), f"  {entry.state}"),
            line(Span(f"{_when(entry.at)} by {entry.by}, undo id {entry.id}", Role.MUTED)),
        ]
        for step in entry.steps:
            size = Span(f"  {units.size(step.bytes)}" if step.bytes else "", Role.MUTED)
            to = f"  {arrow} {step.to}" if step.to else ""
            lines.append(line(f"  {step.do:<6}  {step.path}", to, size))
        if entry.state == "done" and entry.undoes is None and not self.why_read_only():
            lines += [(), line(Span(cap("undo"), Role.ACCENT), "  takes back the last repair")]
        return lines


def _endings(path: str) -> Iterator[str]:
    """A path and what it may be called here: the run directory may have been moved or copied."""
    while path:
        yield path
        path = path.partition("/")[2]


def nothing(sentence: str) -> list[Line]:
    """What a part says that has nothing to say."""
    return [line(Span(sentence, Role.MUTED))]


def _one(title: str, lines: list[Line]) -> tuple[Section, ...]:
    return (Section(DIAGNOSIS, title, tuple(lines)),)


def _when(iso: str) -> str:
    at = units.seconds_of(iso)
    return iso if at is None else units.clock(at, now=time.time())


def _times(started: str | None, completed: str | None, seconds: float | None) -> list[str]:
    now = time.time()
    times = (("started", units.seconds_of(started)), ("completed", units.seconds_of(completed)))
    said = [f"{word} {units.clock(at, now=now)}" for word, at in times if at is not None]
    if seconds is not None:
        said.append(f"took {units.duration(seconds)}")
    return said


def hash_lines(hashes: InputHash) -> list[Line]:
    """Recorded and current input hash, and why they differ."""
    if not hashes.recorded:
        return []
    if hashes.state is not InputState.STALE:
        return [line(Span("inputs    ", Role.MUTED), hashes.recorded)]
    why = hashes.why or "its inputs have changed since"
    return [
        line(Span(f"stale: {why}", Role.WARNING)),
        line(Span("recorded  ", Role.MUTED), hashes.recorded),
        line(Span("now       ", Role.MUTED), hashes.current or "not known"),
    ]
