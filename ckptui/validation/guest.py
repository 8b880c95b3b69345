"""A good guest on a shared machine: how much of it the checks may take (SPEC §12).

The caps are defaults. A site file, ``/etc/ckptui.toml``, can only tighten them:

    [limits]
    workers = 1
    bytes_per_second = 50_000_000
    operations_per_second = 100
    entries = 20_000
    depth = 6
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Final

NETWORK_WORKERS: Final = 2
"""Files at a time on a filesystem that is served from elsewhere."""
NETWORK_OPERATIONS: Final = 200.0
"""Metadata operations a second there, of all processes of one ckptui together."""
NETWORK_BYTES: Final = 200_000_000.0
"""Bytes a second there, likewise."""

SITE_FILE: Final = "/etc/ckptui.toml"
SITE_VARIABLE: Final = "CKPTUI_SITE_FILE"
"""Names one more such file, for tests: it is read besides the other, so it cannot loosen it."""
_NONE: Final = float("inf")
_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class SiteLimits:
    """What the site allows at most; infinite where it says nothing.

    Attributes:
        workers: Files at a time, on any filesystem.
        bytes_per_second, operations_per_second: Likewise on any filesystem.
        entries, depth: Of a sweep.
        problem: What is wrong with the file, else empty.
    """

    workers: float = _NONE
    bytes_per_second: float = _NONE
    operations_per_second: float = _NONE
    entries: float = _NONE
    depth: float = _NONE
    problem: str = ""


_NAMES: Final = tuple(each.name for each in fields(SiteLimits) if each.name != "problem")


def parse_site_limits(text: str, source: str) -> SiteLimits:
    """Read the text of a site file. A limit that is no number of at least 1 is a problem.

    What is understood of a file with a problem holds all the same: a slip of the pen must not
    lift the other limits.
    """
    import tomllib  # few sites have such a file

    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return SiteLimits(problem=f"{source}: not valid TOML: {error}")
    table: object = data.get("limits", {})
    if not isinstance(table, dict):
        return SiteLimits(problem=f"{source}: limits: must be a table")
    found: dict[str, float] = {}
    problems: list[str] = []
    for name, value in table.items():
        if name not in _NAMES:
            problems.append(f"{source}: [limits] {name}: unknown; it takes {', '.join(_NAMES)}")
        elif not isinstance(value, int | float) or isinstance(value, bool) or not value >= 1:
            problems.append(f"{source}: [limits] {name}: must be a number of at least 1")
        else:
            found[name] = float(value)
    return _limits(found, problems)


def tightest(many: Iterable[SiteLimits]) -> SiteLimits:
    """The smallest of each limit."""
    known = list(many)
    least = {name: min(getattr(each, name) for each in known) for name in _NAMES}
    return _limits(least, [each.problem for each in known if each.problem])


def _limits(found: Mapping[str, float], problems: Sequence[str]) -> SiteLimits:
    return SiteLimits(
        workers=found.get("workers", _NONE),
        bytes_per_second=found.get("bytes_per_second", _NONE),
        operations_per_second=found.get("operations_per_second", _NONE),
        entries=found.get("entries", _NONE),
        depth=found.get("depth", _NONE),
        problem="; ".join(problems),
    )


@lru_cache(maxsize=1)
def site_limits() -> SiteLimits:
    """What this site allows, read once."""
    paths = (SITE_FILE, os.environ.get(SITE_VARIABLE, ""))
    return tightest(_read(path) for path in paths if path)


def _read(path: str) -> SiteLimits:
    try:
        with open(path, "rb") as file:
            text = file.read(_BYTES).decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return SiteLimits()
    except OSError as error:
        return SiteLimits(problem=f"{path}: cannot be read: {error.strerror or error}")
    return parse_site_limits(text, path)


def workers_for(asked: int | None, *, network: bool, usable: int | None = None) -> int:
    """How many files to read at a time.

    Args:
        asked: What the user said, None for nothing; only the site can say less.
        network: True where they lie on a network filesystem.
        usable: Processors; by default those that this process may use.
    """
    usable = usable or len(os.sched_getaffinity(0))
    wanted = asked or (min(usable, NETWORK_WORKERS) if network else usable)
    return int(max(1, min(wanted, site_limits().workers)))


def operations_for(*, network: bool) -> float | None:
    """Metadata operations a second, None for as many as come."""
    rate = min(NETWORK_OPERATIONS if network else _NONE, site_limits().operations_per_second)
    return None if rate == _NONE else rate


def bytes_for(*, network: bool) -> float | None:
    """Bytes a second, None for as many as come."""
    rate = min(NETWORK_BYTES if network else _NONE, site_limits().bytes_per_second)
    return None if rate == _NONE else rate
