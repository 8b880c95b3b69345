"""What torch.load says of a file, without asking it: torch 2.13, ``weights_only=True``.

Users search for torch's words, so ckptui shows them beneath its own. The order is that of
torch/serialization.py (``load``, ``_load``, ``_legacy_load``) and
torch/_weights_only_unpickler.py; tests/validation/test_diagnosis.py asks the real torch about
the same bytes. Where its answer hangs on more than is looked at here, nothing is said.
"""

from __future__ import annotations

import json
from typing import Final

from ckptui.validation.diagnosis.evidence import Evidence
from ckptui.validation.diagnosis.torch_globals import refused_global
from ckptui.validation.diagnosis.torch_zip_words import zip_words
from ckptui.validation.telling import SILENT

_TAR: Final = (
    "RuntimeError: Cannot use ``weights_only=True`` with files saved in the legacy .tar format."
)
_MOST: Final = 2_000
_SAFETENSORS_HEADER: Final = 100_000_000
# Opcodes of the safe unpickler, by what follows them: torch/_weights_only_unpickler.py.
_ALONE: Final = frozenset(b"(N\x88\x89)]}\x8f")
_FIXED: Final = {ord("J"): 4, ord("K"): 1, ord("M"): 2, ord("G"): 8, 0x80: 1}
_OTHERS: Final = frozenset(b"cR\x81baesut\x85\x86\x87XU\x8aQhjqr.")


def torch_says(evidence: Evidence) -> str:
    """torch's first words about the file; :data:`SILENT`; or empty where they are not known."""
    if evidence.name.endswith(".safetensors"):  # the one ending that torch.load goes by
        return _safetensors(evidence)
    if evidence.size == 0:
        return "EOFError"
    if evidence.head.startswith(b"PK\x03\x04"):
        return zip_words(evidence)
    return _pickle(evidence)


def _pickle(evidence: Evidence) -> str:
    if evidence.size >= 512 and not evidence.head[:512].strip(b"\0"):
        return _TAR
    if evidence.header.format in {"torch-tar", "foreign:tar"}:
        return _TAR
    if evidence.head[:1] == b"h" and len(evidence.head) > 1:  # BINGET from an empty memo
        return f"KeyError: {evidence.head[1]}"
    if evidence.head[:1] in {b"a", b"."}:  # APPEND, STOP with nothing there
        return "IndexError: pop from empty list"
    byte = first_unsupported(evidence.head)
    if byte is not None:
        return f"Unsupported operand {byte}"
    if evidence.header.format == "torch-legacy":
        return _legacy(evidence)
    return ""


def first_unsupported(data: bytes) -> int | None:
    """The first byte that the safe unpickler does not know, if it gets that far.

    Only what needs nothing on the stack is followed: anything else may fail in other ways first.
    """
    at = 0
    while at < min(len(data), 64):
        byte = data[at]
        if byte in _ALONE:
            at += 1
        elif byte in _FIXED and at + _FIXED[byte] < len(data):
            if byte == 0x80 and data[at + 1] != 2:
                return None if data[at + 1] == 3 else _after_frame(data, at)
            at += 1 + _FIXED[byte]
        elif byte == 0x8A and at + 1 < len(data):
            at += 2 + data[at + 1]
        elif byte in _OTHERS:
            return None
        else:
            return byte
    return None


def _after_frame(data: bytes, at: int) -> int | None:
    """Protocols 4 and 5 begin with FRAME, which the safe unpickler does not know."""
    return 0x95 if data[at + 2 : at + 3] == b"\x95" else None


def _legacy(evidence: Evidence) -> str:
    codes = evidence.codes()
    if any(code.startswith("pickle-") for code in codes) or not evidence.header.storages:
        return ""
    refused = refused_global(evidence)
    if refused:
        return refused
    for record in evidence.header.records[:_MOST]:
        storage = evidence.header.storages.get(record.name.removeprefix("data/"))
        count = evidence.source.pread(8, record.header_start)
        if storage is None or (len(count) < 8 and record.header_start < evidence.size):
            return ""
        if len(count) == 8 and int.from_bytes(count, "little") != storage.numel:
            return "RuntimeError: storage has wrong byte size: expected"
        if record.data_start + record.size > evidence.size:
            return "RuntimeError: unexpected EOF, expected"
    return SILENT if codes <= {"trailing"} else ""


def _safetensors(evidence: Evidence) -> str:
    """huggingface/safetensors, safetensors/src/tensor.rs (0.8)."""
    said = "SafetensorError: Error while deserializing header: "
    length = int.from_bytes(evidence.head[:8], "little")
    if evidence.size < 8:
        return f"{said}header too small"
    if length > _SAFETENSORS_HEADER:
        return f"{said}header too large"
    if length + 8 > evidence.size:
        return f"{said}invalid header length"
    raw = evidence.source.pread(min(length, 8 << 20), 8)
    try:
        json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return f"{said}invalid UTF-8 in header"
    except (ValueError, RecursionError):
        return f"{said}invalid JSON in header"
    if evidence.codes() & {"cut-short", "trailing"}:
        return f"{said}incomplete metadata, file not fully covered"
    return ""
