"""Writes good files with the real libraries: python -m tests.formats.write_good DIRECTORY.

Each is something that people save. None of them may be called bad.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import io
import json
import os
import pathlib
import random
import sys
import uuid
import warnings
import zipfile
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from tests.formats.good_names import VALUES as COMPARED

warnings.simplefilter("ignore")  # torch calls half of what people save experimental

GOOD: dict[str, Callable[[str], None]] = {}


def good(function: Callable[[str], None]) -> Callable[[str], None]:
    """Enter a maker under its own name."""
    GOOD[function.__name__] = function
    return function


def saved(value: object) -> Callable[[str], None]:
    """A maker that saves one value."""
    return lambda path: torch.save(value, path)


@dataclasses.dataclass
class Settings:
    rate: float = 0.1
    tags: list[str] = dataclasses.field(default_factory=lambda: ["a"])


class Color(enum.Enum):
    RED = 1


class Slotted:
    __slots__ = ("a", "w")

    def __init__(self) -> None:
        self.a = 1
        self.w = torch.ones(2)


class Point(NamedTuple):
    x: torch.Tensor
    y: int


def model() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))


def stepped(make: Callable[[nn.Module], torch.optim.Optimizer]) -> torch.optim.Optimizer:
    net = model()
    optimizer = make(net)
    net(torch.randn(3, 4)).sum().backward()
    optimizer.step()
    return optimizer


def full_checkpoint(**more: object) -> dict[str, object]:
    optimizer = stepped(lambda net: torch.optim.AdamW(net.parameters()))
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    return {
        "model": model().state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "step": 4500,
        "epoch": 3,
        "loss": 0.25,
        **more,
    }


base = torch.arange(1000, dtype=torch.float32)
shared = torch.randn(6, 6)
VALUES: dict[str, object] = {
    "state_dict": model().state_dict(),
    "full": full_checkpoint(),
    "own_version": full_checkpoint(version="1.0", status="complete", input_hash="sha256:ab"),
    "foreign_version": full_checkpoint(version="8.3.40"),
    "int_version": full_checkpoint(version=2),
    "dict_version": full_checkpoint(version={"major": 2}),
    "sgd": stepped(lambda n: torch.optim.SGD(n.parameters(), 0.1, momentum=0.9)).state_dict(),
    "two_tensors": {"w": torch.ones(4), "v": torch.ones(8)},
    "bare_tensor": torch.randn(3, 3),
    "scalar_tensor": torch.tensor(3.5),
    "empty_tensor": torch.empty(0),
    "zero_sized": {"a": torch.empty(3, 0, 2), "b": torch.empty(0, dtype=torch.int64)},
    "tensor_list": [torch.ones(2), torch.zeros(3, dtype=torch.int32)],
    "tensor_tuple": (torch.ones(2), {"x": [torch.ones(1)]}),
    "empty_dict": {},
    "empty_list": [],
    "nothing": None,
    "number": 7,
    "text": "hello",
    "parameter": nn.Parameter(torch.ones(2)),
    "buffer_parameter": {"b": nn.Buffer(torch.ones(2))},
    "view": base[10:20],
    "strided_view": {"t": base.view(10, 100).t()[::3, ::2], "e": torch.ones(3, 1).expand(3, 5)},
    "reversed_offset": base[990:],
    "shared_storage": {"a": shared, "b": shared[1], "c": shared.t()},
    "tied": (lambda t: {"embed": t, "head": t})(torch.randn(5, 4)),
    "dtypes": {
        str(t): torch.zeros(4, dtype=t)
        for t in (
            torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32,
            torch.int16, torch.int8, torch.uint8, torch.uint16, torch.uint32, torch.uint64,
            torch.bool, torch.complex64, torch.complex128, torch.complex32, torch.float8_e4m3fn,
            torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu,
        )
    },
    "conjugate": torch.tensor([1 + 2j]).conj(),
    "negative_view": torch.tensor([1 + 2j]).conj().imag,
    "sparse_coo": torch.sparse_coo_tensor(torch.tensor([[0, 1], [2, 0]]), torch.ones(2), (3, 3)),
    "sparse_coalesced": torch.eye(4).to_sparse().coalesce(),
    "sparse_csr": {"m": torch.eye(4).to_sparse_csr()},
    "sparse_csc": {"m": torch.eye(4).to_sparse_csc()},
    "sparse_bsr": torch.eye(4).to_sparse_bsr((2, 2)),
    "quantised": torch.quantize_per_tensor(torch.randn(4), 0.1, 0, torch.qint8),
    "quantised_4bit": torch.quantize_per_tensor(torch.rand(9), 0.1, 0, torch.quint4x2),
    "quantised_channel": {
        "w": torch.quantize_per_channel(
            torch.randn(3, 2), torch.full((3,), 0.1), torch.zeros(3, dtype=torch.int64), 0,
            torch.qint8,
        )
    },
    "meta": {"m": torch.empty(3, 4, device="meta"), "r": torch.ones(2)},
    "storage": {"u": torch.ones(4).untyped_storage(), "t": torch.ones(4)},
    "nested_tensor": torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
    "random_states": {
        "torch": torch.get_rng_state(), "python": random.getstate(), "numpy": np.random.get_state(),
    },
    "numpy_scalars": {
        "step": np.int64(12), "loss": np.float32(0.5), "flag": np.bool_(True), "u": np.uint8(3),
        "c": np.complex64(1), "s": np.str_("x"), "d": np.datetime64("2026-01-01"),
    },
    "numpy_arrays": {"a": np.arange(6).reshape(2, 3), "o": np.array([1, "a"], dtype=object)},
    "numpy_big": {"a": np.zeros((64, 1024))},
    "namespace": {"args": argparse.Namespace(lr=0.1, name="x"), "step": 1},
    "dataclass": {"settings": Settings(), "w": torch.ones(2)},
    "enum_and_path": {"c": Color.RED, "p": pathlib.PurePosixPath("/a/b"), "w": torch.ones(1)},
    "enum_key": {Color.RED: torch.ones(1), torch.float32: 1, pathlib.PurePosixPath("k"): 2},
    "odd_keys": {1: torch.ones(1), (1, "a"): 2, None: 3, 2.5: 4, False: 5, b"k": 6, "": 7,
                 frozenset({1}): 8},
    "unicode_keys": {"größe/층": torch.ones(1), "\ud800": 1, "a.b.c": torch.ones(1)},
    "sets": {"s": {1, 2, 3}, "f": frozenset({"a"}), "t": {(1, 2), (3, 4)}},
    "times": {"now": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "u": uuid.UUID(int=1),
              "d": decimal.Decimal("1.5"), "f": fractions.Fraction(1, 3)},
    "named_tuple": Point(torch.ones(1), 2),
    "collections": {
        "d": collections.defaultdict(list, {"a": [1]}), "q": collections.deque([1, torch.ones(1)]),
        "c": collections.Counter("hello"), "o": collections.OrderedDict(a=torch.ones(2)),
    },
    "bytes": {"b": b"\x00\xff", "a": bytearray(b"abc"), "big": b"x" * 100_000, "c": 1j},
    "whole_module": model(),
    "slotted": Slotted(),
    "device_and_size": {"d": torch.device("cuda", 1), "s": torch.Size([1, 2]),
                        "t": torch.float32, "l": torch.strided},
    "channels_last": torch.ones(2, 3, 4, 4).to(memory_format=torch.channels_last),
    "big_numbers": {"i": 2**2000, "n": -(2**70), "m": -1, "h": 300, "k": 70000},
    "floats": {"inf": float("inf"), "nan": float("nan")},
    "long_list": list(range(100_000)),
    "many_tensors": {f"layer{i}.w": torch.ones(1) for i in range(500)},
    "many_storages_sorting": {str(i): torch.full((i + 1,), float(i)) for i in range(25)},
    "ids_as_keys": {139_637_976_727_232 + i: torch.ones(1) for i in range(3)},
    "tensor_with_attributes": torch.ones(2),
    "lightning_like": full_checkpoint(
        **{"pytorch-lightning_version": "2.6.6", "global_step": 4500, "state_dict": {},
           "hyper_parameters": {"a": argparse.Namespace(b=1)}, "callbacks": {}, "loops": {}}),
}  # fmt: skip
_level: object = torch.ones(1)
for _ in range(40):
    _level = {"d": _level}
VALUES["deep"] = _level
_loop: dict[str, object] = {"w": torch.ones(1)}
_loop["self"] = _loop
VALUES["contains_itself"] = _loop
VALUES["tensor_with_attributes"].note = "kept"  # type: ignore[attr-defined]
for _name, _value in VALUES.items():
    GOOD[_name] = saved(_value)


@good
def buffer(path: str) -> None:
    target = io.BytesIO()
    torch.save(full_checkpoint(), target)
    with open(path, "wb") as file:
        file.write(target.getvalue())


@good
def renamed(path: str) -> None:
    torch.save(full_checkpoint(), path + ".tmp.writer")
    os.replace(path + ".tmp.writer", path)


@good
def no_suffix_root(path: str) -> None:
    torch.save({"w": torch.ones(2)}, os.path.dirname(path) + "/no suffix")
    os.replace(os.path.dirname(path) + "/no suffix", path)


@good
def non_ascii_root(path: str) -> None:
    torch.save({"w": torch.ones(2)}, os.path.dirname(path) + "/größe.v1.pt")
    os.replace(os.path.dirname(path) + "/größe.v1.pt", path)


@good
def without_checksums(path: str) -> None:
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(full_checkpoint(), path)
    finally:
        torch.serialization.set_crc32_options(True)


@good
def without_data(path: str) -> None:
    with torch.serialization.skip_data():
        torch.save({"w": torch.ones(100), "b": torch.ones(3)}, path)


@good
def other_alignment(path: str) -> None:
    from torch.utils.serialization import config

    before = config.save.storage_alignment
    config.save.storage_alignment = 4096
    try:
        torch.save(full_checkpoint(), path)
    finally:
        config.save.storage_alignment = before


def _protocol(number: int) -> Callable[[str], None]:
    return lambda path: torch.save(full_checkpoint(), path, pickle_protocol=number)


for _number in (1, 2, 3, 4, 5):
    GOOD[f"protocol_{_number}"] = _protocol(_number)


def _legacy(value: object, protocol: int) -> Callable[[str], None]:
    return lambda path: torch.save(
        value, path, pickle_protocol=protocol, _use_new_zipfile_serialization=False
    )


for _number in (2, 3, 4, 5):
    GOOD[f"legacy_{_number}"] = _legacy(full_checkpoint(), _number)
GOOD["legacy_views"] = _legacy({"a": base[3:9], "b": shared, "c": shared.t()}, 2)
GOOD["legacy_module"] = _legacy(model(), 2)
GOOD["legacy_no_tensor"] = _legacy({"a": 1}, 2)
GOOD["legacy_many"] = _legacy({str(i): torch.ones(1) for i in range(3000)}, 2)
GOOD["legacy_bf16"] = _legacy({"a": torch.ones(3, dtype=torch.bfloat16)}, 2)


@good
def cuda_location(path: str) -> None:
    """As a GPU writes it: the location tag says cuda:1."""
    from torch import serialization

    original = serialization.location_tag
    serialization.location_tag = lambda storage: "cuda:1"
    try:
        torch.save(full_checkpoint(), path)
    finally:
        serialization.location_tag = original


@good
def old_writer(path: str) -> None:
    """torch < 2.6: storages in lexicographic order, no .format_version; oldest: version first."""
    tensors = {str(i): torch.full((i + 1,), float(i)) for i in range(25)}
    target = io.BytesIO()
    torch.save(tensors, target)
    source = zipfile.ZipFile(target)
    data = {n.partition("/")[2]: source.read(n) for n in source.namelist()}
    keys = sorted(name for name in data if name.startswith("data/"))
    writer = torch._C.PyTorchFileWriter(path)
    writer.write_record("data.pkl", data["data.pkl"], len(data["data.pkl"]))
    for name in keys:
        writer.write_record(name, data[name], len(data[name]))
    writer.write_end_of_file()


@good
def repacked(path: str) -> None:
    """Packed again by Python's zipfile, compressed: whole, but noted."""
    target = io.BytesIO()
    torch.save(full_checkpoint(), target)
    source = zipfile.ZipFile(target)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            archive.writestr(name, source.read(name))


