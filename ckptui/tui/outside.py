"""Other programs on our terminal: the user's pager and editor, and back with the screen whole."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Final

from textual.app import App, SuspendNotSupported

_MISSING: Final = 127


def pager_command(environment: Mapping[str, str]) -> list[str]:
    """The words of ``$PAGER``, less by default.

    Raises:
        ValueError: It is no command line.
    """
    return shlex.split(environment.get("PAGER", "")) or ["less"]


def editor_command(environment: Mapping[str, str]) -> list[str]:
    """The words of ``$VISUAL`` or ``$EDITOR``, vi by default.

    Raises:
        ValueError: It is no command line.
    """
    wish = environment.get("VISUAL", "") or environment.get("EDITOR", "")
    return shlex.split(wish) or ["vi"]


def page(app: App[int], path: str, at: int, environment: Mapping[str, str]) -> str:
    """Show a file in the pager; returns what went wrong, or nothing.

    What a log holds must not run as escapes in the terminal. less shows them in words unless -r or
    -R is on, which many have in ``$LESS``: ``-+r`` takes both back. Of no other pager that is
    known, so any other one is given the text with its escapes already written out.
    """
    command = pager_command(environment)
    if os.path.basename(command[0]) == "less":
        return _run(app, [*command, "-+r", f"+{at}P", "--", path], environment)
    ours = [sys.executable, "-P", "-m", "ckptui", "plain-text", path]
    return _run(app, command, environment, source=ours)


def edit(app: App[int], path: str, number: int | None, environment: Mapping[str, str]) -> str:
    """Open a file in the editor, at a line; returns what went wrong, or nothing."""
    place = [] if number is None else [f"+{number}"]
    return _run(app, [*editor_command(environment), *place, path], environment)


def _run(
    app: App[int],
    command: Sequence[str],
    environment: Mapping[str, str],
    source: Sequence[str] = (),
) -> str:
    name = os.path.basename(command[0])
    try:
        with app.suspend():
            code = _waited(command, environment, source)
    except SuspendNotSupported:
        return f"this terminal cannot be lent to {name}"
    if code == _MISSING:
        return f"{name} is not installed here"
    if code < 0:
        return f"{name} was ended by {signal.Signals(-code).name}"
    return f"{name} ended with exit code {code}" if code else ""


def _waited(command: Sequence[str], environment: Mapping[str, str], source: Sequence[str]) -> int:
    # ctrl-c is for the other program: a handler of ours is, unlike SIG_IGN, not handed down to it.
    before = signal.signal(signal.SIGINT, _nothing)
    try:
        if not source:
            return subprocess.run(command, env=dict(environment), check=False).returncode
        with subprocess.Popen(source, stdout=subprocess.PIPE, env=dict(environment)) as text:
            code = subprocess.run(
                command, stdin=text.stdout, env=dict(environment), check=False
            ).returncode
            text.kill()
        return code
    except FileNotFoundError:
        return _MISSING
    except OSError as error:
        return error.errno or _MISSING
    finally:
        signal.signal(signal.SIGINT, before)


def _nothing(number: int, frame: FrameType | None) -> None:
    """Take a signal and do nothing."""
