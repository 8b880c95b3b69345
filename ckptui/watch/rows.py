"""One entry, its verdict and what stands around it → one row. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from posixpath import basename
from typing import Final

from ckptui.formats.naming import (
    AMBIGUOUS,
    counts_progress,
    epoch_from_name,
    step_from_name,
    suggests_checkpoint,
)
from ckptui.formats.role import Role
from ckptui.light import dataclass, field
from ckptui.marker import marker_state
from ckptui.terms import GOOD, Action, Category, Level, MarkerState
from ckptui.validation.settling import SETTLING_LOCAL
from ckptui.validation.verdict import Check, Facts, Verdict
from ckptui.watch.entries import FILE, TEMPORARY, Entry
from ckptui.watch.model import Checkpoint, InputHash

_UNKNOWN: Final = InputHash()


@dataclass(frozen=True, slots=True)
class Context:
    """What a row depends on beside its own file.

    Attributes:
        marker_mtime: Seconds since the epoch, None where there is no marker.
        uses_markers: Whether its folder does.
        unit: Whether it is a unit's output of some stage.
        input_hash: As judged for it.
        writer: Who has it open for writing, "" where nobody was seen.
        progress: Fraction of a running check.
    """

    marker_mtime: float | None = None
    uses_markers: bool = False
    unit: bool = False
    input_hash: InputHash = field(default_factory=InputHash)
    writer: str = ""
    progress: float | None = None


@dataclass(frozen=True, slots=True)
class _Judgement:
    category: Category
    reason: str = ""
    remedy: Action | None = None
    detail: str = ""


def is_shown(entry: Entry, verdict: Verdict | None) -> bool:
    """False for a ``.bin``, ``.pkl`` or ``.tar`` whose content is no checkpoint.

    An empty one, one full of zeros and a git-lfs pointer are shown where their name is one of a
    checkpoint: they stand where one was meant to be. Token files begin with zeros as well.
    """
    if verdict is None or entry.kind != FILE or not entry.path.lower().endswith(AMBIGUOUS):
        return True
    kind = verdict.facts.format or ""
    if kind in ("", "zip"):
        return verdict.category in (Category.UNREADABLE, Category.CHANGING)
    if kind in ("empty", "zeros"):
        return suggests_checkpoint(basename(entry.path))
    if kind.startswith("foreign:"):
        return kind == "foreign:git-lfs"
    return _is_checkpoint(entry, verdict.facts)


def _is_checkpoint(entry: Entry, facts: Facts) -> bool:
    """False for a vocabulary, a fitted estimator, a settings object: pickles without tensors."""
    if facts.tensors or _names_danger(facts):
        return True
    if facts.role == Role.UNKNOWN:  # its pickle was not read, or not to its end
        return facts.format != "pickle" or suggests_checkpoint(basename(entry.path))
    return facts.role != Role.DATA or counts_progress(basename(entry.path))


def _names_danger(facts: Facts) -> bool:
    from ckptui.validation.known_globals import is_dangerous  # long lists, for the few that ask

    return any(map(is_dangerous, facts.globals))


def checkpoint_row(entry: Entry, verdict: Verdict | None, context: Context) -> Checkpoint:
    """Make the row of an entry.

    Args:
        entry: A file, a temporary file or a checkpoint directory.
        verdict: About exactly these bytes, or None.
        context: What stands around it.
    """
    marker = _marker(entry, context)
    judged = _judge(entry, verdict, context, marker)
    facts = verdict.facts if verdict is not None else None
    name = entry.path.rpartition("/")[2]
    counts = entry.kind != TEMPORARY
    exists = entry.size >= 0
    return Checkpoint(
        path=entry.path,
        format=(facts.format or None) if facts else None,
        layout=entry.layout or None,
        size=entry.size if exists else None,
        step=(facts.step if facts else step_from_name(name)) if counts else None,
        epoch=(facts.epoch if facts else epoch_from_name(name)) if counts else None,
        version=facts.version if facts else None,
        status=facts.status if facts else None,
        marker=marker,
        input_hash=context.input_hash,
        category=judged.category,
        level=verdict.level if verdict is not None else 0,
        checks=_checks(verdict),
        reason=judged.reason,
        remedy=judged.remedy,
        globals=facts.globals if facts else (),
        checked_at=(verdict.checked_at or None) if verdict is not None else None,
        mtime=entry.mtime if exists else None,
        signature=(facts.signature if facts else None) or entry.signature,
        unit=context.unit,
        pointer=entry.pointer or None,
        progress=context.progress,
        step_note=facts.step_note if facts else "",
        detail=judged.detail,
        role=facts.role if facts else "",
        parts=facts.parts if facts else (),
    )


def orphan_row(path: str, marker: Entry) -> Checkpoint:
    """The row of a checkpoint that is missing while its marker stands."""
    name = path.rpartition("/")[2]
    return Checkpoint(
        path=path,
        step=step_from_name(name),
        epoch=epoch_from_name(name),
        marker=MarkerState.ORPHAN,
        category=Category.INCOMPLETE,
        checks=_checks(None),
        reason=f"{marker.path.rpartition('/')[2]} says that it is complete, and it is not there",
        remedy=Action.REMOVE_MARKER,
    )


def _checks(verdict: Verdict | None) -> Mapping[str, str | None]:
    return _texts_of(tuple(verdict.checks.items()) if verdict is not None else ())


@lru_cache(maxsize=512)
def _texts_of(checks: tuple[tuple[Level, Check], ...]) -> Mapping[str, str | None]:
    """By level's name; the same object for the thousands of which the same is said."""
    said = dict(checks)
    return {level.label: str(said[level]) if level in said else None for level in Level}


