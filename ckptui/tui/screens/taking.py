"""Text to be taken away by hand: selected with the mouse, or saved to a file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from ckptui.present.copying import Copy
from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, line
from ckptui.tui.keys import TEXT_SCREEN, bindings, by_id, cap
from ckptui.tui.screens.ask import AskLine
from ckptui.tui.screens.on_top import OnTop
from ckptui.tui.widgets.footer import Footer
from ckptui.tui.widgets.pager import Pager
from ckptui.tui.widgets.text import Text

_WRITE = 'set -C && cat > "$1"'
"""What a shell does with the text: it makes the file, and never writes over one."""

_OUTSIDE = (
    'case "$(cd -P -- "$(dirname -- "$1")" && pwd -P)/" in "$(cd -P -- "$2" && pwd -P)"/*) '
    'echo "sh: the run directory is read-only" >&2; exit 1;; esac; '
)
"""Before it, where nothing may be changed in the run directory; symbolic links are followed."""

_BY_HAND = "shift and the mouse select in most terminals"


class TakeScreen(OnTop[str], inherit_bindings=False):
    """The texts in full.

    Args:
        copies: What is shown, each under its name where there are several.
        why: Why it could not be copied, or empty.
        here: Folder that a file's name without one is taken to be in.
        spared: The run directory where nothing may be written into it, else empty.
        ascii_only: No signs beyond ASCII.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings((*TEXT_SCREEN, by_id("text-save")))
    FOOTER = ("back", "text-save", "line-down", "text-page-down", "help")

    def __init__(
        self, copies: Sequence[Copy], why: str, here: str, *, spared: str, ascii_only: bool
    ) -> None:
        super().__init__()
        self.text_title = (
            f"{why}: " if why else ""
        ) + "shift and the mouse select in most terminals"
        self.pager = Pager(ascii_only=ascii_only)
        self.copies = copies
        self.here = here
        self.spared = spared
        self.ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        """Title, text, what was said, footer."""
        yield Text(ascii_only=self.ascii_only, text_id="text-title")
        yield self.pager
        yield Text(ascii_only=self.ascii_only, text_id="text-status")
        yield Footer(self.FOOTER, ascii_only=self.ascii_only)

    def on_mount(self) -> None:
        """Show the texts."""
        self.query_one("#text-title", Text).show([line(Span(self.text_title, Role.STRONG))])
        self.pager.focus()
        self.pager.show(self._lines())
        self.query_one(Footer).tell(words={"text-save": "save to a file"})

    def action_leave(self) -> None:
        """Back to the table."""
        self.dismiss("")

    def _lines(self) -> list[Line]:
        lines: list[Line] = []
        for each in self.copies:
            if len(self.copies) > 1:
                lines += (
                    [(), line(Span(each.what, Role.MUTED))]
                    if lines
                    else [line(Span(each.what, Role.MUTED))]
                )
            lines += [line(text) for text in each.text.split("\n")]
        return lines

    def _say(self, text: str, *, alarm: bool = False) -> None:
        said = line(Span(text, Role.ERROR if alarm else Role.STRONG))
        for each in self.query("#text-status").results(Text):  # none once the screen has gone
            each.show([said])

    def action_text_save(self) -> None:
        """Ask for a file and write the text there."""
        ask = AskLine(
            "Save to a file",
            [line("A file that is there already is left as it is.")],
            os.path.join(self.here, "ckptui.txt"),
            "save it",
            ascii_only=self.ascii_only,
        )

        def go(path: str | None) -> None:
            if path:
                full = os.path.join(self.here, os.path.expanduser(path))
                self.run_worker(self._save(full), group="save")

        self.app.push_screen(ask, go)

    async def _save(self, full: str) -> None:
        data = "\n\n".join(each.text for each in self.copies) + "\n"
        script = _OUTSIDE + _WRITE if self.spared else _WRITE
        # A child, because the place may be on a filesystem that does not answer.
        child = await asyncio.create_subprocess_exec(
            "sh", "-c", script, "sh", full, self.spared, cwd="/", stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._say(f"writing {full}…")
        _, talk = await child.communicate(os.fsencode(data))
        if not self.is_mounted:
            return
        if child.returncode == 0:
            self._say(f"saved to {full}; {cap('back')} goes back")
        else:
            why = talk.decode("utf-8", "replace").strip().rpartition(": ")[2]
            self._say(f"not saved to {full}: {why}", alarm=True)
