"""The footer: at most six keys, made from the table of keys, and a note on the right."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span
from ckptui.tui.keys import Key, by_id
from ckptui.tui.widgets.painting import between, width_of
from ckptui.tui.widgets.text import Text

MOST: Final = 6
"""Keys in a footer; the rest is in the help."""


class Footer(Text):
    """Keys and what they do.

    Args:
        ids: Ids of the keys, in order.
        ascii_only: No signs beyond ASCII.
    """

    def __init__(self, ids: Sequence[str], *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only, text_id="footer")
        self.ids = tuple(ids[:MOST])
        self.note: Line = ()
        self.words: dict[str, str] = {}
        self.dimmed: frozenset[str] = frozenset()

    def on_mount(self) -> None:
        """Paint once the width is known."""
        self.tell()

    def on_resize(self) -> None:
        """Fit the keys to the width."""
        self.tell()

    def tell(
        self,
        *,
        ids: Sequence[str] | None = None,
        words: dict[str, str] | None = None,
        note: Line | None = None,
        dimmed: Collection[str] | None = None,
    ) -> None:
        """Change what is shown.

        Args:
            ids: Other keys.
            words: Id → what to say instead of the key's own label.
            note: For the right edge.
            dimmed: Ids that do nothing now.
        """
        self.ids = self.ids if ids is None else tuple(ids[:MOST])
        self.words = self.words if words is None else words
        self.note = self.note if note is None else note
        self.dimmed = self.dimmed if dimmed is None else frozenset(dimmed)
        self.show([self._line()])

    def _line(self) -> Line:
        keys = [key for key in map(by_id, self.ids) if key.cap]
        shown: Line = ()
        for key in keys:
            more = self._key(key)
            if width_of(shown) + width_of(more) + width_of(self.note) > max(self.size.width, 1):
                break
            shown = (*shown, *more)
        return between(shown, self.note, self.size.width)

    def _key(self, key: Key) -> Line:
        off = key.id in self.dimmed
        words = self.words.get(key.id, key.label)
        return (
            Span(" " + key.cap, Role.MUTED if off else Role.ACCENT),
            Span(f" {words}  ", Role.MUTED if off else Role.NORMAL),
        )
