"""What ``atomic_save`` adds to a dict: version, status and, on request, the input hash."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterable

from ckptui.errors import CheckpointError
from ckptui.version import CHECKPOINT_VERSION, version_problem

_log = logging.getLogger("ckptui")
_OUR_STATUS = ("in_progress", "complete")


def embedded(obj: object, *, input_hash: str | None = None) -> object:
    """A shallow copy of a dict with ``version``, ``status`` and ``input_hash`` at its top level.

    A version that is there already stays. A status that is one of ours becomes ``complete``: the
    temporary file already says so, and publication is the rename. A ``status`` with any other
    meaning is the caller's and stays.

    Args:
        obj: Anything; what is not a dict is returned as it is.
        input_hash: Recorded where it is given.

    Raises:
        ValueError: An input hash was given for something that is not a dict.
    """
    if not isinstance(obj, dict):
        if input_hash is not None:
            raise ValueError(f"input_hash needs a dict to be recorded in, not {_kind(obj)}")
        return obj
    # copy.copy, not dict(): it keeps the class and `_metadata`, which load_state_dict reads.
    document: dict[object, object] = copy.copy(obj)
    document.setdefault("version", CHECKPOINT_VERSION)
    if document.get("status", "complete") in _OUR_STATUS:
        document["status"] = "complete"
    if input_hash is not None:
        document["input_hash"] = input_hash
    return document


def check_keys(obj: object, path: str, required_keys: Iterable[str]) -> None:
    """Refuse an object that lacks required keys.

    Raises:
        CheckpointError: ``incompatible``; the message names the missing keys.
    """
    keys = tuple(required_keys)
    if keys and not isinstance(obj, dict):
        raise CheckpointError(path, "incompatible", f"holds {_kind(obj)}, not a dict with {keys}")
    missing = [key for key in keys if isinstance(obj, dict) and key not in obj]
    if missing:
        names = ", ".join(missing)
        _log.error("%s: missing required keys: %s", path, names)
        raise CheckpointError(path, "incompatible", f"missing required keys: {names}")


def check_version(obj: object, path: str, advice: str = "") -> None:
    """Refuse a dict whose version is newer than ours, or no version.

    Raises:
        CheckpointError: ``incompatible``; the message names both versions and says to upgrade.
    """
    if isinstance(obj, dict) and "version" in obj:
        problem = version_problem(obj["version"])
        if problem:
            _log.error("%s: %s", path, problem)
            raise CheckpointError(path, "incompatible", problem + advice)


def warn_bare_state_dict(obj: object, path: str) -> None:
    """Say so where version and status go into what looks like ``module.state_dict()``."""
    if getattr(obj, "_metadata", None) is not None:
        _log.warning(
            "%s: version and status are saved inside a bare state dict, which "
            "load_state_dict(strict=True) refuses; save it with embed=False, or inside a dict",
            path,
        )


def _kind(obj: object) -> str:
    return f"an object of type {type(obj).__qualname__}"
