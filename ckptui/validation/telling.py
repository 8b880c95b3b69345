"""A diagnosis in a verdict's details: one line each, the next step and torch's words marked."""

from __future__ import annotations

import os
import re
from typing import Final

from ckptui.light import dataclass
from ckptui.shell import shell_word

NEXT: Final = "next: "
SAYS: Final = "torch says: "
SILENT: Final = "torch.load accepts it without a word"
_PLACES: Final = re.compile(r"\b(?:FILE|NEW)\b")


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict's details, taken apart.

    Attributes:
        evidence: Sentences that say why.
        next: The next step, with the file's own name in the command; empty where there is none.
        torch: torch's own words; empty where they are not known.
    """

    evidence: tuple[str, ...] = ()
    next: str = ""
    torch: str = ""


def told(detail: str, path: str) -> Told:
    """Take the details of a verdict apart.

    Args:
        detail: :attr:`ckptui.validation.verdict.Verdict.detail`.
        path: The file, to be named in commands.

    Example:
        >>> told("next: gunzip -c FILE > NEW\\ntorch says: EOFError", "a b.pt")
        Told(evidence=(), next="gunzip -c 'a b.pt' > 'a b.new.pt'", torch='EOFError')
    """
    evidence: list[str] = []
    step = torch = ""
    for line in detail.splitlines():
        if line.startswith(NEXT):
            step = _typed(line.removeprefix(NEXT), path)
        elif line.startswith(SAYS):
            torch = line.partition(": ")[2]
        elif line == SILENT:
            torch = SILENT
        elif line.strip():
            evidence.append(line)
    return Told(tuple(evidence), step, torch)


def _typed(advice: str, path: str) -> str:
    """The advice with FILE and NEW as a shell takes them."""
    stem, suffix = os.path.splitext(path)
    words = {"FILE": shell_word(path), "NEW": shell_word(f"{stem}.new{suffix}")}
    return _PLACES.sub(lambda found: words[found[0]], advice)
