"""The main screen: strip, tabs, table, detail, footer. It composes, and hands snapshots on."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.timer import Timer
from textual.widgets import Input

from ckptui.present import strip
from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, line
from ckptui.tui import narrow
from ckptui.tui.feed import Feed
from ckptui.tui.folding import folder_of
from ckptui.tui.history import JOURNAL, standing
from ckptui.tui.keys import MAIN, bindings, cap
from ckptui.tui.messages import SnapshotChanged, ThreadFailed
from ckptui.tui.screens.details import Details, inspect_lines
from ckptui.tui.screens.finding import FindActions
from ckptui.tui.screens.repairing import RepairActions
from ckptui.tui.screens.running import RunActions
from ckptui.tui.screens.text_screen import DetailScreen
from ckptui.tui.services import Services
from ckptui.tui.tabs import ruled, tabs_line
from ckptui.tui.widgets.footer import Footer
from ckptui.tui.widgets.log import LogPager
from ckptui.tui.widgets.pager import Pager
from ckptui.tui.widgets.painting import between, width_of
from ckptui.tui.widgets.table import Table
from ckptui.tui.widgets.text import Text
from ckptui.watch.model import Checkpoint, Snapshot

WIDE = 140
"""Columns from which on the detail stands beside the table."""
TALL = 28
"""Lines from which on it stands below the table; else enter opens it."""
_TICK_SECONDS = 5.0
_REST_SECONDS = 0.6
_CHANGES = frozenset(key.action for key in MAIN if key.changes)


class MainScreen(FindActions, RepairActions, RunActions, Details):
    """Everything about one run directory."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(MAIN)

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.feed = Feed(self, services.monitor, self.show)
        ascii_only = services.ascii_only
        self.pane = Pager(ascii_only=ascii_only, pager_id="detail")
        self.log_pane = LogPager(services.verbs, ascii_only=ascii_only, pager_id="run-log")
        self.known: dict[str, tuple[object, list[Line]]] = {}
        self.failed = ""
        self._resting: object = None
        self._rest: Timer | None = None

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        ascii_only = self.services.ascii_only
        yield Text(ascii_only=ascii_only, text_id="title")
        yield Text(ascii_only=ascii_only, text_id="strip")
        yield Text(ascii_only=ascii_only, text_id="tabs")
        with Container(id="body"):
            yield from self.tables.values()
            with Container(id="side"):
                yield self.pane
                yield self.log_pane
        yield Text(ascii_only=ascii_only, text_id="reason")
        yield Text(ascii_only=ascii_only, text_id="status")
        yield Input(id="filter", compact=True, select_on_focus=False,
                    placeholder="words, cat:corrupted, marker:missing, input:stale")  # fmt: skip
        yield Footer(_FOOTERS["checkpoints"], ascii_only=ascii_only)

    def on_mount(self) -> None:
        """Begin to watch."""
        self.query_one("#filter", Input).display = False
        self.show_view("checkpoints")
        self.feed.start()
        self.set_interval(_TICK_SECONDS, self.tick)

    def on_snapshot_changed(self, _: SnapshotChanged) -> None:
        """The model changed; the feed says when to show it."""
        self.feed.arrived()

    def on_thread_failed(self, message: ThreadFailed) -> None:
        """Say so and keep saying it: nothing on the screen is live any more."""
        self.failed = message.error
        self._show_strip()

    # Showing

    def show(self, snapshot: Snapshot, _: Collection[str], __: Collection[str]) -> None:
        """Show a snapshot: only what reads differently is painted."""
        self.snapshot = snapshot
        # No batch_update: it ends in a paint of the whole screen, fifteen times the bytes.
        self.refresh_view()

    def refresh_view(self) -> None:
        """Show the open view anew, with everything around it."""
        for view in self.views.values():
            keys = view.update(self.snapshot)
            self.tables[view.id].empty = view.empty(self.snapshot)
            if view is self.view:
                self.table.show(keys)
        self._show_strip()
        self._show_detail()
        self.show_status()
        self.query_one(Footer).tell(note=self._undo_note(), dimmed=self._dimmed())

    def _undo_note(self) -> Line:
        """``z undo (2)`` while there is something to take back."""
        count = standing(self.snapshot.run_files.get(JOURNAL, ""))
        role = Role.MUTED if self.why_read_only() else Role.ACCENT
        return (Span(cap("undo"), role), Span(f" undo ({count}) ")) if count else ()

    def tick(self) -> None:
        """Ages grow, and a run may have died: repaint what reads differently now."""
        if self.runs.working:
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

    def _show_detail(self) -> None:
        wide = self.has_class("-wide")
        lines = self._known_detail(deep=wide)
        if wide:
            self._inspect_soon()
        self.pane.show(lines)
        self.query_one("#reason", Text).show(self.brief())
        if self.open_detail is not None:
            self.open_detail.update(self._known_detail(deep=True))
        follow = self.view is self.runs and not self.has_class("-small")
        self.log_pane.display = follow
        self.set_class(follow, "-runs")
        self.log_pane.open(self.table.cursor if follow else None)

    def _inspect_soon(self) -> None:
        """Read keys and tensors once the cursor has rested on a checkpoint for a moment."""
        row = self.current
        wanted = row if row is not None and _has_header(row) else None
        key = None if wanted is None else (wanted.path, wanted.signature)
        if key == self._resting:
            return
        self._resting = key
        if self._rest is not None:
            self._rest.stop()
        if wanted is not None and self.known.get(wanted.path, (None,))[0] != wanted.signature:
            self._rest = self.set_timer(_REST_SECONDS, partial(self._start_inspect, wanted))

    def _start_inspect(self, row: Checkpoint) -> None:
        work = self._inspect(row.path, row.signature)
        self.run_worker(work, exclusive=True, group="inspect")

    def _known_detail(self, *, deep: bool) -> list[Line]:
        lines = self.detail(deep=deep)
        row = self.current
        if deep and row is not None and _has_header(row):
            known = self.known.get(row.path)
            if known is not None and known[0] == row.signature:
                return [*lines, *known[1]]
            return [*lines, line(Span("keys and tensors: reading the header…", Role.MUTED))]
        return lines

    # Views, rows, sizes

    def show_view(self, view_id: str) -> None:
        """Open one of the four views."""
        self.view = self.views[view_id]
        for table_id, table in self.tables.items():
            table.display = table_id == view_id
        words = {"open-row": "log"} if view_id == "runs" else {}
        self.query_one(Footer).tell(ids=_FOOTERS[view_id], words=words, dimmed=self._dimmed())
        self.refresh_view()
        self.table.focus()

    def _dimmed(self) -> list[str]:
        return [key.id for key in MAIN if key.changes] if self.why_read_only() else []

    def on_table_moved(self, message: Table.Moved) -> None:
        """Another row: another detail."""
        if message.table is self.table:
            self._show_detail()
            self.show_status()

    def on_table_marked(self) -> None:
        """Say how many are marked."""
        self.show_status()

    def on_table_opened(self, message: Table.Opened) -> None:
        """Enter: a folder unfolds, a run shows its log, all else its detail."""
        folder = folder_of(message.key) if self.view is self.checkpoints else None
        if folder is not None:
            self.checkpoints.toggle(folder)
            self.refresh_view()
        elif self.view is self.runs:
            self.action_log()
        else:
            self._open_detail()

    def _open_detail(self) -> None:
        row = self.current
        screen = DetailScreen(
            self.view.title.removesuffix("s"),
            self._known_detail(deep=True),
            self._act,
            self._why_not,
            ascii_only=self.services.ascii_only,
        )
        self.open_detail = screen
        self.app.push_screen(screen, self._closed_detail)
        if row is not None and _has_header(row):
            self._start_inspect(row)

    async def _act(self, action: str) -> None:
        await self.app.run_action(action, self)

    def _why_not(self, action: str) -> str:
        return self.why_read_only() if action in _CHANGES else ""

    def _closed_detail(self, _: str | None) -> None:
        self.open_detail = None

    async def _inspect(self, path: str, signature: object) -> None:
        full = os.path.join(self.services.root, path)
        answer = await self.services.verbs.ask("inspect", full, "--json")
        said = [line(Span(answer.sentence, Role.ERROR))]
        lines = said if answer.document is None else inspect_lines(answer.document)
        self.known[path] = (signature, lines)
        self._show_detail()

    def on_resize(self, event: events.Resize) -> None:
        """Put the detail beside, below, or away."""
        wide = event.size.width >= WIDE
        small = not wide and (event.size.height < TALL or event.size.width < 100)
        self.set_class(wide, "-wide")
        self.set_class(small, "-small")
        self.call_after_refresh(self.refresh_view)

    def _paths_on_screen(self) -> list[str]:
        return self.checkpoints.paths(self.tables["checkpoints"].on_screen())

    # Read-only

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what changes anything where nothing may be changed."""
        return None if self._why_not(action) else True

    def on_key(self, event: events.Key) -> None:
        """Say why a greyed key does nothing; esc leaves the filter line."""
        self.feed.used(self._paths_on_screen)
        if self.query_one("#filter", Input).has_focus:
            if event.key == "escape":
                event.stop()
                self.drop_filter()
            return
        why = self.why_read_only()
        found = self.active_bindings.get(event.key)
        if why and found is not None and found.binding.action in _CHANGES:
            self.say(why, alarm=True)


_FOOTERS = {
    "checkpoints": ("validate", "fix", "marker", "resume", "filter", "help"),
    "stages": ("open-row", "resume", "filter", "rescan", "help"),
    "runs": ("open-row", "cancel-run", "resume", "filter", "help"),
    "failures": ("open-row", "filter", "copy", "help"),
}


def _has_header(row: Checkpoint) -> bool:
    """True for a file that is there: a directory is told by its parts, its verdict lists them."""
    return row.size is not None and not row.layout
