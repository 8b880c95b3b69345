"""The terminal as it was, given back whatever happens; and a crash told in two lines."""

from __future__ import annotations

import os
import sys
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NoReturn

import platformdirs

import ckptui
from ckptui.present.safe import clip, plain

CRASH_LOG: Final = "crash.log"
_LONGEST: Final = 160
_PLAIN_SCREEN: Final = (
    b"\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1004l"
    b"\x1b[<u\x1b[?1049l\x1b[?25h\x1b[0m"
)
"""Everything that Textual switches on, switched off."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """How the terminal was before the app.

    Attributes:
        modes: Of its line discipline; None where there is no terminal.
    """

    modes: list[int | list[bytes | int]] | None

    @classmethod
    def now(cls) -> Terminal:
        """As it is at this moment."""
        try:
            return cls(termios.tcgetattr(0))
        except termios.error:
            return cls(None)

    def put_back(self) -> None:
        """Set its modes as they were."""
        if self.modes is not None:
            with suppress(termios.error):
                termios.tcsetattr(0, termios.TCSANOW, self.modes)


def end_now(terminal: Terminal, code: int) -> NoReturn:
    """End the process at once, the terminal given back as far as it still takes anything."""
    terminal.put_back()
    with suppress(OSError):
        os.set_blocking(2, False)  # a terminal that is stopped must not keep us
        os.write(2, _PLAIN_SCREEN)
    os._exit(code)


def report(crashes: Sequence[str], say: Callable[[str], object]) -> None:
    """Tell of a crash: one sentence, and where the rest stands.

    Args:
        crashes: Tracebacks without variables; the first is the cause.
        say: Takes lines for the terminal.
    """
    cause = crashes[0].strip().splitlines()
    words = clip(plain(cause[-1] if cause else "unknown"), _LONGEST, middle=False)
    say(f"ckptui failed and had to stop: {words}\n")
    path = _write(crashes)
    say(f"ckptui: where it happened stands in {plain(path)}; please report it\n" if path
        else f"ckptui: it happened at {plain(_place(cause))}; please report it\n")  # fmt: skip


def _write(crashes: Sequence[str]) -> str:
    """Write the file, in place of an older one; empty where that cannot be."""
    folder = platformdirs.user_state_dir("ckptui")
    path = os.path.join(folder, CRASH_LOG)
    head = f"ckptui {ckptui.__version__}, Python {sys.version.split()[0]}, {time.strftime('%c %Z')}"
    try:
        os.makedirs(folder, exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            for text in (head, "", *crashes):
                file.writelines(plain(each) + "\n" for each in text.splitlines() or [""])
    except OSError:
        return ""
    return path


def _place(lines: Sequence[str]) -> str:
    """The innermost line of code that a traceback names."""
    places = [each.strip() for each in lines if each.lstrip().startswith("File ")]
    return places[-1] if places else "an unknown place"
