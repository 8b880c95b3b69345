"""How a run ended, in words."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Final

from ckptui.terms import (
    CHECKPOINT_EXIT_CODE,
    EXIT_FAILURE,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_PARTIAL,
)

_ANY: Final = {
    EXIT_OK: "done",
    EXIT_INTERRUPTED: "interrupted",
    126: "the command cannot be executed",
    127: "the command was not found",
}
_OURS: Final = {
    EXIT_FAILURE: "failed",
    EXIT_PARTIAL: "finished in part",
    CHECKPOINT_EXIT_CODE: "checkpoint trouble",
}


def exit_words(code: int | None, number: int | None, *, ours: bool) -> str:
    """How a process ended, in words.

    Args:
        code: Its exit code, or None.
        number: The signal that ended it, or None.
        ours: True for ckptui's own pipelines: 2 and 3 mean something of their own only there.

    Example:
        >>> exit_words(3, None, ours=True)
        'exit code 3: checkpoint trouble'
    """
    if number is not None:
        why = "; the kernel sends it when memory runs out" if number == signal.SIGKILL else ""
        return f"ended by signal {number} ({signal_name(number)}){why}"
    if code is None:
        return "no exit status"
    words = _ANY.get(code) or (_OURS.get(code) if ours else None)
    if words is None and 128 < code < 128 + signal.NSIG:
        words = f"a process in it ended by signal {code - 128} ({signal_name(code - 128)})"
    return f"exit code {code}: {words}" if words else f"exit code {code}"


def signal_name(number: int | None) -> str | None:
    """``SIGKILL`` for 9; the bare number, as text, for one without a name (real-time signals)."""
    if number is None:
        return None
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def note_of_exit(document: Mapping[str, object], *, ours: bool) -> str:
    """One sentence for an ``exit.json``.

    Args:
        document: What it holds.
        ours: See :func:`exit_words`.
    """
    code, number = document.get("exit_code"), document.get("signal")
    words = exit_words(
        code if isinstance(code, int) else None,
        number if isinstance(number, int) else None,
        ours=ours,
    )
    if isinstance(error := document.get("error"), str) and error:
        words = f"could not be started: {error}"
    if isinstance(document.get("cancelled"), dict):
        words = f"cancelled; {words}"
    left = document.get("leftovers")
    if isinstance(left, list) and left:
        words += f"; {len(left)} left-over process{'es' if len(left) > 1 else ''} ended"
    return words
