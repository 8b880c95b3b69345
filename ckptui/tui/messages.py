"""What happened, as facts: sent to the screens from the watcher's thread."""

from __future__ import annotations

from textual.message import Message

from ckptui.terms import Category


class SnapshotChanged(Message):
    """The live model is a new one; the feed has gathered what changed."""

    def can_replace(self, message: Message) -> bool:
        """One of several that wait is enough."""
        return isinstance(message, SnapshotChanged)


class Happened(Message):
    """Something happened that may have to be told."""

    def can_replace(self, message: Message) -> bool:
        """One of several that wait is enough."""
        return isinstance(message, Happened)


class CommandFailed(Message):
    """The command of ``--on-event`` did not do what it should."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__()


class ThreadFailed(Message):
    """A thread beside the UI ended with an error; what it showed is from before."""

    def __init__(self, error: str) -> None:
        self.error = error
        super().__init__()


class Checked(Message):
    """One of the checks that the user asked for is over.

    Attributes:
        order: Which keypress asked for it.
        category: The verdict; None where the checkpoint is gone.
    """

    def __init__(self, order: int, category: Category | None) -> None:
        self.order = order
        self.category = category
        super().__init__()
