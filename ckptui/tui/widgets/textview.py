"""A text file of any size: what is near the eye, the rest stays on disk. Follows what grows.

The reader process sends the rows that are asked for; this widget keeps a window of them, moves in
it, and repaints only lines that read differently, at most four times a second while it follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, line
from ckptui.tui.keys import PAGER, TEXT, bindings, cap
from ckptui.tui.reading import Asked, Reading
from ckptui.tui.rows import Place, Window, rows_in
from ckptui.tui.textstate import Search, TextState
from ckptui.tui.widgets.painting import ROLE_CLASSES, between, paint, width_of
from ckptui.watch.protocol import Message as Said
from ckptui.watch.protocol import number_in, text_in

_TICK: Final = 0.25
_CALM_TICKS: Final = 4
"""Where the end is not followed, only every so many ticks asks whether the file changed."""
_WHEEL: Final = 3
_HAPPENED: Final = {
    "cut": "the file was cut short",
    "replaced": "another file took its place",
    "gone": "the file is gone; what was read stays",
    "back": "the file is there again",
}


class TextView(Widget, can_focus=True, inherit_bindings=False):
    """Rows of one file around a place in it.

    Args:
        environment: For the reader process.
        ascii_only: No signs beyond ASCII.
        view_id: Widget id.

    Attributes:
        path: The file, None where none is open.
        state: For the last line.
        search: What is looked for.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {*ROLE_CLASSES}
    BINDINGS: ClassVar[list[BindingType]] = bindings((*PAGER, *TEXT))

    class Heard(Message):
        """The reader said something, or ended."""

        def __init__(self, reading: Reading, said: Said | None) -> None:
            self.reading, self.said = reading, said
            super().__init__()

    def __init__(
        self, environment: Mapping[str, str], *, ascii_only: bool, view_id: str | None = None
    ) -> None:
        super().__init__(id=view_id)
        self.environment = environment
        self.ascii_only = ascii_only
        self.path: str | None = None
        self.state = TextState()
        self.search = Search()
        self.window = Window()
        self.wrapping = True
        self._left = 0
        self._top = Place(0, 0)
        self._debt = 0  # lines still to go, once there are rows for them
        self._stopped_at: int | None = None
        self._reading: Reading | None = None
        self._rows_asked = 0
        self._third = False
        self._dry: set[str] = set()
        self._ticks = 0
        self._timer: Timer | None = None
        self._painted: dict[int, Line] = {}

    # Opening and closing

    def open_file(self, path: str | None, *, follow: bool) -> None:
        """Show another file, from its end where it is followed; None shows nothing."""
        self.close_file()
        self.path = path
        self.state = TextState(following=follow, followed=follow)
        self.search = Search()
        self.window.replace([])
        self._top, self._left, self._debt, self._stopped_at = Place(0, 0), 0, 0, None
        if path is not None:
            self._reading = Reading(path, self._hear, self.environment)
            self._begin()
            self._timer = self.set_interval(_TICK, self._tick)
        self.repaint()

    def close_file(self) -> None:
        """Read no more; waits for nothing."""
        if self._timer is not None:
            self._timer.stop()
        if self._reading is not None:
            self._reading.close()
        self._timer, self._reading, self.path = None, None, None

    def on_unmount(self) -> None:
        """The reader goes with its view."""
        self.close_file()

    @property
    def reader_pid(self) -> int | None:
        """Process id of the reader, None where none works."""
        return None if self._reading is None else self._reading.pid

    def _begin(self) -> None:
        if self.state.following:
            self._ask_end()
        else:
            self._ask_around(self.top_offset)

    def rested(self) -> None:
        """The app slept: nobody was there to hear an answer."""
        if self._reading is not None:
            self._reading.rested()

    # Asking

    def _hear(self, reading: Reading, said: Said | None) -> None:
        self.post_message(self.Heard(reading, said))  # from the link's thread: only a post

    def ask(self, what: str, at: int = 0, **question: object) -> int:
        """Ask the reader; 0 where there is none."""
        return self._reading.ask(what, at, **question) if self._reading is not None else 0

    def _ask_rows(self, where: str, at: int = 0) -> None:
        # Only the answer to the last question counts: the eye is elsewhere by now.
        self._rows_asked = self.ask("rows", at, where=where, count=self.page * 2 + 10)
        self._where = where

    def _ask_end(self) -> None:
        self._ask_rows("end")

    def _ask_around(self, at: int, *, third: bool = False) -> None:
        self._third = third
        self._ask_rows("around", at)

    def _tick(self) -> None:
        reading = self._reading
        if reading is None:
            return
        self._ticks += 1
        silent = reading.silence()
        if int(silent) != int(self.state.silent):
            self.state.silent = silent
            self._paint_status()
        if reading.waits_for("look") or (
            not self.state.following and self._ticks % _CALM_TICKS and self._stopped_at is None
        ):
            return
        if self._stopped_at is None:
            reading.ask("look", top=self.top_offset)
        else:
            reading.ask("look", top=self.top_offset, below=self._stopped_at)

    # Hearing

    def on_text_view_heard(self, message: TextView.Heard) -> None:
        """Take what the reader said."""
        reading, said = message.reading, message.said
        if reading is not self._reading:
            return
        if said is None:
            self._died(reading)
            return
        asked = reading.asked(said)
        self.state.silent = 0.0
        self._happened(text_in(said.get("event")))
        grown = self._measured(said)
        self.hear(text_in(said.get("is")), said, asked)
        if grown and not reading.waits_for("rows"):
            self._grown()

    def hear(self, kind: str, said: Said, asked: Asked | None) -> None:
        """Take one answer by its kind."""
        if kind == "rows" and said.get("id") == self._rows_asked and asked is not None:
            self._take(self._where, said, asked)
        elif kind == "look":
            self._looked(said)
        elif kind == "problem":
            self.say(text_in(said.get("problem")), alarm=True)

    def _died(self, reading: Reading) -> None:
        if not reading.revive():
            self.close_file()
            self.say("the reader of this file ended twice; open it again", alarm=True)
            return
        self.say("the reader of this file ended; another one works")
        if self.search.words:
            self.ask("words", words=self.search.words)
        self.search.running = None
        self._begin()

    def _happened(self, event: str) -> None:
        if not event:
            return
        self.say(_HAPPENED.get(event, event), alarm=event == "gone")
        self.state.below, self.state.number = 0, None
        if event == "gone":
            return
        self._stopped_at = None
        if self.state.following:
            self._ask_end()
        else:
            self._ask_around(0)

    def _measured(self, said: Said) -> bool:
        """Note how long the file is now; True where it has grown."""
        if "size" not in said:
            return False
        size = int(number_in(said["size"]))
        grown = size > self.state.size
        self.state.size = size
        return grown

    def _grown(self) -> None:
        self._dry.clear()
        if self.state.following:
            self._ask_end()
        else:
            self._fill()

    def _looked(self, said: Said) -> None:
        number = said.get("line")
        self.state.number = number if isinstance(number, int) else None
        if "below" in said and not self.state.following:
            self.state.below = int(number_in(said["below"]))
        if text_in(said.get("hint")):
            self.state.note = text_in(said["hint"])
        self._paint_status()

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

    # Moving

    @property
    def page(self) -> int:
        """Lines of text that fit over the last line."""
        return max(self.size.height - 1, 1)

    @property
    def top_offset(self) -> int:
        """Offset of the row at the top of the screen."""
        rows = self.window.rows
        return rows[min(self._top.row, len(rows) - 1)].start if rows else 0

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

    # Painting

    def say(self, note: str, *, alarm: bool = False) -> None:
        """Say something in the last line until the next move."""
        self.state.note, self.state.alarm = note, alarm
        self._paint_status()

    def on_resize(self) -> None:
        """Break the lines anew; the row at the top stays there, or the end."""
        self._painted.clear()
        self._lay_out()
        if self.state.following:
            self._ask_end()
        self._go(0)

    def _lay_out(self) -> None:
        self.window.broken_at(max(self.size.width, 10) if self.wrapping else 0)
        if self.window:
            row = min(self._top.row, len(self.window.rows) - 1)
            self._top = Place(row, min(self._top.piece, len(self.window.pieces(row)) - 1))

    def _line(self, y: int) -> Line:
        if y >= self.page:
            return self._status()
        if not self.window:
            return line(Span(self._empty(), Role.MUTED)) if y == 0 else ()
        place, missing = self.window.moved(self._top, y)
        return () if missing else self.window.line(place, self._left, self.search.row)

    def _empty(self) -> str:
        reading = self._reading
        if self.path is None or (reading is not None and reading.waits_for("rows")):
            return ""
        return "" if self.state.size else "nothing is in it yet"

    def _status(self) -> Line:
        if self.path is None and not self.state.note:
            return ()
        left = self.state.left(self.search, cap("text-follow"))
        width = max(self.size.width, 1)
        return between(left, self.state.right(width - width_of(left) - 2), width)

    def _shown_to(self) -> int:
        if not self.window:
            return 0
        place, missing = self.window.moved(self._top, self.page - 1)
        return self.window.end if missing else self.window.rows[place.row].end

    def repaint(self) -> None:
        """Repaint the lines that would now read differently."""
        self.state.shown = self._shown_to()
        for y in range(self.size.height):
            if self._painted.get(y) != self._line(y):
                self.refresh(Region(0, y, self.size.width, 1))

    def _paint_status(self) -> None:
        y = self.page
        if self._painted.get(y) != self._line(y):
            self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Paint one line of the widget."""
        spans = self._painted[y] = self._line(y)
        return paint(self, spans, self.size.width, self.rich_style, ascii_only=self.ascii_only)
