"""A detail in parts: a bar that names them, and the one that is chosen below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.message import Message

from ckptui.tui.keys import LEAVE_DETAIL, SECTIONS, bindings
from ckptui.tui.sections import DIAGNOSIS, Section, bar
from ckptui.tui.widgets.outputs import Outputs
from ckptui.tui.widgets.pager import Pager
from ckptui.tui.widgets.table import Table
from ckptui.tui.widgets.text import Text
from ckptui.tui.widgets.tree import TreeView

_KEPT = 64
"""Places in texts that are remembered; the oldest goes first."""


class SectionBar(Text):
    """The parts by name, fitted to its own width whenever that is known or changes."""

    _told: tuple[tuple[Section, ...], str, bool] = ((), "", False)

    def tell(self, sections: tuple[Section, ...], chosen: str, *, numbered: bool) -> None:
        """Name these parts; see :func:`ckptui.tui.sections.bar`."""
        self._told = sections, chosen, numbered
        self.on_resize()

    def on_resize(self) -> None:
        """Fit them to the width."""
        sections, chosen, numbered = self._told
        self.show([bar(sections, chosen, max(self.content_size.width, 1), numbered=numbered)])


class DetailView(Container):
    """Shows one part of a detail at a time; its place in each is kept.

    Attributes:
        chosen: Id of the part that the user wants to see; the next detail opens with it too.
        sections: The parts, in order.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(SECTIONS)

    class Chosen(Message):
        """The user went to another part."""

        def __init__(self, section: str) -> None:
            self.section = section
            super().__init__()

    class Followed(Message):
        """Enter: go to a checkpoint."""

        def __init__(self, path: str) -> None:
            self.path = path
            super().__init__()

    def __init__(self, *, ascii_only: bool, view_id: str, chosen: str = DIAGNOSIS) -> None:
        super().__init__(id=view_id)
        self.bar = SectionBar(ascii_only=ascii_only, text_id="sections")
        self.pager = Pager(ascii_only=ascii_only, pager_id="section-text")
        self.tensors = TreeView(ascii_only=ascii_only)
        self.outputs = Outputs(ascii_only=ascii_only)
        self.sections: tuple[Section, ...] = ()
        self.chosen = chosen
        self._subject = ""
        self._shown = ("", "")
        self._places: dict[tuple[str, str], float] = {}

    def compose(self) -> ComposeResult:
        """The bar, and what it names."""
        yield self.bar
        yield self.pager
        yield self.tensors
        yield self.outputs

    @property
    def section(self) -> Section:
        """The part that is shown: the chosen one, or the first where this detail lacks it."""
        found = (each for each in self.sections if each.id == self.chosen)
        return next(found, self.sections[0] if self.sections else Section("", ""))

    def show(self, subject: str, sections: Sequence[Section]) -> None:
        """Show a detail; only what reads differently is painted.

        Args:
            subject: What it is about; the place in a text is kept for each.
            sections: Its parts, at least one.
        """
        self._subject, self.sections = subject, tuple(sections)
        if self.is_mounted:
            self._paint()

    def on_mount(self) -> None:
        """Show what was given before there was a place for it."""
        self.tensors.display = self.outputs.display = False
        self._paint()

    def _paint(self) -> None:
        shown, section = (self._subject, self.section.id), self.section
        self.bar.display = len(self.sections) > 1
        self._paint_bar()
        self._choose_body(section)
        if section.tree is not None:
            self.tensors.show(section.tree)
        elif section.rows:
            self.outputs.tell(section.rows, section.checkpoints)
        elif shown == self._shown:
            self.pager.show(section.lines)
        else:
            self._remember()
            self._shown = shown
            self.pager.show(section.lines)
            self.pager.go(round(self._places.get(shown, 0)))

    def _choose_body(self, section: Section) -> None:
        """Show the text, the tree or the rows; the focus goes with what is shown."""
        body = self._body(section)
        if not body.display:
            focused = self.has_focus_within
            for each in (self.pager, self.tensors, self.outputs):
                each.display = each is body
            if focused:
                self.take_focus()

    def _body(self, section: Section) -> Pager | TreeView | Outputs:
        if section.tree is not None:
            return self.tensors
        return self.outputs if section.rows else self.pager

    def _remember(self) -> None:
        self._places.pop(self._shown, None)
        self._places[self._shown] = self.pager.scroll_y
        while len(self._places) > _KEPT:
            del self._places[next(iter(self._places))]

    def _paint_bar(self) -> None:
        numbered = self.has_focus_within
        self.bar.tell(self.sections, self.section.id, numbered=numbered)

    def on_descendant_focus(self) -> None:
        """The numbers are keys now."""
        self._paint_bar()

    def on_descendant_blur(self) -> None:
        """They are no longer."""
        self._paint_bar()

    def take_focus(self) -> None:
        """Put the focus on the part that is shown."""
        body = self._body(self.section)
        if isinstance(body, TreeView):
            body.take_focus()
        else:
            body.focus()

    def action_section(self, number: int) -> None:
        """Show a part by its number, from 1."""
        if number <= len(self.sections):
            self._choose(self.sections[number - 1].id)

    def action_next_section(self, step: int) -> None:
        """Show the next part, or the one before."""
        ids = [each.id for each in self.sections]
        if ids:
            self._choose(ids[(ids.index(self.section.id) + step) % len(ids)])

    def _choose(self, section: str) -> None:
        self.chosen = section
        self._paint()
        self.take_focus()
        self.post_message(self.Chosen(section))

    def on_table_opened(self, message: Table.Opened) -> None:
        """Enter on an output: go to it, if it is a checkpoint."""
        message.stop()
        if message.key in self.outputs.checkpoints:
            self.post_message(self.Followed(message.key))

    def on_table_moved(self, message: Table.Moved) -> None:
        """The main screen has a table of its own to think of."""
        message.stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter follows from a text that leads somewhere; elsewhere its key is left to others."""
        return action != "follow" or bool(self.section.leads_to)

    def action_follow(self) -> None:
        """Go to the checkpoint that this part is about, if it is about one."""
        if self.section.leads_to:
            self.post_message(self.Followed(self.section.leads_to))


class SidePane(DetailView):
    """The detail beside or below the table; escape goes back to the table."""

    BINDINGS: ClassVar[list[BindingType]] = bindings((LEAVE_DETAIL,))

    class Left(Message):
        """The user goes back to the table."""

    def action_leave_detail(self) -> None:
        """Back to the table."""
        self.post_message(self.Left())
