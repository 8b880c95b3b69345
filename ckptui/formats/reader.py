"""The header of any file: what it is, what it holds, and what contradicts its format."""

from __future__ import annotations

import os

from ckptui.formats.limits import DEFAULT, Limits
from ckptui.formats.model import Header, Problem
from ckptui.formats.recognise import HEAD, recognise
from ckptui.formats.registry import reader_of
from ckptui.formats.window import FdSource, Source, Window, open_regular
from ckptui.light import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

_SAMPLE: Final = 4096
_SAMPLES: Final = 8
_TINY: Final = 16  # no checkpoint of any format has fewer bytes


def read_header(path: str, *, limits: Limits = DEFAULT, full: bool = False) -> Header:
    """Read a file's header: no torch, nothing run, few bytes and system calls.

    Args:
        path: Surrogate-escaped path. Symlinks are followed.
        limits: Bounds of what is read.
        full: True reads everything that a complete check of the structure (level 2) needs, such
            as every local header of a zip. Small files always are.

    Returns:
        The header. Bad bytes are problems in it, never exceptions.

    Raises:
        OSError: The file cannot be opened or read, or is not a regular file.

    Example:
        >>> header = read_header("model.pt")  # doctest: +SKIP
        >>> header.top.get("version"), len(header.tensors)  # doctest: +SKIP
        ('1.0', 304)
    """
    fd, size = open_regular(path)
    try:
        return read_header_from(
            FdSource(fd), size, os.path.basename(path), limits=limits, full=full
        )
    finally:
        os.close(fd)


def read_header_from(
    file: Source, size: int, name: str = "", *, limits: Limits = DEFAULT, full: bool = False
) -> Header:
    """Read the header of anything with a positioned read.

    Args:
        file: Where the bytes are.
        size: Their number.
        name: Name or path of the file, where it has one; it only tells whether it was renamed.
        limits: Bounds of what is read.
        full: True for a complete check of the structure.

    Returns:
        The header; see :func:`read_header`.

    Raises:
        OSError: A read failed.
    """
    window = Window(file, size)
    kind = recognise(window.head[:HEAD], size)
    if kind == "pickle" and _ends_as_zip(window):
        kind = "torch-zip"
    reader = reader_of(kind)
    if reader is None:
        return _named_only(kind, window, limits, full)
    try:
        return _parts_belong(_saved_under(reader(window, limits, full), name), name)
    except RecursionError:
        text = "it nests deeper than anything a writer makes"
        return Header(kind, size, problems=(Problem("hostile-depth", text, None, "hostile"),))


def _named_only(kind: str, window: Window, limits: Limits, full: bool) -> Header:
    """A format without a reader: its name, and what can be said without one."""
    if kind == "empty":
        return Header(kind, 0, problems=(Problem("empty", "it is empty", 0),))
    if kind in {"zeros", "", "foreign:text"}:
        hidden = _hidden_zip(window, limits, full) or _hidden_hdf5(window, limits, full)
        if hidden is not None:
            return hidden
    if kind == "zeros":
        return Header(kind, window.size, problems=(_zeros(window),))
    if not kind and window.size < _TINY:
        text = f"it is cut short at byte {window.size:,}: too little is left to tell of what"
        return Header(kind, window.size, problems=(Problem("cut-short", text, window.size),))
    return Header(kind, window.size)


def _zeros(window: Window) -> Problem:
    """Zeros at the beginning: are there any other bytes? Looks at a few places, not at all."""
    places = range(0, window.size, max(window.size // _SAMPLES, _SAMPLE))
    ends = (window.head, window.tail(_SAMPLE))
    if not any(chunk.strip(b"\0") for chunk in ends) and not any(
        window.pread(_SAMPLE, place).strip(b"\0") for place in places
    ):
        what = "every byte" if window.whole else "every byte that was looked at"
        text = f"{what} of it is zero: its place was set aside and never written"
        return Problem("zeros", text, 0)
    return Problem("zeros", "its beginning is zeros: it was overwritten or never written", 0)


def _hidden_zip(window: Window, limits: Limits, full: bool) -> Header | None:
    """A zip whose beginning was overwritten still has its directory at the end."""
    if b"PK\x05\x06" not in window.tail(22 + 20 + 56):
        return None
    reader = reader_of("torch-zip")
    if reader is None:
        return None
    header = reader(window, limits, full)
    return header if header.format in {"torch-zip", "torchscript"} else None


def _ends_as_zip(window: Window) -> bool:
    """True where the first local header is lost, so that a zip begins with the pickle in it.

    A whole pickle ends with its end mark, a full stop, an end record without comment with zeros.
    """
    return window.tail(22).startswith(b"PK\x05\x06")


def _saved_under(header: Header, name: str) -> Header:
    """With a word about the name that torch saved it under, where it has another one now.

    torch calls the root directory after the file, without its last ending; "archive" where it
    wrote to an open file (inline_container.cc, ``basename`` and the writer's constructors).
    """
    root = header.root_name
    if not root or not name or root == "archive":
        return header
    now = os.path.basename(name)
    stem, dot, _ = now.rpartition(".")
    if root == (stem if dot else now):
        return header
    how = "a temporary name" if _looks_temporary(root) else "another name"
    from dataclasses import replace  # rarely wanted, and it costs more than the header

    return replace(header, notes=(*header.notes, f"it was saved under {how}: {root:.80}"))


def _looks_temporary(root: str) -> bool:
    low = root.lower()
    return low.startswith((".", "tmp", "temp", "~")) or any(
        f".{word}" in low or f"_{word}" in low or f"-{word}" in low
        for word in ("tmp", "temp", "part", "partial", "incomplete", "unfinished")
    )


def _hidden_hdf5(window: Window, limits: Limits, full: bool) -> Header | None:
    """HDF5 allows a block of the user's own before it, of 512 bytes or any doubling of that."""
    if window.size <= HEAD:
        return None
    from ckptui.formats.hdf5 import read_header_of, signature_at

    return read_header_of(window, limits, full) if signature_at(window) else None


def _parts_belong(header: Header, name: str) -> Header:
    """DCP's shards are several archives in one file on purpose."""
    if not name.endswith(".distcp") or all(p.code != "joined" for p in header.problems):
        return header
    return Header(
        header.format,
        header.size,
        root_name=header.root_name,
        notes=("a part of a distributed checkpoint: several archives in one file",),
    )
