"""``atomic_save``: a checkpoint that is there whole, or not at all."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from ckptui.checkpoint.embed import check_keys, check_version, embedded, warn_bare_state_dict
from ckptui.checkpoint.publish import publish, refuse_impossible
from ckptui.checkpoint.torch_import import import_torch
from ckptui.durable import StrPath, new_file, nothing_changed, temporary_path
from ckptui.errors import CheckpointError
from ckptui.terms import Category, Level, Result

_log = logging.getLogger("ckptui")
_KEEP_FOREIGN: Final = (
    "; to save a dict with a version of its own, pass embed=False or rename its key"
)
_PROVES_WHOLE: Final = (Level.SIZE, Level.CONTAINER, Level.KEYS, Level.CHECKSUMS)
_STRONGER: Final = (Category.UNREADABLE, Category.CHANGING)


def atomic_save(
    obj: object,
    path: StrPath,
    *,
    validate_after_save: bool = True,
    skip_validation: bool = False,
    required_keys: Iterable[str] | None = None,
    input_hash: str | None = None,
    embed: bool = True,
    durable: bool = True,
) -> Path:
    """Save a checkpoint so that no crash can leave a part of it.

    At every instant the final path holds nothing, the whole old checkpoint or the whole new one,
    and a ``.done`` marker never stands beside something incomplete. On failure what was there
    before is there, its marker too, and no temporary file is left.

    Args:
        obj: What to save. A dict gets ``version`` and ``status`` at its top level; the caller's
            own is not changed. Anything else is saved as it is.
        path: Where; its directory must exist. A symlink is replaced, not followed. The mode
            follows the umask.
        validate_after_save: Check the temporary file's bytes (levels 1, 2, 4, 5) before it is
            published. False trusts the write; the marker is created all the same.
        skip_validation: The same switch under the name that resuming pipelines use.
        required_keys: Top-level keys that must be there.
        input_hash: Fingerprint of the inputs, recorded at the top level.
        embed: False adds nothing: for bare state dicts, and for dicts with a version of their own.
        durable: False leaves out the fsyncs: proof against a crash of the process alone.

    Returns:
        The final path.

    Raises:
        CheckpointError: ``incompatible`` for a missing required key or a version that could not
            be read back; ``corrupted`` where the bytes that were written do not check.
        OSError: The disk is full, the directory is missing, and the like.
        ValueError: An input hash without a dict to record it in.
        CkptuiError: This interpreter has no torch.

    Example:
        >>> import tempfile, torch
        >>> d = tempfile.mkdtemp()
        >>> saved = atomic_save({"step": 3, "w": torch.zeros(2)}, f"{d}/step3.pt")
        >>> sorted(os.listdir(d))
        ['step3.pt', 'step3.pt.done']
    """
    final = os.fspath(path)
    keys = tuple(required_keys or ())
    checked = validate_after_save and not skip_validation
    if not embed and input_hash is not None:
        raise ValueError("input_hash is recorded inside the checkpoint; embed=False forbids that")
    document = embedded(obj, input_hash=input_hash) if embed else obj
    if embed:
        warn_bare_state_dict(obj, final)
    if checked:
        check_keys(document, final, keys)
    if checked and embed:
        check_version(document, final, _KEEP_FOREIGN)
    refuse_impossible(final)
    _save(document, final, keys if checked else None, durable)
    _log.info("Saved checkpoint %s", final)
    return Path(final)


def _save(document: object, final: str, check: tuple[str, ...] | None, durable: bool) -> None:
    temporary = temporary_path(final)
    try:
        with nothing_changed(final), new_file(temporary, durable=durable) as file:
            _write(document, file)
        if check is not None:
            check_temporary(temporary, final, check)
        with nothing_changed(final):
            publish(temporary, final, durable=durable)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _write(document: object, file: BinaryIO) -> None:
    torch = import_torch()
    out = _Writer(file)
    try:
        torch.save(document, out)
    except Exception:
        # torch reports a full disk as "unexpected pos 768 vs 662"; the real error says more.
        if out.error is not None:
            raise out.error from None
        raise


class _Writer:
    """A file as torch.save takes it; remembers the system error that torch swallows."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: memoryview) -> int:
        try:
            return self._file.write(data)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        self._file.flush()


def check_temporary(temporary: str, final: str, required_keys: tuple[str, ...]) -> None:
    """Check the bytes that were written, before they are published.

    Level 3 does not count: a caller may save objects that the safe loader refuses.

    Raises:
        CheckpointError: What the bytes fail at, in the name of the final path.
    """
    from ckptui.validation.check import check_file

    verdict = check_file(
        temporary, level=Level.CHECKSUMS, required_keys=required_keys, settle=False
    )
    failed = [
        verdict.checks[level]
        for level in _PROVES_WHOLE
        if level in verdict.checks and verdict.checks[level].result is Result.FAIL
    ]
    if not failed and verdict.category not in _STRONGER:
        return
    category = verdict.category
    if category is Category.UNSAFE:  # true, and not what the save failed at
        category = Category.INCOMPATIBLE
    reason = verdict.reason or "; ".join(check.detail for check in failed)
    _log.error("%s: not saved: %s", final, reason)
    raise CheckpointError(final, category, f"{reason}; not saved, nothing was changed")