@good
def restored(path: str) -> None:
    """Packed again without compression, with directory entries, by a tool that streams."""
    target = io.BytesIO()
    torch.save(full_checkpoint(), target)
    source = zipfile.ZipFile(target)

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.parts: list[bytes] = []

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.parts.append(bytes(data))  # type: ignore[call-overload]
            return len(self.parts[-1])

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        archive.writestr("archive/", b"")
        for name in source.namelist():
            archive.writestr(name, source.read(name))
    with open(path, "wb") as file:
        file.write(b"".join(pipe.parts))


@good
def safetensors(path: str) -> None:
    save_file({"a": torch.ones(3, 4), "b": torch.ones(2, dtype=torch.bfloat16),
               "e": torch.empty(0), "f": torch.ones(3, dtype=torch.float8_e4m3fn)},
              path, metadata={"format": "pt"})  # fmt: skip


@good
def safetensors_empty(path: str) -> None:
    save_file({}, path)


@good
def numpy_npz(path: str) -> None:
    with open(path, "wb") as file:
        np.savez(file, a=np.zeros(40), b=np.ones((3, 3)))


@good
def numpy_npz_compressed(path: str) -> None:
    with open(path, "wb") as file:
        np.savez_compressed(file, a=np.zeros(4000))


@good
def torchscript(path: str) -> None:
    torch.jit.save(torch.jit.script(model().eval()), path)


