"""What torch.load says of a zip: the reader's checks, then the pickle, then each storage."""

from __future__ import annotations

import zlib
from typing import Final

from isal import isal_zlib

from ckptui.terms import Level, Result
from ckptui.validation.diagnosis.damaged_pickle import only_a_value_changed
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
from ckptui.validation.diagnosis.single_byte import LONGEST_BIT, find_byte
from ckptui.validation.diagnosis.torch_globals import refused_global
from ckptui.validation.telling import SILENT

_READER: Final = "RuntimeError: PytorchStreamReader failed"
_SCRIPT: Final = (
    "RuntimeError: Cannot use ``weights_only=True`` with TorchScript archives passed to "
    "``torch.load``."
)
_NO_VERSION: Final = 'RuntimeError: Expected hasRecord("version") to be true, but got false.'
_WORDS: Final = (".data/serialization_id", "version", ".format_version", "byteorder")
"""Small records in the order in which torch reads them, before the pickle."""
_MOST: Final = 2_000


def zip_words(evidence: Evidence) -> str:
    opened = open_zip(evidence.source, evidence.size)
    if opened is None:
        return ""
    if opened.problem == EINVAL:
        return EINVAL
    if opened.problem:
        return _reader("reading zip archive", opened.problem)
    if not opened.entries:
        return ""
    return _root(opened) or _records(evidence, opened)


def _root(opened: Opened) -> str:
    """The root directory is that of the first record; every record must lie in it."""
    if not opened.entries:
        return "archive does not contain any files"
    first = opened.entries[0].name
    if "/" not in first:
        return f"file in archive is not in a subdirectory: {first}" if first else ""
    root = first.partition("/")[0]
    names = {entry.name for entry in opened.entries}
    if not names & {f"{root}/version", f"{root}/.data/version"}:
        return _NO_VERSION
    return ""


def _records(evidence: Evidence, opened: Opened) -> str:
    root = opened.entries[0].name.partition("/")[0] + "/"
    # miniz finds names whatever their case; which of two it finds hangs on its sorting.
    entries = {entry.name[len(root) :].lower(): entry for entry in opened.entries}
    if len(entries) != len(opened.entries):
        return ""
    unread = _unread(evidence, entries, _WORDS[:2])
    if unread:
        return unread
    if not _word(evidence, entries, _WORDS[0]).isascii():
        return "UnicodeDecodeError: 'utf-8' codec can't decode"
    version = _version(_word(evidence, entries, "version")) if "version" in entries else ""
    if version:
        return version
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
    if entry is None or at is None or max(entry.size, entry.packed) > 64:
        return ""
    data = evidence.source.pread(entry.packed, at)
    if entry.packed != entry.size:
        try:
            data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, 64)
        except zlib.error:
            return ""
    return data.decode("latin-1")


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
    if _pickle_is_strange(evidence) or _pickle_is_damaged(evidence):
        return ""
    refused = refused_global(evidence)
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


def _pickle_is_damaged(evidence: Evidence) -> bool:
    """True where its checksum is wrong, unless all that changed is a name or a number."""
    record = next((r for r in evidence.content.records if r.name.endswith("/data.pkl")), None)
    if record is None or record.crc is None or record.method or record.size > LONGEST_BIT:
        return False
    data = evidence.source.pread(record.size, record.data_start)
    crc = isal_zlib.crc32(data)
    if crc == record.crc:
        return False
    found = find_byte(crc, record.crc, record.size)
    return found is None or not only_a_value_changed(data, *found)


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


def _reader(doing: str, why: str) -> str:
    return f"{_READER} {doing}: {why}"