def _marker(entry: Entry, context: Context) -> MarkerState | None:
    if entry.kind == TEMPORARY or entry.pointer or entry.note:
        return None
    return marker_state(entry.mtime, context.marker_mtime, context.uses_markers)


def _judge(
    entry: Entry, verdict: Verdict | None, context: Context, marker: MarkerState | None
) -> _Judgement:
    if entry.note:
        if entry.size < 0:
            return _Judgement(Category.INCOMPLETE, entry.note, Action.REPOINT)
        return _Judgement(Category.UNREADABLE, entry.note)
    if context.writer and (verdict is None or verdict.category is not Category.UNREADABLE):
        return _Judgement(Category.CHANGING, f"open for writing by {context.writer}")
    if entry.kind == TEMPORARY:
        return _temporary(entry, verdict)
    if verdict is None:
        return _Judgement(Category.UNCHECKED, "not looked at yet")
    judged = _Judgement(verdict.category, verdict.reason, verdict.remedy, verdict.detail)
    return _with_marker(judged, verdict, marker)


def written_just_before(entry: Entry, verdict: Verdict) -> bool:
    """True where the file was written within the settling time before it was looked at."""
    try:
        looked = datetime.fromisoformat(verdict.checked_at).timestamp()
    except ValueError:
        return False
    # A verdict says its time in whole seconds: one taken right after settling must not look early.
    return abs(looked - int(entry.mtime)) < SETTLING_LOCAL


def _temporary(entry: Entry, verdict: Verdict | None) -> _Judgement:
    """What is left of a save; only one that is whole can be promoted."""
    if verdict is None:
        return _Judgement(Category.INCOMPLETE, "left by a save that did not finish")
    if verdict.category in (Category.CHANGING, Category.UNREADABLE):
        return _Judgement(verdict.category, verdict.reason, None, verdict.detail)
    if written_just_before(entry, verdict):
        return _Judgement(Category.CHANGING, "a save that may be going on: written just now")
    if verdict.category in GOOD:
        text = "left by a save that was not published; whole by its header"
        return _Judgement(Category.INCOMPLETE, text, Action.PROMOTE, verdict.detail)
    why = f" ({verdict.reason})" if verdict.reason else ""
    text = f"left by a save that did not finish{why}"
    return _Judgement(Category.INCOMPLETE, text, Action.CLEAN, verdict.detail)


def _with_marker(judged: _Judgement, verdict: Verdict, marker: MarkerState | None) -> _Judgement:
    """Let the marker speak where the file itself is good, and say where the two disagree."""
    if marker is None or marker is MarkerState.ORPHAN:
        return judged
    if judged.category not in GOOD:
        if verdict.facts.status == "in_progress" and marker is not MarkerState.MISSING:
            detail = "The marker says complete, the status inside says in_progress."
            return _Judgement(
                judged.category, judged.reason, judged.remedy, _add(judged.detail, detail)
            )
        return judged
    if marker is MarkerState.OUTDATED:
        text = "its marker is older than it: saved again since, or copied"
        return _marked(judged, text, Action.RENEW_MARKER)
    if marker is MarkerState.MISSING:
        return _marked(judged, "without a marker, in a folder that uses them", Action.ADD_MARKER)
    return judged


def _marked(judged: _Judgement, text: str, remedy: Action) -> _Judgement:
    detail = _add(judged.detail, text) if judged.reason else judged.detail
    return _Judgement(judged.category, judged.reason or text, judged.remedy or remedy, detail)


def _add(detail: str, text: str) -> str:
    return f"{detail}\n{text}" if detail else text
