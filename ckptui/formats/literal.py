"""Python literals as array headers hold them: dicts, lists, tuples, text, whole numbers, truth.

``ast.literal_eval`` is not for files of unknown origin: it runs Python's whole parser, at half a
megabyte a second, and warns on standard error about what it reads.
"""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<sign>[{}()\[\],:])|b?(?P<quote>['\"])(?P<text>(?:(?!(?P=quote))[^\\\n]|\\.)*)(?P=quote)"
    r"|(?P<number>-?\d{1,19})L?(?![\w.])|(?P<word>True|False|None)(?!\w))"
)
_WORDS: Final = {"True": True, "False": False, "None": None}
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
_DEEPEST: Final = 16


class NoLiteralError(ValueError):
    """It is not such a literal."""


def parse_literal(text: str) -> object:
    """The value that a text spells.

    Raises:
        NoLiteralError: The text is something else, or nests deeper than any header.

    Example:
        >>> parse_literal("{'shape': (3, 4L), 'fortran_order': False}")
        {'shape': (3, 4), 'fortran_order': False}
    """
    parser = _Parser(text)
    value = parser.value(0)
    if text[parser.at :].strip():
        raise NoLiteralError("text follows it")
    return value


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def next(self) -> re.Match[str]:
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            raise NoLiteralError(f"at character {self.at}")
        self.at = found.end()
        return found

    def value(self, depth: int) -> object:
        token = self.next()
        sign = token["sign"]
        if sign is None:
            if token["quote"] is not None:
                return token["text"]
            return int(token["number"]) if token["number"] else _WORDS[token["word"]]
        if sign not in _CLOSING or depth >= _DEEPEST:
            raise NoLiteralError(f"at character {self.at}")
        return self.dict(depth) if sign == "{" else self.sequence(_CLOSING[sign], depth)

    def sign(self, wanted: str) -> bool:
        """Take a sign where it is the next."""
        found = _TOKEN.match(self.text, self.at)
        if found is None or found["sign"] != wanted:
            return False
        self.at = found.end()
        return True

    def sequence(self, closing: str, depth: int) -> object:
        items: list[object] = []
        comma = True
        while not self.sign(closing):
            if not comma:
                raise NoLiteralError(f"at character {self.at}")
            items.append(self.value(depth + 1))
            comma = self.sign(",")
        if closing == "]":
            return items
        # One value in brackets without a comma is that value.
        return items[0] if len(items) == 1 and not comma else tuple(items)

    def dict(self, depth: int) -> dict[str, object]:
        items: dict[str, object] = {}
        comma = True
        while not self.sign("}"):
            key = self.value(depth + 1) if comma else None
            if not isinstance(key, str) or not self.sign(":"):
                raise NoLiteralError(f"at character {self.at}")
            items[key] = self.value(depth + 1)
            comma = self.sign(",")
        return items
