"""NumPy archives: a zip whose arrays have headers of their own, read without numpy."""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ckptui.formats.literal import NoLiteralError, parse_literal
from ckptui.formats.npy import BadArrayError, UnknownArrayError, parse
from ckptui.formats.reader import read_header
from ckptui.terms import Category, Level, Result
from ckptui.validation.check import check_file
from ckptui.validation.verdict import Verdict

ARRAYS = {
    "plain": np.arange(12.0).reshape(3, 4),
    "fortran": np.asfortranarray(np.ones((2, 3), "f4")),
    "big": np.zeros(5, ">i4"),
    "scalar": np.float32(1.5),
    "empty": np.zeros((0, 3), "f2"),
    "text": np.array(["a", "bcd"]),
    "bytes": np.array(b"csr"),
    "dates": np.zeros(2, "M8[ns]"),
    "complex": np.zeros(2, "c16"),
    "bools": np.zeros(3, bool),
    "structured": np.zeros(3, [("it's", "<f4"), ('b"\\x', "<i8", (2,)), ("n", [("m", "u1")])]),
    "void": np.zeros(2, "V3"),
}


class _Runs:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch RAN",)


def judged(path: Path, level: int = 5) -> Verdict:
    return check_file(path, level=level, settle=False)


@pytest.mark.parametrize("name", sorted(ARRAYS))
def test_a_header_says_what_numpy_reads(name: str) -> None:
    array = np.asarray(ARRAYS[name])
    target = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.save(target, array)
    header = parse(target.getvalue())
    assert (header.shape, header.itemsize) == (array.shape, array.itemsize)
    assert header.start + header.count * header.itemsize == len(target.getvalue())


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_all_versions_of_the_header_are_read(version: tuple[int, int]) -> None:
    target = io.BytesIO()
    np.lib.format.write_array(target, np.zeros((2, 3)), version=version)
    assert parse(target.getvalue()).shape == (2, 3)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_writes_is_valid(save: object, tmp_path: Path) -> None:
    assert callable(save)
    save(tmp_path / "x.npz", step=np.int64(40), **ARRAYS)
    verdict = judged(tmp_path / "x.npz")
    assert (verdict.category, verdict.level, verdict.facts.step) == (Category.VALID, 5, 40)
    assert verdict.checks[Level.LOAD].result is Result.NOT_APPLICABLE
    header = read_header(str(tmp_path / "x.npz"))
    assert header.keys == ("step", *ARRAYS)
    assert [t.dtype for t in header.tensors][:4] == ["int64", "float64", "float32", ">i4"]


def test_objects_are_named_and_nothing_of_them_runs(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, settings=np.array([1, None, "x"], dtype=object), w=np.ones(3))
    verdict = judged(path)
    assert verdict.category is Category.VALID
    assert "allow_pickle" in verdict.reason
    np.savez(path, settings=np.array([_Runs()], dtype=object))
    refused = judged(path)
    assert (refused.category, refused.facts.globals[-1]) == (Category.UNSAFE, "posix.system")


def _changed(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert data.count(old) == 1
    path.write_bytes(data.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        (b"(30, 40)", b"(31, 40)", 4),
        (b"(30, 40)", b"(-3, 40)", 4),
        (b"(30, 40)", b"(30, 4 )", 4),
        (b"(30, 40)", b"(30, 4x)", 4),
        (b"'<f8'", b"'<f4'", 4),
        (b"'fortran_order'", b"'fortran_ordex'", 4),
        (b"\x93NUMPY\x01", b"\x93NUMPX\x01", 4),
        (b"\x00\x00\x00\x00\x00\x00\xf0\x3f" * 1200, b"\x01" * 9600, 5),
    ],
)
def test_damage_is_found(old: bytes, new: bytes, level: int, tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=np.ones((30, 40)))
    _changed(tmp_path / "x.npz", old, new)
    assert judged(tmp_path / "x.npz", level).category is Category.CORRUPTED


def test_a_cut_is_told_with_the_array_that_it_went_through(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, first=np.ones(200), second=np.ones(200))
    data = path.read_bytes()
    for end, place in ((900, "inside its array first"), (3000, "inside its array second")):
        path.write_bytes(data[:end])
        verdict = judged(path)
        assert verdict.category is Category.CORRUPTED
        assert f"cut short at byte {end:,}, {place}" in verdict.reason
    assert [tensor.name for tensor in read_header(str(path)).tensors] == ["first"]


def test_what_is_not_known_is_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, a=np.ones(3))
    _changed(path, b"'<f8'", b"'<Q8'")
    assert judged(path, 4).category is Category.UNCHECKED


def test_arrays_packed_by_another_program_are_valid(tmp_path: Path) -> None:
    target = io.BytesIO()
    np.save(target, np.ones(3))
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("params/w.npy", target.getvalue())
    assert judged(tmp_path / "x.npz").category is Category.VALID


def test_literals_are_read_and_expressions_are_not() -> None:
    assert parse_literal(" {'a': [('b', '<f4', (2L,)), (1), ()], \"c\": True,} ") == {
        "a": [("b", "<f4", (2,)), 1, ()],
        "c": True,
    }
    for text in (
        "1+1",
        "(1",
        "[1 2]",
        "{1: 2}",
        "f()",
        "'a' 'b'",
        "(" * 40,
        "'\n'",
        "1.5",
        "{'a'}",
    ):
        with pytest.raises(NoLiteralError):
            parse_literal(text)


def test_versions_and_lengths_beyond_are_told_apart_from_damage() -> None:
    with pytest.raises(UnknownArrayError):
        parse(b"\x93NUMPY\x09\x00\x10\x00" + b" " * 100)
    with pytest.raises(UnknownArrayError):
        parse(b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + b" " * 100)
    with pytest.raises(BadArrayError):
        parse(b"\x93NUMPY\x01\x00\x76\x00{'descr'")
