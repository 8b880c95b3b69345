"""Lines of text with roles: what the sentences are made of, for a terminal or for plain output."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from ckptui.light import dataclass
from ckptui.present.glyphs import Role, to_ascii
from ckptui.present.safe import cells, plain


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of plain text and its role."""

    text: str
    role: Role = Role.NORMAL


Line: TypeAlias = tuple[Span, ...]


def line(*pieces: str | Span) -> Line:
    """Make a line; bare strings are normal text. Empty pieces are left out."""
    spans = (piece if isinstance(piece, Span) else Span(piece) for piece in pieces)
    return tuple(Span(plain(span.text), span.role) for span in spans if span.text)


def text_of(spans: Line, *, ascii_only: bool = False) -> str:
    """The text of a line without its roles."""
    text = "".join(span.text for span in spans)
    return to_ascii(text) if ascii_only else text


def joined(lines: Iterable[Line], between: str) -> Line:
    """Several lines as one, with ``between`` between those that are not empty."""
    out: list[Span] = []
    for each in lines:
        if each and out:
            out.append(Span(between, Role.MUTED))
        out.extend(each)
    return tuple(out)


def wrapped(text: str, width: int) -> list[str]:
    """Break plain text at blanks into lines of at most ``width`` cells; long words are cut."""
    lines: list[str] = []
    current = ""
    for word in text.split(" "):
        candidate = f"{current} {word}" if current else word
        if cells(candidate) <= width:
            current = candidate
            continue
        if current:
            lines.append(current)
        *whole, current = _pieces(word, width)
        lines.extend(whole)
    return [*lines, current] if current or not lines else lines


def _pieces(word: str, width: int) -> list[str]:
    pieces = [""]
    for char in word:
        if pieces[-1] and cells(pieces[-1] + char) > max(width, 2):
            pieces.append("")
        pieces[-1] += char
    return pieces