@good
def torchscript_extra(path: str) -> None:
    torch.jit.save(torch.jit.script(model()), path, _extra_files={"note.txt": "hello"})


@good
def exported(path: str) -> None:
    program = torch.export.export(nn.Linear(4, 2).eval(), (torch.randn(1, 4),))
    target = io.BytesIO()
    torch.export.save(program, target)
    with open(path, "wb") as file:
        file.write(target.getvalue())


@good
def packaged(path: str) -> None:
    from torch.package.package_exporter import PackageExporter

    with PackageExporter(path) as exporter:
        exporter.extern("torch.**")
        exporter.save_pickle("model", "model.pkl", model().state_dict())


@good
def larger_than_a_window(path: str) -> None:
    torch.save({f"layer{i}": torch.randn(64, 64) for i in range(20)} | {"step": 9}, path)


@good
def many_records_large(path: str) -> None:
    torch.save({f"layer{i}": torch.randn(16, 16) for i in range(1500)}, path)


@good
def beyond_4_gib(path: str) -> None:
    """A record of more than 4 GiB and records behind it: zip64 throughout. The file is sparse."""
    tensors = {
        "a": torch.ones(3),
        "big": torch.empty((1 << 32) + 12345, dtype=torch.uint8),
        "b": torch.empty(1000),
    }
    with torch.serialization.skip_data():
        torch.save(tensors, path)


