"""What the detail of the row under the cursor says, part by part."""

from __future__ import annotations

import time
from collections.abc import Mapping

from ckptui.present import units
from ckptui.present.detail import check_lines, detail_lines, part_lines
from ckptui.present.glyphs import Role
from ckptui.present.reading import number, records, text, texts
from ckptui.present.safe import pad, plain
from ckptui.present.spans import Line, Span, line
from ckptui.repair.model import JournalEntry
from ckptui.terms import InputState
from ckptui.tui.folding import folder_of, group_name
from ckptui.tui.keys import cap, caps
from ckptui.tui.screens.knowing import Knowing, Question
from ckptui.tui.sections import DIAGNOSIS, FILES, INPUTS, TENSORS, TITLES, Section
from ckptui.watch.model import Checkpoint, InputHash

MOST_TENSORS = 2_000
"""Tensors listed; the sentence below the list says how many more there are."""


class Details(Knowing):
    """Makes the parts of the detail for each view."""

    @property
    def subject(self) -> str:
        """What the detail is about."""
        return f"{self.view.id} {self.table.cursor or ''}"

    def sections(self, *, roomy: bool) -> tuple[Section, ...]:
        """The parts of the detail of the row under the cursor.

        Args:
            roomy: Put what to press on lines of its own; else right under what is wrong.
        """
        row = self.current
        if row is None:
            return (Section(DIAGNOSIS, TITLES[DIAGNOSIS], tuple(self._other())),)
        parts = {
            DIAGNOSIS: self._roomy(row) if roomy else self._close(row),
            FILES: _files(row, ascii_only=self.services.ascii_only),
            INPUTS: hash_lines(row.input_hash) or _nothing("it records no inputs"),
        }
        tensors = self._question(TENSORS, row)
        known = {TENSORS: _no_header() if tensors is None else self.answer(tensors)}
        return tuple(
            known.get(name) or Section(name, TITLES[name], tuple(parts[name]))
            for name in (DIAGNOSIS, TENSORS, FILES, INPUTS)
        )

    def ask_for(self, section: str, *, soon: bool) -> None:
        """Find out what a part of the detail lacks.

        Args:
            section: Its id.
            soon: Only once the cursor has rested for a moment.
        """
        row = self.current
        self.ask_about(None if row is None else self._question(section, row), soon=soon)

    def _question(self, section: str, row: Checkpoint) -> Question | None:
        """What a child has to find out for this part, None where nothing is to be found out."""
        if section == TENSORS and _has_header(row):
            return Question(
                TENSORS, row.path, row.signature, ("inspect", self.full(row.path), "--json"),
                _tensors, "reading the header…",
            )  # fmt: skip
        return None

    def _other(self) -> list[Line]:
        """About what is no checkpoint."""
        key = self.table.cursor
        if key is None:
            return _nothing("nothing is selected")
        if self.view is self.stages:
            return self._stage(key)
        if self.view is self.runs:
            return self._run(key)
        if self.view is self.failures:
            return self._failure(key)
        return [] if folder_of(key) is None else self._folder(key)

    def _lines(self, row: Checkpoint) -> tuple[list[Line], Line]:
        """What is wrong, and what to press."""
        lines = detail_lines(
            row,
            now=time.time(),
            keys=caps(),
            snapshot=self.snapshot,
            ascii_only=self.services.ascii_only,
        )
        if row.progress is not None:
            lines.insert(1, line(Span(f"checking {units.percent(row.progress)}", Role.ACCENT)))
        return lines[:-1], lines[-1]

    def _close(self, row: Checkpoint) -> list[Line]:
        """Little room: what to press comes right after what is wrong."""
        (headline, *rest), press = self._lines(row)
        reason = 1 if row.reason else 0
        said = [headline, *rest[:reason], press, *rest[reason:]]
        return [*said, (), *check_lines(row), (), *self._passed(row)]

    def _roomy(self, row: Checkpoint) -> list[Line]:
        said, press = self._lines(row)
        levels = [_heading("Levels"), *check_lines(row)]
        return [*said, (), *offers(press), (), *levels, (), *self._passed(row)]

    def brief(self) -> list[Line]:
        """Two lines for under a small table: what is wrong, and what to press."""
        row = self.current
        if row is None:
            return self._other()[:2]
        lines = self._close(row)
        return lines[1:3] if row.reason else lines[:2]

    def _passed(self, row: Checkpoint) -> list[Line]:
        good = self.snapshot.last_good
        passed = good.passed_over if good else self.snapshot.last_good_none
        if good is None or good.path != row.path or not passed:
            return []
        lines = [_heading("Newer ones that were passed over")]
        lines += [line(f"{each.path}  ", Span(each.reason, Role.MUTED)) for each in passed]
        return [*lines, ()]

    def _folder(self, key: str) -> list[Line]:
        count = units.counted(self.checkpoints.count(key), "checkpoint")
        return [
            line(Span(group_name(key), Role.STRONG), f"  {count}"),
            line(
                Span(cap("open-row"), Role.ACCENT), "  shows them one by one, and folds them again"
            ),
            line(Span(cap("validate"), Role.ACCENT), "  validates all of them"),
        ]

    def _stage(self, key: str) -> list[Line]:
        row = self.stages.rows[key]
        lines = [
            line(Span(row.stage, Role.STRONG), f"  {row.status.replace('_', ' ')}  ",
                 Span(row.state, Role.MUTED)),
            line(Span(row.error or "", Role.ERROR)),
            *hash_lines(row.input_hash),
            line(" · ".join(_times(row.started_at, row.completed_at, row.duration_seconds))),
        ]  # fmt: skip
        if row.outputs:
            lines += [(), _heading("Outputs"), *(line(path) for path in row.outputs[:MOST_TENSORS])]
        return [each for index, each in enumerate(lines) if each or index > 3]

    def _run(self, key: str) -> list[Line]:
        run = self.runs.rows[key]
        return [
            line(Span(run.id, Role.STRONG), f"  {run.state}  ", run.note),
            line(Span("command  ", Role.MUTED), " ".join(run.command)),
            line(Span("log      ", Role.MUTED), run.log),
        ]

    def _failure(self, key: str) -> list[Line]:
        row = self.failures.rows[key]
        if isinstance(row, JournalEntry):
            return _repair(row)
        return [
            line(Span(row.path, Role.STRONG)),
            line(Span(row.reason, Role.ERROR)),
            line(Span(f"logged {row.timestamp}", Role.MUTED)),
        ]


