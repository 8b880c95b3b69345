"""From the command line into the app and out again, with a last line for what goes on."""

from __future__ import annotations

import locale
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from ckptui.present.safe import plain
from ckptui.terms import EXIT_FAILURE
from ckptui.tui.app import CkptuiApp
from ckptui.tui.crash import end_now, report
from ckptui.tui.keeping import read_sessions
from ckptui.tui.messages import ThreadFailed
from ckptui.tui.settings import read_settings
from ckptui.watch.link import Link

_WRITER: Final = "textual-output"
"""The thread through which everything reaches the terminal."""


def run(
    roots: Sequence[str],
    scanners: Mapping[str, Link],
    *,
    read_only: bool,
    ascii_only: bool,
    mouse: bool,
    remembered_as: Sequence[str] = (),
    on_event: str = "",
) -> int:
    """Run the app; say on leaving which resumed runs go on."""
    # Before the app starts: a home that hangs must not freeze keys that are already shown.
    settings = read_settings()
    config = settings.config
    app = CkptuiApp(
        roots,
        scanners=scanners,
        read_only=read_only,
        ascii_only=ascii_only or config.ui.ascii or not _utf8(),
        config=config,
        keymap=settings.keymap,
        remembered_as=remembered_as,
        on_event=on_event,
        sessions=read_sessions(remembered_as),
        problems=[each.short for each in settings.problems if not each.warning],
    )
    threading.excepthook = partial(_thread_failed, app)
    try:
        code = app.run(mouse=mouse and config.ui.mouse)
    except Exception as error:  # noqa: BLE001  (told below, once the terminal is free)
        app.note_crash(error)
        code = EXIT_FAILURE
    finally:
        app.terminal.put_back()
    if app.crashes:
        report(app.crashes, sys.stderr.write)
        code = code or EXIT_FAILURE
    for place, each in app.places.still_working():
        where = plain(f"{each.host} {each.pid or ''}".strip())
        run_of = f" of {place}" if len(roots) > 1 else ""
        sys.stderr.write(f"ckptui: run {plain(each.id)}{run_of} goes on ({where}); "
                         "ckptui logs and ckptui cancel reach it\n")  # fmt: skip
    return EXIT_FAILURE if code is None else code


def _thread_failed(app: CkptuiApp, failure: threading.ExceptHookArgs) -> None:
    """Keep it, and say so; Python would write it into the middle of the screen."""
    if failure.thread is not None and failure.thread.name == _WRITER:
        end_now(app.terminal, 128 + signal.SIGHUP)  # nothing can be shown any more
    if failure.exc_value is not None:
        app.note_crash(failure.exc_value)
    said = f"{failure.exc_type.__name__}: {failure.exc_value}"
    app.main.post_message(ThreadFailed(said))


def _utf8() -> bool:
    return locale.getpreferredencoding(False).lower().replace("-", "") == "utf8"
