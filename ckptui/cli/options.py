"""Options that are more than a word: a moment in the past, a set of categories."""

from __future__ import annotations

import time
from datetime import datetime

import click

from ckptui.present.measures import span_of
from ckptui.terms import Category


def moment(text: str, *, now: float) -> float:
    """A moment, as a span before now or as a time.

    Args:
        text: ``90s``, ``30m``, ``2h``, ``3d``, ``1w``, ``1d12h``; or ISO 8601, a date alone being
            its first second, and a time without a zone being that of this machine.
        now: Seconds since the epoch.

    Returns:
        Seconds since the epoch.

    Raises:
        ValueError: It is neither.

    Example:
        >>> moment("2h", now=10000.0), moment("1970-01-01T01:00:00Z", now=10000.0)
        (2800.0, 3600.0)
    """
    try:
        return now - span_of(text)
    except ValueError:
        pass
    return datetime.fromisoformat(text.strip()).timestamp()


def here_option() -> click.Option:
    """``--here``, the same for every verb that reads whole files."""
    return click.Option(
        ["--here"], is_flag=True, help="Read large files here, although it is a login node."
    )


def since(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """``--since``: seconds since the epoch of a span or a time."""
    if value is None:
        return None
    try:
        return moment(value, now=time.time())
    except (ValueError, OverflowError, OSError) as error:
        raise click.BadParameter(
            f"{value!r} is neither a span such as 30m, 2h or 3d nor a time such as "
            "2026-02-01 or 2026-02-01T14:30"
        ) from error


def categories(
    ctx: click.Context, param: click.Parameter, value: tuple[str, ...]
) -> tuple[Category, ...]:
    """``--only``: categories, separated by commas or given again."""
    names = [name.strip().lower() for text in value for name in text.split(",")]
    try:
        return tuple(Category(name) for name in names if name)
    except ValueError as error:
        known = ", ".join(Category)
        raise click.BadParameter(f"{error}; the categories are {known}") from error
