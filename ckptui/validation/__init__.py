"""Is it good? The levels, verdicts, the check workers and the loader. Names are resolved lazily."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ckptui.validation.check import check_file
    from ckptui.validation.inspect import inspect_document
    from ckptui.validation.pool import Answer, Done, Pool, Progress, Request
    from ckptui.validation.service import (
        distinguish_error_type,
        validate_checkpoint,
        validate_checkpoint_batch,
    )
    from ckptui.validation.verdict import Check, Facts, Verdict

_HOMES: Final = {
    "Answer": "pool",
    "Check": "verdict",
    "Done": "pool",
    "Facts": "verdict",
    "Pool": "pool",
    "Progress": "pool",
    "Request": "pool",
    "Verdict": "verdict",
    "check_file": "check",
    "distinguish_error_type": "service",
    "inspect_document": "inspect",
    "validate_checkpoint": "service",
    "validate_checkpoint_batch": "service",
}

__all__ = [
    "Answer",
    "Check",
    "Done",
    "Facts",
    "Pool",
    "Progress",
    "Request",
    "Verdict",
    "check_file",
    "distinguish_error_type",
    "inspect_document",
    "validate_checkpoint",
    "validate_checkpoint_batch",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
