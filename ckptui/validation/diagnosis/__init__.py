"""What happened to a file that a level has something against: evidence → one sentence.

Each family of damage has a file here and looks for evidence of its own in bounded reads; the
first that finds some says what happened. Where none does, the level's own sentence stands, with
"cause not known".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from ckptui.terms import Category, Level
from ckptui.validation.diagnosis import (
    blocks,
    cutting,
    foreign_text,
    mixing,
    moved,
    packed,
    transfer,
    unknown_bytes,
    zeros,
)
from ckptui.validation.diagnosis.evidence import Evidence
from ckptui.validation.diagnosis.model import Cause, Diagnosis
from ckptui.validation.diagnosis.torch_words import torch_says
from ckptui.validation.finding import Finding
from ckptui.validation.judge import worst
from ckptui.validation.reading import Content
from ckptui.validation.source import Source
from ckptui.validation.telling import NEXT, SAYS, SILENT

__all__ = ["Diagnosis", "diagnose", "sharpened", "torch_line"]

_DIAGNOSED: Final = frozenset(
    {Category.FOREIGN, Category.CORRUPTED, Category.INCOMPATIBLE, Category.UNSAFE}
)
_FAMILIES: Final[tuple[Callable[[Evidence], Cause | None], ...]] = (
    transfer.find,
    moved.find,
    mixing.find,
    foreign_text.find,
    packed.find,
    zeros.find,
    blocks.find,
    cutting.find,
    unknown_bytes.find,
)
"""Strongest evidence first."""


def diagnose(
    source: Source, content: Content, findings: Mapping[Level, Finding]
) -> Diagnosis | None:
    """Say what happened to a file, as far as its bytes prove it.

    Args:
        source: The open file.
        content: What was read of it.
        findings: What the levels said.

    Returns:
        The diagnosis, or None where no level has anything against the bytes.

    Raises:
        OSError: A read failed.
    """
    level = worst(findings)
    if level is None or findings[level].category not in _DIAGNOSED:
        return None
    evidence = Evidence(source, content, findings, level)
    cause = next((found for family in _FAMILIES if (found := family(evidence))), None)
    said = torch_says(evidence)
    if cause is None:
        return Diagnosis(evidence.finding.reason, torch_says=said)
    advice = (f"{NEXT}{cause.advice}",) if cause.advice else ()
    return Diagnosis(
        cause.reason,
        cause.name,
        (*cause.lines, *advice),
        said,
        cause.category,
        cause.remedy,
    )


def sharpened(finding: Finding, diagnosis: Diagnosis) -> Finding:
    """The finding that decides, with the diagnosis in place of its own sentence.

    Where the cause is known, the rest of what the level saw is its consequence and is left out;
    the checksums of level 5 stay.
    """
    keep = not diagnosis.cause or bool(finding.places)
    lines = [*diagnosis.detail, finding.detail if keep else ""]
    return replace(
        finding,
        reason=diagnosis.reason,
        category=diagnosis.category or finding.category,
        remedy=diagnosis.remedy or finding.remedy,
        detail="\n".join(line for line in lines if line),
    )


def torch_line(diagnosis: Diagnosis) -> str:
    """torch's own words as the last line of a verdict's details; empty where not known."""
    if not diagnosis.torch_says:
        return ""
    if diagnosis.torch_says == SILENT:
        return SILENT
    return f"{SAYS}{diagnosis.torch_says}"
