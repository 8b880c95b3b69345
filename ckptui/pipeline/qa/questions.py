"""Questions that a section itself answers: its headings, and what it defines. No model needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ckptui.pipeline.qa.markdown import Section

_DEFINITION: Final = re.compile(
    r"^((?:An?|The)\s+)?([A-Za-z][\w'’/-]*(?:\s+[\w'’/-]+){0,4}?)\s+(is|are)\s+(?=(?:an?|the|one|any)\s)"
)
_NO_SUBJECT: Final = frozenset(
    ["it", "this", "that", "these", "those", "there", "he", "she", "they", "which", "what", "here"]
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and where its answer must lie.

    Attributes:
        text: The question.
        document: Path of the Markdown file, relative to its folder.
        section: Index of the section in its document.
        sentence: Index of the sentence that prompted it, or None for a heading.
    """

    text: str
    document: str
    section: int
    sentence: int | None = None


def ask(document: str, sections: list[Section]) -> Iterator[Question]:
    """Yield the questions of a document, in order."""
    title = sections[0].headings[0] if sections and sections[0].headings else document
    for number, section in enumerate(sections):
        if section.headings:
            yield Question(_of_heading(section.headings[-1], title), document, number)
        for place, sentence in enumerate(section.sentences):
            found = _of_definition(sentence)
            if found:
                yield Question(found, document, number, place)


def _of_heading(heading: str, title: str) -> str:
    if heading.endswith("?"):
        return heading
    if heading == title:
        return f"What is “{title}” about?"
    return f"What does “{title}” say about “{heading}”?"


def _of_definition(sentence: str) -> str:
    found = _DEFINITION.match(sentence)
    if found is None or found[2].split()[0].lower() in _NO_SUBJECT:
        return ""
    article = (found[1] or "").lower()
    subject = found[2] if found[1] else found[2][0].lower() + found[2][1:]
    return f"What {found[3]} {article}{subject if _is_plain(found[2]) else found[2]}?"


def _is_plain(subject: str) -> bool:
    """True where only the first letter of the first word is a capital, so it may become small."""
    first = subject.split()[0]
    return first[1:].islower() or len(first) == 1
