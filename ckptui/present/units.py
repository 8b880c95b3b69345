"""Numbers as people read them: sizes, ages, durations, rates, clock times. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Final

NONE: Final = "–"
_UNITS: Final = ("B", "K", "M", "G", "T", "P", "E")


def size(count: float | None) -> str:
    """Bytes in powers of 1024: ``2.4G``, and without decimals from ten on (``41G``)."""
    if count is None:
        return NONE
    value = float(count)
    for unit in _UNITS:
        # What rounding would lift to 1024 belongs to the next unit: 1.0M, never 1024K.
        if round(value) < 1024 or unit == _UNITS[-1]:
            break
        value /= 1024
    return f"{value:.1f}{unit}" if value < 9.95 and unit != "B" else f"{value:.0f}{unit}"


def exact(count: int) -> str:
    """Bytes to the last one, with thousands separators: ``1,299,227,648``."""
    return f"{count:,}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """A count with its noun: ``1 checkpoint``, ``3,000 checkpoints``."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def age(seconds: float | None) -> str:
    """Age in its largest unit: ``12s``, ``4m``, ``2h``, ``3d``; ``in 4m`` for a time to come."""
    if seconds is None:
        return NONE
    if seconds <= -1:
        return f"in {age(-seconds)}"
    whole = int(max(seconds, 0))
    for length, letter in ((86400, "d"), (3600, "h"), (60, "m")):
        if whole >= length:
            return f"{whole // length}{letter}"
    return f"{whole}s"


def reads_until(seconds: float) -> float:
    """How many seconds an age still reads as it does now; a little longer does no harm."""
    for length in (86400, 3600, 60):
        if seconds >= length:
            return length - seconds % length
    return 1.0


def duration(seconds: float | None) -> str:
    """A span in words: ``0.4 s``, ``9 s``, ``4 min``, ``3 h 12 min``, ``2 d 5 h``."""
    if seconds is None:
        return NONE
    if 0 < seconds < 0.95:
        return f"{seconds:.1f} s"
    whole = int(max(seconds, 0) + 0.5)
    if whole < 60:
        return f"{whole} s"
    for length, name, smaller, rest in ((86400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if whole >= length:
            more = whole % length // smaller
            return f"{whole // length} {name}" + (f" {more} {rest}" if more else "")
    return f"{whole // 60} min" + (f" {whole % 60} s" if whole < 600 and whole % 60 else "")


def rate(per_second: float | None) -> str:
    """Bytes a second: ``1.2G/s``."""
    return NONE if per_second is None else f"{size(per_second)}/s"


def count_rate(per_second: float | None) -> str:
    """Things a second: ``3.1/s``, ``1,500/s``."""
    if per_second is None:
        return NONE
    return f"{per_second:.1f}/s" if per_second < 99.95 else f"{per_second:,.0f}/s"


def clock(seconds: float, zone: tzinfo | None = None, *, now: float | None = None) -> str:
    """Wall-clock time with its zone; the date is left out where it is today's.

    Args:
        seconds: Seconds since the epoch.
        zone: Zone to show; None is the machine's own.
        now: Seconds since the epoch that count as today, None to always give the date.
    """
    moment = datetime.fromtimestamp(seconds, UTC).astimezone(zone)
    today = now is not None and (
        datetime.fromtimestamp(now, UTC).astimezone(zone).date() == moment.date()
    )
    return moment.strftime("%H:%M:%S %Z" if today else "%Y-%m-%d %H:%M:%S %Z")


def seconds_of(iso: str | None) -> float | None:
    """Seconds since the epoch of an ISO 8601 time, None where it is none (naive counts as UTC)."""
    if not iso:
        return None
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def percent(fraction: float) -> str:
    """A fraction as ``41 %``, never 100 before the end."""
    return f"{min(int(fraction * 100), 100)} %"
