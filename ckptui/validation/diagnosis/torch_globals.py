"""What torch's safe unpickler says of a global that it does not take."""

from __future__ import annotations

from typing import Final

from ckptui.validation.diagnosis.evidence import Evidence
from ckptui.validation.known_globals import ALLOWED

_BLOCKED: Final = frozenset({"sys", "os", "posix", "nt"})
_LARGEST_PICKLE: Final = 4 << 20


def refused_global(evidence: Evidence) -> str:
    """What the safe unpickler says of a global that it does not take; empty where it takes all."""
    refused = [name for name in evidence.header.globals if name not in ALLOWED]
    if not refused:
        return ""
    module, _, attribute = refused[0].rpartition(".")
    if len(refused) > 1 or not _is_named_plainly(evidence, module, attribute):
        return "UnpicklingError: Weights only load failed."
    if module in _BLOCKED:
        return f"Trying to load unsupported GLOBAL {refused[0]} whose module {module} is blocked."
    shown = refused[0].removeprefix("builtins.")
    return f"Unsupported global: GLOBAL {shown} was not an allowed global by default."


def _is_named_plainly(evidence: Evidence, module: str, attribute: str) -> bool:
    """True where the pickle names it by GLOBAL, the only opcode for it that torch knows."""
    text = f"c{module}\n{attribute}\n".encode("utf-8", "surrogateescape")
    if evidence.header.format == "torch-legacy":
        return text in evidence.head
    record = next((r for r in evidence.content.records if r.name.endswith("/data.pkl")), None)
    if record is None or record.method or record.size > _LARGEST_PICKLE:
        return False
    return text in evidence.source.pread(record.size, record.data_start)
