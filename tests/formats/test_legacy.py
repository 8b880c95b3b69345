"""Files by torch before 1.6: five pickles and the storages behind them, with no checksum."""

from __future__ import annotations

import io
import pickle
import struct
from pathlib import Path

import pytest
import torch

from ckptui.formats.model import Header
from ckptui.formats.reader import read_header_from
from ckptui.formats.window import BytesSource
from ckptui.terms import Category, Level, Result
from ckptui.validation import validate_checkpoint
from ckptui.validation.check import check_file
from ckptui.validation.verdict import Verdict

MAGIC = 0x1950A86A20F9469CFC6C


def saved(value: object, protocol: int = 2) -> bytes:
    target = io.BytesIO()
    torch.save(value, target, _use_new_zipfile_serialization=False, pickle_protocol=protocol)
    return target.getvalue()


def read(data: bytes) -> Header:
    return read_header_from(BytesSource(data), len(data), "x.pt", full=True)


def judged(data: bytes, tmp_path: Path, level: int = 5) -> Verdict:
    path = tmp_path / "x.pt"
    path.write_bytes(data)
    return check_file(path, level=level, settle=False)


def _with_view(offset: int, count: int, size: int) -> bytes:
    """What torch before 0.4 wrote for a tensor whose storage views ten floats of another."""

    class Storages(pickle.Pickler):
        def persistent_id(self, value: object) -> object:
            if value != "STORAGE":
                return None
            return ("storage", torch.FloatStorage, "7", "cpu", 10, ("8", offset, count))

    class Tensor:
        def __reduce__(self) -> tuple[object, ...]:
            arguments: tuple[object, ...] = ("STORAGE", 0, (size,), (1,), False, {})
            return torch._utils._rebuild_tensor_v2, arguments

    target = io.BytesIO()
    for head in (MAGIC, 1001, {"protocol_version": 1001, "little_endian": True}):
        pickle.dump(head, target, protocol=2)
    Storages(target, protocol=2).dump({"w": Tensor()})
    pickle.dump(["7"], target, protocol=2)
    target.write(struct.pack("<q10f", 10, *range(10)))
    return target.getvalue()


@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    "value",
    [
        {"model": {"w": torch.randn(40, 3), "b": torch.randn(7).half()}, "step": 7, "epoch": 2},
        {"large": torch.randn(300, 300), "view": torch.randn(10, 10).t()},
        torch.randn(5),
        {"empty": torch.empty(0, 3), "fp8": torch.randn(9).to(torch.float8_e4m3fn)},
        3,
        [],
    ],
)
def test_what_torch_writes_is_valid(value: object, protocol: int, tmp_path: Path) -> None:
    data = saved(value, protocol)
    assert read(data).problems == ()
    verdict = judged(data, tmp_path)
    assert (verdict.category, verdict.level) == (Category.VALID, 4)
    assert verdict.checks[Level.CHECKSUMS].result is Result.NONE_RECORDED


def test_torch_itself_takes_it(tmp_path: Path) -> None:
    (tmp_path / "x.pt").write_bytes(saved({"w": torch.randn(30), "step": 3}))
    verdict = validate_checkpoint(tmp_path / "x.pt", level=5)
    assert (verdict.category, verdict.level, verdict.facts.step) == (Category.VALID, 4, 3)
    assert verdict.checks[Level.LOAD].detail == ""  # not the static word


def test_a_zip_under_the_name_of_a_safetensors_file_is_loaded_for_what_it_is(
    tmp_path: Path,
) -> None:
    torch.save({"w": torch.randn(3)}, tmp_path / "x.safetensors")
    verdict = validate_checkpoint(tmp_path / "x.safetensors", level=4)
    assert (verdict.category, verdict.level) == (Category.VALID, 4)


def test_records_lie_where_the_bytes_are() -> None:
    values = {"a": torch.arange(6.0), "b": torch.arange(4)}
    data = saved(values)
    header = read(data)
    assert [record.crc for record in header.records] == [None, None]
    for tensor in header.tensors:
        record = next(r for r in header.records if r.name == f"data/{tensor.storage}")
        raw = data[record.data_start : record.data_start + record.size]
        assert raw == values[tensor.name].numpy().tobytes()
    assert sum(r.size + 8 for r in header.records) + header.records[0].header_start == len(data)


def test_a_view_of_a_storage_is_placed_in_what_it_views(tmp_path: Path) -> None:
    data = _with_view(4, 3, 3)
    assert torch.load(io.BytesIO(data))["w"].tolist() == [4.0, 5.0, 6.0]
    (tensor,) = read(data).tensors
    assert (tensor.storage, tensor.offset, tensor.shape) == ("7", 4, (3,))
    assert judged(data, tmp_path).category is Category.VALID


@pytest.mark.parametrize(("offset", "count", "size"), [(8, 3, 1), (4, 3, 4), (-1, 3, 1)])
def test_a_view_or_a_tensor_beyond_its_storage_is_damage(
    offset: int, count: int, size: int, tmp_path: Path
) -> None:
    assert judged(_with_view(offset, count, size), tmp_path).category is Category.CORRUPTED


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.9, 0.999])
def test_a_cut_is_told_with_its_place(share: float, tmp_path: Path) -> None:
    data = saved({f"layer{n}": torch.randn(20, 20) for n in range(30)})
    cut = data[: int(len(data) * share)]
    verdict = judged(cut, tmp_path)
    assert verdict.category is Category.CORRUPTED
    assert f"cut short at byte {len(cut):,}" in verdict.reason


def test_a_count_that_is_not_the_pickles_is_damage(tmp_path: Path) -> None:
    data = bytearray(saved({"w": torch.randn(30), "v": torch.randn(4)}))
    at = read(bytes(data)).records[1].header_start
    data[at] ^= 1
    assert [p.code for p in read(bytes(data)).problems] == ["storage-count"]
    assert judged(bytes(data), tmp_path).category is Category.CORRUPTED


def test_bytes_behind_the_last_storage_are_told(tmp_path: Path) -> None:
    data = saved({"w": torch.randn(30)})
    assert [p.code for p in read(data + b"x" * 40).problems] == ["trailing"]
    twice = judged(data + saved([1]), tmp_path)
    assert twice.category is Category.VALID
    assert "another save follows" in twice.reason


def test_the_first_numbers_are_looked_at(tmp_path: Path) -> None:
    data = saved({"w": torch.randn(3)})
    other = data.replace(b"M\xe9\x03.", b"M\xea\x03.", 1)  # protocol 1002
    assert judged(other, tmp_path).category is Category.CORRUPTED


def test_a_pickle_beyond_the_reader_is_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    head = saved([0])
    start = head.index(b"\x80\x02]q")  # the object, a list
    path.write_bytes(
        head[:start] + b"\x80\x02B" + struct.pack("<I", 70 << 20) + bytes(70 << 20) + b"."
    )
    verdict = check_file(path, settle=False)
    assert verdict.category is Category.UNCHECKED
    assert "larger than the header reader goes" in verdict.reason
