"""Letters that were typed before the line that they were meant for had opened.

Over a slow line keys come in bursts: ``/cat:bad`` arrives at once, and all of its letters are on
their way to the table before the first has opened the filter line. They reach the app in the end,
in their order, and belong into the line that has the focus by then.
"""

from __future__ import annotations

from textual import events
from textual.widget import Widget
from textual.widgets import Input


def typed_ahead(focused: Widget | None, event: events.Key) -> bool:
    """Put a letter that nobody took into the line with the focus; True where it went there."""
    if not isinstance(focused, Input) or event.character is None:
        return False
    if not focused.check_consume_key(event.key, event.character):
        return False
    focused.insert_text_at_cursor(event.character)
    return True
