"""One look at a run directory, for whoever need not follow it."""

from __future__ import annotations

import os
from dataclasses import replace

from ckptui.validation.pool import Pool
from ckptui.watch.model import Snapshot
from ckptui.watch.monitor import Monitor
from ckptui.watch.protocol import Settings


def look_once(
    root: str | os.PathLike[str],
    *,
    timeout: float | None = None,
    header_checks: bool = True,
    pool: Pool | None = None,
    settings: Settings = Settings(),  # noqa: B008  (frozen)
) -> Snapshot:
    """Look at a run directory once: one sweep, and the header checks that it causes.

    Args:
        root: The run directory.
        timeout: Seconds to wait at most, None for as long as it takes.
        header_checks: False leaves them out; nothing but names, sizes and markers is known then.
        pool: Check workers; they are closed at the end.
        settings: How to scan.

    Returns:
        The snapshot; ``problem`` says what went wrong, if anything did.
    """
    with Monitor(
        root, follow=False, header_checks=header_checks, pool=pool, settings=settings
    ) as monitor:
        shown = monitor.wait_settled(timeout)
    if shown.settled or shown.problem:
        return shown
    return replace(shown, problem=f"{shown.root} did not answer within {timeout:g} s")
