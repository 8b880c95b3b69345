"""Files by torch 0.1.1: a tar of pickles and numbers, read without running any of it."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ckptui.formats.model import Header
from ckptui.formats.reader import read_header_from
from ckptui.formats.window import BytesSource
from ckptui.terms import Category, Level, Result
from ckptui.validation.check import check_file
from ckptui.validation.verdict import Verdict
from tests.formats.torch_tars import example, members_of, pack


def read(data: bytes) -> Header:
    return read_header_from(BytesSource(data), len(data), "x.pt", full=True)


def judged(data: bytes, tmp_path: Path) -> Verdict:
    path = tmp_path / "x.pt"
    path.write_bytes(data)
    return check_file(path, level=5, settle=False)


def test_torch_itself_takes_what_is_tested_here(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    subprocess.run([sys.executable, "-m", "tests.formats.torch_tars", str(path)], check=True)
    loaded = torch.load(path, weights_only=False)
    assert loaded["row"].tolist() == [4.0, 5.0, 6.0, 7.0]
    assert judged(path.read_bytes(), tmp_path).level == 2


def test_a_whole_one_is_read_and_never_given_to_torch(tmp_path: Path) -> None:
    data = pack(members_of(example()))
    header = read(data)
    assert header.problems == ()
    assert header.keys == ("w", "row", "b", "epoch", "arch")
    found = {t.name: (t.dtype, t.shape, t.offset) for t in header.tensors}
    assert found["row"] == ("float32", (4,), 4)
    for tensor in header.tensors:
        record = next(r for r in header.records if r.name == f"data/{tensor.storage}")
        raw = data[record.data_start : record.data_start + record.size]
        assert len(raw) == header.storages[tensor.storage].numel * 4
    verdict = judged(data, tmp_path)
    assert (verdict.category, verdict.level) == (Category.UNCHECKED, 2)
    assert verdict.checks[Level.LOAD].result is Result.SKIPPED
    assert "never given to torch" in verdict.reason


class _Runs:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, ("touch RAN",)


@pytest.mark.parametrize("name", ["sys_info", "pickle", "tensors", "storages"])
def test_what_would_run_is_named_in_every_member(name: str, tmp_path: Path) -> None:
    members = members_of(example())
    members[name] = pickle.dumps(_Runs(), 2)
    header = read(pack(members))
    assert "posix.system" in header.globals
    assert judged(pack(members), tmp_path).category is not Category.UNCHECKED


def test_every_cut_is_found(tmp_path: Path) -> None:
    data = pack(members_of(example()))
    end = len(data.rstrip(b"\0"))
    for at in [*range(300, end, 301), end - 1]:
        verdict = judged(data[:at], tmp_path)
        assert verdict.category in {Category.CORRUPTED, Category.FOREIGN}, at
        assert verdict.category is Category.CORRUPTED or at < 512


def test_a_flip_in_a_header_or_a_count_is_found(tmp_path: Path) -> None:
    data = pack(members_of(example()))
    header = read(data)
    for at in (1, 100, 130, 150, 265, header.records[0].header_start):
        flipped = bytearray(data)
        flipped[at] ^= 1
        assert judged(bytes(flipped), tmp_path).category is not Category.UNCHECKED, at


def test_a_member_that_is_missing_is_named(tmp_path: Path) -> None:
    members = members_of(example())
    del members["tensors"]
    verdict = judged(pack(members), tmp_path)
    assert verdict.category is Category.CORRUPTED
    assert "tensors" in verdict.reason


def test_bytes_behind_the_last_entry_are_damage(tmp_path: Path) -> None:
    members = members_of(example())
    members["storages"] += b"more"
    assert judged(pack(members), tmp_path).category is Category.CORRUPTED


def test_zeros_are_no_tar(tmp_path: Path) -> None:
    verdict = judged(bytes(10_240), tmp_path)
    assert verdict.category is Category.CORRUPTED
    assert verdict.facts.format == "zeros"


def test_a_tensor_beyond_its_storage_is_damage(tmp_path: Path) -> None:
    members = members_of({"w": torch.arange(6.0)})
    at = members["tensors"].index(b"\x06" + bytes(7))
    members["tensors"] = members["tensors"][:at] + b"\x07" + members["tensors"][at + 1 :]
    assert [p.code for p in read(pack(members)).problems] == ["tensor-bounds"]
    assert judged(pack(members), tmp_path).category is Category.CORRUPTED


def test_a_class_with_its_source_stands_for_itself() -> None:
    members = members_of([1])

    class Classes(pickle.Pickler):
        def persistent_id(self, item: object) -> object:
            return (torch.nn.Linear, "file.py", "source") if item == 1 else None

    target = io.BytesIO()
    Classes(target, protocol=2).dump([1])
    members["pickle"] = target.getvalue()
    header = read(pack(members))
    assert header.problems == ()
    assert "torch.nn.modules.linear.Linear" in header.globals
