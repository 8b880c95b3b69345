"""Monitor and repair the checkpoints of long-running pipelines.

The public names below are resolved when they are first used, so that ``import ckptui`` costs
nothing: no torch, no numpy, no pydantic, no terminal.

Example:
    >>> from ckptui import CHECKPOINT_VERSION
    >>> CHECKPOINT_VERSION
    '1.0'
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # typing's own would cost each start ten milliseconds

if TYPE_CHECKING:
    from typing import Final

    from ckptui.checkpoint.context import PipelineContext
    from ckptui.checkpoint.info import CheckpointInfo, get_checkpoint_info
    from ckptui.checkpoint.load import load_with_compatibility
    from ckptui.checkpoint.manager import CheckpointManager
    from ckptui.checkpoint.progress import FileProgress, ResumeSummary, StageStatus
    from ckptui.checkpoint.save import atomic_save
    from ckptui.checkpoint.stage import (
        StageCheckpoint,
        delete_stage_checkpoint,
        load_stage_checkpoint,
        save_stage_checkpoint,
        should_skip_stage,
        stage_checkpoint_path,
    )
    from ckptui.durable import atomic_write_json
    from ckptui.errors import CheckpointError, CkptuiError
    from ckptui.failure_log import load_failed_checkpoints, log_failed_checkpoint
    from ckptui.input_hash import Inputs, compute_input_hash, list_inputs
    from ckptui.marker import create_done_marker, has_done_marker, remove_done_marker
    from ckptui.terms import (
        CHECKPOINT_EXIT_CODE,
        EXIT_FAILURE,
        EXIT_INTERRUPTED,
        EXIT_OK,
        EXIT_PARTIAL,
        Action,
        Category,
        Level,
        MarkerState,
        Result,
    )
    from ckptui.validation import (
        distinguish_error_type,
        validate_checkpoint,
        validate_checkpoint_batch,
    )
    from ckptui.validation.verdict import Verdict
    from ckptui.version import CHECKPOINT_VERSION, checkpoint_version

__version__ = "0.1.0"

_ROOMS: Final[dict[str, tuple[str, ...]]] = {
    "checkpoint.context": ("PipelineContext",),
    "checkpoint.info": ("CheckpointInfo", "get_checkpoint_info"),
    "checkpoint.load": ("load_with_compatibility",),
    "checkpoint.manager": ("CheckpointManager",),
    "checkpoint.progress": ("FileProgress", "ResumeSummary", "StageStatus"),
    "checkpoint.save": ("atomic_save",),
    "checkpoint.stage": (
        "StageCheckpoint",
        "delete_stage_checkpoint",
        "load_stage_checkpoint",
        "save_stage_checkpoint",
        "should_skip_stage",
        "stage_checkpoint_path",
    ),
    "durable": ("atomic_write_json",),
    "errors": ("CheckpointError", "CkptuiError"),
    "failure_log": ("load_failed_checkpoints", "log_failed_checkpoint"),
    "input_hash": ("Inputs", "compute_input_hash", "list_inputs"),
    "marker": ("create_done_marker", "has_done_marker", "remove_done_marker"),
    "terms": (
        "CHECKPOINT_EXIT_CODE",
        "EXIT_FAILURE",
        "EXIT_INTERRUPTED",
        "EXIT_OK",
        "EXIT_PARTIAL",
        "Action",
        "Category",
        "Level",
        "MarkerState",
        "Result",
    ),
    "validation": ("distinguish_error_type", "validate_checkpoint", "validate_checkpoint_batch"),
    "validation.verdict": ("Verdict",),
    "version": ("CHECKPOINT_VERSION", "checkpoint_version"),
}
_HOMES: Final = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "CHECKPOINT_EXIT_CODE",
    "CHECKPOINT_VERSION",
    "EXIT_FAILURE",
    "EXIT_INTERRUPTED",
    "EXIT_OK",
    "EXIT_PARTIAL",
    "Action",
    "Category",
    "CheckpointError",
    "CheckpointInfo",
    "CheckpointManager",
    "CkptuiError",
    "FileProgress",
    "Inputs",
    "Level",
    "MarkerState",
    "PipelineContext",
    "Result",
    "ResumeSummary",
    "StageCheckpoint",
    "StageStatus",
    "Verdict",
    "atomic_save",
    "atomic_write_json",
    "checkpoint_version",
    "compute_input_hash",
    "create_done_marker",
    "delete_stage_checkpoint",
    "distinguish_error_type",
    "get_checkpoint_info",
    "has_done_marker",
    "list_inputs",
    "load_failed_checkpoints",
    "load_stage_checkpoint",
    "load_with_compatibility",
    "log_failed_checkpoint",
    "remove_done_marker",
    "save_stage_checkpoint",
    "should_skip_stage",
    "stage_checkpoint_path",
    "validate_checkpoint",
    "validate_checkpoint_batch",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
