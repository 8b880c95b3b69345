"""Every single bit of a small file of torch's: none can change unseen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ckptui.formats.reader import read_header_from
from ckptui.formats.window import BytesSource
from ckptui.terms import Category
from ckptui.validation.check import check_file
from ckptui.validation.verdict import Verdict

MEANINGLESS: frozenset[int] = frozenset()
"""Bytes whose change nobody could notice. There are none: what holds nothing is known to hold
nothing (torch writes no times, versions, attributes or comments), and all else has a witness."""


class Flipper:
    """One file on disk, of which one bit at a time is wrong."""

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path
        self.data = data
        path.write_bytes(data)
        self.fd = os.open(path, os.O_RDWR)

    def verdict(self, at: int, bit: int) -> Verdict:
        """Level 5 of the file with this bit turned round."""
        os.pwrite(self.fd, bytes([self.data[at] ^ 1 << bit]), at)
        try:
            return check_file(self.path, level=5, settle=False)
        finally:
            os.pwrite(self.fd, self.data[at : at + 1], at)


@pytest.fixture
def flipper(good_files: dict[str, str], tmp_path: Path) -> Iterator[Flipper]:
    """A file with an empty record, a shared storage, and every small record that torch writes."""
    flipper = Flipper(tmp_path / "zero_sized.pt", Path(good_files["zero_sized"]).read_bytes())
    yield flipper
    os.close(flipper.fd)


def test_no_bit_of_a_file_can_change_unseen(flipper: Flipper) -> None:
    assert check_file(flipper.path, level=5, settle=False).category is Category.VALID
    unseen = {
        at
        for at in range(len(flipper.data))
        for bit in range(8)
        if flipper.verdict(at, bit).category not in {Category.CORRUPTED, Category.FOREIGN}
    }
    assert unseen == MEANINGLESS


@pytest.mark.parametrize("name", ["old_writer", "without_checksums", "torchscript"])
def test_no_bit_of_the_structure_can_change_unseen(good_files: dict[str, str], name: str) -> None:
    """Level 2 alone, where the checksums are older or missing, or others may be packed."""
    data = bytearray(Path(good_files[name]).read_bytes())
    whole = read_header_from(BytesSource(bytes(data)), len(data), full=True)
    payload: set[int] = set()
    for record in whole.records:
        payload |= set(range(record.data_start, record.data_start + record.size))
    places = sorted(set(range(len(data))) - payload)[::2]
    assert not whole.problems
    for index, at in enumerate(places):
        bit = 1 << index // 4 % 8
        data[at] ^= bit
        header = read_header_from(BytesSource(bytes(data)), len(data), full=True)
        assert any(problem.kind == "damaged" for problem in header.problems) or (
            not header.format.startswith("torch")
        ), (at, bit)
        data[at] ^= bit
