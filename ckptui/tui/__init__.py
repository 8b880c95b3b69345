"""The terminal UI. It holds no rule about checkpoints and never touches the run directory."""

from __future__ import annotations


def run_app(
    root: str,
    *,
    read_only: bool = False,
    ascii: bool = False,  # noqa: A002
    mouse: bool = True,
) -> int:
    """Open the terminal UI on a run directory until the user quits.

    Args:
        root: Absolute path of the run directory.
        read_only: Change nothing; what would is greyed.
        ascii: No signs beyond ASCII.
        mouse: False leaves the mouse to the terminal.

    Returns:
        The exit code: 0, or 128 plus the signal that ended it.
    """
    from ckptui.tui.run import run

    return run(root, read_only=read_only, ascii_only=ascii, mouse=mouse)
