"""The main screen: strip, tabs, table, detail, footer. It composes, and hands snapshots on."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from ckptui.present import strip
from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, line
from ckptui.tui import narrow
from ckptui.tui.feed import Feed
from ckptui.tui.folding import folder_of
from ckptui.tui.history import JOURNAL, standing
from ckptui.tui.keys import MAIN, bindings, cap
from ckptui.tui.messages import SnapshotChanged, ThreadFailed
from ckptui.tui.screens.arranging import ArrangeActions
from ckptui.tui.screens.finding import FindActions
from ckptui.tui.screens.following import Following
from ckptui.tui.screens.footers import EMPTY
from ckptui.tui.screens.noticing import Noticing
from ckptui.tui.screens.remembering import Remembering
from ckptui.tui.screens.repairing import RepairActions
from ckptui.tui.screens.running import RunActions
from ckptui.tui.services import Services
from ckptui.tui.tabs import ruled, tabs_line
from ckptui.tui.widgets.footer import Footer
from ckptui.tui.widgets.painting import between, width_of
from ckptui.tui.widgets.placebar import PlaceBar
from ckptui.tui.widgets.table import Table
from ckptui.tui.widgets.text import Text
from ckptui.watch.model import Snapshot

_TICK_SECONDS = 5.0
_MOST_AT_ONCE = 200
"""Rows of a group that are checked before others because the group is on screen."""


class MainScreen(
    ArrangeActions, FindActions, RepairActions, RunActions, Remembering, Following, Noticing
):
    """Everything about one run directory."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(MAIN)

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.feed = Feed(self, services.monitor, self.show)
        self.failed = ""
        self._was_shown = False

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        self.fit(self.app.size)
        ascii_only = self.services.ascii_only
        yield PlaceBar(ascii_only=ascii_only)
        yield Text(ascii_only=ascii_only, text_id="title")
        yield Text(ascii_only=ascii_only, text_id="strip")
        yield Text(ascii_only=ascii_only, text_id="tabs")
        with Container(id="body"):
            yield from self.tables.values()
            yield from self.compose_side()
        yield Text(ascii_only=ascii_only, text_id="reason")
        yield Text(ascii_only=ascii_only, text_id="status")
        yield self.new_entry()
        yield Footer(EMPTY, ascii_only=ascii_only)

    def on_mount(self) -> None:
        """Begin to watch."""
        self.entry.display = False
        self.show_view(self.view.id)
        self.feed.open()
        self.set_interval(_TICK_SECONDS, self.tick)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Not once more at the start: whatever was just mounted has its styles."""
        event.refresh_styles = event.refresh_styles and self._was_shown
        self._was_shown = True

    def on_snapshot_changed(self, _: SnapshotChanged) -> None:
        """The model changed; the feed says when to show it."""
        self.feed.arrived()

    def on_thread_failed(self, message: ThreadFailed) -> None:
        """Say so and keep saying it: nothing on the screen is live any more."""
        self.failed = message.error
        self._show_strip()

    # Showing

    def show(
        self, snapshot: Snapshot, changed: Collection[str] | None, removed: Collection[str]
    ) -> None:
        """Show a snapshot: only what reads differently is painted."""
        self.snapshot = snapshot
        # No batch_update: it ends in a paint of the whole screen, fifteen times the bytes.
        self.update_views(changed, removed)
        self._show_around()

    def refresh_view(self) -> None:
        """Show the open view anew, with everything around it."""
        self.show(self.snapshot, (), ())

    def _show_around(self) -> None:
        self._show_strip()
        self.show_detail()
        self.show_status()
        self.query_one(Footer).tell(note=self._undo_note())
        self.show_footer()

    def _undo_note(self) -> Line:
        """``z undo (2)`` while there is something to take back."""
        count = standing(self.snapshot.run_files.get(JOURNAL, ""))
        key, word = (Role.MUTED, Role.MUTED) if self.why_read_only() else (Role.ACCENT, Role.NORMAL)
        return (Span(cap("undo"), key), Span(f" undo ({count}) ", word)) if count else ()

    def tick(self) -> None:
        """Ages grow, and a run may have died: repaint what reads differently now."""
        if not self.feed.is_open:  # another run directory is on show
            return
        if self.runs.working or self.view.filter.timed:
            self.refresh_view()
        self.table.touch()
        self._show_strip()

    def _show_strip(self) -> None:
        now, width = time.time(), max(self.size.width, 3)
        title = strip.title_line(self.snapshot, self.services.host, os.path.expanduser("~"))
        watching = self._failed_line() or strip.watching_line(self.snapshot, now=now)
        self.query_one("#title", Text).show([between(title, watching, width - 2)])
        ascii_only = self.services.ascii_only
        lines = narrow.strip_lines(self.snapshot, now=now, width=width - 2, ascii_only=ascii_only)
        self.query_one("#strip", Text).show(lines)
        small = self.has_class("-small")
        tabs = tabs_line(
            self.views.values(), self.view, self.runs, close=small, ascii_only=ascii_only
        )
        room = width - width_of(tabs) - 3
        words = narrow.watching_words(self.snapshot, now=now, room=room)
        note = (self._failed_line() or words) if small else ()
        self.query_one("#tabs", Text).show([ruled(tabs, note, width, ascii_only=ascii_only)])

    def _failed_line(self) -> Line:
        text = f"not live any more, restart ckptui: {self.failed}" if self.failed else ""
        return line(Span(text, Role.ERROR))

    # Views, rows, sizes

    def show_view(self, view_id: str) -> None:
        """Open one of the four views."""
        self.view = self.views[view_id]
        for table_id, table in self.tables.items():
            table.display = table_id == view_id
        self.refresh_view()
        self.table.focus()

    def on_table_moved(self, message: Table.Moved) -> None:
        """Another row: another detail."""
        if message.table is self.table:
            self.follow_cursor()
            self.show_status()
            self.show_footer()

    def on_table_marked(self) -> None:
        """Say how many are marked, and what the keys would do with them."""
        self.show_status()
        self.show_footer()

    def on_table_opened(self, message: Table.Opened) -> None:
        """Enter: a folder unfolds, a run shows its log, all else its detail."""
        if self.view is self.checkpoints and folder_of(message.key) is not None:
            self.checkpoints.toggle(message.key)
            self.refresh_view()
        else:
            self.open_row()

    def _paths_on_screen(self) -> list[str]:
        return self.checkpoints.paths(self.tables["checkpoints"].on_screen(), most=_MOST_AT_ONCE)

    def on_key(self, event: events.Key) -> None:
        """Say why a dimmed key does nothing."""
        self.feed.used(self._paths_on_screen)
        if not self.entry.has_focus:
            self.refuse_key(event.key)
