"""Writes checkpoints that are whole, by the libraries that write such. Run as a script."""

from __future__ import annotations

import argparse
import collections
import dataclasses
import datetime as dt
import io
import os
import pathlib
import sys

import numpy as np
import torch


@dataclasses.dataclass
class Settings:
    """What people keep beside their weights."""

    width: int = 8
    name: str = "small"


def _optimizer_state() -> dict[str, object]:
    model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.BatchNorm1d(8))
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.randn(4, 8)).sum().backward()
    optimizer.step()
    return {
        "epoch": 3,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "rng": torch.get_rng_state(),
    }


def plain() -> dict[str, object]:
    """Objects that torch's safe loader takes as they are, by file name."""
    torch.manual_seed(0)
    large = torch.randn(100, 100)
    sparse = torch.eye(4).to_sparse()
    quantised = torch.quantize_per_tensor(torch.randn(4, 4), 0.1, 0, torch.qint8)
    return {
        "state_dict": torch.nn.Linear(8, 8).state_dict(),
        "ours": {"version": "1.0", "status": "complete", "step": 7, "w": torch.randn(5)},
        "bare_tensor": torch.randn(3, 3),
        "parameter": torch.nn.Parameter(torch.randn(3)),
        "list": [torch.randn(2), torch.randn(2), {"a": 1}],
        "number": 3,
        "text": "hello",
        "none": None,
        "empty_dict": {},
        "empty_tensor": {"w": torch.empty(0, 4)},
        "scalar_tensor": {"w": torch.tensor(1.5)},
        "optimizer": _optimizer_state(),
        "foreign_version_text": {"version": "8.3.40", "model": torch.randn(2)},
        "foreign_version_number": {"version": 2, "model": torch.randn(2)},
        "foreign_version_dict": {"version": {"major": 9}, "status": "done", "w": torch.randn(2)},
        "bfloat16": {"w": torch.randn(64).bfloat16()},
        "float16": {"w": torch.randn(64).half()},
        "float64": {"w": torch.randn(64).double()},
        "complex": {"w": torch.randn(8, dtype=torch.complex64)},
        "fp8": {"a": torch.randn(64).to(torch.float8_e4m3fn)},
        "fp8_wide": {"a": torch.randn(64).to(torch.float8_e5m2)},
        "integers": {"b": torch.ones(3, dtype=torch.bool), "u": torch.ones(3, dtype=torch.uint16)},
        "sparse": {"w": sparse, "csr": torch.eye(4).to_sparse_csr()},
        "quantised": {"w": quantised},
        "view": {"row": large[3], "column": large[:, 5], "whole": large, "turned": large.t()},
        "expanded": {"w": torch.randn(1).expand(1000)},
        "shared": {"a": large, "b": large},
        "ordered": collections.OrderedDict(a=torch.randn(2)),
        "counter": collections.Counter("abca"),
        "int_keys": {1: torch.randn(2), (2, 3): "x", None: 1},
        "unicode": {"schlüssel": torch.randn(2), "键": 1},
        "mask": {"mask": torch.full((4, 4), float("-inf")).triu(1)},
        "zeros": {"lora_b": torch.zeros(64, 64)},
        "nested": {"a": {"b": {"c": [{"d": torch.randn(2)}]}}},
        "size": {"shape": torch.Size([1, 2]), "dtype": torch.int8, "device": torch.device("cpu")},
        "bytes": {"b": b"abc", "ba": bytearray(b"abc"), "s": {1, 2}, "c": 1 + 2j},
        "big_number": {"n": 10**30, "f": 1e300, "step": 12},
        "meta": {"w": torch.empty(4, 4, device="meta")},
    }  # fmt: skip


def harmless() -> dict[str, object]:
    """Objects that the safe loader needs allowed, and that do nothing."""
    return {
        "whole_module": torch.nn.Sequential(
            torch.nn.Conv2d(1, 2, 3),
            torch.nn.BatchNorm2d(2),
            torch.nn.ReLU(),
            torch.nn.Flatten(),
            torch.nn.ModuleDict({"head": torch.nn.Linear(4, 4)}),
        ),
        "namespace": {"args": argparse.Namespace(lr=0.1, name="x"), "w": torch.randn(2)},
        "numpy_scalar": {"loss": np.float64(0.5), "n": np.int64(3), "w": torch.randn(2)},
        "numpy_array": {"rng": np.arange(6.0).reshape(2, 3), "state": np.random.get_state()},
        "pathlib": {"path": pathlib.PurePosixPath("/a/b")},
        "datetime": {"at": dt.datetime(2026, 1, 2, tzinfo=dt.UTC)},
        "defaultdict": {"d": collections.defaultdict(list, a=[1]), "q": collections.deque([1])},
    }


def main(folder: str) -> None:
    """Write all of them into ``folder``, some in unusual ways."""
    for name, value in {**plain(), **harmless()}.items():
        torch.save(value, os.path.join(folder, f"{name}.pt"))
    weights = {"w": torch.randn(10), "step": 5}
    torch.save({"settings": Settings(), "w": torch.randn(2)}, os.path.join(folder, "dataclass.pt"))
    buffer = io.BytesIO()
    torch.save(weights, buffer)
    pathlib.Path(folder, "from_buffer.pt").write_bytes(buffer.getvalue())
    torch.save(weights, os.path.join(folder, "other_name.pt"))
    os.rename(os.path.join(folder, "other_name.pt"), os.path.join(folder, "renamed.pth"))
    torch.save(weights, os.path.join(folder, "proto4.pt"), pickle_protocol=4)
    torch.serialization.set_crc32_options(False)
    torch.save(weights, os.path.join(folder, "no_crc.pt"))
    torch.serialization.set_crc32_options(True)
    _cuda_location(folder)


def _cuda_location(folder: str) -> None:
    """What torch writes for a tensor on a GPU: the same bytes with another location."""
    real = torch.serialization.location_tag
    torch.serialization.location_tag = lambda storage: "cuda:3"
    try:
        torch.save({"w": torch.randn(10)}, os.path.join(folder, "cuda.pt"))
    finally:
        torch.serialization.location_tag = real


if __name__ == "__main__":
    main(sys.argv[1])
