"""Where the detail stands: beside the table, below it, on the whole screen, or nowhere."""

from __future__ import annotations

from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Size

from ckptui.tui.keys import cap
from ckptui.tui.screens.details import Details
from ckptui.tui.sections import FILES
from ckptui.tui.services import Services
from ckptui.tui.widgets.detail import DetailView, SidePane
from ckptui.tui.widgets.log import LogView
from ckptui.tui.widgets.text import Text

WIDE: Final = 140
"""Columns from which on the detail stands beside the table."""
TALL: Final = 28
"""Lines from which on it stands below the table; else enter opens it."""
_ROOMY: Final = 100
"""Columns below which the detail stands nowhere unless it is told to; beside needs them anyway."""
_LEAST_LINES: Final = 20
TINY_WIDTH: Final = 40
TINY_HEIGHT: Final = 10
"""Below these only the table is shown, and that the terminal is small."""

AUTO: Final = "auto"
BESIDE: Final = "beside"
BELOW: Final = "below"
OFF: Final = "off"
PLACEMENTS: Final = (AUTO, BESIDE, BELOW, OFF)
"""What the user may wish for."""
_SAID: Final = {
    AUTO: "detail: where there is room for it",
    BESIDE: "detail: beside the table",
    BELOW: "detail: below the table",
    OFF: "detail: on the whole screen only",
}


def placed(wish: str, width: int, height: int) -> str:
    """Where the detail stands on a terminal: ``beside``, ``below`` or ``off``.

    Args:
        wish: One of :data:`PLACEMENTS`; where there is no room for it, it is ``off``.
        width: Columns.
        height: Lines.
    """
    if wish == BESIDE:
        return BESIDE if width >= _ROOMY else OFF
    if wish == BELOW:
        return BELOW if height >= _LEAST_LINES else OFF
    if wish == AUTO and width >= WIDE:
        return BESIDE
    return BELOW if wish == AUTO and height >= TALL and width >= _ROOMY else OFF


class Placing(Details):
    """Shows the detail, and opens it.

    Attributes:
        placement: What the user wishes, one of :data:`PLACEMENTS`; remembered from day to day.
    """

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        ascii_only = services.ascii_only
        self.pane = SidePane(ascii_only=ascii_only, view_id="detail")
        self.log_pane = LogView(services, self.why_read_only, view_id="run-log")
        self.placement = AUTO
        self._terminal = (0, 0)

    def compose_side(self) -> ComposeResult:
        """The detail's place beside or below the table."""
        with Container(id="side"):
            yield self.pane
            yield self.log_pane

    @property
    def place(self) -> str:
        """Where it stands now: ``beside``, ``below`` or ``off``."""
        return placed(self.placement, *self._terminal)

    def fit(self, size: Size) -> None:
        """Put the detail beside, below, or away in a terminal of that many columns and lines.

        Before anything is mounted it costs nothing; afterwards every widget is styled again.
        """
        self._terminal = (size.width, size.height)
        self._set_classes()

    def on_resize(self, event: events.Resize) -> None:
        """Put the detail where there is room now."""
        self.call_after_refresh(self.refresh_view)
        self.fit(event.size)

    def _set_classes(self) -> None:
        if self.place == OFF and self.pane.has_focus_within:
            self.table.focus()  # before what has it is hidden
        self.set_class(placed(AUTO, *self._terminal) == OFF, "-small")
        width, height = self._terminal
        self.set_class(width < TINY_WIDTH or height < TINY_HEIGHT, "-tiny")
        for place in (BESIDE, BELOW, OFF):
            self.set_class(self.place == place, f"-{place}")

    def put(self, wish: str) -> None:
        """Put the detail where the user wishes it, one of :data:`PLACEMENTS`."""
        self.placement = wish if wish in PLACEMENTS else AUTO
        self._set_classes()
        self.call_after_refresh(self.refresh_view)

    def action_placement(self) -> None:
        """Beside, below, off, and back to where there is room."""
        self.put(PLACEMENTS[(PLACEMENTS.index(self.placement) + 1) % len(PLACEMENTS)])
        room = self.place != OFF or self.placement in (AUTO, OFF)
        more = "" if room else f", once there is room; until then {cap('open-row')} opens it"
        self.say(_SAID[self.placement] + more)

    def action_enter_detail(self) -> None:
        """Move into the detail; where it stands nowhere, open it."""
        if self.place == OFF or self.view is self.runs:
            self.open_row()
        else:
            self.show_detail()  # it may be a moment behind the cursor
            self.pane.take_focus()

    def open_row(self) -> None:
        """Open what is under the cursor: a run's log, all else on the whole screen."""
        if self.view is self.runs:
            self.action_log()
        else:
            self._open_detail()

    # Showing

    def show_detail(self) -> None:
        """Show the detail wherever it is open, and find out what it lacks."""
        place = self.place
        view = self.pane if self.open_detail is None else self.open_detail.view
        self.showing = view.chosen
        if place == OFF:
            self.query_one("#reason", Text).show(self.brief())
        else:
            self.pane.show(self.subject, self.sections(roomy=place == BESIDE))
        if self.open_detail is not None:
            view.show(self.subject, self.sections(roomy=True))
        if self.open_detail is not None or place != OFF:
            self.ask_for(view.section.id, soon=self.open_detail is None)
        # There are few runs: under them is room for the log also where there is little of it.
        follow = self.view is self.runs and self.placement != OFF
        self.log_pane.display = follow
        self.set_class(follow, "-runs")
        self.show_log(follow=follow)

    def _open_detail(self) -> None:
        from ckptui.tui.screens.detail_screen import DetailScreen

        ascii_only = self.services.ascii_only
        view = DetailView(ascii_only=ascii_only, view_id="whole", chosen=self.pane.chosen)
        name = "" if self.current is None else f"  {self.current.path}"
        title = self.view.title.removesuffix("s") + name
        self.open_detail = DetailScreen(
            title, view, self.act, self.why_not, self._chosen, ascii_only=ascii_only
        )
        self.app.push_screen(self.open_detail, self._closed_detail)
        self.show_detail()

    def _closed_detail(self, path: str | None) -> None:
        if self.open_detail is not None:
            self.pane.chosen = self.open_detail.view.chosen
        self.open_detail = None
        self.show_detail()
        if path:
            self.jump(path)

    def _chosen(self, section: str) -> None:
        self.ask_for(section, soon=False)
        if section == FILES:  # made only where it is seen: it looks at all names
            self.show_detail()

    def on_detail_view_chosen(self, message: DetailView.Chosen) -> None:
        """Another part of the detail was chosen in the pane."""
        self._chosen(message.section)

    def on_detail_view_followed(self, message: DetailView.Followed) -> None:
        """Go to a checkpoint."""
        self.jump(message.path)

    def on_side_pane_left(self) -> None:
        """Back to the table."""
        self.table.focus()

    # What other parts do

    def show_log(self, *, follow: bool) -> None:
        """Show the log below the detail; ``RunActions`` does."""
        raise NotImplementedError

    def action_log(self) -> None:
        """Show a run's log; ``RunActions`` does."""
        raise NotImplementedError

    def jump(self, path: str) -> None:
        """Put the cursor on a checkpoint; ``FindActions`` does."""
        raise NotImplementedError
