"""From the command line into the app and out again, with a last line for what goes on."""

from __future__ import annotations

import locale
import sys
import threading

from ckptui.present.safe import plain
from ckptui.terms import EXIT_FAILURE
from ckptui.tui.app import CkptuiApp
from ckptui.tui.messages import ThreadFailed
from ckptui.tui.settings import read_settings


def run(root: str, *, read_only: bool, ascii_only: bool, mouse: bool) -> int:
    """Run the app; say on leaving which resumed runs go on."""
    # Before the app starts: a home that hangs must not freeze keys that are already shown.
    settings = read_settings()
    config = settings.config
    app = CkptuiApp(
        root,
        read_only=read_only,
        ascii_only=ascii_only or config.ui.ascii or not _utf8(),
        config=config,
        keymap=settings.keymap,
        problems=[each.short for each in settings.problems if not each.warning],
    )
    failures: list[threading.ExceptHookArgs] = []

    def note(failure: threading.ExceptHookArgs) -> None:
        # Python would write the traceback into the middle of the screen.
        failures.append(failure)
        app.main.post_message(ThreadFailed(f"{failure.exc_type.__name__}: {failure.exc_value}"))

    threading.excepthook = note
    code = app.run(mouse=mouse and config.ui.mouse)
    for failure in failures:
        threading.__excepthook__(failure)
    for each in app.main.runs.working:
        where = plain(f"{each.host} {each.pid or ''}".strip())
        sys.stderr.write(f"ckptui: run {plain(each.id)} goes on ({where}); "
                         "ckptui logs and ckptui cancel reach it\n")  # fmt: skip
    return EXIT_FAILURE if code is None else code


def _utf8() -> bool:
    return locale.getpreferredencoding(False).lower().replace("-", "") == "utf8"
