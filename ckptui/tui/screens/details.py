"""The detail of whatever is under the cursor, as lines; keys and tensors come when asked for."""

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
from ckptui.tui.folding import folder_of
from ckptui.tui.keys import cap, caps
from ckptui.tui.screens.base import RunScreen
from ckptui.watch.model import Checkpoint, InputHash

MOST_TENSORS = 2_000
"""Tensors listed; the sentence below the list says how many more there are."""


class Details(RunScreen):
    """Makes the detail's lines for each view."""

    def detail(self, *, deep: bool = False) -> list[Line]:
        """Lines about the row under the cursor.

        Args:
            deep: Also what each level said, and keys and tensors as far as they are known.
        """
        key = self.table.cursor
        if key is None:
            return [line(Span("nothing is selected", Role.MUTED))]
        if self.view is self.stages:
            return self._stage(key)
        if self.view is self.runs:
            return self._run(key)
        if self.view is self.failures:
            return self._failure(key)
        folder = folder_of(key)
        if folder is not None:
            return self._folder(folder)
        row = self.snapshot.checkpoints.get(key)
        return [] if row is None else self._checkpoint(row, deep=deep)

    def _checkpoint(self, row: Checkpoint, *, deep: bool) -> list[Line]:
        lines = detail_lines(
            row,
            now=time.time(),
            keys=caps(),
            snapshot=self.snapshot,
            ascii_only=self.services.ascii_only,
            parts=not deep,
        )
        if row.progress is not None:
            lines.insert(1, line(Span(f"checking {units.percent(row.progress)}", Role.ACCENT)))
        headline, *rest = lines
        press = rest.pop() if rest else ()
        if not deep:  # little room: what to press comes right after what is wrong
            reason = 1 if row.reason else 0
            return [headline, *rest[:reason], press, *rest[reason:]]
        said = [headline, *rest, (), *offers(press)]
        if row.parts:
            said += [(), _heading(f"Parts {len(row.parts):,}")]
            said += part_lines(row, ascii_only=self.services.ascii_only)
        return [*said, (), _heading("Levels"), *check_lines(row), (), *self._passed(row)]

    def brief(self) -> list[Line]:
        """Two lines for under a small table: what is wrong, and what to press."""
        row, lines = self.current, self.detail()
        return lines[1:3] if row is not None and row.reason else lines[:2]

    def _passed(self, row: Checkpoint) -> list[Line]:
        good = self.snapshot.last_good
        passed = good.passed_over if good else self.snapshot.last_good_none
        if good is None or good.path != row.path or not passed:
            return []
        lines = [_heading("Newer ones that were passed over")]
        lines += [line(f"{each.path}  ", Span(each.reason, Role.MUTED)) for each in passed]
        return [*lines, ()]

    def _folder(self, folder: str) -> list[Line]:
        paths = self.checkpoints.groups.get(folder, [])
        return [
            line(
                Span(f"{folder}/", Role.STRONG), f"  {units.counted(len(paths), 'unit')} of a stage"
            ),
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
