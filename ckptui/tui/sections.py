"""The parts of a detail: each has its name, its text, and where enter leads from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span
from ckptui.present.tensors import TensorTree
from ckptui.tui.keys import SECTIONS
from ckptui.watch.model import Checkpoint

DIAGNOSIS: Final = "diagnosis"
TENSORS: Final = "tensors"
FILES: Final = "files"
HISTORY: Final = "history"
INPUTS: Final = "inputs"
OUTPUTS: Final = "outputs"
TITLES: Final = {
    DIAGNOSIS: "Diagnosis",
    TENSORS: "Tensors",
    FILES: "Files",
    HISTORY: "History",
    INPUTS: "Inputs",
    OUTPUTS: "Outputs",
}

_NUMBERS: Final = tuple(key for key in SECTIONS if key.action.startswith("section("))


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a detail.

    Attributes:
        id: Stable; the part that is chosen stays chosen on the next row.
        title: As the bar says it.
        lines: Its text.
        leads_to: The checkpoint that enter goes to, or empty.
        tree: What to show instead of the text, or None.
        rows: Paths to show instead of the text, each to be gone to.
        checkpoints: What is known of them.
    """

    id: str
    title: str
    lines: tuple[Line, ...] = ()
    leads_to: str = ""
    tree: TensorTree | None = None
    rows: tuple[str, ...] = ()
    checkpoints: Mapping[str, Checkpoint] = field(default_factory=dict, compare=False, repr=False)


def bar(sections: tuple[Section, ...], chosen: str, width: int, *, numbered: bool) -> Line:
    """The line that names the parts: the chosen one in bold, with its key where that works.

    Args:
        sections: In order.
        chosen: Id of the one that is shown.
        width: Cells; where they are few, the gaps are smaller.
        numbered: True where the keys of the parts work now.
    """
    keys = [key.cap for key in _NUMBERS] if numbered else []
    caps = [f"{keys[at]} " if at < len(keys) and keys[at] else "" for at in range(len(sections))]
    taken = sum(len(each.title) for each in sections) + sum(map(len, caps))
    gap = " " * (2 if taken + 2 * len(sections) <= width else 1)
    spans: list[Span] = []
    for each, key in zip(sections, caps, strict=True):
        spans += [Span(gap)] if spans else []
        spans += [Span(key, Role.ACCENT)] if key else []
        spans.append(Span(each.title, Role.STRONG if each.id == chosen else Role.MUTED))
    return tuple(spans)
