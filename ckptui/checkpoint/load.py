"""``load_with_compatibility``: validate, check the version, load."""

from __future__ import annotations

import errno
import logging
import os
import pickle
import re
from collections.abc import Iterable
from typing import Final

from ckptui.checkpoint.embed import check_keys, check_version
from ckptui.checkpoint.torch_import import import_torch
from ckptui.durable import StrPath
from ckptui.errors import CheckpointError
from ckptui.terms import Category, Level, Result
from ckptui.version import checkpoint_version

_log = logging.getLogger("ckptui")
_GLOBAL: Final = re.compile(r"GLOBAL (\S+) was not")
_SAID: Final = re.compile(r"WeightsUnpickler error: ([^\n]+)")
_NO_MEMORY: Final = "there is not enough memory to load it"


def load_with_compatibility(
    path: StrPath,
    *,
    skip_validation: bool = False,
    required_keys: Iterable[str] | None = None,
    safe: bool = True,
) -> dict[str, object]:
    """Load a checkpoint onto the CPU after its bytes and its version were checked.

    Version 0.x (none recorded) loads unchanged and is not modified.

    Args:
        path: The checkpoint.
        skip_validation: Leave out the checks of the bytes; the version is checked always.
        required_keys: Top-level keys that must be there.
        safe: True loads with torch's ``weights_only``; False runs whatever the pickle says and
            is the caller's own decision.

    Returns:
        The top-level dict.

    Raises:
        CheckpointError: ``corrupted``, ``incomplete``, ``unsafe`` … as validation found;
            ``incompatible`` for a newer version, a missing key or a top level that is no dict;
            ``unreadable`` where the file is missing.
        CkptuiError: This interpreter has no torch.

    Example:
        >>> import tempfile, torch
        >>> path = f"{tempfile.mkdtemp()}/a.pt"
        >>> torch.save({"step": 3}, path)
        >>> load_with_compatibility(path)
        {'step': 3}
    """
    name = os.fspath(path)
    keys = tuple(required_keys or ())
    if not skip_validation:
        _validate(name, keys, safe)
    loaded = _load(name, safe)
    if not isinstance(loaded, dict):
        raise CheckpointError(
            name, "incompatible", f"holds a {type(loaded).__qualname__}, not a dict: use torch.load"
        )
    check_version(loaded, name)
    check_keys(loaded, name, keys)
    _warn_unfinished(loaded, name)
    _log.info("Loading checkpoint v%s: %s", checkpoint_version(loaded), name)
    return loaded


def _validate(path: str, required_keys: tuple[str, ...], safe: bool) -> None:
    """Levels 1 to 5: torch.load itself checks no checksum."""
    from ckptui.validation.check import check_file

    verdict = check_file(path, level=Level.CHECKSUMS, required_keys=required_keys, settle=False)
    if verdict.ok:
        return
    category, reason = verdict.category, verdict.reason
    if category is Category.UNSAFE and not safe:
        # The caller has decided about its code; damage comes before unsafe, so that leaves keys.
        failed = [check.detail for check in verdict.checks.values() if check.result is Result.FAIL]
        if not failed:
            return
        category, reason = Category.INCOMPATIBLE, "; ".join(failed)
    _log.error("%s: %s: %s", path, category, reason)
    raise CheckpointError(path, category, reason or "the check failed")


def _load(path: str, safe: bool) -> object:
    torch = import_torch()
    try:
        loaded: object = torch.load(path, map_location="cpu", weights_only=safe)
    except pickle.UnpicklingError as error:
        if not safe:
            raise CheckpointError(path, "corrupted", f"torch cannot load it: {error}") from error
        raise CheckpointError(path, "unsafe", _refused(error)) from error
    except OSError as error:
        # torch maps what it takes for a file's length; on one that was cut short that is EINVAL.
        category = "corrupted" if error.errno in (errno.EINVAL, None) else "unreadable"
        raise CheckpointError(path, category, error.strerror or str(error)) from error
    except MemoryError as error:
        raise CheckpointError(path, "unreadable", _NO_MEMORY) from error
    except (RuntimeError, EOFError, ValueError, KeyError, AttributeError, ImportError) as error:
        if "alloc" in str(error):  # torch's own allocator raises a RuntimeError
            raise CheckpointError(path, "unreadable", _NO_MEMORY) from error
        raise CheckpointError(path, "corrupted", f"torch cannot load it: {error}") from error
    return loaded


def _refused(error: Exception) -> str:
    """What the safe loader refused; its own message is a page of advice with terminal codes."""
    said = _SAID.search(str(error))
    named = _GLOBAL.search(said[1]) if said else None
    what = named[1] if named else f"it ({said[1]})" if said else "it"
    return f"torch's safe loader refuses {what}; safe=False loads it, if you trust its writer"


def _warn_unfinished(loaded: dict[str, object], path: str) -> None:
    if loaded.get("status") == "in_progress":
        _log.warning("%s: its status is in_progress: its writer may not have finished it", path)