def write_dcp(directory: str) -> None:
    """DIRECTORY/dcp/: a distributed checkpoint of one process."""
    from torch.distributed.checkpoint.state_dict_saver import save

    state = {"model": model().state_dict(), "step": 3}
    save(state, checkpoint_id=os.path.join(directory, "dcp"), no_dist=True)


def truth(value: object, name: str = "", seen: tuple[int, ...] = ()) -> list[list[object]]:
    """(name, dtype, shape, bytes) of every strided tensor in plain containers."""
    if isinstance(value, torch.Tensor):
        dtype = str(value.dtype).removeprefix("torch.")
        return [[name, dtype, list(value.shape), value.numel() * value.element_size()]]
    if id(value) in seen:
        return []
    pairs: list[tuple[object, object]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list | tuple | collections.deque):
        pairs = list(enumerate(value))
    rows = []
    for key, item in pairs:
        rows += truth(item, f"{name}.{key}" if name else str(key), (*seen, id(value)))
    return rows


def write_truth(directory: str) -> None:
    """DIRECTORY/truth.json: what this process knows about the values."""
    facts = {
        name: {
            "tensors": truth(value),
            "keys": [str(key) for key in value] if isinstance(value, dict) else [],
        }
        for name, value in VALUES.items()
        if name in COMPARED
    }
    with open(os.path.join(directory, "truth.json"), "w") as file:
        json.dump({"values": facts, "written": sorted(GOOD)}, file)


def main(directory: str) -> None:
    """Write every file as DIRECTORY/<name>.pt."""
    torch.manual_seed(1)
    for name, make in GOOD.items():
        make(os.path.join(directory, f"{name}.pt"))
    write_truth(directory)
    write_dcp(directory)


if __name__ == "__main__":
    main(sys.argv[1])
