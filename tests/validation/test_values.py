"""Level 6 sees what torch sees, in every floating type, wherever the numbers lie."""

from __future__ import annotations

import json
import os
import random
import struct
import zipfile
from pathlib import Path

import pytest

from ckptui.formats.dtypes import ITEMSIZE
from ckptui.formats.model import Header, Record, StorageInfo, TensorInfo
from ckptui.formats.reader import read_header
from ckptui.terms import Category, Level, Result
from ckptui.validation.check import check_file
from ckptui.validation.floats import FLOATS, magnitude
from ckptui.validation.payload import read_payload
from ckptui.validation.reading import read_content
from ckptui.validation.scan import CHUNK, PART, Progress
from ckptui.validation.source import Source
from ckptui.validation.spans import SpanFinder
from tests.validation.conftest import make_old, run_python

_OTHERS = {"complex32", "float4", "float4_e2m1fn_x2"}
_TYPES = [n for n in FLOATS if n not in _OTHERS and not n.startswith(">")]
_WITH_NAN = [n for n in _TYPES if not n.startswith("complex")]
_WITH_INF = ["float64", "float32", "float16", "bfloat16", "float8_e5m2"]

_WRITE = """
import json, sys, torch
torch.manual_seed(1)
told = {}
for name in sys.argv[2].split(","):
    dtype = getattr(torch, name)
    wide = torch.randn(5000) * 3
    if name.startswith("complex"):
        values = torch.complex(wide, wide).to(dtype)
        plain = torch.view_as_real(values)
    else:
        values = plain = wide.to(dtype)
    torch.save({"w": values}, f"{sys.argv[1]}/{name}.pt")
    told[name] = plain.double().abs().max().item()
    if not name.startswith("complex"):
        wide[7], wide[4000] = float("nan"), float("nan")
        torch.save({"w": wide.to(dtype)}, f"{sys.argv[1]}/{name}_nan.pt")
        wide[7], wide[4000] = 1.0, float("-inf")
        torch.save({"w": wide.to(dtype)}, f"{sys.argv[1]}/{name}_inf.pt")
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, float]]:
    folder = tmp_path_factory.mktemp("values")
    said = run_python(_WRITE, str(folder), ",".join(_TYPES))
    for path in folder.iterdir():
        make_old(path)
    return folder, json.loads(said)


def _values(path: Path) -> tuple[Result, str]:
    check = check_file(path, level=6).checks[Level.VALUES]
    return check.result, check.detail


@pytest.mark.parametrize("name", _TYPES)
def test_largest_magnitude_is_torchs(told: tuple[Path, dict[str, float]], name: str) -> None:
    folder, largest = told
    result, detail = _values(folder / f"{name}.pt")
    assert result is Result.PASS
    assert f"largest magnitude {largest[name]:.3g}," in detail


@pytest.mark.parametrize("name", _WITH_NAN)
def test_nan_is_found_and_only_warned_about(told: tuple[Path, dict[str, float]], name: str) -> None:
    verdict = check_file(told[0] / f"{name}_nan.pt", level=6)
    assert verdict.category is Category.VALID
    assert verdict.checks[Level.VALUES].result is Result.WARN
    assert "NaN in `w`" in verdict.checks[Level.VALUES].detail


@pytest.mark.parametrize("name", _WITH_INF)
def test_inf_is_told_from_nan(told: tuple[Path, dict[str, float]], name: str) -> None:
    assert _values(told[0] / f"{name}_inf.pt") == (Result.WARN, "Inf in `w`")


def test_a_score_that_lightning_never_kept_is_no_infinity_of_the_model(tmp_path: Path) -> None:
    """ModelCheckpoint without a monitor keeps +inf as its worst score, for ever."""
    code = """
import sys, torch
inf = torch.tensor(float("inf"))
callbacks = {"ModelCheckpoint{'monitor': None, 'mode': 'min'}": {"monitor": None, "kth_value": inf},
             "EarlyStopping{'monitor': 'val', 'mode': 'min'}": {"best_score": inf}}
