"""Holds a verdict to a specimen's truth."""

from __future__ import annotations

from ckptui.terms import Category, Level, Result
from ckptui.validation.verdict import Verdict
from tests.workshop.specimen import Specimen


def said(verdict: Verdict) -> str:
    """Everything that a verdict says, in small letters."""
    levels = [check.detail for check in verdict.checks.values()]
    return "\n".join([verdict.reason, verdict.detail, *levels]).lower()


def faults(specimen: Specimen, verdict: Verdict) -> list[str]:
    """Where the verdict is at odds with the truth, one sentence each; empty where it is right."""
    truth, wrong = specimen.truth, []
    if verdict.category not in truth.categories:
        allowed = " or ".join(sorted(truth.categories))
        wrong.append(f"it is {allowed}, not {verdict.category} ({verdict.reason})")
    if verdict.level < truth.level:
        wrong.append(f"level {verdict.level} reached, not {truth.level}")
    missing = [word for word in truth.words if word.lower() not in said(verdict)]
    if missing:
        wrong.append(f"not a word of {', '.join(missing)}: {verdict.reason}")
    if truth.format and verdict.facts.format != truth.format:
        wrong.append(f"it is {truth.format}, not {verdict.facts.format}")
    if truth.warns and not _warned(verdict):
        wrong.append("level 6 does not warn")
    return wrong


def _warned(verdict: Verdict) -> bool:
    check = verdict.checks.get(Level.VALUES)
    return check is not None and check.result is Result.WARN


def header_faults(specimen: Specimen, verdict: Verdict) -> list[str]:
    """Likewise for a header check: it may miss damage, it may not speak against a good file."""
    truth = specimen.truth
    if truth.fine and verdict.category not in truth.categories | {Category.UNCHECKED}:
        return [f"a header check says {verdict.category}: {verdict.reason}"]
    if verdict.category is Category.VALID:
        return ["a header check says valid, and has not read the bytes"]
    return []
