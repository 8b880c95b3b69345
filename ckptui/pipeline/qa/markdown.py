"""Markdown as sections of plain sentences, which is all that questions are made from.

The subset of CommonMark (https://spec.commonmark.org/0.31.2/) that prose needs: both kinds of
headings, paragraphs, lists, quotes; code, HTML, tables and front matter are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_ATX: Final = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#*)?[ \t]*")
_SETEXT: Final = re.compile(r" {0,3}(=+|-+)[ \t]*")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_LIST_ITEM: Final = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+")
_LINK: Final = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
_MARKS: Final = re.compile(r"(\*\*|__|\*|`|~~)")
_TAG: Final = re.compile(r"<[^<>]*>")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[^\sa-z])")


@dataclass(frozen=True, slots=True)
class Section:
    """One section: the headings that lead to it, outermost first, and its sentences."""

    headings: tuple[str, ...]
    sentences: tuple[str, ...]


def read_sections(text: str) -> list[Section]:
    """Split a document into its sections, in order; those without a sentence are left out."""
    trail: list[tuple[int, str]] = []
    sections: list[Section] = []
    paragraphs: list[str] = []

    def close() -> None:
        found = tuple(one for paragraph in paragraphs for one in split_sentences(paragraph))
        if found:
            sections.append(Section(tuple(title for _, title in trail), found))
        paragraphs.clear()

    for level, block in _blocks(text):
        if level:
            close()
            trail[:] = [*(item for item in trail if item[0] < level), (level, block)]
        else:
            paragraphs.append(block)
    close()
    return sections


def split_sentences(paragraph: str) -> list[str]:
    """Split a paragraph where a sentence ends and something that is no small letter begins.

    Example:
        >>> split_sentences("A run is long. It may die. e.g. at night.")
        ['A run is long.', 'It may die. e.g. at night.']
    """
    return [one.strip() for one in _SENTENCE_END.split(paragraph) if one.strip()]


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """(heading level, or 0 for a paragraph; its plain text)."""
    paragraph: list[str] = []
    for line in _prose_lines(text):
        atx, setext = _ATX.fullmatch(line), _SETEXT.fullmatch(line)
        if setext and paragraph:
            yield (1 if "=" in line else 2), _plain(" ".join(paragraph))
            paragraph = []
        elif atx or not line.strip() or _LIST_ITEM.match(line):
            if paragraph:
                yield 0, _plain(" ".join(paragraph))
            paragraph = []
            if atx:
                yield len(atx[1]), _plain(atx[2] or "")
            elif line.strip() and not setext:
                paragraph = [_LIST_ITEM.sub("", line)]
        elif not setext:
            paragraph.append(line.strip().lstrip("> "))
    if paragraph:
        yield 0, _plain(" ".join(paragraph))


def _prose_lines(text: str) -> Iterator[str]:
    """The lines without front matter, code, HTML blocks and tables."""
    lines = text.removeprefix("\ufeff").splitlines()
    fence = ""
    for number, line in enumerate(_without_front_matter(lines)):
        found = _FENCE.match(line)
        if fence:
            if found and found[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
        elif found:
            fence = found[1]
        elif not _is_aside(line, first=number == 0):
            yield line


def _without_front_matter(lines: list[str]) -> list[str]:
    if not lines or lines[0].strip() not in ("---", "+++"):
        return lines
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() == lines[0].strip():
            return lines[number + 1 :]
    return lines


def _is_aside(line: str, *, first: bool) -> bool:
    indented_code = line.startswith(("    ", "\t")) and not _LIST_ITEM.match(line) and first
    return indented_code or line.lstrip().startswith(("|", "<"))


def _plain(text: str) -> str:
    """The text without links, emphasis and tags, in one line."""
    text = _MARKS.sub("", _TAG.sub("", _LINK.sub(r"\1", text)))
    return " ".join(text.split())
