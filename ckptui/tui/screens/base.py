"""What the parts of the main screen share: the snapshot, the views, the tables, what was said."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING

from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input
from textual.worker import Worker

from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, line
from ckptui.tui.folding import folder_of
from ckptui.tui.keys import cap
from ckptui.tui.order import Order
from ckptui.tui.services import Services
from ckptui.tui.views import CheckpointsView, FailuresView, RunsView, StagesView, View
from ckptui.tui.widgets.painting import between, whole_sentence
from ckptui.tui.widgets.table import Table
from ckptui.tui.widgets.text import Text
from ckptui.watch.model import Checkpoint, Snapshot

if TYPE_CHECKING:
    from ckptui.tui.screens.detail_screen import DetailScreen

SAID_SECONDS = 12.0
"""How long the line above the footer says what a key did."""


class RunScreen(Screen[None], inherit_bindings=False):
    """The state of the main screen, without its keys and its layout.

    Attributes:
        services: What acts and what watches.
        snapshot: The newest one shown.
        view: The one that is open.
        typed_before: View id → filters that were typed there, the oldest first.
    """

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services
        self.snapshot = Snapshot(root=services.root)
        ascii_only = services.ascii_only
        self.checkpoints = CheckpointsView(ascii_only=ascii_only)
        self.stages = StagesView(ascii_only=ascii_only)
        self.runs = RunsView(ascii_only=ascii_only)
        self.failures = FailuresView(ascii_only=ascii_only)
        self.views: dict[str, View] = {
            view.id: view for view in (self.checkpoints, self.stages, self.runs, self.failures)
        }
        self.view: View = self.checkpoints
        self.tables = {
            view.id: Table(view.shown, view.cells, ascii_only=ascii_only, table_id=view.id)
            for view in self.views.values()
        }
        self.tables["checkpoints"].exists = self.checkpoints.exists
        self.open_detail: DetailScreen | None = None
        self._asking: Worker[None] | None = None
        self.order = Order()
        self.typed_before: dict[str, list[str]] = {}
        self._said: Line = ()
        self._said_timer: Timer | None = None
        self._piece: Timer | None = None
        self.mended = False  # something was changed here that the journal may not tell yet

    @property
    def table(self) -> Table:
        """The table of the open view."""
        return self.tables[self.view.id]

    @property
    def current(self) -> Checkpoint | None:
        """The checkpoint under the cursor, None where there is none or a folder."""
        key = self.tables["checkpoints"].cursor
        if self.view is not self.checkpoints or key is None or folder_of(key) is not None:
            return None
        return self.snapshot.checkpoints.get(key)

    def chosen(self) -> list[Checkpoint]:
        """The marked checkpoints, else the one under the cursor, else its folder's."""
        if self.view is not self.checkpoints:
            return []
        table = self.tables["checkpoints"]
        marked = table.marks if self.open_detail is None else frozenset()
        keys = table.in_order(marked)
        if len(keys) < len(marked):  # some are hidden by a filter or in closed groups
            keys += sorted(marked.difference(keys))
        if not keys and table.cursor is not None:
            keys = [table.cursor]
        rows = self.snapshot.checkpoints
        return [rows[path] for path in self.checkpoints.paths(keys) if path in rows]

    def why_read_only(self) -> str:
        """Why nothing may be changed here, or empty where it may."""
        return self.services.why_read_only()

    # What other parts do

    @property
    def typing(self) -> bool:
        """True while a filter is typed; ``FilterActions`` knows."""
        raise NotImplementedError

    def show_footer(self) -> None:
        """Show the keys that help now; ``Footers`` does."""
        raise NotImplementedError

    def costs(self) -> dict[str, str]:
        """What the keys of the footer would act on; ``MarkActions`` does."""
        raise NotImplementedError

    def marks_said(self) -> str:
        """What the marks add up to; ``MarkActions`` does."""
        raise NotImplementedError

    def refresh_view(self) -> None:
        """Show the open view anew; the main screen does."""
        raise NotImplementedError

    def show_view(self, view_id: str) -> None:
        """Open a view; the main screen does."""
        raise NotImplementedError

    def action_resume(self) -> None:
        """Resume the run; ``RunActions`` does."""
        raise NotImplementedError

    # One change at a time

    def begin(self, work: Coroutine[None, None, None]) -> None:
        """Start what asks and then changes; a second one waits for the user, not in a queue."""
        if self.asking:
            work.close()
            self.say(f"still busy with the last key; {cap('stop-check')} stops waiting for it")
        else:
            self._asking = self.run_worker(work, group="ask")

    @property
    def asking(self) -> bool:
        """True while a change is being prepared or made."""
        return self._asking is not None and self._asking.is_running

    def interrupted(self) -> bool:
        """True where the user went elsewhere: a preview must not catch keys meant for that."""
        top = self.app.screen
        ours = top is self or top is self.open_detail
        if ours and not isinstance(self.app.focused, Input):
            return False
        self.say("left it, as you went on to something else; press the key again")
        return True

    def done_asking(self) -> None:
        """The change is made: the next one may begin, though its worker has still to end."""
        self._asking = None

    def stop_asking(self) -> None:
        """Wait no longer; a change that has begun goes on by itself."""
        if self._asking is not None:
            self._asking.cancel()
            self.say("no longer waiting; what has begun is left to end")

    # What is said

    def say(self, text: str, *, alarm: bool = False) -> None:
        """Say in one line what a key did; a while later the line tells the state again."""
        self._said = line(Span(text, Role.ERROR if alarm else Role.STRONG))
        if self._said_timer is not None:
            self._said_timer.stop()
        self._said_timer = self.set_timer(SAID_SECONDS, self.hush)
        self.show_status()

    def hush(self) -> None:
        """Say no more about the last key."""
        self._said = ()
        self.show_status()

    def show_status(self) -> None:
        """Paint the line above the footer."""
        width = max(self.size.width - 2, 1)
        said = whole_sentence(self.status_line(), width)
        told = between(said, self.table.position(), width)
        self.query_one("#status", Text).show([told])
        if self.open_detail is not None:
            self.open_detail.tell(said)

    def status_line(self) -> Line:
        """What a key did just now, else the state of marks, filter and permission."""
        return self._said or self._state()

    def _state(self) -> Line:
        """Marks, filter and order, where there is something to say about them."""
        if self.snapshot.problem and self.has_class("-small"):  # its beginning stands at the top
            return line(Span(self.snapshot.problem, Role.ERROR))
        parts: list[str] = []
        if self.has_class("-tiny"):
            parts.append(f"{self.size.width}x{self.size.height} is small")
        if said := self.marks_said():
            parts.append(said)
        if self.view.filter:
            count = f"{len(self.table.keys):,} of {self.view.total:,}"
            parts.append(f"filter: {self.view.filter.typed} ({count}; {cap('stop-check')} clears)")
        why = self.why_read_only()
        if why:
            parts.append(why)
        notes = self.snapshot.notes if not parts else ()
        return line(Span(" · ".join([*parts, *notes]), Role.WARNING if notes else Role.MUTED))
