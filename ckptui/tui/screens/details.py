"""What the detail of the row under the cursor says, part by part."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from ckptui.present import units
from ckptui.present.detail import check_lines, detail_lines, file_lines, part_lines
from ckptui.present.glyphs import Role
from ckptui.present.reading import records, texts
from ckptui.present.spans import Line, Span, line
from ckptui.present.tensor_rows import marks_of
from ckptui.present.tensors import TensorTree
from ckptui.tui.history import JOURNAL
from ckptui.tui.keys import caps
from ckptui.tui.screens.knowing import Question
from ckptui.tui.screens.other_details import OtherDetails, nothing
from ckptui.tui.sections import DIAGNOSIS, FILES, HISTORY, INPUTS, TENSORS, TITLES, Section
from ckptui.watch.model import Checkpoint

_SLICE = 500
"""Tensors that are put into a tree at a time: a few milliseconds."""
_PASSED = 100
"""Checkpoints named as passed over: there may be a hundred thousand."""


class Details(OtherDetails):
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
            return self.other_sections()
        parts = {
            DIAGNOSIS: self._roomy(row) if roomy else self._close(row),
            FILES: self._files(row) if self.showing == FILES else [],
        }
        known = {
            TENSORS: self._tensors(row),
            HISTORY: self.answer(self._history(row)),
            INPUTS: self.inputs_section(row.path, row.input_hash, self.stage_of(row)),
        }
        return tuple(
            known.get(name) or Section(name, TITLES[name], tuple(parts[name]))
            for name in (DIAGNOSIS, TENSORS, FILES, HISTORY, INPUTS)
        )

    def _tensors(self, row: Checkpoint) -> Section:
        question = self._question(TENSORS, row)
        section = _no_header() if question is None else self.answer(question)
        if section.tree is not None:
            section.tree.mark(marks_of(row.checks))
        return section

    def _files(self, row: Checkpoint) -> list[Line]:
        if row.parts:
            return part_lines(row, ascii_only=self.services.ascii_only)
        folder, _, name = row.path.rpartition("/")
        start = f"{folder}/.{name}.tmp." if folder else f".{name}.tmp."
        rows = self.snapshot.checkpoints
        beside = [rows[path] for path in rows if path.startswith(start)]
        return file_lines(row, beside, now=time.time())

    def ask_for(self, section: str, *, soon: bool) -> None:
        """Find out what a part of the detail lacks.

        Args:
            section: Its id.
            soon: Only once the cursor has rested for a moment.
        """
        row = self.current
        asked = self.other_question(section) if row is None else self._question(section, row)
        self.ask_about(asked, soon=soon)

    def _question(self, section: str, row: Checkpoint) -> Question | None:
        """What a child has to find out for this part, None where nothing is to be found out."""
        if section == TENSORS and _has_header(row):
            return Question(
                TENSORS, row.path, row.signature, ("inspect", self.full(row.path), "--json"),
                _tensors, "reading the header…",
            )  # fmt: skip
        if section == INPUTS:
            return self.inputs_question(row.path, row.input_hash, self.stage_of(row))
        return self._history(row) if section == HISTORY else None

    def _history(self, row: Checkpoint) -> Question:
        repaired = len(self.snapshot.run_files.get(JOURNAL, ""))
        return Question(
            HISTORY, row.path, (row.signature, row.checked_at, repaired),
            ("history", self.full(row.path), "--json"),
            self._tell_history, "looking up what was found out before…",
        )  # fmt: skip

    async def _tell_history(self, document: Mapping[str, object]) -> Section:
        from ckptui.present.history import history_lines

        ascii_only = self.services.ascii_only
        lines = history_lines(document, now=time.time(), ascii_only=ascii_only)
        return Section(HISTORY, TITLES[HISTORY], tuple(lines))

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
            return list(self.other_sections()[0].lines[:2])
        lines = self._close(row)
        return lines[1:3] if row.reason else lines[:2]

    def _passed(self, row: Checkpoint) -> list[Line]:
        good = self.snapshot.last_good
        passed = good.passed_over if good else self.snapshot.last_good_none
        if good is None or good.path != row.path or not passed:
            return []
        lines = [_heading("Newer ones that were passed over")]
        some = passed[: _PASSED + 1]
        lines += [line(f"{each.path}  ", Span(each.reason, Role.MUTED)) for each in some[:_PASSED]]
        if len(some) > _PASSED:
            lines.append(line(Span("and more; ckptui latest tells all of them", Role.MUTED)))
        return [*lines, ()]


def _has_header(row: Checkpoint) -> bool:
    """True for a file that is there: a directory is told by its parts, its verdict lists them."""
    return row.size is not None and not row.layout


def _no_header() -> Section:
    said = nothing("its tensors lie in its parts, which are listed under Files")
    return Section(TENSORS, TITLES[TENSORS], tuple(said))


async def _tensors(document: Mapping[str, object]) -> Section:
    """The tree, built a slice at a time: keys are answered meanwhile."""
    tree, tensors = TensorTree(), records(document, "tensors")
    for at in range(0, len(tensors), _SLICE):
        tree.add(tensors[at : at + _SLICE])
        await asyncio.sleep(0)
    metadata = document.get("metadata")
    beside = dict(metadata) if isinstance(metadata, dict) else {}
    told = beside.pop("values", None)
    tree.add_values(told if isinstance(told, dict) else {}, texts(document, "keys"))
    tree.add_values({f"({name.replace('_', ' ')})": value for name, value in beside.items()})
    for _ in tree.finishing():
        await asyncio.sleep(0)
    return Section(TENSORS, TITLES[TENSORS], tree=tree)


def offers(press: Line) -> list[Line]:
    """The keys that help here, one a line: a key's span and what it does."""
    return [press[at : at + 2] for at in range(0, len(press), 2)]


def _heading(title: str) -> Line:
    return line(Span(title, Role.STRONG))
