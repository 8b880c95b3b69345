"""Header → the facts that every verdict carries: version, status, step, epoch, input hash."""

from __future__ import annotations

import os
from typing import Final

from ckptui.formats.model import Header, Opaque, Value
from ckptui.formats.naming import epoch_from_name, step_from_name
from ckptui.validation.source import Signature
from ckptui.validation.verdict import Facts
from ckptui.version import NO_VERSION

STEP_KEYS: Final = ("step", "global_step", "global_steps", "iteration", "current_step")
"""Top-level keys that hold the step: torch users, Lightning, DeepSpeed, Megatron, contexts."""
_LONGEST = 60


def facts_of(path: str, header: Header, signature: Signature | None) -> Facts:
    """Collect the facts of one checkpoint."""
    step, note = _step(os.path.basename(path), header)
    epoch = _whole_number(header.top.get("epoch"))
    return Facts(
        format=header.format or None,
        version=shown_version(header),
        status=_text(header.top.get("status")),
        step=step,
        epoch=epoch if epoch is not None else epoch_from_name(os.path.basename(path)),
        step_note=note,
        input_hash=_text(header.top.get("input_hash")),
        globals=header.globals,
        saved_as=header.root_name,
        tensors=len(header.tensors),
        signature=signature,
    )


def shown_version(header: Header) -> str | None:
    """The version as shown: as written, ``0.x`` for a dict without one, None otherwise."""
    if "version" in header.top:
        return str(header.top["version"])[:_LONGEST]
    is_dict = header.top_type in {"dict", "OrderedDict"} or bool(header.keys)
    if is_dict and header.format in {"torch-zip", "torch-legacy"}:
        return NO_VERSION
    return None


def _step(name: str, header: Header) -> tuple[int | None, str]:
    named = step_from_name(name)
    for key in STEP_KEYS:
        inside = _whole_number(header.top.get(key))
        if inside is None:
            continue
        if named is not None and named != inside:
            return inside, f"its content says step {inside}, its name {named}"
        return inside, ""
    return named, ""


def _whole_number(value: Value) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not value.is_integer():
        return None
    return int(value)


def _text(value: Value) -> str | None:
    if value is None or isinstance(value, Opaque):
        return None
    return str(value)[:200]
