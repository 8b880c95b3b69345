"""Three witnesses of a record's bytes: directory, descriptor, fold. Who is damaged is named."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ckptui.terms import Category, Level, Result
from ckptui.validation.check import check_file
from ckptui.validation.verdict import Verdict
from tests.validation.conftest import make_old, run_python

_WRITE = """
import sys, torch
torch.manual_seed(3)
torch.save({"enc": {"w": torch.randn(500), "b": torch.randn(20)}, "step": 4}, sys.argv[1])
"""


@dataclass
class Places:
    """Where the two checksums of a record lie, and its data."""

    entry: int
    descriptor: int
    data: int
    size: int


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("witnesses") / "ckpt_4.pt"
    run_python(_WRITE, str(path))
    return path.read_bytes()


def _places(data: bytes, name: str) -> Places:
    """By the standard library's reader, and APPNOTE's layout of a directory entry."""
    import io

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        info = next(i for i in archive.infolist() if i.filename.endswith(name))
    at = info.header_offset
    lengths = sum(int.from_bytes(data[at + n : at + n + 2], "little") for n in (26, 28))
    start = at + 30 + lengths
    entry = data.rindex(info.filename.encode()) - 46
    assert data[entry : entry + 4] == b"PK\x01\x02"
    assert data[start + info.file_size :][:4] == b"PK\x07\x08"
    return Places(entry + 16, start + info.file_size + 4, start, info.file_size)


Check = Callable[[bytes], Verdict]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def write_and_check(data: bytes) -> Verdict:
        path = tmp_path / "ckpt_4.pt"
        path.write_bytes(data)
        verdict = check_file(make_old(path), level=5)
        assert verdict.facts.content in {"", f"crc32:{zlib.crc32(data):08x}"}
        return verdict

    return write_and_check


def _flip(data: bytes, *places: int) -> bytes:
    changed = bytearray(data)
    for place in places:
        changed[place] ^= 0x10
    return bytes(changed)


def _erase(data: bytes, *names: str) -> bytes:
    """Both checksums of these records set to zero."""
    changed = bytearray(data)
    for name in names:
        places = _places(data, name)
        for at in (places.entry, places.descriptor):
            changed[at : at + 4] = bytes(4)
    return bytes(changed)


@pytest.mark.parametrize("name", ["data.pkl", "data/0", "data/1", "version", "byteorder"])
def test_a_damaged_directory_is_told_from_damaged_data(
    written: bytes, check: Check, name: str
) -> None:
    verdict = check(_flip(written, _places(written, name).entry))
    assert verdict.category is Category.CORRUPTED
    assert verdict.reason.startswith("its directory is damaged, not its data")
    assert ("`enc.w`" in verdict.reason) == (name == "data/0")


@pytest.mark.parametrize("name", ["data.pkl", "data/1"])
def test_a_damaged_descriptor_is_told_from_damaged_data(
    written: bytes, check: Check, name: str
) -> None:
    verdict = check(_flip(written, _places(written, name).descriptor))
    assert verdict.category is Category.CORRUPTED
    assert "are damaged, not the data" in verdict.reason
    assert ("`enc.b`" in verdict.reason) == (name == "data/1")


def test_where_the_data_fits_neither_it_is_the_data(written: bytes, check: Check) -> None:
    places = _places(written, "data/0")
    verdict = check(_flip(written, places.entry, places.data + 100))
    assert verdict.reason.startswith("damaged data: one record not as written, in tensor `enc.w`")


def test_one_erased_checksum_is_vouched_for_by_the_fold(written: bytes, check: Check) -> None:
    verdict = check(_erase(written, "data/1"))
    assert verdict.category is Category.VALID
    assert verdict.checks[Level.CHECKSUMS].result is Result.WARN
    assert "the checksum of tensor `enc.b` is missing" in verdict.checks[Level.CHECKSUMS].detail


def test_an_erased_checksum_does_not_hide_damage(written: bytes, check: Check) -> None:
    erased = _erase(written, "data/1")
    verdict = check(_flip(erased, _places(written, "data/1").data + 5))
    assert verdict.category is Category.CORRUPTED
    assert "fingerprint" in verdict.reason


def test_all_checksums_erased_is_not_the_same_as_left_out(written: bytes, check: Check) -> None:
    names = ["data.pkl", ".format_version", ".storage_alignment", "byteorder", "data/0", "data/1",
             "/version", "serialization_id"]  # fmt: skip
    erased = _erase(written, *names)
    verdict = check(erased)
    assert verdict.category is Category.VALID
    assert verdict.checks[Level.CHECKSUMS].result is Result.WARN
    verdict = check(_flip(erased, _places(written, "data/0").data))
    assert verdict.category is Category.CORRUPTED


def test_left_out_by_the_writer_is_none_recorded(tmp_path: Path) -> None:
    path = tmp_path / "ckpt_4.pt"
    off = "import torch; torch.serialization.set_crc32_options(False)\n"
    run_python(off + _WRITE, str(path))
    verdict = check_file(make_old(path), level=5)
    assert verdict.category is Category.VALID
    assert verdict.checks[Level.CHECKSUMS].result is Result.NONE_RECORDED


def test_every_flip_in_any_checksum_is_damage_of_the_file(written: bytes, check: Check) -> None:
    names = ["data.pkl", ".format_version", "byteorder", "data/0", "/version", "serialization_id"]
    for name in names:
        places = _places(written, name)
        for at in (places.entry + 3, places.descriptor + 2):
            assert check(_flip(written, at)).category is Category.CORRUPTED, (name, at)
