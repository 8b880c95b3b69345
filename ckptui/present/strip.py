"""What the strip says: last good, totals, the next save and the disk, watching, writers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ckptui.present import glyphs, units
from ckptui.present.glyphs import Role
from ckptui.present.safe import clip, plain
from ckptui.present.saving import next_save, rhythm_line
from ckptui.present.spans import Line, Span, joined, line
from ckptui.terms import Category, MarkerState
from ckptui.watch.model import Checkpoint, LastGood, PassedOver, Snapshot, Tally

SILENT_AFTER: Final = 5.0
"""Seconds without an answer from the scanner before the strip says so."""
_ODD_MARKERS: Final = (
    (MarkerState.MISSING, "without marker"),
    (MarkerState.OUTDATED, "with an outdated marker"),
    (MarkerState.ORPHAN, "with an orphan marker"),
)


def title_line(snapshot: Snapshot, host: str, home: str = "") -> Line:
    """``ckptui  gpu-07:~/runs/esm2-650m``; ``home`` is shown as ``~``."""
    root = snapshot.root
    if home and (root == home or root.startswith(home.rstrip("/") + "/")):
        root = "~" + root[len(home.rstrip("/")) :]
    return line(Span("ckptui", Role.STRONG), "  ", f"{host}:{root}")


def last_good_line(snapshot: Snapshot, *, now: float) -> Line:
    """The last good checkpoint, how old it is, how deep and how long ago it was looked at."""
    good = snapshot.last_good
    label = Span("Last good  ", Role.STRONG)
    if good is None:
        return line(label, _no_last_good(snapshot))
    row = snapshot.checkpoints.get(good.path)
    step = "" if good.step is None else f"step {good.step}  "
    facts = [_saved(row, now), _looked_at(good, row, now), *good.notes]
    told = ", ".join(fact for fact in facts if fact)
    return line(label, Span(f"{step}{good.path}", Role.SUCCESS), "   ", told)


def _no_last_good(snapshot: Snapshot) -> Span:
    if not snapshot.settled and not snapshot.problem:
        return Span(looking(snapshot), Role.MUTED)
    if snapshot.last_good_none:
        passed = units.counted(len(snapshot.last_good_none), "checkpoint")
        return Span(f"none: {passed} passed over, each for its reason below", Role.ERROR)
    return Span("none: no checkpoint here", Role.MUTED)


def _saved(row: Checkpoint | None, now: float) -> str:
    return "" if row is None or row.mtime is None else f"saved {units.age(now - row.mtime)} ago"


def _looked_at(good: LastGood, row: Checkpoint | None, now: float) -> str:
    if row is not None and row.category is Category.UNCHECKED:
        # The notes say how deep it was looked at, where whoever chose it has told.
        return "" if good.notes else f"header only, level {good.level}"
    checked = units.seconds_of(row.checked_at) if row else None
    ago = "" if checked is None else f" {units.age(now - checked)} ago"
    return f"checked to level {good.level}{ago}"


def totals(tally: Tally) -> dict[str, int]:
    """Category → number of checkpoints, for those categories that occur, the good ones first."""
    counts = tally.categories
    return {str(category): counts[category] for category in _TOTALS_ORDER if counts.get(category)}


_TOTALS_ORDER: Final = (
    Category.VALID,
    Category.CORRUPTED,
    Category.INCOMPATIBLE,
    Category.INCOMPLETE,
    Category.UNSAFE,
    Category.UNREADABLE,
    Category.FOREIGN,
    Category.CHANGING,
    Category.UNCHECKED,
)


def totals_line(snapshot: Snapshot) -> Line:
    """``42 valid   3 corrupted   6 unchecked   4 stale · 2 without marker``."""
    if not snapshot.checkpoints:
        return line(Span("no checkpoints" if snapshot.settled else "looking…", Role.MUTED))
    counts = [
        line(Span(f"{count:,} {name}", glyphs.CATEGORY[Category(name)].role))
        for name, count in totals(snapshot.tally).items()
    ]
    return joined([joined(counts, "   "), _oddities(snapshot)], "   ")


def _oddities(snapshot: Snapshot) -> Line:
    tally = snapshot.tally
    said = [(tally.stale, "stale")]
    said += [(tally.markers.get(state, 0), words) for state, words in _ODD_MARKERS]
    return joined(
        [line(Span(f"{count:,} {words}", Role.WARNING)) for count, words in said if count], " · "
    )


def disk_line(snapshot: Snapshot, *, now: float) -> Line:
    """``next save ≈ 2.4G in 7m · free 41G``, and plainly so where it will not fit."""
    disk = snapshot.disk
    coming = next_save(snapshot, now=now)
    free = "" if disk is None else f"free {units.size(disk.free)}"
    if coming is None:
        return line(free)
    when = "" if coming.seconds is None else f" in {units.age(coming.seconds)}"
    save = f"next save ≈ {units.size(coming.size)}{when}"
    if coming.fits is False:
        return line(Span(f"{save} does not fit: {free}", Role.ERROR))
    tight = disk is not None and disk.free < 3 * coming.size
    return joined([line(save), line(Span(free, Role.WARNING if tight else Role.NORMAL))], " · ")


def watching_line(snapshot: Snapshot, *, now: float) -> Line:
    """How the directory is watched, how old the view is, and who is writing."""
    watching = snapshot.watching
    parts = [
        silence_line(snapshot, now=now)
        or problem_line(snapshot)
        or line(watching.sentence or _first_look(snapshot)),
        *(line(writer) for writer in snapshot.writers),
    ]
    if watching.mode == "sweep" and watching.swept_at and not snapshot.silent_since:
        parts.insert(1, line(f"seen {units.age(now - watching.swept_at)} ago"))
    return joined(parts, " · ")


def looking(snapshot: Snapshot) -> str:
    """``looking… 34,000 files``, before everything was looked at once."""
    files = snapshot.watching.files
    if snapshot.watching.swept_at:
        return "reading headers…"
    return f"looking… {units.counted(files, 'file')}" if files else "looking…"


def _first_look(snapshot: Snapshot) -> str:
    over = snapshot.settled or snapshot.watching.swept_at or not snapshot.watching.files
    return "" if over else looking(snapshot)


def left_out_line(snapshot: Snapshot) -> Line:
    """What the sweep did not look at, and what would change that."""
    return line(Span(snapshot.watching.left_out, Role.WARNING))


def problem_line(snapshot: Snapshot) -> Line:
    """Why nothing can be seen; the directory itself is named beside it already."""
    return line(Span(snapshot.problem.removeprefix(f"{snapshot.root} "), Role.ERROR))


def silence_line(snapshot: Snapshot, *, now: float) -> Line:
    """Since when the filesystem has not answered; empty below five seconds."""
    if snapshot.silent_since is None or now - snapshot.silent_since < SILENT_AFTER:
        return ()
    silent = units.duration(now - snapshot.silent_since)
    return line(
        Span(
            f"no answer for {silent}: what you see is from before",
            Role.ERROR,
        )
    )


def passed_over_lines(passed: Iterable[PassedOver]) -> list[Line]:
    """One line for each newer checkpoint that was not taken as last good."""
    return [
        line(Span("passed over  ", Role.MUTED), each.path, "   ", Span(each.reason, Role.MUTED))
        for each in passed
    ]


def strip_lines(snapshot: Snapshot, *, now: float, width: int) -> list[Line]:
    """The strip: two lines, and one more where something is odd about the saves."""
    good = last_good_line(snapshot, now=now)
    disk = disk_line(snapshot, now=now)
    totals = totals_line(snapshot)
    both = joined([good, disk], "   ")
    lines = [both, totals] if _fits(both, width) else [good, joined([totals, disk], "   ")]
    odd = joined([left_out_line(snapshot), rhythm_line(snapshot, now=now)], " · ")
    if odd and _fits(beside := joined([lines[1], odd], "   "), width):
        return [lines[0], beside]
    return [*lines, odd] if odd else lines


def _fits(spans: Line, width: int) -> bool:
    return sum(len(span.text) for span in spans) <= width


def short_name(path: str, width: int) -> str:
    """A path from disk, plain and cut in its middle to ``width`` cells."""
    return clip(plain(path), width)
