"""Values from a session before: a file that anybody may have edited."""

from __future__ import annotations


def names(value: object) -> tuple[str, ...]:
    """A list of texts; nothing where it is something else."""
    if not isinstance(value, list | tuple):
        return ()
    return tuple(each for each in value if isinstance(each, str))


def flag(value: object) -> bool:
    """True only where it says so."""
    return value is True
