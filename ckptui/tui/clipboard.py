"""Copying over SSH: the terminal does it (OSC 52), and whether it did nobody can know."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from typing import Final

LARGEST: Final = 74_994
"""Bytes that go through at least: several terminals drop a longer sequence without a word."""


def sequence(text: str, environment: Mapping[str, str]) -> str | None:
    """The escape sequence that asks the terminal to copy, None where the text is too long.

    Under tmux and screen the sequence is wrapped, so that they pass it on to the terminal.
    Bytes that are not UTF-8 are copied as they are.
    """
    raw = os.fsencode(text)
    if len(raw) > LARGEST:
        return None
    osc = "\x1b]52;c;" + base64.b64encode(raw).decode("ascii") + "\a"
    if environment.get("TMUX"):
        # tmux takes the bare sequence into its buffer and passes the wrapped one on.
        wrapped = "\x1bPtmux;" + osc.replace("\x1b", "\x1b\x1b") + "\x1b\\"
        return osc + wrapped
    if environment.get("TERM", "").startswith("screen"):
        return "\x1bP" + osc + "\x1b\\"
    return osc


def said(text: str, environment: Mapping[str, str]) -> str:
    """What to say once the sequence was sent: no more than is known."""
    if environment.get("TMUX"):
        return f"sent to tmux and the terminal: {text} (tmux needs: set -g set-clipboard on)"
    return f"sent to the terminal: {text} (whether it copies is the terminal's choice, OSC 52)"
