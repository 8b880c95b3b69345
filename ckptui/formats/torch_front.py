"""A torch zip without its directory, read from its front: where it was cut, and what is whole.

data.pkl stands first and ends itself (STOP), it gives the size of every storage, and the place
of each next record follows from the one before: nothing of this needs the directory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ckptui.formats.limits import KIB, Limits
from ckptui.formats.model import Header, Problem, Record
from ckptui.formats.pickle_nodes import Storage
from ckptui.formats.pickle_table import Table, make_table
from ckptui.formats.pickle_vm import PickleTree, run
from ckptui.formats.torch_zip import merge
from ckptui.formats.window import Window
from ckptui.formats.zip_directory import ENTRY, EOCD, EOCD64, LOCATOR
from ckptui.formats.zip_layout import LOCAL
from ckptui.formats.zip_torch import begins_as_torch

_HEADER_READ: Final = 256
_FIRST_PICKLE: Final = 64 * KIB
_WORD_REACH: Final = 64 * KIB
_LOOK_BACK: Final = 1024
"""Windows that are read backwards to find where zeros begin: 64 MB."""
_ALIGNMENT: Final = 64  # torch: c10::gAlignment, storage_alignment
_FULL32: Final = 0xFFFFFFFF
_HEADER: Final = "/header"  # no record's name: the file ends before the name does


@dataclass(slots=True)
class _Walk:
    """Where a walk over the local headers has come to."""

    window: Window
    limits: Limits
    at: int = 0
    root: str = ""
    tree: PickleTree = field(default_factory=PickleTree)
    records: list[Record] = field(default_factory=list)
    inside: str = ""
    """The record in which the file ends, without the root; empty between records."""
    undescribed: int = 0
    """Where the data of that record should have ended, if its descriptor is lost."""
    reached_directory: bool = False


def read_from_front(window: Window, limits: Limits) -> Header:
    """The header of a zip whose end records are missing.

    Raises:
        OSError: A read failed.
    """
    walk = _Walk(window, limits)
    while len(walk.records) < limits.records and _step(walk):
        pass
    table = make_table(walk.tree.root, limits)
    is_torch = bool(walk.root) or begins_as_torch(window.head)
    header = Header(
        "torch-zip" if is_torch else "npz" if _is_npz(walk) else "zip",
        window.size,
        records=tuple(walk.records),
        root_name=walk.root,
        metadata={"local_headers": "read"},
        problems=(_what_happened(walk, table), *_pickle_problems(walk)),
    )
    return merge(header, table, walk.tree) if is_torch else header


def _is_npz(walk: _Walk) -> bool:
    names = [record.name for record in walk.records] or [walk.inside]
    return all(name.endswith(".npy") for name in names)


def _pickle_problems(walk: _Walk) -> list[Problem]:
    """What else is wrong with the pickle; that it is cut was said already."""
    return [problem for problem in walk.tree.problems if problem.code != "pickle-cut"]


def _step(walk: _Walk) -> bool:
    """Take one record; False where the walk ends."""
    raw = walk.window.pread(_HEADER_READ, walk.at)
    if raw[:4] == b"PK\x01\x02":
        walk.reached_directory = True
        return False
    if len(raw) < LOCAL.size or raw[:4] != b"PK\x03\x04":
        return False
    _, _, flags, method, _, _, crc, packed, _, name_size, extra_size = LOCAL.unpack_from(raw)
    if LOCAL.size + name_size > len(raw):
        walk.inside = _HEADER
        return False
    full_name = raw[LOCAL.size : LOCAL.size + name_size].decode("utf-8", "surrogateescape")
    start = walk.at + LOCAL.size + name_size + extra_size
    if not walk.root and begins_as_torch(raw):
        walk.root = full_name.partition("/")[0]
    name = _within_root(walk, full_name)
    size = _size_of(walk, name, start) if flags & 0x08 and not packed else packed
    end = start if size is None else start + size
    if size is None or end > walk.window.size:
        walk.inside = name
        return False
    descriptor = walk.window.pread(24, end)
    if flags & 0x08 and descriptor[:4] == b"PK\x07\x08":
        crc = int.from_bytes(descriptor[4:8], "little")
        end += 24 if max(size, walk.at) >= _FULL32 else 16
    elif flags & 0x08 and size and walk.root:
        walk.inside = name
        walk.undescribed = end
        return False
    walk.records.append(Record(full_name, size, start, walk.at, crc or None, method))
    walk.at = end
    return True


def _within_root(walk: _Walk, full_name: str) -> str:
    root, slash, name = full_name.partition("/")
    if slash and not walk.root and name in {"data.pkl", "version"}:
        walk.root = root
    return name if slash and root == walk.root else full_name


def _size_of(walk: _Walk, name: str, start: int) -> int | None:
    """Size of a record that the local header leaves open; None where it cannot be told."""
    if name == "data.pkl":
        walk.tree = _run_growing(walk.window, start, walk.limits)
        return walk.tree.end if walk.tree.finished else None
    storage = walk.tree.storages.get(name.removeprefix("data/"))
    if name.startswith("data/") and storage is not None:
        return storage.numel * storage.itemsize
    return _size_by_descriptor(walk.window, start)


def _size_by_descriptor(window: Window, start: int) -> int | None:
    """The size of a small record: its descriptor follows it and names the distance."""
    chunk = window.pread(_WORD_REACH, start)
    found = chunk.find(b"PK\x07\x08")
    while found >= 0:
        if int.from_bytes(chunk[found + 8 : found + 12], "little") == found:
            return found
        found = chunk.find(b"PK\x07\x08", found + 1)
    return None


def _run_growing(window: Window, start: int, limits: Limits) -> PickleTree:
    """Run the machine over a pickle of unknown length, in growing windows."""
    length = _FIRST_PICKLE
    while True:
        data = window.pread(min(length, limits.pickle), start)
        tree = run(data, limits)
        cut = any(problem.code == "pickle-cut" for problem in tree.problems)
        if not cut or len(data) < length or length >= limits.pickle:
            return tree
        length *= 8


def _what_happened(walk: _Walk, table: Table) -> Problem:
    if walk.reached_directory:
        return _after_directory(walk)
    if walk.inside == "data.pkl" and _pickle_problems(walk):
        text = "its pickle is damaged, and without it and the directory nothing can be found"
        return Problem("overwritten", text, walk.at)
    size = walk.window.size
    at = walk.undescribed or walk.at
    if (walk.undescribed or not walk.inside) and size - at >= LOCAL.size:
        return _overwritten(walk, table, at)
    expected = _expected_size(walk)
    about = f" of about {expected:,}" if expected > size else ""
    return Problem(
        "cut-short", f"it is cut short at byte {size:,}{about}, {_place(walk, table)}", size
    )


def _after_directory(walk: _Walk) -> Problem:
    """Every record is there: the directory is cut, or the end lies too far from the file's."""
    size = walk.window.size
    rest = walk.window.pread(min(size - walk.at, walk.limits.directory), walk.at)
    found = rest.find(b"PK\x05\x06")
    if found >= 0 and len(rest) - found >= EOCD.size:
        end = walk.at + found + EOCD.size + EOCD.unpack_from(rest, found)[7]
        if end < size:
            what = "bytes" if walk.window.tail(4 * KIB).strip(b"\0") else "zeros"
            text = f"{size - end:,} {what} follow the end of the archive"
            return Problem("trailing", text, end)
    if not walk.window.tail(EOCD.size).strip(b"\0"):
        return Problem(
            "zeroed", "the end of its directory is zeros; every record is there", walk.at
        )
    text = f"its directory at the end is cut short at byte {size:,}; every record is there"
    return Problem("cut-short", text, size)


