"""Numbers as people type them: sizes, spans of time, counts. The other way round from ``units``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_NUMBER: Final = re.compile(r"(\d+(?:\.\d+)?|\.\d+)([a-z]*)", re.IGNORECASE)
_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])", re.IGNORECASE)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_BYTES: Final = {
    "": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4, "p": 1024**5,
}  # fmt: skip
_COUNTS: Final = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}


def size_of(text: str) -> float:
    """Bytes of a size: ``2.4G``, ``200M``, ``1024``; units are powers of 1024, in any case.

    Raises:
        ValueError: It is no size.

    Example:
        >>> size_of("1.5k"), size_of("2GiB")
        (1536.0, 2147483648.0)
    """
    bare = text.lower()
    for tail in ("ib", "b"):
        if len(bare) > len(tail) and bare[: -len(tail)][-1:] in _BYTES.keys() - {"", "b"}:
            bare = bare.removesuffix(tail)
    return _scaled(bare, _BYTES)


def count_of(text: str) -> float:
    """A count, of steps for example: ``1000``, ``10k`` for ten thousand.

    Raises:
        ValueError: It is no count.
    """
    return _scaled(text.lower(), _COUNTS)


def _scaled(text: str, units: Mapping[str, int]) -> float:
    found = _NUMBER.fullmatch(text)
    if found is None or found[2] not in units:
        raise ValueError(text)
    return float(found[1]) * units[found[2]]


def span_of(text: str) -> float:
    """Seconds of a span: ``90s``, ``30m``, ``2h``, ``3d``, ``1w``, ``1d12h``.

    Raises:
        ValueError: It is no span.
    """
    parts = _SPAN.findall(text)
    if not parts or _SPAN.sub("", text).strip():
        raise ValueError(text)
    return sum(float(count) * _SECONDS[unit.lower()] for count, unit in parts)
