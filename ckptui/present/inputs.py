"""Why a stage is stale: its inputs as recorded against those of now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ckptui.present import units
from ckptui.present.glyphs import ARROW, Role
from ckptui.present.reading import number, records, text, texts
from ckptui.present.spans import Line, Span, line
from ckptui.terms import InputState

_WORDS: Final = {
    InputState.FRESH: ("fresh: its inputs are those that it was made from", Role.SUCCESS),
    InputState.UNKNOWN: ("not known whether its inputs are still the same", Role.MUTED),
}
_MOST_LISTS: Final = 200


def inputs_lines(document: Mapping[str, object], *, now: float) -> list[Line]:
    """Every stage: whether it is stale, what has changed, and what makes it anew.

    Args:
        document: As ``ckptui inputs --json`` gives it.
        now: Seconds since the epoch.
    """
    lines: list[Line] = []
    for stage in records(document, "stages"):
        lines += [()] if lines else []
        made_by = f"stage {text(stage, 'stage')} of {text(document, 'path')}"
        lines += _stage(stage, now)
        lines += [line(Span(f"{'made by':<15}", Role.MUTED), made_by), *_hashes(stage)]
    return lines


def _stage(stage: Mapping[str, object], now: float) -> list[Line]:
    state = text(stage, "state")
    if state == InputState.STALE:
        verdict = Span(f"stale: {text(stage, 'why')}", Role.WARNING)
    else:
        words, role = _WORDS.get(InputState(state), ("", Role.MUTED))
        verdict = Span(words, role)
    lists = records(stage, "lists")
    lines = [line(Span(text(stage, "stage"), Role.STRONG), "  ", verdict)]
    if not lists:
        lines.append(line(Span("no list of its inputs is kept, only their hash", Role.MUTED)))
    changed = [each for each in lists if records(each, "changes") or each.get("problem")]
    for each in changed[:_MOST_LISTS]:
        lines += _list(each)
    same = [each for each in lists if each not in changed]
    if same:
        files = sum(number(each, "files") for each in same)
        size = units.size(sum(number(each, "bytes") for each in same))
        lines.append(
            line(Span(f"unchanged      {units.counted(files, 'input')}, {size}", Role.MUTED))
        )
    return [*lines, *_times(stage, lists, now)]


def _list(each: Mapping[str, object]) -> list[Line]:
    head = line(
        Span(f"{text(each, 'root')}/{text(each, 'pattern')}", Role.STRONG),
        Span(f"  {units.counted(number(each, 'files'), 'file')}, "
             f"{units.size(number(each, 'bytes'))} now", Role.MUTED),
    )  # fmt: skip
    problem = text(each, "problem")
    if problem:
        return [head, line(Span(f"  cannot be listed now: {problem}", Role.ERROR))]
    lines = [head, *(_change(change) for change in records(each, "changes"))]
    more = number(each, "more")
    return [*lines, line(Span(f"  and {more:,} more", Role.MUTED))] if more else lines


def _change(change: Mapping[str, object]) -> Line:
    old, new = change.get("recorded"), change.get("current")
    sizes = " ".join(
        each
        for each in (
            f"{units.exact(old)} bytes" if isinstance(old, int) else "",
            ARROW.unicode if isinstance(old, int) and isinstance(new, int) else "",
            f"{units.exact(new)} bytes" if isinstance(new, int) else "",
        )
        if each
    )
    word = text(change, "change")
    said = f"  {text(change, 'path')}"
    return line(Span(f"  {word:<8}", Role.WARNING), said, Span(f"  {sizes}", Role.MUTED))


def _times(
    stage: Mapping[str, object], lists: list[Mapping[str, object]], now: float
) -> list[Line]:
    """The newest input against the oldest output."""
    newest = max(
        ((text(each, "newest_modified"), text(each, "newest")) for each in lists), default=("", "")
    )
    rows = (
        ("newest input", newest[1], newest[0]),
        ("oldest output", text(stage, "oldest"), text(stage, "oldest_modified")),
    )
    lines = []
    for label, name, iso in rows:
        at = units.seconds_of(iso)
        if at is not None:
            when = f"{units.clock(at)}, {units.age(now - at)} ago"
            lines.append(
                line(Span(f"{label:<15}", Role.MUTED), f"{name}  ", Span(when, Role.MUTED))
            )
    if rows[0][2] and rows[1][2] and rows[0][2] > rows[1][2]:
        lines.append(line(Span("an input is newer than an output made from it", Role.WARNING)))
    gone = texts(stage, "missing")
    if gone:
        some = ", ".join(gone[:5]) + (" …" if len(gone) > 5 else "")
        lines.append(line(Span(f"missing outputs  {some}", Role.WARNING)))
    return lines


def _hashes(stage: Mapping[str, object]) -> list[Line]:
    rows = (("was", text(stage, "recorded")), ("now", text(stage, "current")))
    return [line(Span(f"{label}  ", Role.MUTED), value) for label, value in rows if value]
