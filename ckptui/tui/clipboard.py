"""Copying over SSH: the terminal does it (OSC 52), and whether it did nobody can know.

Under tmux the text goes into tmux's own buffer by a child of tmux's, which then offers it to the
terminal outside (``load-buffer -w``); the sequence alone depends on tmux's settings. screen takes
no sequence longer than a few hundred bytes, so it gets it in pieces.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

LARGEST: Final = 74_994
"""Bytes that go through at least: several terminals drop a longer sequence without a word."""
LARGEST_IN_TMUX: Final = 8 * 1024 * 1024
"""Bytes that are worth a buffer of tmux's."""
_PIECE: Final = 240
"""Characters in one string of control that every screen passes on."""
_WITHOUT: Final = frozenset(
    {"linux", "dumb", "unknown", "vt52", "vt100", "vt102", "vt220", "cons25"}
)
"""Terminals that have no clipboard, or take the sequence for something else."""
_TMUX_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Way:
    """How a text goes to the clipboard.

    Attributes:
        sequence: For the terminal; empty where it would be of no use.
        tmux: True where tmux is asked first.
        problem: Why it cannot be copied at all, else empty.
    """

    sequence: str = ""
    tmux: bool = False
    problem: str = ""


def way_for(text: str, environment: Mapping[str, str]) -> Way:
    """Choose how to copy a text. Bytes that are not UTF-8 are copied as they are."""
    raw = os.fsencode(text)
    tmux = bool(environment.get("TMUX"))
    fits = len(raw) <= LARGEST
    if len(raw) > (LARGEST_IN_TMUX if tmux else LARGEST):
        return Way(problem="it is too long for the clipboard of a terminal")
    if not tmux and environment.get("TERM", "") in _WITHOUT:
        return Way(problem="this terminal has no clipboard")
    return Way(_sequence(raw, environment) if fits else "", tmux)


def _sequence(raw: bytes, environment: Mapping[str, str]) -> str:
    osc = "\x1b]52;c;" + base64.b64encode(raw).decode("ascii") + "\a"
    if environment.get("TMUX"):
        # tmux takes the bare sequence into its buffer and passes the wrapped one on.
        return osc + "\x1bPtmux;" + osc.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    pieces = "".join(
        f"\x1bP{osc[start : start + _PIECE]}\x1b\\" for start in range(0, len(osc), _PIECE)
    )
    if environment.get("STY"):
        return pieces
    if environment.get("TERM", "").startswith("screen"):
        # From another host: tmux or screen, nobody says which. Each takes the one that it knows.
        return osc + pieces
    return osc


async def into_tmux(text: str, environment: Mapping[str, str]) -> bool:
    """Put a text into tmux's buffer and let tmux offer it to the terminal; False where it fails."""
    try:
        child = await asyncio.create_subprocess_exec(
            "tmux",
            "load-buffer",
            "-w",
            "-",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=dict(environment),
            cwd="/",
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(_TMUX_SECONDS):
            await child.communicate(os.fsencode(text))
    except (TimeoutError, OSError):
        with suppress(ProcessLookupError):
            child.kill()
        return False
    return child.returncode == 0


def said(what: str, *, tmux: bool) -> str:
    """What to say once it was sent: no more than is known.

    Args:
        what: ``the path``, ``12 paths``.
        tmux: True where tmux has taken it.
    """
    if tmux:
        return f"{what} → tmux's buffer, and offered to the terminal outside, which may refuse"
    return f"{what} → sent to the terminal (OSC 52); whether it copies, it does not say"
