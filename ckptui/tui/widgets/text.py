"""A few lines of plain text that stay where they are: the strip, the tabs, the footer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from ckptui.present.spans import Line
from ckptui.tui.widgets.painting import ROLE_CLASSES, paint


class Text(Widget):
    """Lines of spans, each cut to the width; only lines that read differently are repainted."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*ROLE_CLASSES}

    def __init__(self, *, ascii_only: bool = False, text_id: str | None = None) -> None:
        super().__init__(id=text_id)
        self.ascii_only = ascii_only
        self.lines: list[Line] = []

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines."""
        old, self.lines = self.lines, list(lines)
        changed = [
            Region(0, y, self.size.width, 1)
            for y in range(max(len(old), len(lines)))
            if (old[y : y + 1]) != (self.lines[y : y + 1])
        ]
        if len(old) != len(self.lines) and self.styles.is_auto_height:
            self.refresh(layout=True)
        elif changed:
            self.refresh(*changed)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many as there are, where the styles do not say how many."""
        return len(self.lines)

    def base(self) -> Style:
        """Style under the roles."""
        return self.rich_style

    def render_line(self, y: int) -> Strip:
        """Paint one line."""
        spans = self.lines[y] if y < len(self.lines) else ()
        return paint(self, spans, self.size.width, self.base(), ascii_only=self.ascii_only)
