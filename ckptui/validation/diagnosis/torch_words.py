"""What torch.load says of a file, without asking it: torch 2.13, ``weights_only=True``.

Users search for torch's words, so ckptui shows them beneath its own. The order is that of
torch/serialization.py (``load``, ``_load``, ``_legacy_load``) and
torch/_weights_only_unpickler.py; tests/validation/test_torch_words.py asks the real torch about
the same bytes. Where its answer hangs on more than is looked at here, nothing is said.
"""

from __future__ import annotations

import json
from typing import Final

from ckptui.formats.model import Header
from ckptui.terms import Level, Result
from ckptui.validation.diagnosis.evidence import Evidence
from ckptui.validation.diagnosis.miniz import (
    EINVAL,
    INVALID,
    Entry,
    Opened,
    can_read,
    open_zip,
    place_of,
)
from ckptui.validation.known_globals import ALLOWED
from ckptui.validation.telling import SILENT

_READER: Final = "RuntimeError: PytorchStreamReader failed"
_TAR: Final = (
    "RuntimeError: Cannot use ``weights_only=True`` with files saved in the legacy .tar format."
)
_SCRIPT: Final = (
    "RuntimeError: Cannot use ``weights_only=True`` with TorchScript archives passed to "
    "``torch.load``."
)
_NO_VERSION: Final = 'RuntimeError: Expected hasRecord("version") to be true, but got false.'
_WORDS: Final = (".data/serialization_id", "version", ".format_version", "byteorder")
"""Small records in the order in which torch reads them, before the pickle."""
_BLOCKED: Final = frozenset({"sys", "os", "posix", "nt"})
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
        return _zip(evidence)
    return _pickle(evidence)


def _reader(doing: str, why: str) -> str:
    return f"{_READER} {doing}: {why}"


# --- zip


def _zip(evidence: Evidence) -> str:
    opened = open_zip(evidence.source, evidence.size)
    if opened is None:
        return ""
    if opened.problem == EINVAL:
        return EINVAL
    if opened.problem:
        return _reader("reading zip archive", opened.problem)
    return _root(opened) or _records(evidence, opened)


def _root(opened: Opened) -> str:
    """The root directory is that of the first record; every record must lie in it."""
    first = opened.entries[0].name if opened.entries else ""
    if "/" not in first:
        return f"file in archive is not in a subdirectory: {first}" if first else ""
    root = first.partition("/")[0]
    names = {entry.name for entry in opened.entries}
    if f"{root}/version" not in names:
        return _NO_VERSION
    return ""


def _records(evidence: Evidence, opened: Opened) -> str:
    root = opened.entries[0].name.partition("/")[0] + "/"
    # miniz finds names whatever their case.
    entries = {entry.name[len(root) :].lower(): entry for entry in reversed(opened.entries)}
    unread = _unread(evidence, entries, _WORDS[:2]) or _version(_word(evidence, entries, "version"))
    if unread:
        return unread
    if any(not entry.name.isprintable() and _is_not_text(entry.name) for entry in opened.entries):
        return "UnicodeDecodeError: 'utf-8' codec can't decode"
    stray = next((e.name for e in opened.entries if not e.name.startswith(root)), "")
    if stray:
        return f"file in archive is not in a subdirectory {root}: {stray}"
    if "constants.pkl" in entries:
        return _SCRIPT
    unread = _unread(evidence, entries, _WORDS[2:])
    if unread:
        return unread
    order = _word(evidence, entries, "byteorder") if "byteorder" in entries else "little"
    if order not in {"little", "big"}:
        shown = order.isascii() and order.isprintable()
        return f"ValueError: Unknown endianness type: {order}" if shown else ""
    return _pickle_of_zip(evidence, entries)


def _is_not_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _unread(evidence: Evidence, entries: dict[str, Entry], words: tuple[str, ...]) -> str:
    for word in words:
        if word in entries and not can_read(evidence.source, entries[word], evidence.size):
            return _reader(f"reading file {word}", INVALID)
    return ""


def _word(evidence: Evidence, entries: dict[str, Entry], word: str) -> str:
    """A small record as torch reads it: from where its local header says."""
    entry = entries.get(word)
    at = place_of(evidence.source, entry, evidence.size) if entry is not None else None
    if entry is None or at is None or entry.size > 64 or entry.packed != entry.size:
        return ""
    return evidence.source.pread(entry.size, at).decode("latin-1")


def _version(text: str) -> str:
    digits = text.strip()
    if not digits.isascii() or not digits.isdigit():
        return f"Couldn't parse the version {digits}" if digits.isprintable() else ""
    if int(digits) > 10:
        return (
            f"Attempted to read a PyTorch file with version {int(digits)}, but the maximum "
            "supported version for reading is 10."
        )
    return ""


def _pickle_of_zip(evidence: Evidence, entries: dict[str, Entry]) -> str:
    pickle = entries.get("data.pkl")
    if pickle is None:
        return _reader("locating file data.pkl", "file not found")
    if not can_read(evidence.source, pickle, evidence.size):
        return _reader("reading file data.pkl", INVALID)
    if _pickle_is_strange(evidence):
        return ""
    refused = _globals(evidence.header)
    return refused or _storages(evidence, entries)


def _pickle_is_strange(evidence: Evidence) -> bool:
    """True where the bounded reader stumbled: torch's machine stumbles in ways of its own."""
    header = evidence.header
    if header.truncated_table or len(header.storages) > _MOST:
        return True
    codes = evidence.codes()
    strange = {"bad-tensor", "bad-storage", "bad-key", "storage-disagrees", "bad-record"}
    if any(code.startswith(("pickle-", "hostile-")) for code in codes) or codes & strange:
        return True
    load = evidence.findings.get(Level.LOAD)
    known = load is not None and load.result in {Result.PASS, Result.WARN, Result.REFUSED}
    # Where the container failed level 3 was skipped, and says nothing about the pickle.
    return not known and not header.top_type


def _globals(header: Header) -> str:
    refused = [name for name in header.globals if name not in ALLOWED]
    if not refused:
        return ""
    if len(refused) > 1:
        return "_pickle.UnpicklingError: Weights only load failed."
    name = refused[0]
    if name.rpartition(".")[0] in _BLOCKED:
        return (
            f"Trying to load unsupported GLOBAL {name} whose module "
            f"{name.rpartition('.')[0]} is blocked."
        )
    shown = name.removeprefix("builtins.")
    return f"Unsupported global: GLOBAL {shown} was not an allowed global by default."


def _storages(evidence: Evidence, entries: dict[str, Entry]) -> str:
    first = True
    for key, storage in evidence.header.storages.items():
        if storage.device == "meta":
            continue
        if first and ".storage_alignment" in entries:
            unread = _unread(evidence, entries, (".storage_alignment",))
            if unread or not _word(evidence, entries, ".storage_alignment").strip().isdigit():
                return unread
        first = False
        entry = entries.get(f"data/{key}".lower())
        if entry is None:
            return _reader(f"locating file data/{key}", "file not found")
        if not can_read(evidence.source, entry, evidence.size):
            return _reader(f"reading file data/{key}", INVALID)
        wanted = storage.numel * storage.itemsize
        if storage.itemsize and entry.size != wanted:
            return (
                f"RuntimeError: record size ({entry.size} bytes) does not match expected size "
                f"({wanted} bytes"
            )
    if "tensor-bounds" in evidence.codes():
        return "Trying to resize storage that is not resizable"
    return SILENT


# --- everything else


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
    refused = _globals(evidence.header)
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
