"""The filter line: what is typed in it, what is said of it, and what it is used for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from textual.widgets import Input

from ckptui.present.filter import Filter
from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, joined, line
from ckptui.tui.screens.marking import MarkActions
from ckptui.tui.widgets.entry import Entry

_COUNTED: Final = 20_000
"""Rows up to which matches are counted while a filter for marks is typed."""


class FilterActions(MarkActions):
    """``/`` shows only what matches, ``=`` marks it; both type in one line."""

    _marking = False
    _asked_now: Filter | None = None

    def new_entry(self) -> Entry:
        """The line; hidden until a key opens it."""
        return Entry(self._complete, entry_id="filter")

    @property
    def entry(self) -> Entry:
        """The line."""
        return self.query_one(Entry)

    @property
    def typing(self) -> bool:
        """True while the line is open."""
        return self.entry.display

    def _complete(self, typed: str) -> Sequence[str]:
        from ckptui.present.filter_hints import candidates

        return candidates(typed, self.view.language)

    def action_filter(self) -> None:
        """Open the line to choose what is shown."""
        self._open(self.view.filter.typed, marking=False)

    def action_mark_filter(self) -> None:
        """Open the line to choose what is marked."""
        self._open("", marking=True)

    def _open(self, text: str, *, marking: bool) -> None:
        entry = self.entry
        self._marking, self._asked_now = marking, None
        entry.placeholder = "mark what matches" if marking else "show only what matches"
        entry.display = True
        entry.begin(text, self.typed_before.setdefault(self.view.id, []))
        # Now, not after the next refresh: what is typed ahead must land in the line.
        self.set_focus(entry)
        self.show_status()
        self.show_footer()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while typing; a mistake leaves the last good filter, an unfinished end waits."""
        if not event.input.display:
            return
        self._asked_now = Filter.parse(event.value, self.view.language)
        asked = _finished(self._asked_now)
        if not self._marking and not asked.problems and asked != self.view.filter:
            self.view.filter = asked
            self.refresh_view()
        self.show_status()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter, or mark what matches, and go back to the table."""
        asked = Filter.parse(event.value, self.view.language)
        if asked.problems:
            self._asked_now = asked
            self.show_status()
            return
        self.entry.keep()
        marking = self._marking
        self._leave_line()
        if not marking:
            self.view.filter = asked
            self.refresh_view()
        elif asked:
            self.mark_matching(asked)

    def on_line_input_left(self) -> None:
        """Leaving takes back what the line was opened for."""
        if self._marking:
            self._leave_line()
        else:
            self.drop_filter()

    def drop_filter(self) -> None:
        """Show everything again and go back to the table."""
        self._leave_line()
        self.view.filter = Filter()
        self.refresh_view()

    def _leave_line(self) -> None:
        self.entry.display = False
        self._marking, self._asked_now = False, None
        self.set_focus(self.table)
        self.show_status()
        self.show_footer()

    # What is said meanwhile

    def status_line(self) -> Line:
        """While a filter is typed: what is wrong with it, or how many match and what may follow."""
        entry = self.entry
        if not self.typing:
            return super().status_line()
        from ckptui.present.filter_hints import candidates, hint

        asked = self._asked_now
        if asked is not None and asked.problems and entry.value[-1:].isspace():
            return line(Span(asked.problem, Role.ERROR))
        told = line(Span(self._matches(asked), Role.STRONG))
        more = hint(entry.value, self.view.language)
        if asked is not None and asked.problems and not candidates(entry.value, self.view.language):
            more = line(Span(asked.problem, Role.ERROR))
        return joined([told, more], " · ")

    def _matches(self, asked: Filter | None) -> str:
        """``12 of 3,402``."""
        total = self.view.total
        if not self._marking:
            return f"{len(self.table.keys):,} of {total:,}" if self.view.filter else ""
        if not asked or asked.problems or total > _COUNTED or self.view is not self.checkpoints:
            return "mark"
        return f"mark {len(self.matching(asked)):,} of {total:,}"


def _finished(asked: Filter) -> Filter:
    """A filter without the term at its end that is still being typed: ``cat:``, ``size>``."""
    if len(asked.problems) != 1 or asked.problems[0].end < len(asked.typed):
        return asked
    return replace(asked, typed=asked.typed[: asked.problems[0].start].rstrip(), problems=())
