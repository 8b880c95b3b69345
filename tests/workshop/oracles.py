"""Whether a damaged file still holds what it held, by readers other than ckptui's."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import cast


def zip_content(data: bytes) -> dict[str, bytes] | None:
    """Everything in an archive, by Python's own reader, which checks each CRC; None if it cannot.

    A record that is there twice counts as not readable: readers differ in which they take.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            content = {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError,
            RuntimeError, OverflowError):  # fmt: skip
        return None
    return content if len(content) == len(names) else None


def tar_content(data: bytes) -> dict[str, bytes] | None:
    """Every member of a tar, by Python's own reader; None if it cannot."""
    content = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for member in archive:
                file = archive.extractfile(member)
                content[member.name] = file.read() if file is not None else b""
    except (tarfile.TarError, OSError, ValueError):
        return None
    return content


def safetensors_reads(data: bytes) -> bool:
    """Whether safetensors' own reader takes it."""
    import safetensors

    read = cast("Callable[[bytes], object]", safetensors.deserialize)
    try:
        read(data)
    except safetensors.SafetensorError:
        return False
    return True
