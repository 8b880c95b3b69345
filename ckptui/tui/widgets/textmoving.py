"""Moving in a text file: what is not here yet is asked for, and the move goes on when it comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ckptui.tui.reading import Asked
from ckptui.tui.rows import Place, rows_in
from ckptui.tui.widgets.textasking import TextAsking
from ckptui.watch.protocol import Message as Said

_WHEEL: Final = 3


class TextMoving(TextAsking):
    """Keeps rows around the eye, and the eye where it was going."""

    def __init__(
        self, environment: Mapping[str, str], *, ascii_only: bool, view_id: str | None = None
    ) -> None:
        super().__init__(environment, ascii_only=ascii_only, view_id=view_id)
        self._dry: set[str] = set()

    def _take(self, where: str, said: Said, asked: Asked) -> None:
        """Rows came: put them where they belong, and the eye where it was going."""
        rows = rows_in(said)
        self._lay_out()
        if not rows:
            self._dry.add(where)
        if where == "after":
            gone = self.window.append(rows, max(self._top.row - self.page, 0))
            self._top = Place(max(self._top.row - gone, 0), self._top.piece)
        elif where == "before":
            new = self.window.prepend(rows, self._top.row + self.page)
            self._top = Place(self._top.row + new, self._top.piece)
        else:
            self.window.replace(rows)
            self._dry.clear()
            self._top = self._place(where, asked.at)
        debt, self._debt = self._debt, 0
        self._go(debt)

    def _place(self, where: str, at: int) -> Place:
        if not self.window:
            return Place(0, 0)
        if where == "end":
            return self.window.moved(self.window.last(), 1 - self.page)[0]
        top = Place(self.window.row_at(at), 0)
        return self.window.moved(top, -(self.page // 3))[0] if self._third else top

    def _go(self, lines: int) -> None:
        """Move by lines; what is not there yet is asked for, and the move goes on when it comes."""
        if not self.window:
            self.repaint()
            return
        top, missing = self.window.moved(self._top, lines)
        lowest, _ = self.window.moved(self.window.last(), 1 - self.page)
        at_end = self.window.end >= self.state.size
        if top > lowest:
            missing = 0 if at_end else missing + self.window.between(lowest, top)
            top = lowest
        self._top = top
        waits = missing > 0 or (missing < 0 and self.window.start > 0)
        self._debt = missing if waits and not (missing > 0 and at_end) else 0
        self._fill()
        self.repaint()

    def _fill(self) -> None:
        """Ask for rows before the eye needs them: a page above and below."""
        if not self.window or self._reading is None or self._reading.waits_for("rows"):
            return
        _, below = self.window.moved(self._top, self.page * 2)
        _, above = self.window.moved(self._top, -self.page)
        last = self.window.rows[-1]
        ends = self.window.end >= self.state.size
        if below > 0 and not ends and "after" not in self._dry:
            self._ask_rows("after", last.end if last.whole else last.start)
        elif above < 0 and self.window.start > 0 and "before" not in self._dry:
            self._ask_rows("before", self.window.start)

    def stop_following(self) -> None:
        """The user looks at something: the end may go on without being shown."""
        if self.state.following:
            self.state.following = False
            self.state.below = 0
            self._stopped_at = self.state.size

    def by(self, lines: int) -> None:
        """Move as a key says."""
        self.state.note, self.state.alarm = "", False
        if lines < 0:
            self.stop_following()
        self._go(lines)

    def to(self, at: int, *, third: bool = False) -> None:
        """Move to a byte of the file."""
        self.stop_following()
        self._debt = 0
        self._ask_around(at, third=third)

    def on_resize(self) -> None:
        """Break the lines anew; the row at the top stays there, or the end."""
        self._painted.clear()
        self._lay_out()
        if self.state.following:
            self._ask_end()
        self._go(0)

    # Keys

    def action_pager_down(self) -> None:
        """A line on."""
        self.by(1)

    def action_pager_up(self) -> None:
        """A line back."""
        self.by(-1)

    def action_pager_page_down(self) -> None:
        """A page on."""
        self.by(self.page - 1)

    def action_pager_page_up(self) -> None:
        """A page back."""
        self.by(1 - self.page)

    def action_pager_half_page(self, direction: int) -> None:
        """Half a page on or back."""
        self.by(direction * max(self.page // 2, 1))

    def action_pager_top(self) -> None:
        """The beginning."""
        self.to(0)

    def action_pager_end(self) -> None:
        """The end; what grows is followed again."""
        self.action_text_follow()

    def action_text_follow(self) -> None:
        """Follow the end."""
        self.state.note, self.state.alarm = "", False
        self.state.following = self.state.followed = True
        self.state.below, self._debt, self._stopped_at = 0, 0, None
        self._ask_end()
        self._paint_status()

    def action_text_wrap(self) -> None:
        """Break long lines at the edge, or let them go on beyond it."""
        self.wrapping, self._left = not self.wrapping, 0
        self._top = Place(self._top.row, 0)
        self._lay_out()
        beyond = "long lines go on beyond the edge; left and right move"
        self.say("long lines are broken at the edge" if self.wrapping else beyond)
        self._go(0)

    def action_text_side(self, way: int) -> None:
        """Half a page to a side, where lines are not broken."""
        if self.wrapping:
            self.action_text_wrap()
        self._left = max(self._left + way * max(self.size.width // 2, 1), 0)
        self.repaint()

    def on_mouse_scroll_up(self) -> None:
        """The wheel, upwards."""
        self.by(-_WHEEL)

    def on_mouse_scroll_down(self) -> None:
        """The wheel, downwards."""
        self.by(_WHEEL)
