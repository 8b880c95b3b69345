"""The terminal UI. It holds no rule about checkpoints and never touches the run directory."""

from __future__ import annotations

from collections.abc import Sequence


def run_app(
    roots: Sequence[str],
    *,
    read_only: bool = False,
    ascii: bool = False,  # noqa: A002
    mouse: bool = True,
    remembered_as: Sequence[str] = (),
    on_event: str = "",
) -> int:
    """Open the terminal UI on run directories until the user quits.

    Args:
        roots: Absolute paths of the run directories, at least one, all different.
        read_only: Change nothing; what would is greyed.
        ascii: No signs beyond ASCII.
        mouse: False leaves the mouse to the terminal.
        remembered_as: Their paths without symlinks, by which it is known how they were looked at
            the last time; none to neither recall nor remember that.
        on_event: A command for ``/bin/sh -c`` that is told of events; empty for none.

    Returns:
        The exit code: 0, or 128 plus the signal that ended it.
    """
    from ckptui.tui.patience import in_time
    from ckptui.tui.pauses import shorten_pauses
    from ckptui.user_config import UserConfig, read_user_config
    from ckptui.watch.link import begin

    shorten_pauses()
    # The scanners look while everything else is loaded: their first rows are on the first screen.
    config, _ = in_time(read_user_config) or (UserConfig(), ())
    scanners = {root: begin(root, config.limits, follow=True) for root in roots}
    from ckptui.tui.run import run

    return run(
        roots,
        scanners,
        read_only=read_only,
        ascii_only=ascii,
        mouse=mouse,
        remembered_as=remembered_as,
        on_event=on_event,
    )