state = {"l.weight": torch.ones(2, 2)}
torch.save({"state_dict": state, "callbacks": callbacks}, sys.argv[1] + "/whole.ckpt")
state["l.kth_value"] = inf
torch.save({"state_dict": state, "callbacks": callbacks}, sys.argv[1] + "/odd.ckpt")
"""
    run_python(code, str(tmp_path))
    make_old(tmp_path / "whole.ckpt"), make_old(tmp_path / "odd.ckpt")
    assert _values(tmp_path / "whole.ckpt")[0] is Result.PASS
    assert _values(tmp_path / "odd.ckpt") == (Result.WARN, "Inf in `state_dict.l.kth_value`")


def test_two_numbers_in_a_byte(tmp_path: Path) -> None:
    path = tmp_path / "four.pt"
    run_python(
        "import sys, torch\n"
        "raw = torch.tensor([0x10, 0x02, 0xd0, 0x03], dtype=torch.uint8).repeat(100)\n"
        "torch.save({'w': raw.view(torch.float4_e2m1fn_x2)}, sys.argv[1])",
        str(path),
    )
    # e2m1: 0xd is minus 3, 0x3 is 1.5 (OCP Microscaling Formats, 5.3.3).
    assert _values(make_old(path)) == (Result.PASS, "largest magnitude 3, in `w`")


def test_a_writer_of_the_other_byte_order(tmp_path: Path) -> None:
    """What torch.save does on a big-endian machine: the same archive, its numbers turned round."""
    path = tmp_path / "big.pt"
    run_python(
        "import sys, torch\n"
        "sys.byteorder = 'big'\n"
        "w, h = torch.tensor([1.5, -700.0, 3.0]), torch.tensor([2.0, -0.5]).double()\n"
        "w.untyped_storage().byteswap(torch.float32); h.untyped_storage().byteswap(torch.float64)\n"
        "torch.save({'w': w, 'h': h}, sys.argv[1])",
        str(path),
    )
    assert _values(make_old(path)) == (Result.PASS, "largest magnitude 700, in `w`")


def test_tensors_of_one_storage_are_told_apart(tmp_path: Path) -> None:
    """As in a flat parameter: views side by side, and a rest that belongs to nobody."""
    path = tmp_path / "flat.pt"
    run_python(
        "import sys, torch\n"
        "flat = torch.ones(3000); flat[100] = float('nan'); flat[2500] = float('inf')\n"
        "flat[1000:2000] = 0; flat[150] = 9\n"
        "torch.save({'a': flat[:100], 'b': flat[100:1000].view(30, 30), 'z': flat[1000:2000],\n"
        " 'z2': flat[1100:1300].view(20, 10).t()}, sys.argv[1])",
        str(path),
    )
    verdict = check_file(make_old(path), level=6)
    # `z` has 4,000 bytes: too few for a word. The Inf behind them is in no tensor.
    assert verdict.checks[Level.VALUES].detail == "NaN in `b`"
    assert "largest magnitude 9, in `b`" in verdict.detail


def test_all_zero_is_said_of_the_tensor_that_is(tmp_path: Path) -> None:
    path = tmp_path / "flat.pt"
    run_python(
        "import sys, torch\n"
        "flat = torch.ones(6000); flat[1000:5000] = -0.0\n"
        "torch.save({'a': flat[:1000], 'lora_b': flat[1000:5000], 'i': torch.zeros(9000).int()},\n"
        " sys.argv[1])",
        str(path),
    )
    assert _values(make_old(path)) == (Result.WARN, "all zero: `lora_b`")


_UNALIGNED = """
import sys, torch
odd = torch.ones(int(sys.argv[2]), dtype=torch.uint8)
torch.save({"odd": odd, "w": torch.ones(5 << 20), "h": torch.ones(700_001).half(),
 "d": torch.ones(200_003).double()}, sys.argv[1], _use_new_zipfile_serialization=False)
