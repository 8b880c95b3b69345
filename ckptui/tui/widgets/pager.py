"""A text that scrolls: details, logs, help, previews. Lines are folded, never parsed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, text_of
from ckptui.tui.keys import PAGER, bindings, cap
from ckptui.tui.rows import Range, lit, ranges
from ckptui.tui.widgets.painting import ROLE_CLASSES, fold_all, paint
from ckptui.tui.widgets.searchline import search_line


class Pager(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines of plain text with roles.

    Attributes:
        words: What is looked for; empty while nothing is.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {*ROLE_CLASSES}
    BINDINGS: ClassVar[list[BindingType]] = bindings(PAGER)

    def __init__(self, *, ascii_only: bool = False, pager_id: str | None = None) -> None:
        super().__init__(id=pager_id)
        self.ascii_only = ascii_only
        self.words = ""
        self._match: int | None = None
        self._lines: list[Line] = []
        self._folded: list[Line] = []
        self._painted: dict[int, Line] = {}

    def show(self, lines: Sequence[Line]) -> None:
        """Replace the text; nothing is painted where it reads the same."""
        if list(lines) != self._lines:
            self._lines = list(lines)
            self._fold()

    @property
    def _room(self) -> int:
        return max(self.scrollable_content_region.width, 10)

    @property
    def line_count(self) -> int:
        """Number of lines as broken to the width."""
        return len(self._folded)

    def _fold(self) -> None:
        if not self.size:
            return  # not laid out yet; the first resize folds
        self._folded = fold_all(self._lines, self._room)
        self._sized()

    def _sized(self) -> None:
        self.virtual_size = Size(self._room, self.line_count)
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
        if index >= len(self._folded):
            return ()
        spans = self._folded[index]
        if not self.words:
            return spans
        role = Role.FOUND if index == self._match else Role.MATCH
        return lit(spans, self._hits(spans), role)

    # Searching

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Search where the screen has a line to type in; elsewhere its keys are left to others."""
        searching = action in ("text_search", "text_next")
        return super().check_action(action, parameters) and not (
            searching and search_line(self) is None
        )

    def _hits(self, spans: Line) -> tuple[Range, ...]:
        # Here the whole text is at hand; case counts where a capital was typed.
        return ranges(text_of(spans), [self.words], fold=self.words == self.words.lower())

    def action_text_search(self) -> None:
        """Ask for words."""
        entry = search_line(self)
        if entry is not None:
            hint = "words; case counts where you type a capital"
            entry.open(self, self._typed, hint=hint)

    def _typed(self, text: str, *, final: bool) -> str:
        """Light up what is typed, and in the end go to the first match from here on."""
        self.words, self._match = text, None
        if not final:
            self._repaint_changed()
            return ""
        return self._next(1) if text else ""

    def action_text_next(self, way: int) -> None:
        """Go to the next match, or to the one before."""
        entry = search_line(self)
        if entry is not None:
            nothing = f"nothing is looked for; {cap('text-search')} begins"
            entry.close(self._next(way) if self.words else nothing)

    def _next(self, way: int) -> str:
        found = [at for at, spans in enumerate(self._folded) if self._hits(spans)]
        if not found:
            return f"“{self.words}” is not in this text"
        top = round(self.scroll_y)
        seen = self._match is not None and top <= self._match < top + self._page
        here = self._match if seen and self._match is not None else top - (1 if way > 0 else 0)
        after = [at for at in found if at > here] if way > 0 else [at for at in found if at < here]
        around = found[0] if way > 0 else found[-1]
        self._match = (after[0] if way > 0 else after[-1]) if after else around
        if not top <= self._match < top + self._page:
            self._go(self._match - self._page // 3)
        self._repaint_changed()
        return f"match {found.index(self._match) + 1:,} of {len(found):,}"

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
        """The end."""
        self._go(self._last)
