"""Honest damage to real checkpoints, and what a directory holds."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path


def cut_short(path: Path, keep: float = 0.6) -> None:
    """Leave the first part of a file, as a full disk or a killed writer does."""
    os.truncate(path, int(path.stat().st_size * keep))


def flip_bit_of_a_tensor(path: Path) -> None:
    """Flip one bit inside the first storage: no length and no structure changes."""
    with zipfile.ZipFile(path) as archive:
        info = next(item for item in archive.infolist() if "/data/" in item.filename)
        with archive.open(info) as record:
            payload = record.read()
    data = bytearray(path.read_bytes())
    at = data.find(payload, info.header_offset) + len(payload) // 2
    data[at] ^= 0x10
    path.write_bytes(data)


def names(directory: Path) -> list[str]:
    """What stands in a directory, hidden files too."""
    return sorted(os.listdir(directory))
