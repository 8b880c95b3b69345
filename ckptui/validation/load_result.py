"""What the loader answered → level 3's finding. torch's own words go beneath ours.

The loader sees only files whose container is whole and whose pickle the bounded reader accepted.
So what torch then refuses is damage only where its text says so (torch-files table of errors).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ckptui.terms import Category, Result
from ckptui.validation.finding import Finding, failed, passed, skipped, warned
from ckptui.validation.static_load import name_some
from ckptui.validation.telling import SAYS

_DAMAGE: Final = (
    "failed finding central directory",
    "invalid header or archive is corrupted",
    "failed locating file",
    "file not found",
    "record size",
    "not a ZIP archive",
    "unexpected EOF",
    "Trying to resize storage that is not resizable",
    "Unknown endianness type",
    "Ran out of input",
)
_MEMORY: Final = (
    "not enough memory",
    "can't allocate memory",
    "Cannot allocate memory",
    "unable to mmap",
)
_NEWER: Final = "maximum supported version for reading"
_REFUSED: Final = ("Weights only load failed", "Unsupported global", "Unsupported operand")


def finding_of_answer(answer: Mapping[str, object], needed: Sequence[str]) -> Finding:
    """Judge one answer of the loader.

    Args:
        answer: ``result`` is ``pass``, ``skipped`` or ``error``; ``text`` says why.
        needed: Globals that had to be allowed for it.
    """
    text = str(answer.get("text", ""))
    if answer.get("result") == "pass":
        if not needed:
            return passed()
        return warned(f"the safe loader needs {name_some(needed)} allowed")
    if answer.get("result") == "skipped":
        return skipped(text)
    return _error(str(answer.get("type", "")), text, by_stubs=bool(needed))


def _error(kind: str, text: str, *, by_stubs: bool) -> Finding:
    torch_said = f"{SAYS}{kind}: {text}"
    if any(words in text for words in _MEMORY):
        return skipped("loading it needs more memory than the check may take")
    if _NEWER in text:
        return failed(
            Category.INCOMPATIBLE,
            "written by a newer torch than the one here; upgrade torch",
            torch_said,
        )
    if kind == "UnpicklingError" or any(words in text for words in _REFUSED):
        # Its globals are all known harmless; the safe loader just cannot build this from them.
        return warned(
            "torch's safe loader does not take this pickle, plain loading may", torch_said
        )
    if by_stubs and kind in {"TypeError", "AttributeError"}:
        # The loader lets nothing of theirs run, and torch could do without for this one not.
        return warned("torch cannot load it without what its pickle needs allowed", torch_said)
    if any(words in text for words in _DAMAGE):
        return failed(Category.CORRUPTED, "torch cannot load it; cause not known", torch_said)
    return failed(Category.INCOMPATIBLE, "whole, but this torch cannot load it", torch_said)


CRASHED: Final = Finding(Result.SKIPPED, "torch's process ended while loading it")
"""Where the loader died over a file: that is no statement about the file."""
