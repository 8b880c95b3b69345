"""Dialogs: a title, a text, and the keys that answer it. The triggering key never answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, line
from ckptui.tui.keys import DIALOG, EDIT, LEAVE, YES, Key, bindings
from ckptui.tui.line.driver import coming_on
from ckptui.tui.line.shown import Shown
from ckptui.tui.screens.on_top import OnTop
from ckptui.tui.widgets.pager import Pager
from ckptui.tui.widgets.painting import fold_all
from ckptui.tui.widgets.searchline import SearchLine
from ckptui.tui.widgets.text import Text

WIDTH: Final = 84
"""Cells of a dialog, border and padding included, where the terminal has them."""


def text_width(terminal: int) -> int:
    """Cells that a dialog's text may take in a terminal this wide, beside its scroll bar."""
    return max(min(WIDTH, terminal - 2) - 7, 10)


class Dialog(OnTop[str], ModalScreen[str], inherit_bindings=False):
    """A text in a box. Dismissed with the id of the key that answered, ``""`` for leaving.

    Args:
        title: One line.
        lines: The text; it scrolls where it is too long.
        ascii_only: No signs beyond ASCII.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(DIALOG)
    ANSWERS: ClassVar[tuple[tuple[Key, str], ...]] = ()
    """Keys that answer, and what each does in words."""
    LEAVING: ClassVar[str] = "leave it"
    """What leaving is called."""

    def __init__(self, title: str, lines: Sequence[Line], *, ascii_only: bool) -> None:
        super().__init__()
        self.dialog_title = title
        self.lines = list(lines)
        self.ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        """Title, text and answers in a box."""
        with Vertical(id="box"):
            yield Text(ascii_only=self.ascii_only, text_id="dialog-title")
            yield Pager(ascii_only=self.ascii_only, pager_id="dialog-text")
            yield SearchLine(ascii_only=self.ascii_only)
            yield Text(ascii_only=self.ascii_only, text_id="dialog-answers")

    def on_mount(self) -> None:
        """Fill the box and size it to its text."""
        self.query_one("#dialog-title", Text).show([line(Span(self.dialog_title, Role.STRONG))])
        self.query_one("#dialog-answers", Text).show([self._answers()])
        pager = self.query_one(Pager)
        pager.show(self.lines)
        pager.focus()
        self._fit()

    def on_resize(self) -> None:
        """Fit the box to the terminal."""
        self._fit()

    def _fit(self) -> None:
        width = min(WIDTH, self.app.size.width - 2)
        rows = len(fold_all(self.lines, text_width(self.app.size.width)))
        box = self.query_one("#box")
        box.styles.width = width
        box.styles.height = min(rows + 6, self.app.size.height)

    def _answers(self) -> Line:
        pieces: list[str | Span] = []
        for key, words in (*self.ANSWERS, (LEAVE, self.LEAVING if self.ANSWERS else "back")):
            pieces += [Span(key.cap, Role.ACCENT), f" {words}     "]
        return line(*pieces)

    def action_leave(self) -> None:
        """Go back; nothing is changed."""
        self.dismiss("")


class Preview(Dialog):
    """What would be done; ``y`` does it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings([YES])
    ANSWERS: ClassVar[tuple[tuple[Key, str], ...]] = ((YES, "apply"),)
    _shown: Shown | None = None

    def on_mount(self) -> None:
        """From when it is on the screen, it may be answered."""
        self._shown = coming_on(self.app)

    def on_key(self, event: events.Key) -> None:
        """A yes that was typed before this could be read was meant for something else."""
        if event.key not in YES.names or (self._shown and self._shown.before(event.time)):
            return
        event.stop()
        event.prevent_default()
        early = f"{YES.cap} came before this was on your screen; read it, then press it again"
        self.query_one("#dialog-answers", Text).show([line(Span(early, Role.WARNING))])

    def action_yes(self) -> None:
        """Do it."""
        self.dismiss(YES.id)


class Confirm(Preview):
    """A question that a yes answers."""

    ANSWERS = ((YES, "yes"),)


class ResumeDialog(Preview):
    """How the run would be resumed; ``y`` starts it, ``e`` changes the command."""

    BINDINGS: ClassVar[list[BindingType]] = bindings([EDIT])
    ANSWERS = ((YES, "start"), (EDIT, "edit the command"))

    def action_edit(self) -> None:
        """Change the command."""
        self.dismiss(EDIT.id)


class BlockedResume(Dialog):
    """Why the run cannot be resumed now; the command may still be changed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings([EDIT])
    ANSWERS = ((EDIT, "edit the command"),)

    def action_edit(self) -> None:
        """Change the command."""
        self.dismiss(EDIT.id)
