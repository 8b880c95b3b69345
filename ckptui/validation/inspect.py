"""What a header says, as the document of ``ckptui inspect --json``."""

from __future__ import annotations

import math
from typing import Final

from ckptui.formats.model import Header, Opaque
from ckptui.validation.facts import facts_of
from ckptui.validation.reading import read_content
from ckptui.validation.source import Source


def inspect_document(path: str) -> dict[str, object]:
    """Read one file's header.

    Args:
        path: The file.

    Returns:
        ``{path, format, version, status, step, keys, tensors: [{name, dtype, shape, bytes}],
        parameters, metadata, globals}``; bytes are bytes, shapes are elements.

    Raises:
        OSError: Where it cannot be read.

    Example:
        >>> inspect_document("model.pt")["step"]  # doctest: +SKIP
        4500
    """
    with Source(path) as source:
        header = read_content(source, whole=False).header
        facts = facts_of(path, header, source.signature)
    return {
        "path": path,
        "format": facts.format,
        "version": facts.version,
        "status": facts.status,
        "step": facts.step,
        "keys": list(header.keys),
        "tensors": [
            {"name": t.name, "dtype": t.dtype, "shape": list(t.shape), "bytes": t.bytes}
            for t in header.tensors
        ],
        "parameters": header.parameters,
        "metadata": _metadata(header),
        "globals": list(header.globals),
    }


def inspect_directory(path: str) -> dict[str, object]:
    """Read the headers of a checkpoint directory's parts.

    Args:
        path: The directory.

    Returns:
        ``{path, layout, step, epoch, category, level, reason, parts: [{name, size, category,
        reason}], missing, notes}``; what is missing is also a part, of size null.

    Example:
        >>> inspect_directory("checkpoint-500")["missing"]  # doctest: +SKIP
        ['trainer_state.json']
    """
    from ckptui.validation.directory import check_directory

    verdict = check_directory(path, header_only=True)
    facts = verdict.facts
    return {
        "path": path,
        "layout": facts.layout,
        "step": facts.step,
        "epoch": facts.epoch,
        "category": verdict.category,
        "level": verdict.level,
        "reason": verdict.reason,
        "parts": [
            {"name": part.name, "size": part.size, "category": part.category, "reason": part.reason}
            for part in facts.parts
        ],
        "missing": [part.name for part in facts.parts if part.size is None],
        "notes": verdict.detail.splitlines(),
    }


_WIDEST: Final = 64
"""Bits; what is wider is no number that a reader of JSON could hold."""


def _in_json(value: object) -> object:
    """JSON knows no NaN, no infinity, and no integer of a million digits."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and value.bit_length() > _WIDEST:
        return f"an integer of {value.bit_length():,} bits"
    return value


def _metadata(header: Header) -> dict[str, object]:
    """Format-level facts, and the top-level values that are plain."""
    found: dict[str, object] = dict(header.metadata)
    if header.root_name:
        found["saved_as"] = header.root_name
    plain = {k: _in_json(v) for k, v in header.top.items() if not isinstance(v, Opaque)}
    if plain:
        found["values"] = plain
    if header.problems:
        found["problems"] = [problem.text for problem in header.problems]
    if header.notes:
        found["notes"] = list(header.notes)
    return found
