"""Plain pickles: of any size and protocol, with arrays in them and between their opcodes."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from ckptui.formats.model import Header
from ckptui.formats.reader import read_header_from
from ckptui.formats.window import BytesSource, FdSource
from ckptui.terms import Category, Level, Result
from ckptui.validation.check import check_file
from ckptui.validation.verdict import Verdict
from tests.formats.packed_files import unpack

STATE = {"step": 7, "w": np.ones((100, 200)), "b": np.arange(5), "text": "x" * 10}


def read(data: bytes) -> Header:
    return read_header_from(BytesSource(data), len(data), "x.pkl", full=True)


def judged(data: bytes, tmp_path: Path) -> Verdict:
    path = tmp_path / "x.pkl"
    path.write_bytes(data)
    return check_file(path, level=5, settle=False)


class _Runs:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch RAN",)


@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol_is_valid(protocol: int, tmp_path: Path) -> None:
    verdict = judged(pickle.dumps(STATE, protocol), tmp_path)
    assert (verdict.category, verdict.level, verdict.facts.step) == (Category.VALID, 4, 7)
    assert verdict.facts.format == "pickle"
    assert verdict.checks[Level.LOAD].result is Result.PASS


def test_a_large_one_is_read_without_its_arrays(tmp_path: Path) -> None:
    path = tmp_path / "x.pkl"
    arrays = [np.zeros(400_000) for _ in range(20)]
    path.write_bytes(pickle.dumps({"arrays": arrays, "large": np.zeros(2_000_000), "step": 3}, 5))
    assert path.stat().st_size > 70 << 20
    read_bytes = 0

    class Counting(FdSource):
        def pread(self, count: int, offset: int) -> bytes:
            nonlocal read_bytes
            chunk = super().pread(count, offset)
            read_bytes += len(chunk)
            return chunk

    fd = os.open(path, os.O_RDONLY)
    header = read_header_from(Counting(fd), path.stat().st_size)
    os.close(fd)
    assert (header.problems, header.top["step"]) == ((), 3)
    assert read_bytes < 3 << 20
    assert check_file(path, settle=False).category is Category.VALID
    os.truncate(path, path.stat().st_size - 4)
    assert check_file(path, settle=False).category is Category.CORRUPTED


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_pickled_tensors_are_read_and_valid(protocol: int, tmp_path: Path) -> None:
    value = {"w": torch.randn(40, 3), "h": torch.randn(7).half(), "large": torch.zeros(600_000)}
    data = pickle.dumps(value, protocol)
    found = {t.name: (t.dtype, t.shape) for t in read(data).tensors}
    assert found == {
        "w": ("float32", (40, 3)),
        "h": ("float16", (7,)),
        "large": ("float32", (600_000,)),
    }
    assert judged(data, tmp_path).category is Category.VALID


def test_what_a_packed_tensor_would_run_is_named(tmp_path: Path) -> None:
    inner = io.BytesIO()
    torch.save(_Runs(), inner, _use_new_zipfile_serialization=False)

    class Packed:
        def __reduce__(self) -> tuple[object, tuple[bytes]]:
            load: object = torch.storage._load_from_bytes
            return load, (inner.getvalue(),)

    verdict = judged(pickle.dumps({"w": Packed()}), tmp_path)
    assert verdict.category is Category.UNSAFE
    assert "posix.system" in verdict.reason


def test_several_pickles_in_one_file_are_all_gone_through(tmp_path: Path) -> None:
    data = pickle.dumps(STATE) + pickle.dumps([1])
    assert judged(data, tmp_path).category is Category.VALID
    assert any("2 pickles" in note for note in read(data).notes)
    assert judged(data + pickle.dumps(_Runs()), tmp_path).category is Category.UNSAFE


def test_other_bytes_behind_it_are_told(tmp_path: Path) -> None:
    verdict = judged(pickle.dumps([1]) + b"garbage", tmp_path)
    assert verdict.category is Category.VALID
    assert "7 bytes follow that are no pickle" in verdict.reason


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_cut_is_found(share: float, tmp_path: Path) -> None:
    data = pickle.dumps(STATE, 4)
    cut = data[: int(len(data) * share)]
    verdict = judged(cut, tmp_path)
    assert verdict.category is Category.CORRUPTED
    assert f"cut short at byte {len(cut):,}" in verdict.reason


@pytest.mark.parametrize("name", ["joblib_arrays", "joblib_objects"])
def test_what_joblib_writes_is_valid_and_every_cut_is_found(name: str, tmp_path: Path) -> None:
    data = unpack(name)
    verdict = judged(data, tmp_path)
    assert (verdict.category, verdict.reason) == (Category.VALID, "")
    assert read(data).problems == ()
    for end in [*range(3, len(data), 97), len(data) - 1]:
        assert judged(data[:end], tmp_path).category is Category.CORRUPTED, end


def test_what_joblib_compressed_is_named(tmp_path: Path) -> None:
    verdict = judged(unpack("joblib_compressed"), tmp_path)
    assert verdict.category is Category.FOREIGN
    assert "joblib.load" in verdict.reason
