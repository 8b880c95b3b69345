"""Header → the facts that every verdict carries: version, status, step, epoch, input hash."""

from __future__ import annotations

import os

from ckptui.formats.model import Header, Opaque, Value
from ckptui.formats.role import role_of
from ckptui.formats.steps import step_of
from ckptui.validation.source import Signature
from ckptui.validation.verdict import Facts
from ckptui.version import NO_VERSION

_LONGEST = 60


def facts_of(path: str, header: Header, signature: Signature | None) -> Facts:
    """Collect the facts of one checkpoint."""
    step, epoch, note = step_of(header, os.path.basename(path))
    return Facts(
        format=header.format or None,
        version=shown_version(header),
        status=_text(header.top.get("status")),
        step=step,
        epoch=epoch,
        step_note=note,
        input_hash=_text(header.top.get("input_hash")),
        globals=header.globals,
        saved_as=header.root_name,
        tensors=len(header.tensors),
        signature=signature,
        role=role_of(header),
    )


def shown_version(header: Header) -> str | None:
    """The version as shown: as written, ``0.x`` for a dict without one, None otherwise."""
    if "version" in header.top:
        return str(header.top["version"])[:_LONGEST]
    is_dict = header.top_type in {"dict", "OrderedDict"} or bool(header.keys)
    if is_dict and header.format in {"torch-zip", "torch-legacy"}:
        return NO_VERSION
    return None


def _text(value: Value) -> str | None:
    if value is None or isinstance(value, Opaque):
        return None
    return str(value)[:200]
