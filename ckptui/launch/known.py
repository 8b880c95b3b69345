"""Runs by the small files that tell of them, without loading what reads those where there are none.

Most run directories know of no run that was resumed, and the first screen should not wait.
"""

from __future__ import annotations

from collections.abc import Mapping

from ckptui.launch.model import RunRecord


def known_runs(run_files: Mapping[str, str], dead_since: dict[str, float]) -> tuple[RunRecord, ...]:
    """What :func:`ckptui.launch.registry.parse_runs` finds; the arguments are the same."""
    if not run_files:
        return ()
    from ckptui.launch.registry import parse_runs

    return parse_runs(run_files, dead_since=dead_since)
