"""Repairs: plan → preview → apply → undo. Nothing is deleted, and nothing is done halfway."""

from __future__ import annotations

from ckptui.repair.engine import ACTIONS, apply, plan, recover
from ckptui.repair.journal import entries, parse_entries
from ckptui.repair.trash import list_trash
from ckptui.repair.undo import plan_undo, undo

__all__ = [
    "ACTIONS",
    "apply",
    "entries",
    "list_trash",
    "parse_entries",
    "plan",
    "plan_undo",
    "recover",
    "undo",
]
