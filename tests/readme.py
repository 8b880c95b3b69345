"""Writes what was measured into the README, between two marks, and nothing beside them."""

from __future__ import annotations

import os
from typing import Final

README: Final = os.path.join(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "README.md"
)


def replaced(text: str, mark: str, new: str) -> str:
    """The text with ``new`` between ``<!-- mark -->`` and ``<!-- /mark -->``.

    Raises:
        ValueError: The marks are not there, each once.
    """
    before, start, rest = text.partition(f"<!-- {mark} -->\n")
    _, end, after = rest.partition(f"<!-- /{mark} -->\n")
    if not start or not end or start in after:
        raise ValueError(f"the marks of {mark} are not there once each")
    return f"{before}{start}{new.rstrip()}\n{end}{after}"


def write(mark: str, new: str, path: str = README) -> None:
    """Put ``new`` between the marks in the README."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(replaced(text, mark, new))
