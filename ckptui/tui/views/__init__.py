"""The four live views: which rows, in which order, with which cells. No widget, no disk."""

from __future__ import annotations

from ckptui.tui.views.base import View
from ckptui.tui.views.checkpoints import CheckpointsView
from ckptui.tui.views.failures import FailuresView
from ckptui.tui.views.runs import RunsView
from ckptui.tui.views.stages import StagesView

__all__ = ["CheckpointsView", "FailuresView", "RunsView", "StagesView", "View"]
