"""Repairs: plan → preview → apply → undo. Nothing is deleted, and nothing is done halfway.

Names are resolved when they are asked for: who only shows what was repaired loads no repair.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ckptui.repair.engine import ACTIONS, apply, plan, recover
    from ckptui.repair.journal import entries, parse_entries
    from ckptui.repair.trash import list_trash
    from ckptui.repair.undoing import plan_undo, undo

_HOMES: Final = {
    "ACTIONS": "engine",
    "apply": "engine",
    "entries": "journal",
    "list_trash": "trash",
    "parse_entries": "journal",
    "plan": "engine",
    "plan_undo": "undoing",
    "recover": "engine",
    "undo": "undoing",
}

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


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
