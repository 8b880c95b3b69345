"""The whole container of a zip-based checkpoint: its records, and what contradicts the format."""

from __future__ import annotations

import zlib
from itertools import islice

from ckptui.formats.limits import DEFAULT, Limits
from ckptui.formats.model import Problem, Record
from ckptui.formats.window import FdSource, Source, Window
from ckptui.formats.zip_directory import Directory, Entry, read_directory
from ckptui.formats.zip_layout import check_layout, place_exactly
from ckptui.formats.zip_moved import find_moved
from ckptui.formats.zip_names import check_names, is_readable
from ckptui.formats.zip_torch import was_packed_again
from ckptui.light import dataclass, field

_FEW = 32


@dataclass(slots=True)
class Container:
    """Facts of a zip.

    Attributes:
        records: In file order. ``crc`` is None where the writer recorded none.
        problems: What contradicts the format, first things first.
        found: False where the file has no end record at all: cut short, or no zip.
        local_headers: True where every local header was read and compared.
        directory_start: Offset of the central directory, in bytes.
        shift: How far the archive lies behind where its own offsets put it.
        packed_again: True where torch did not write all of it as it stands now.
        notes: Sentences worth showing that are no problem.
    """

    records: tuple[Record, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    found: bool = False
    local_headers: bool = False
    directory_start: int = 0
    shift: int = 0
    packed_again: bool = False
    notes: list[str] = field(default_factory=list)


def read_container(
    fd: int, size: int, *, local_headers: bool = True, limits: Limits = DEFAULT
) -> Container:
    """Read a zip's complete structure; the payloads are not read.

    Args:
        fd: Open file descriptor; its position does not matter and is not moved.
        size: File size in bytes.
        local_headers: False leaves the local headers and descriptors unread.
        limits: Bounds.

    Returns:
        The container; bad bytes are problems in it.

    Raises:
        OSError: A read failed.
    """
    return read_window(Window(FdSource(fd), size), local_headers=local_headers, limits=limits)


def read_source(source: Source, size: int, *, limits: Limits = DEFAULT) -> Container:
    """Like :func:`read_container` for anything with a positioned read."""
    return read_window(Window(source, size), local_headers=True, limits=limits)


def read_window(window: Window, *, local_headers: bool, limits: Limits = DEFAULT) -> Container:
    """Like :func:`read_container` for a file whose ends are already kept."""
    directory = read_directory(window, limits)
    if not directory.found:
        return Container()
    check_names(directory)
    if directory.shift:
        find_moved(window, directory)
    check_layout(window, directory, local_headers)
    again = was_packed_again(directory)
    if again and not local_headers:
        # The pickle and a few words, which are read now.
        for entry in islice((e for e in directory.entries if "/data/" not in e.name), _FEW):
            place_exactly(window, entry)
    container = Container(
        problems=directory.problems,
        found=True,
        local_headers=local_headers,
        directory_start=directory.start,
        shift=directory.shift,
        packed_again=again,
    )
    _fill_records(container, directory)
    return container


def _fill_records(container: Container, directory: Directory) -> None:
    entries = sorted(directory.entries, key=lambda entry: entry.header_start)
    filled = [entry for entry in entries if entry.size and is_readable(entry)]
    silent = {id(entry) for entry in filled if entry.crc == 0}
    if silent:
        _judge_missing_checksums(container, filled, silent)
    container.records = tuple(
        Record(
            entry.name, entry.size, entry.data_start, entry.header_start,
            None if id(entry) in silent or not is_readable(entry) else entry.crc, entry.method,
        )
        for entry in entries
    )  # fmt: skip


def _judge_missing_checksums(container: Container, filled: list[Entry], silent: set[int]) -> None:
    """All zero: the writer records none. All tensor data: saved without data. Else damage."""
    if len(silent) == len(filled):
        container.notes.append("its writer recorded no checksums")
        return
    data = [entry for entry in filled if "/data/" in entry.name]
    if {id(entry) for entry in data} == silent:
        container.notes.append(
            "its tensors carry no checksums, as torch.serialization.skip_data leaves them: "
            "their bytes may never have been written"
        )
        return
    first = next(entry for entry in filled if id(entry) in silent)
    text = f"the record {first.name[:80]} carries no checksum though others do"
    container.problems.append(Problem("checksum-missing", text, first.header_start, "odd"))


def read_record(window: Window, record: Record, limit: int) -> bytes | None:
    """The bytes of one record, unpacked; None where it is too large or cannot be unpacked.

    Args:
        window: The file.
        record: Which.
        limit: Largest size in bytes, packed and unpacked.

    Raises:
        OSError: A read failed.
    """
    if record.size > limit or record.data_start < 0:
        return None
    if record.method == 0:
        return window.pread(record.size, record.data_start)
    if record.method != 8:
        return None
    # Deflate grows what it cannot shrink by 5 bytes in 16 KB, so that this holds all of it.
    packed = window.pread(record.size + record.size // 1024 + 64, record.data_start)
    try:
        # One byte more than promised shows a record that lies about its size, and no more.
        data = zlib.decompressobj(-15).decompress(packed, record.size + 1)
    except zlib.error:
        return None
    return data if len(data) == record.size else None
