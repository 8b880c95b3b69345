"""Names of directories that stand beside each other: as short as they can be told apart by."""

from __future__ import annotations

from collections.abc import Sequence

from ckptui.present.safe import plain


def short_names(paths: Sequence[str]) -> list[str]:
    """The last part of each path, with as many before it as no other path ends in.

    Args:
        paths: Absolute, all different, from disk.

    Returns:
        One name for each, in order, plain.

    Example:
        >>> short_names(["/runs/a", "/runs/b", "/old/b"])
        ['a', 'runs/b', 'old/b']
    """
    parts = [path.strip("/").split("/") for path in paths]
    return [plain(_name(path, at, parts)) for at, path in enumerate(paths)]


def _name(path: str, at: int, parts: Sequence[Sequence[str]]) -> str:
    own = parts[at]
    for length in range(1, len(own) + 1):
        tail = own[-length:]
        if not any(other[-length:] == tail for n, other in enumerate(parts) if n != at):
            return "/".join(tail) or "/"
    return path
