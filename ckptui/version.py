"""Checkpoint versions: which one we write, and which ones we read."""

from __future__ import annotations

from ckptui.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

CHECKPOINT_VERSION: Final = "1.0"
"""The version that ``atomic_save`` writes and the newest that this ckptui reads."""

NO_VERSION: Final = "0.x"
"""What a checkpoint without a version is called; it loads unchanged."""

_LONGEST: Final = 60


def checkpoint_version(checkpoint: Mapping[str, object]) -> str:
    """The version of a loaded checkpoint, as text.

    Args:
        checkpoint: The top-level dict. It is not changed.

    Returns:
        Its ``version``, or ``"0.x"`` where there is none.

    Example:
        >>> checkpoint_version({"version": 2}), checkpoint_version({"data": []})
        ('2', '0.x')
    """
    if "version" not in checkpoint:
        return NO_VERSION
    return str(checkpoint["version"])[:_LONGEST]


def parse_version(value: object) -> tuple[int, ...] | None:
    """Read a version as numbers, or None where it is no version.

    Args:
        value: Whatever stands under ``version``: text, a number, anything.

    Returns:
        The numbers without trailing zeros, so that ``1``, ``"1.0"`` and ``"1.0.0"`` are equal.
        ``"0.x"`` is older than everything.

    Example:
        >>> parse_version("1.2.0"), parse_version("abc")
        ((1, 2), None)
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    if text == NO_VERSION:
        return ()
    # The length is bounded because int() refuses text of more than 4300 digits.
    parts = text.split(".")
    if len(text) > _LONGEST or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    numbers = [int(part) for part in parts]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def version_problem(value: object) -> str | None:
    """Why a checkpoint with this version cannot be read, or None where it can.

    Args:
        value: Whatever stands under ``version``.

    Returns:
        One sentence that names both versions and says what to do.

    Example:
        >>> version_problem("1.0") is None
        True
    """
    numbers = parse_version(value)
    if numbers is None:
        return (
            f"version {_shown(value)} is not a version number; this ckptui reads up to "
            f"{CHECKPOINT_VERSION}: upgrade ckptui if a newer one wrote it"
        )
    if numbers > (parse_version(CHECKPOINT_VERSION) or ()):
        return (
            f"version {str(value).strip()} is newer than {CHECKPOINT_VERSION}, the newest that "
            "this ckptui reads: upgrade ckptui to read it"
        )
    return None


def _shown(value: object) -> str:
    # What the header reader does not build, such as a list, arrives as a stand-in that names it.
    text = repr(value) if type(value).__module__ == "builtins" else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
