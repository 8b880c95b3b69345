"""What stands against a checkpoint directory, level by level."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ckptui.formats.layouts.folder import Folder
from ckptui.formats.layouts.peek import header_of
from ckptui.formats.layouts.reading import Broken, Missing, Reading
from ckptui.formats.model import Header
from ckptui.formats.sharded_index import shard_problems
from ckptui.terms import PRECEDENCE, Action, Category, Level, Result
from ckptui.validation.check import Order
from ckptui.validation.directory_parts import Parts
from ckptui.validation.finding import Finding, failed, passed, skipped
from ckptui.validation.static_load import STATICALLY, name_some
from ckptui.validation.verdict import Check, Verdict

Said = dict[Level, list[Finding]]
_RESULTS: Final = (
    Result.FAIL, Result.REFUSED, Result.SKIPPED, Result.WARN, Result.PASS, Result.NONE_RECORDED,
    Result.NOT_APPLICABLE,
)  # fmt: skip
"""Of several results at one level, the first that occurs is that of the whole."""
_KINDS: Final = {"damaged": Category.CORRUPTED, "unfinished": Category.INCOMPLETE}
_BAD_PART: Final = frozenset({Category.CORRUPTED, Category.UNREADABLE, Category.FOREIGN})
_INDEX_CODES: Final = frozenset({"shard-tensor-missing"})
_LFS: Final = "foreign:git-lfs"
_LAST: Final = "written last"
_ENDS_EARLY: Final = "cut short"


def find(
    folder: Folder, said: Reading, parts: Parts, order: Order
) -> tuple[dict[Level, Finding], list[str]]:
    """The finding of every level that was asked for, and further sentences.

    Args:
        folder: As listed.
        said: What its layout says.
        parts: What the checks of its parts said.
        order: What was asked.
    """
    found: Said = {level: [] for level in Level if level <= order.level}
    _sizes(folder, said, found)
    if order.level >= Level.CONTAINER:
        _completeness(said, found)
    if order.level >= Level.KEYS:
        _agreement(folder, said, parts, order, found)
    stopped = _stopped(said)
    for name, verdict in parts.checked.items():
        _part(name, verdict, found, stopped)
    for name, verdict in parts.side.items():
        _side(name, verdict, found)
    return {level: _combine(each) for level, each in found.items()}, _detail(said, parts)


def _sizes(folder: Folder, said: Reading, found: Said) -> None:
    empty = [name for name in said.needed if folder.files.get(name) == 0]
    stopped = f"{stop}; " if (stop := _stopped(said)) else ""
    found[Level.SIZE] += [
        failed(Category.CORRUPTED, f"{stopped}part {name} is empty: it has 0 bytes")
        for name in empty[:20]
    ] or [passed()]


def _completeness(said: Reading, found: Said) -> None:
    if said.missing:
        reason = missing_sentence(said.missing)
        found[Level.CONTAINER].append(
            Finding(Result.FAIL, reason, Category.INCOMPLETE, reason, remedy=Action.QUARANTINE)
        )
    found[Level.CONTAINER] += _broken(said.broken, Level.CONTAINER)


def missing_sentence(missing: Sequence[Missing]) -> str:
    """Which parts are missing: the one that is written last says most."""
    ordered = sorted(missing, key=lambda each: not each.why.startswith(_LAST))
    first = ordered[0]
    why = f" ({first.why})" if first.why else ""
    if first.why.startswith("written last: "):
        text = f"{first.name}, which is written last, is missing: {first.why.partition(': ')[2]}"
        more = [each.name for each in ordered[1:]]
        return f"{text}; {name_some(more)} too" if more else text
    if len(ordered) == 1:
        return f"part {first.name} is missing{why}"
    names = [each.name for each in ordered]
    return f"{len(names)} parts are missing, {name_some(names)}{why}"


def _broken(broken: Iterable[Broken], level: Level) -> Iterable[Finding]:
    for each in broken:
        if each.level != level:
            continue
        category = _KINDS.get(each.kind)
        if category is not None:
            yield Finding(Result.FAIL, each.text, category, each.text, remedy=Action.QUARANTINE)
        elif each.kind == "odd":
            yield Finding(Result.WARN, each.text)


def _agreement(folder: Folder, said: Reading, parts: Parts, order: Order, found: Said) -> None:
    """Keys, index, step: what the parts say of each other."""
    keys = found[Level.KEYS]
    keys += _broken(said.broken, Level.KEYS)
    headers = _headers(folder, said, parts)
    keys += _indexes(said, headers)
    if order.required_keys:
        keys.append(_required(folder, said, parts, order.required_keys))
    unknown = [each.text for each in said.broken if each.kind == "unknown"]
    if (said.untold or unknown) and not said.missing:
        keys.append(skipped(f"its completeness cannot be told: {(said.untold or unknown[0])}"))
    keys.append(passed())


def _headers(folder: Folder, said: Reading, parts: Parts) -> dict[str, Header]:
    """Headers of the shards that an index names, where they were found whole."""
    wanted = {s.prefix + name for s in said.shardings for name in s.index.files}
    headers = {}
    for name, verdict in parts.checked.items():
        if name in wanted and verdict.category not in _BAD_PART:
            header = header_of(folder, name)
            if header is not None:
                headers[name] = header
    return headers


def _indexes(said: Reading, headers: Mapping[str, Header]) -> Iterable[Finding]:
    for sharding in said.shardings:
        prefix = sharding.prefix
        shards = {
            name: headers.get(prefix + name)
            for name in sharding.index.files
            if prefix + name in headers
        }
        for problem in shard_problems(sharding.index, shards):
            if problem.code in _INDEX_CODES:
                yield failed(Category.CORRUPTED, f"{sharding.name} and a shard disagree: "
                             f"{problem.text}; cause not known")  # fmt: skip
            elif problem.kind == "odd":
                said.notes.append(f"{sharding.name}: {problem.text}")


def _required(folder: Folder, said: Reading, parts: Parts, required: Sequence[str]) -> Finding:
    """Required keys may be in any part."""
    held: set[str] = set()
    for slices in said.slices.values():
        held |= {each.name for each in slices} | {each.name.partition(".")[0] for each in slices}
    for name in parts.checked.keys() - said.slices.keys():
        header = header_of(folder, name)
        held |= set(header.keys) if header is not None else set()
    absent = [key for key in required if key not in held]
    if not absent:
        return passed()
    if parts.left:
        return skipped("not all of its parts were looked into for the required keys")
    plural = "keys are" if len(absent) > 1 else "key is"
    text = f"required {plural} missing in all of its parts: {name_some(absent)}"
    return failed(Category.INCOMPATIBLE, text)


def _stopped(said: Reading) -> str:
    """That the save was not finished, where what is written last shows it; else empty."""
    last = [each for each in said.missing if each.why.startswith(_LAST)]
    return missing_sentence(last[:1]) if last else ""


def _part(name: str, verdict: Verdict, found: Said, stopped: str) -> None:
    """One part's results; what decides its category stands at the level that failed."""
    against = _against(name, verdict, stopped)
    at = _level_of(verdict)
    for level in found:
        check = verdict.checks.get(level)
        if against is not None and level == at:
            found[level].append(against)
        elif check is not None:
            found[level].append(_of_part(name, level, check))


