"""Asking for one line: the command that resumes a run, the path of a file."""

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
from ckptui.tui.screens.on_top import OnTop
from ckptui.tui.widgets.pager import Pager
from ckptui.tui.widgets.painting import fold_all
from ckptui.tui.widgets.text import Text


class AskLine(OnTop[str], ModalScreen[str], inherit_bindings=False):
    """Dismissed with the line, ``""`` for leaving.

    Args:
        title: One line.
        lines: What it is for.
        value: What stands there at first.
        does: What enter does.
        ascii_only: No signs beyond ASCII.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings([LEAVE])

    def __init__(
        self, title: str, lines: Sequence[Line], value: str, does: str, *, ascii_only: bool
    ) -> None:
        super().__init__()
        self.ask_title = title
        self.lines = list(lines)
        self.value = value
        self.does = does
        self.ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        """The question, the line, and what is wrong with it."""
        with Vertical(id="box"):
            yield Text(ascii_only=self.ascii_only, text_id="dialog-title")
            yield Pager(ascii_only=self.ascii_only, pager_id="dialog-text")
            yield Input(value=self.value, id="typed", compact=True, select_on_focus=False)
            yield Text(ascii_only=self.ascii_only, text_id="dialog-answers")

    def on_mount(self) -> None:
        """Fill the box."""
        self.query_one("#dialog-title", Text).show([line(Span(self.ask_title, Role.STRONG))])
        self.query_one(Pager).show(self.lines)
        width = min(92, self.app.size.width - 2)
        box = self.query_one("#box")
        box.styles.width = width
        box.styles.height = min(len(fold_all(self.lines, width - 6)) + 8, self.app.size.height)
        self.query_one(Input).focus()
        self._say("")

    def problem(self, value: str) -> str:
        """What is wrong with a line, empty where nothing is."""
        return "" if value.strip() else "nothing is written yet"

    def _say(self, problem: str) -> None:
        keys = line(Span("enter", Role.ACCENT), f" {self.does}     ",
                    Span(cap("leave"), Role.ACCENT), " leave it")  # fmt: skip
        shown = line(Span(problem, Role.ERROR)) if problem else keys
        self.query_one("#dialog-answers", Text).show([shown])

    def on_input_changed(self) -> None:
        """A new attempt: the old complaint goes."""
        self._say("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the line if nothing is wrong with it."""
        problem = self.problem(event.value)
        if problem:
            self._say(problem)
        else:
            self.dismiss(event.value)

    def action_leave(self) -> None:
        """Go back; nothing is done."""
        self.dismiss("")


class AskCommand(AskLine):
    """The command that resumes a run; what it is dismissed with can be split into words."""

    def __init__(self, lines: Sequence[Line], command: Sequence[str], *, ascii_only: bool) -> None:
        title = "The command that resumes this run"
        does = "write it to ckptui.toml"
        super().__init__(title, lines, shlex.join(command), does, ascii_only=ascii_only)

    def problem(self, value: str) -> str:
        """Whether it is a command line."""
        try:
            words = shlex.split(value)
        except ValueError as error:
            return f"not a command line: {error}"
        return "" if words else "the command is empty; for example: python train.py --resume last"
