"""One door to everything that ckptui says about a run: strip, detail, tables, repairs."""

from __future__ import annotations

from ckptui.present.detail import check_lines, detail_lines, what_to_press
from ckptui.present.repairs import (
    journal_lines,
    outcome_lines,
    plan_lines,
    plan_title,
    trash_lines,
)
from ckptui.present.strip import (
    disk_line,
    last_good_line,
    passed_over_lines,
    silence_line,
    strip_lines,
    title_line,
    totals,
    totals_line,
    watching_line,
)
from ckptui.present.tables import status_table, text_table

__all__ = [
    "check_lines",
    "detail_lines",
    "disk_line",
    "journal_lines",
    "last_good_line",
    "outcome_lines",
    "passed_over_lines",
    "plan_lines",
    "plan_title",
    "silence_line",
    "status_table",
    "strip_lines",
    "text_table",
    "title_line",
    "totals",
    "totals_line",
    "trash_lines",
    "watching_line",
    "what_to_press",
]