def _against(name: str, verdict: Verdict, stopped: str) -> Finding | None:
    category = verdict.category
    if category in (Category.VALID, Category.UNCHECKED):
        return None
    reason = f"part {name}: {verdict.reason}" if verdict.reason else f"part {name} is {category}"
    if stopped and category is Category.CORRUPTED and verdict.reason.startswith(_ENDS_EARLY):
        reason = f"{stopped}; {reason.removesuffix('; cause not known')}"
    if verdict.facts.format == _LFS:
        text = f"part {name} is not there: a git-lfs pointer stands in its place; `git lfs pull`"
        return Finding(Result.FAIL, f"{text} fetches it", Category.INCOMPLETE, f"{text} fetches it")
    if category is Category.FOREIGN:
        category = Category.CORRUPTED
    result = Result.REFUSED if category is Category.UNSAFE else Result.FAIL
    remedy = Action.QUARANTINE if category is Category.CORRUPTED else verdict.remedy
    if category is Category.INCOMPLETE:
        remedy = Action.QUARANTINE
    return Finding(result, reason, category, reason, verdict.detail, remedy)


def _level_of(verdict: Verdict) -> Level:
    """The level at which a part failed; the container's where it could not be read at all."""
    stops = (Result.FAIL, Result.REFUSED)
    return next(
        (level for level in sorted(verdict.checks) if verdict.checks[level].result in stops),
        Level.CONTAINER if Level.CONTAINER in verdict.checks else Level.SIZE,
    )