def _repair(entry: JournalEntry) -> list[Line]:
    moves = (
        f"{step.do}  {step.path}" + (f"  → {step.to}" if step.to else "") for step in entry.steps
    )
    return [
        line(Span(entry.action, Role.STRONG), f"  {entry.state}"),
        line(Span(f"{entry.at} by {entry.by}, undo id {entry.id}", Role.MUTED)),
        *(line(each) for each in moves),
    ]


def _has_header(row: Checkpoint) -> bool:
    """True for a file that is there: a directory is told by its parts, its verdict lists them."""
    return row.size is not None and not row.layout


def _nothing(sentence: str) -> list[Line]:
    return [line(Span(sentence, Role.MUTED))]


def _no_header() -> Section:
    said = _nothing("its tensors lie in its parts, which are listed under Files")
    return Section(TENSORS, TITLES[TENSORS], tuple(said))


def _tensors(document: Mapping[str, object]) -> Section:
    return Section(TENSORS, TITLES[TENSORS], tuple(inspect_lines(document)))


def _files(row: Checkpoint, *, ascii_only: bool) -> list[Line]:
    if not row.parts:
        return _nothing("it is a single file")
    return part_lines(row, ascii_only=ascii_only)


def offers(press: Line) -> list[Line]:
    """The keys that help here, one a line: a key's span and what it does."""
    return [press[at : at + 2] for at in range(0, len(press), 2)]


def _heading(title: str) -> Line:
    return line(Span(title, Role.STRONG))


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


def inspect_lines(document: Mapping[str, object]) -> list[Line]:
    """Keys, tensors and metadata from the document of ``ckptui inspect --json``."""
    tensors = records(document, "tensors")
    keys = texts(document, "keys")
    lines = [_heading(f"Keys {len(keys):,}"), line(", ".join(keys) or "–"), ()]
    if not keys and not tensors:
        lines = [line(Span("no keys and no tensors are told by its header", Role.MUTED))]
        return [*lines, *_metadata(document)]
    total = sum(number(each, "bytes") for each in tensors)
    parameters = number(document, "parameters")
    lines.append(
        _heading(f"Tensors {len(tensors):,}, {parameters:,} elements, {units.size(total)}")
    )
    shown = tensors[:MOST_TENSORS]
    width = min(max((len(plain(text(each, "name"))) for each in shown), default=0), 48)
    lines += [_tensor(each, width) for each in shown]
    if len(tensors) > len(shown):
        lines.append(line(Span(f"and {len(tensors) - len(shown):,} more", Role.MUTED)))
    return lines + _metadata(document)


def _metadata(document: Mapping[str, object]) -> list[Line]:
    metadata = document.get("metadata")
    if not isinstance(metadata, dict) or not metadata:
        return []
    rows = [line(Span(f"{name}  ", Role.MUTED), _said(value)) for name, value in metadata.items()]
    return [(), _heading("Metadata"), *rows]


def _said(value: object) -> str:
    """A value as a person would write it: a list without its brackets."""
    return "; ".join(str(each) for each in value) if isinstance(value, list) else str(value)


def _tensor(tensor: Mapping[str, object], width: int) -> Line:
    shape = tensor.get("shape")
    sizes = "×".join(str(size) for size in shape) if isinstance(shape, list) else ""
    name = pad(plain(text(tensor, "name")) or "(the tensor itself)", width)
    size = units.size(number(tensor, "bytes"))
    return line(
        f"{size:>6}  ", name, Span(f"  {text(tensor, 'dtype')} {sizes or 'scalar'}", Role.MUTED)
    )
