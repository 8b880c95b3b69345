"""A text that scrolls: details, logs, help, previews. Lines are folded, never parsed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ckptui.present.spans import Line
from ckptui.tui.keys import PAGER, bindings
from ckptui.tui.widgets.painting import ROLE_CLASSES, fold_all, paint


class Pager(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines of plain text with roles.

    Attributes:
        following: True while new lines keep the end in view; scrolling up ends it.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {*ROLE_CLASSES}
    BINDINGS: ClassVar[list[BindingType]] = bindings(PAGER)

    def __init__(
        self, *, ascii_only: bool = False, pager_id: str | None = None, follow: bool = False
    ) -> None:
        super().__init__(id=pager_id)
        self.ascii_only = ascii_only
        self.following = follow
        self._lines: list[Line] = []
        self._folded: list[Line] = []
        self._tail: list[Line] = []
        self._painted: dict[int, Line] = {}

    def show(self, lines: Sequence[Line]) -> None:
        """Replace the text; nothing is painted where it reads the same."""
        if list(lines) != self._lines:
            self._lines = list(lines)
            self._fold()

    def add(self, lines: Iterable[Line], *, most: int) -> None:
        """Add lines at the end and forget the oldest beyond ``most``."""
        new = list(lines)
        kept = self._folded
        self._lines = [*self._lines, *new][-most:]
        before = len(kept)
        self._folded = [*kept, *fold_all(new, self._room)]
        if len(self._folded) > most:
            self._folded = self._folded[-most:]
            # The eye stays on its line while older ones fall away above it.
            gone = before + len(new) - len(self._folded)
            if not self.following and gone > 0:
                self.scroll_to(y=max(self.scroll_y - gone, 0), animate=False, immediate=True)
        self._sized()

    def tail(self, last: Line) -> None:
        """Show a line at the very end that the next one replaces; an empty one takes it away."""
        folded = fold_all([last], self._room) if last else []
        if folded != self._tail:
            self._tail = folded
            self._sized()

    @property
    def _room(self) -> int:
        return max(self.scrollable_content_region.width, 10)

    @property
    def line_count(self) -> int:
        """Number of lines as broken to the width."""
        return len(self._folded) + len(self._tail)

    def _fold(self) -> None:
        if not self.size:
            return  # not laid out yet; the first resize folds
        self._folded = fold_all(self._lines, self._room)
        self._sized()

    def _sized(self) -> None:
        self.virtual_size = Size(self._room, self.line_count)
        if self.following:
            self._go(self._last)
        self._repaint_changed()

    def _repaint_changed(self) -> None:
        """Repaint only the lines that would now read differently."""
        top = round(self.scroll_y)
        for y in range(self._page):
            if self._painted.get(y) != self._line(top + y):
                self.refresh(Region(0, y, self._room, 1))

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._painted.clear()
        self._fold()

    def render_line(self, y: int) -> Strip:
        """Paint one line of the widget."""
        index = round(self.scroll_y) + y
        spans = self._painted[y] = self._line(index)
        width = self.scrollable_content_region.width
        return paint(self, spans, width, self.rich_style, ascii_only=self.ascii_only)

    def _line(self, index: int) -> Line:
        if index < len(self._folded):
            return self._folded[index]
        beyond = index - len(self._folded)
        return self._tail[beyond] if beyond < len(self._tail) else ()

    # Moving, at once: animated scrolling costs a hundred times the bytes.

    @property
    def _page(self) -> int:
        return max(self.scrollable_content_region.height, 1)

    @property
    def _last(self) -> int:
        return max(self.line_count - self._page, 0)

    def _go(self, line: int) -> None:
        self.scroll_to(y=min(max(line, 0), self._last), animate=False, force=True, immediate=True)

    def go(self, line: int) -> None:
        """Put this line at the top, as far as the text reaches."""
        self._go(line)

    def _by(self, lines: int) -> None:
        if lines < 0:
            self.following = False
        self._go(round(self.scroll_y) + lines)

    def action_pager_down(self) -> None:
        """A line on."""
        self._by(1)

    def action_pager_up(self) -> None:
        """A line back."""
        self._by(-1)

    def action_pager_page_down(self) -> None:
        """A page on."""
        self._by(self._page - 1)

    def action_pager_page_up(self) -> None:
        """A page back."""
        self._by(1 - self._page)

    def action_pager_half_page(self, direction: int) -> None:
        """Half a page on, or back."""
        self._by(direction * max(self._page // 2, 1))

    def action_pager_top(self) -> None:
        """The beginning."""
        self._by(-self.line_count)

    def action_pager_end(self) -> None:
        """The end; a text that grows is followed again."""
        self.following = True
        self._go(self._last)

    def on_mouse_scroll_up(self) -> None:
        """The wheel, upwards, ends following too."""
        self.following = False