def _of_part(name: str, level: Level, check: Check) -> Finding:
    if level is Level.LOAD and check.result in (Result.PASS, Result.WARN):
        # A framework allows what its own parts name: NumPy's random state, argparse.Namespace.
        return passed(f"part {name}: {STATICALLY}")
    note = f"part {name}: {check.detail}" if check.detail else ""
    return Finding(check.result, note)


def _side(name: str, verdict: Verdict, found: Said) -> None:
    if verdict.category in _BAD_PART and Level.CONTAINER in found:
        text = f"{name}, which is not needed to go on: {verdict.reason}"
        found[Level.CONTAINER].append(Finding(Result.WARN, text))


def _combine(findings: Sequence[Finding]) -> Finding:
    """One finding for a level: the strongest category, else the first of the results by weight."""
    against = [each for each in findings if each.category is not None]
    if against:
        worst = min(against, key=lambda each: PRECEDENCE.index(each.category or Category.VALID))
        others = [each.reason for each in against if each is not worst]
        detail = "\n".join([line for line in (worst.detail, *others[:20]) if line])
        return Finding(worst.result, worst.note, worst.category, worst.reason, detail, worst.remedy)
    results = [each.result for each in findings]
    result = next((each for each in _RESULTS if each in results), Result.NOT_APPLICABLE)
    notes = [each.note for each in findings if each.result is result and each.note]
    if result is Result.PASS and Result.NONE_RECORDED in results:
        without = results.count(Result.NONE_RECORDED)
        have = "has" if without == 1 else "have"
        return Finding(result, f"{without} of {len(results)} parts {have} no checksums")
    texts = {note.partition(": ")[2] for note in notes}
    if result in (Result.PASS, Result.NOT_APPLICABLE) and len(texts) == 1:
        return Finding(result, texts.pop())
    return Finding(result, name_notes(notes))


def name_notes(notes: Sequence[str]) -> str:
    """What is said, each sentence once, with how many parts say it."""
    said: dict[str, list[str]] = {}
    for note in notes:
        name, colon, text = note.partition(": ")
        is_part = colon and name.startswith("part ")
        said.setdefault(text if is_part else note, []).append(name if is_part else "")
    shown = []
    for text, names in said.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        shown.append(f"{names[0]}{more}: {text}" if names[0] else text)
    return "; ".join(shown[:3])


def _detail(said: Reading, parts: Parts) -> list[str]:
    lines = [
        f"{each.name} is missing" + (f": {each.why}" if each.why else "")
        for each in said.missing[:20]
    ]
    if len(said.missing) == 1:
        lines = []
    for name, verdict in parts.side.items():
        if verdict.category is Category.UNSAFE:
            lines.append(f"{name} is not read to go on: {verdict.reason}")
    if parts.left:
        lines.append(
            f"headers of {len(parts.checked):,} of its {len(parts.checked) + parts.left:,} parts "
            "were read, the largest first"
        )
    if said.writer:
        lines.append(f"written by {said.writer}")
    return [*lines, *said.notes]