"""


@pytest.mark.parametrize("shift", [1, 3])
def test_a_number_anywhere_is_seen_whole(tmp_path: Path, shift: int) -> None:
    """Also where it lies across two reads, or across what two threads read."""
    path = tmp_path / "legacy.pt"
    run_python(_UNALIGNED, str(path), str(shift))
    make_old(path)
    luck = random.Random(shift)
    with path.open("r+b", buffering=0) as file:
        for name, form in (("w", "<f"), ("h", "<e"), ("d", "<d")):
            start, size = _places(path)[name]
            step = struct.calcsize(form)
            borders = [b for b in (PART, CHUNK, 2 * CHUNK) if start < b < start + size]
            spots = [0, size // step - 1, *((b - start) // step for b in borders)]
            for spot in (*spots, luck.randrange(size // step)):
                at = start + spot * step
                before = os.pread(file.fileno(), step, at)
                os.pwrite(file.fileno(), struct.pack(form, -1000.0), at)
                assert _most(path) == f"largest magnitude 1e+03, in `{name}`", (name, spot)
                os.pwrite(file.fileno(), before, at)


def _most(path: Path) -> str:
    with Source(str(path)) as source:
        content = read_content(source, whole=True)
        levels = [Level.CHECKSUMS, Level.VALUES]
        return read_payload(source, content, levels, Progress(0)).findings[Level.VALUES].note


def _places(path: Path) -> dict[str, tuple[int, int]]:
    header = read_header(str(path))
    names = {tensor.storage: tensor.name for tensor in header.tensors}
    return {
        names[record.name.removeprefix("data/")]: (record.data_start, record.size)
        for record in header.records
    }


def test_the_numbers_of_a_repacked_archive_are_seen(tmp_path: Path) -> None:
    first, again = tmp_path / "first.pt", tmp_path / "again.pt"
    run_python(
        "import sys, torch\n"
        "w = torch.zeros(1_000_003, dtype=torch.bfloat16); w[-1] = -52.0; w[700_000] = 17\n"
        "torch.save({'i': torch.ones(7).byte(), 'w': w}, sys.argv[1])",
        str(first),
    )
    with (
        zipfile.ZipFile(first) as old,
        zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert _values(make_old(again)) == (Result.PASS, "largest magnitude 52, in `w`")


_ARRAYS = """
import sys, numpy as np
values = np.ones(300_000); values[277_777] = -321; values[5] = 9
for name in ("<f8", ">f8", ">f4", "<f2", ">c16"):
    for save in (np.savez, np.savez_compressed):
        save(f"{sys.argv[1]}/{save.__name__}{name[1:]}{name[0] == '>'}.npz",
         first=np.arange(11), w=values.astype(name), turned=np.ones((3, 5), order="F"))
"""


def test_arrays_are_seen_behind_their_headers_in_either_byte_order(tmp_path: Path) -> None:
    run_python(_ARRAYS, str(tmp_path))
    files = list(tmp_path.iterdir())
    assert len(files) == 10
    for path in files:
        assert _values(make_old(path)) == (Result.PASS, "largest magnitude 321, in `w`"), path


def test_magnitudes_of_edge_patterns() -> None:
    half = FLOATS["float16"]
    assert magnitude(half, 0) == 0
    assert magnitude(half, 1) == 2.0**-24
    assert magnitude(half, half.last_finite) == 65504
    assert magnitude(FLOATS["float8_e4m3fn"], 0x7E) == 448
    assert magnitude(FLOATS["float8_e8m0fnu"], 0) == 2.0**-127
    assert magnitude(FLOATS["float4"], 7) == 6
    assert magnitude(FLOATS["float64"], FLOATS["float64"].last_finite) == 1.7976931348623157e308


def test_every_type_has_the_size_that_torch_gives_it() -> None:
    for name, kind in FLOATS.items():
        if name in ITEMSIZE:
            halves = 2 if name.startswith("complex") else 1
            assert kind.bytes * halves == ITEMSIZE[name]


def test_a_hundred_thousand_views_of_one_storage_are_sorted_out_at_once() -> None:
    tensors = tuple(
        TensorInfo(str(n), "float32", (4,), (1,), (n * 7919) % 50_000, "0", 16)
        for n in range(100_000)
    )
    header = Header(
        "torch-zip", 0, tensors=tensors, storages={"0": StorageInfo("0", "float32", 60_000, 4)}
    )
    spans = SpanFinder(header).spans(Record("a/data/0", 240_000, 0, 0, 1))
    assert sum(len(span.names) for span in spans) == 100_000
