"""Where a zip was cut, zeroed, or shifted: at which byte of how many, and in which tensor."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ckptui.formats.model import Header, Problem, Record
from ckptui.formats.reader import read_header_from
from ckptui.formats.window import BytesSource
from ckptui.terms import Category
from ckptui.validation.container import check_container

Places = dict[str, Record]
Damage = Callable[[bytes, Places], bytes]


def read(data: bytes) -> Header:
    return read_header_from(BytesSource(data), len(data), full=True)


@pytest.fixture(scope="module")
def data(good_files: dict[str, str]) -> bytes:
    with open(good_files["larger_than_a_window"], "rb") as file:
        return file.read()


@pytest.fixture(scope="module")
def places(data: bytes) -> Places:
    return {record.name.partition("/")[2]: record for record in read(data).records}


def _end(record: Record) -> int:
    return record.data_start + record.size


def _zeroed(data: bytes, start: int, end: int | None = None) -> bytes:
    end = len(data) if end is None else end
    return data[:start] + bytes(end - start) + data[end:]


def _directory(data: bytes) -> int:
    return data.index(b"PK\1\2")


CASES: dict[str, tuple[Damage, tuple[str, ...]]] = {
    "cut in the first header": (lambda d, p: d[:20], ("cut short at byte 20,", "pickle")),
    "cut in the pickle": (lambda d, p: d[:200], ("cut short at byte 200,", "inside its pickle")),
    "cut in a tensor": (
        lambda d, p: d[: p["data/3"].data_start + 100],
        ("of about {size},", "inside the tensor layer3"),
    ),
    "cut before a tensor's data": (
        lambda d, p: d[: p["data/3"].data_start],
        ("of about {size},", "inside the tensor layer3"),
    ),
    "cut in a header": (
        lambda d, p: d[: p["data/3"].header_start + 12],
        ("of about {size},", "just behind the tensor layer2"),
    ),
    "cut between two": (
        lambda d, p: d[: p["data/3"].header_start],
        ("of about {size},", "just behind the tensor layer2"),
    ),
    "cut in a descriptor": (
        lambda d, p: d[: _end(p["data/3"]) + 8],
        ("of about {size},", "just behind the tensor layer3"),
    ),
    "cut in a small record": (
        lambda d, p: d[: p["version"].data_start + 1],
        ("of about {size},", "inside its record version"),
    ),
    "cut in the directory": (lambda d, p: d[: _directory(d) + 60], ("every record is there",)),
    "cut in the end record": (lambda d, p: d[:-5], ("every record is there",)),
    "zeros from the middle of a tensor": (
        lambda d, p: _zeroed(d, p["data/3"].data_start + 1000),
        ("from byte {third} of {size} on it is zeros", "inside the tensor layer3"),
    ),
    "zeros from a header on": (
        lambda d, p: _zeroed(d, p["data/3"].header_start),
        ("of {size} on it is zeros",),
    ),
    "the last block is zeros": (
        lambda d, p: _zeroed(d, len(d) - 4096),
        ("of {size} on it is zeros", "inside the tensor layer19"),
    ),
    "the directory is zeros": (
        lambda d, p: _zeroed(d, _directory(d), len(d) - 98),
        ("its directory is lost", "there are zeros"),
    ),
    "the end records are zeros": (
        lambda d, p: _zeroed(d, len(d) - 98),
        ("the end of its directory is zeros", "every record is there"),
    ),
    "a header is zeros": (
        lambda d, p: _zeroed(d, p["data/3"].header_start, p["data/3"].data_start),
        ("data/3 (tensor layer3) has only zeros where its local header belongs",),
    ),
    "a block over two tensors is zeros": (
        lambda d, p: _zeroed(d, _end(p["data/2"]) - 2000, p["data/3"].data_start + 2000),
        ("data/2 (tensor layer2) ends in zeros",),
    ),
    "bytes came in": (
        lambda d, p: d[: p["data/3"].data_start + 9] + b"x" * 64 + d[p["data/3"].data_start + 9 :],
        ("64 bytes too many stand inside the record", "(tensor layer3)"),
    ),
    "a byte went missing": (
        lambda d, p: d[: p["data/3"].data_start + 9] + d[p["data/3"].data_start + 10 :],
        ("one byte went missing inside the record", "(tensor layer3)"),
    ),
    "a page went missing": (
        lambda d, p: d[: p["data/3"].data_start + 9] + d[p["data/3"].data_start + 4105 :],
        ("4,096 bytes went missing inside the record", "(tensor layer3)"),
    ),
    "its beginning went missing": (
        lambda d, p: d[4096:],
        ("its first 4,096 bytes are missing",),
    ),
    "bytes came into the pickle": (
        lambda d, p: d[:300] + b"xyz" + d[300:],
        ("3 bytes too many stand inside the record", "data.pkl"),
    ),
    "another file's second half": (
        lambda d, p: d[: len(d) // 2] + b"\xa5" * (len(d) - len(d) // 2),
        ("its directory is missing", "it holds something else", "inside the tensor"),
    ),
    "the pickle is scrambled and the directory lost": (
        lambda d, p: d[:200] + b"\xff" * 100 + d[300 : _directory(d)],
        ("its pickle is damaged",),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_happened_is_said_with_its_place(data: bytes, places: Places, case: str) -> None:
    damage, words = CASES[case]
    broken = damage(data, places)
    header = read(broken)
    assert header.format == "torch-zip"
    finding = check_container(header, header.problems)
    assert finding.category is Category.CORRUPTED
    third = places["data/3"].data_start + 1000
    for word in words:
        wanted = word.format(size=f"{len(data):,}", third=f"{third:,}")
        assert wanted in finding.reason, finding.reason


def test_the_first_zero_is_found_however_far_back(data: bytes, places: Places) -> None:
    """A tensor that is itself zero at its end: the place is the first of the zeros seen."""
    for name in ("data/0", "data/19"):
        at = places[name].data_start + 16
        (problem,) = read(_zeroed(data, at)).problems
        assert problem == Problem("zeroed", problem.text, at)


def test_a_cut_archive_of_arrays_is_no_stranger(good_files: dict[str, str]) -> None:
    with open(good_files["numpy_npz"], "rb") as file:
        whole = file.read()
    for size in (200, len(whole) - 30, len(whole) - 1):
        header = read(whole[:size])
        assert (header.format, header.problems[0].code) == ("npz", "cut-short"), size


def test_a_cut_torchscript_is_cut_wherever_it_is(good_files: dict[str, str]) -> None:
    with open(good_files["torchscript"], "rb") as file:
        whole = file.read()
    for size in range(31, len(whole), 97):
        assert read(whole[:size]).problems[0].code == "cut-short", size
