"""Reading the verbs' JSON documents back, field by field; what is not as it should be is empty."""

from __future__ import annotations

from collections.abc import Mapping


def text(document: Mapping[str, object], name: str) -> str:
    """A text field, empty where it is absent or no text."""
    value = document.get(name)
    return value if isinstance(value, str) else ""


def texts(document: Mapping[str, object], name: str) -> tuple[str, ...]:
    """A list of texts."""
    value = document.get(name)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def records(document: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    """A list of objects."""
    value = document.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def number(document: Mapping[str, object], name: str) -> int:
    """A whole number, 0 where it is absent."""
    value = document.get(name)
    return value if isinstance(value, int) else 0
