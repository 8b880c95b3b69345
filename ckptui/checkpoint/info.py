"""``get_checkpoint_info``: the facts of a checkpoint from its header alone."""

from __future__ import annotations

import os

from ckptui.formats.model import Header, Opaque
from ckptui.formats.reader import read_header
from ckptui.light import TYPE_CHECKING, TypedDict
from ckptui.marker import has_done_marker
from ckptui.version import checkpoint_version

if TYPE_CHECKING:
    from typing import Final

    from ckptui.durable import StrPath

_ZIPS: Final = ("torch-zip", "torchscript", "npz", "zip")
UNKNOWN: Final = "unknown"


class CheckpointInfo(TypedDict):
    """What :func:`get_checkpoint_info` returns.

    ``size_bytes`` is in bytes; ``version`` and ``status`` are ``"unknown"`` where the header does
    not say; ``step`` is None likewise; ``tensors`` and ``parameters`` are counts.
    """

    path: str
    format: str
    version: str
    status: str
    step: int | None
    keys: list[str]
    tensors: int
    parameters: int
    size_bytes: int
    is_valid_zip: bool
    has_done_marker: bool


def get_checkpoint_info(path: StrPath) -> CheckpointInfo:
    """Read the facts of a checkpoint without loading it: no torch, nothing of it runs.

    Args:
        path: The checkpoint file.

    Returns:
        See :class:`CheckpointInfo`. Damaged bytes are no error here: what cannot be read is
        ``"unknown"``, and ``is_valid_zip`` is False.

    Raises:
        CheckpointError: ``unreadable``: missing, or not permitted.

    Example:
        >>> import tempfile, torch
        >>> path = f"{tempfile.mkdtemp()}/a.pt"
        >>> torch.save({"version": "1.0", "status": "complete", "w": torch.zeros(2, 3)}, path)
        >>> info = get_checkpoint_info(path)
        >>> info["version"], info["status"], info["parameters"], info["has_done_marker"]
        ('1.0', 'complete', 6, False)
    """
    name = os.fspath(path)
    try:
        header = read_header(name)
    except OSError as error:
        from ckptui.errors import CheckpointError  # only where there is one to raise

        raise CheckpointError(name, "unreadable", error.strerror or str(error)) from error
    step = header.top.get("step")
    return CheckpointInfo(
        path=name,
        format=header.format,
        version=_version(header),
        status=_status(header),
        step=step if isinstance(step, int) and not isinstance(step, bool) else None,
        keys=list(header.keys),
        tensors=len(header.tensors),
        parameters=header.parameters,
        size_bytes=header.size,
        is_valid_zip=header.format in _ZIPS and not _damaged(header),
        has_done_marker=has_done_marker(name),
    )


def _damaged(header: Header) -> bool:
    return any(problem.kind == "damaged" for problem in header.problems)


def _version(header: Header) -> str:
    if header.top_type != "dict" or (_damaged(header) and not header.keys):
        return UNKNOWN
    return checkpoint_version(header.top)


def _status(header: Header) -> str:
    status = header.top.get("status")
    return UNKNOWN if status is None or isinstance(status, Opaque) else str(status)