def _overwritten(walk: _Walk, table: Table, at: int) -> Problem:
    """Something else stands where the next record, or the end of this one, belongs."""
    size, where = walk.window.size, ""
    zeros = not walk.window.pread(2 * LOCAL.size, at).strip(b"\0")
    if walk.undescribed:
        where = f", {_place(walk, table)}"
        at = _where_zeros_begin(walk.window, at) if zeros else at
    if zeros and not walk.window.tail(4 * KIB).strip(b"\0"):
        text = f"from byte {at:,} of {size:,} on it is zeros{where}: set aside and never written"
        return Problem("zeroed", text, at)
    if zeros and b"PK\x05\x06" in walk.window.tail(4 * KIB):
        text = f"its directory is lost: from byte {at:,} of {size:,} on there are zeros{where}"
        return Problem("zeroed", text, at)
    text = f"its directory is missing, and from byte {at:,} of {size:,} on it holds something else"
    return Problem("overwritten", text + where, at)


def _where_zeros_begin(window: Window, end: int) -> int:
    """The first of the zeros that reach to ``end``, as far back as one looks."""
    for _ in range(_LOOK_BACK):
        chunk = window.pread(min(_WORD_REACH, end), end - min(_WORD_REACH, end))
        kept = chunk.rstrip(b"\0")
        if kept or not chunk:
            return end - len(chunk) + len(kept)
        end -= len(chunk)
    return end


def _place(walk: _Walk, table: Table) -> str:
    between = walk.inside in {"", _HEADER}
    if walk.inside == "data.pkl" or (between and not walk.records):
        return "inside its pickle, before any tensor"
    name = walk.records[-1].name.partition("/")[2] if between else walk.inside
    how = "just behind" if between else "inside"
    if not name.startswith("data/"):
        return "between two records" if between else f"inside its record {name}"
    key = name.removeprefix("data/")
    names = [tensor.name for tensor in table.tensors if tensor.storage == key]
    return f"{how} the tensor {names[0] or 'that it holds'}" if names else f"{how} {name}"


def _expected_size(walk: _Walk) -> int:
    """Bytes that the whole file had, by torch's own layout; 0 where the pickle is lost."""
    if not walk.tree.finished:
        return 0
    at, extras = walk.at, 0
    seen = {record.name.partition("/")[2] for record in walk.records}
    entries = [(record.name, 0) for record in walk.records]
    for name, size in _still_to_come(walk.tree.storages, seen):
        full_name = f"{walk.root}/{name}"
        entries.append((full_name, size))
        zip64 = _zip64_extra(at, size)
        extras += zip64
        start = at + LOCAL.size + len(full_name) + 4 + zip64
        start += -start % _ALIGNMENT
        at = start + size + (0 if not size else 24 if max(size, at) >= _FULL32 else 16)
    directory = sum(ENTRY.size + len(name.encode(errors="replace")) for name, _ in entries)
    return at + directory + extras + EOCD64.size + LOCATOR.size + EOCD.size


def _zip64_extra(at: int, size: int) -> int:
    """Bytes of the zip64 field, in the local header and again in the directory."""
    if max(at, size) < _FULL32:
        return 0
    return 4 + (16 if size >= _FULL32 else 0) + (8 if at >= _FULL32 else 0)


def _still_to_come(storages: dict[str, Storage], seen: set[str]) -> list[tuple[str, int]]:
    coming = [
        (f"data/{storage.key}", storage.numel * storage.itemsize)
        for storage in storages.values()
        if f"data/{storage.key}" not in seen
    ]
    words = [("version", 2), (".data/serialization_id", 40)]
    return coming + [(name, size) for name, size in words if name not in seen]
