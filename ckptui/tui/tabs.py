"""The line of tabs: four views with their counts, the open one marked."""

from __future__ import annotations

from collections.abc import Iterable

from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span
from ckptui.tui.keys import by_id
from ckptui.tui.views import RunsView, View
from ckptui.tui.widgets.painting import width_of


def tabs_line(
    views: Iterable[View], chosen: View, runs: RunsView, *, close: bool, ascii_only: bool
) -> Line:
    """``─ 1 Checkpoints 55 ─┬─ 2 Stages 9 ─ …``.

    Args:
        views: In order, each shown with its key.
        chosen: The open one.
        runs: To show whether one is working.
        close: True where there is little room.
        ascii_only: No signs beyond ASCII.
    """
    rule, joint = ("-", "+") if ascii_only else ("─", "┬")
    spans: list[Span] = [Span(rule + " ", Role.MUTED)]
    for number, view in enumerate(views):
        if number:
            spans.append(Span("  " if close else f" {rule}{joint}{rule} ", Role.MUTED))
        spans += _tab(view, opened=view is chosen)
        if view is runs and runs.working:
            spans.append(Span(" >" if ascii_only else " ▶", Role.ACCENT))
    return (*spans, Span(" "))


def ruled(left: Line, right: Line, width: int, *, ascii_only: bool) -> Line:
    """A line with a rule between its two ends."""
    fill = width - width_of(left) - width_of(right) - bool(right)
    rule = Span(("-" if ascii_only else "─") * max(fill, 0), Role.MUTED)
    return (*left, rule, *((Span(" "),) if right else ()), *right)


def _tab(view: View, *, opened: bool) -> list[Span]:
    role = Role.STRONG if opened else Role.MUTED
    count = f" {view.total:,}" if view.total else ""
    key = by_id(f"view-{view.id}").cap
    return [Span(f"{key} " if key else "", Role.ACCENT), Span(f"{view.title}{count}", role)]
