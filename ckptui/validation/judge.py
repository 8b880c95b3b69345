"""Per-level findings → one verdict: the strongest category, its sentence, its remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from ckptui.terms import GOOD, PRECEDENCE, Action, Category, Level, Result
from ckptui.validation.finding import Finding
from ckptui.validation.verdict import Check, Facts, Verdict

REMEDIES: Final[Mapping[Category, Action]] = {
    Category.CORRUPTED: Action.QUARANTINE,
    Category.FOREIGN: Action.QUARANTINE,
    Category.INCOMPLETE: Action.RESUME,
    Category.INCOMPATIBLE: Action.QUARANTINE,
    Category.UNSAFE: Action.ALLOW_GLOBALS,
}
"""The usual repair of each category; what can only be waited for has none."""

_NOT_FOR_TORCH: Final = frozenset(PRECEDENCE[: PRECEDENCE.index(Category.INCOMPLETE)]) | {
    Category.UNSAFE
}
_TORCHS: Final = frozenset({"torch-zip", "torch-legacy"})
_GOES_ON: Final = frozenset({Result.PASS, Result.WARN})
_STOPS: Final = frozenset({Result.FAIL, Result.REFUSED, Result.SKIPPED})


def now() -> str:
    """The time as verdicts carry it: ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def level_reached(checks: Mapping[Level, Check]) -> int:
    """The highest level with pass or warn below which nothing failed, refused or was skipped.

    Example:
        >>> level_reached({Level.SIZE: Check(Result.PASS), Level.CONTAINER: Check(Result.FAIL)})
        1
    """
    reached = 0
    for level in sorted(checks):
        result = checks[level].result
        if result in _STOPS:
            break
        if result in _GOES_ON:
            reached = int(level)
    return reached


def worst(findings: Mapping[Level, Finding]) -> Level | None:
    """The level whose finding decides the category, or None where none has anything against it."""
    against = [level for level in findings if findings[level].category is not None]
    return min(against, key=lambda level: _strength(findings[level]), default=None)


def judge(
    path: str,
    findings: Mapping[Level, Finding],
    facts: Facts,
    *,
    asked: int,
    header_only: bool = False,
    last_word: str = "",
) -> Verdict:
    """Make the verdict of one checkpoint.

    Args:
        path: As it was asked for.
        findings: Of every level that was asked for.
        facts: From the header.
        asked: Highest level asked for.
        header_only: True where only the header was read, so that it cannot be ``valid``.
        last_word: Last line of the details: what torch says of the file.
    """
    checks = {level: findings[level].check for level in sorted(findings)}
    lines = [*(finding.detail for finding in findings.values()), last_word]
    detail = "\n".join(line for line in lines if line)
    verdict = Verdict(
        path,
        Category.VALID,
        level_reached(checks),
        checks=checks,
        detail=detail,
        facts=facts,
        checked_at=now(),
    )
    level = worst(findings)
    if level is not None:
        against = findings[level]
        category = against.category or Category.UNCHECKED
        remedy = against.remedy or _usual(category, facts)
        return replace(verdict, category=category, reason=against.reason, remedy=remedy)
    return _without_trouble(verdict, asked=asked, header_only=header_only)


def worth_loading(verdict: Verdict) -> bool:
    """True where torch may be asked: its own file, whole, and with a pickle that was accepted."""
    accepted = (Level.CONTAINER, Level.LOAD)
    if verdict.category in _NOT_FOR_TORCH or verdict.facts.format not in _TORCHS:
        return False
    return all(level in verdict.checks and verdict.checks[level].result in _GOES_ON
               for level in accepted)  # fmt: skip


def with_load(verdict: Verdict, finding: Finding, *, asked: int) -> Verdict:
    """The verdict with torch's own word on level 3 in place of the static one."""
    return with_finding(verdict, Level.LOAD, finding, asked=asked)


def with_finding(verdict: Verdict, level: Level, finding: Finding, *, asked: int) -> Verdict:
    """The verdict with another finding in place of that of one level."""
    checks = {**verdict.checks, level: finding.check}
    detail = "\n".join(text for text in (verdict.detail, finding.detail) if text)
    anew = replace(verdict, checks=checks, level=level_reached(checks), detail=detail)
    if finding.category is not None and _strength(finding) < PRECEDENCE.index(verdict.category):
        remedy = finding.remedy or REMEDIES.get(finding.category)
        return replace(anew, category=finding.category, reason=finding.reason, remedy=remedy)
    if verdict.category not in GOOD:
        return anew
    return _without_trouble(
        replace(anew, category=Category.VALID, reason=""), asked=asked, header_only=False
    )


def _usual(category: Category, facts: Facts) -> Action | None:
    """The usual repair. An exported program is whole and in use somewhere: it is left alone."""
    if category is Category.INCOMPATIBLE and facts.format in ("torchscript", "zip"):
        return None
    return REMEDIES.get(category)


def _strength(finding: Finding) -> int:
    return PRECEDENCE.index(finding.category or Category.VALID)


def _without_trouble(verdict: Verdict, *, asked: int, header_only: bool) -> Verdict:
    remedy = Action.UPGRADE if _is_old_layout(verdict.facts) else None
    omitted = next((c.detail for c in verdict.checks.values() if c.result is Result.SKIPPED), "")
    if omitted:
        return replace(verdict, category=Category.UNCHECKED, reason=omitted, remedy=remedy)
    if header_only or asked < Level.KEYS:
        return replace(verdict, category=Category.UNCHECKED, remedy=remedy)
    warnings = [c.detail for c in verdict.checks.values() if c.result is Result.WARN]
    return replace(verdict, reason="; ".join(warnings), remedy=remedy)


def _is_old_layout(facts: Facts) -> bool:
    """True for a checkpoint without version that carries other marks of ckptui or its seeds."""
    if facts.version != "0.x":
        return False
    ours = facts.input_hash is not None and facts.input_hash.partition(":")[0].endswith("sha256")
    return ours or facts.status in {"complete", "completed"}


def verdict_without_reading(
    path: str,
    category: Category,
    reason: str,
    *,
    detail: str = "",
    checks: Mapping[Level, Check] | None = None,
    facts: Facts | None = None,
) -> Verdict:
    """The verdict where the bytes could not be read at all, or not to the end."""
    checks = checks or {}
    return Verdict(
        path,
        category,
        level_reached(checks),
        reason,
        REMEDIES.get(category),
        checks,
        detail,
        facts or Facts(),
        now(),
    )


def is_structural(verdict: Verdict) -> bool:
    """True where it is the bytes that are bad, so that a young file may just be unfinished."""
    return verdict.category in {Category.CORRUPTED, Category.FOREIGN}


def is_good(verdict: Verdict) -> bool:
    """True where nothing stands against the checkpoint."""
    return verdict.category in GOOD
