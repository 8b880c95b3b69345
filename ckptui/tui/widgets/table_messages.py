"""What a table tells the screen that it is on; handled as ``on_table_moved`` and so on."""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget


class Moved(Message, namespace="table"):
    """The cursor went to another row, or the table became empty."""

    def __init__(self, table: Widget, key: str | None) -> None:
        self.table = table
        self.key = key
        super().__init__()

    @property
    def control(self) -> Widget:
        """The table."""
        return self.table

    def can_replace(self, message: Message) -> bool:
        """Only the last of several moves matters."""
        return isinstance(message, Moved) and message.table is self.table


class Opened(Message, namespace="table"):
    """A row was opened with enter or a second click."""

    def __init__(self, table: Widget, key: str) -> None:
        self.table = table
        self.key = key
        super().__init__()


class Marked(Message, namespace="table"):
    """Marks were set or removed."""


class Headed(Message, namespace="table"):
    """The heading of a column was clicked."""

    def __init__(self, table: Widget, column: str) -> None:
        self.table = table
        self.column = column
        super().__init__()
