"""Asking for one line: the command that resumes a run."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, line
from ckptui.tui.keys import LEAVE, bindings, cap
from ckptui.tui.widgets.pager import Pager
from ckptui.tui.widgets.painting import fold_all
from ckptui.tui.widgets.text import Text


class AskCommand(ModalScreen[tuple[str, ...]], inherit_bindings=False):
    """Dismissed with the words of the command, ``()`` for leaving.

    Args:
        lines: What the command is for.
        command: The words to begin with.
        ascii_only: No signs beyond ASCII.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings([LEAVE])

    def __init__(self, lines: Sequence[Line], command: Sequence[str], *, ascii_only: bool) -> None:
        super().__init__()
        self.lines = list(lines)
        self.command = command
        self.ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        """The question, the line, and what is wrong with it."""
        with Vertical(id="box"):
            yield Text(ascii_only=self.ascii_only, text_id="dialog-title")
            yield Pager(ascii_only=self.ascii_only, pager_id="dialog-text")
            yield Input(
                value=shlex.join(self.command), id="command", compact=True, select_on_focus=False
            )
            yield Text(ascii_only=self.ascii_only, text_id="dialog-answers")

    def on_mount(self) -> None:
        """Fill the box."""
        title = "The command that resumes this run"
        self.query_one("#dialog-title", Text).show([line(Span(title, Role.STRONG))])
        self.query_one(Pager).show(self.lines)
        width = min(92, self.app.size.width - 2)
        box = self.query_one("#box")
        box.styles.width = width
        box.styles.height = min(len(fold_all(self.lines, width - 6)) + 8, self.app.size.height)
        self.query_one(Input).focus()
        self._say("")

    def _say(self, problem: str) -> None:
        keys = line(Span("enter", Role.ACCENT), " write it to ckptui.toml     ",
                    Span(cap("leave"), Role.ACCENT), " leave it")  # fmt: skip
        shown = line(Span(problem, Role.ERROR)) if problem else keys
        self.query_one("#dialog-answers", Text).show([shown])

    def on_input_changed(self) -> None:
        """A new attempt: the old complaint goes."""
        self._say("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the line if it is a command."""
        try:
            words = tuple(shlex.split(event.value))
        except ValueError as error:
            self._say(f"not a command line: {error}")
            return
        if words:
            self.dismiss(words)
        else:
            self._say("the command is empty; for example: python train.py --resume last")

    def action_leave(self) -> None:
        """Go back; nothing is written."""
        self.dismiss(())
