"""Writes the good files: python -m tests.workshop.writers DIRECTORY SEED.

Real libraries, in a process of their own. Those of tests/formats/write_good.py, and beside them
the files that the workshop damages: their tensors have names and places that its makers know.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import pickle
import random
import struct
import sys
import tarfile
import time
import types
import zipfile
from collections.abc import Callable

import numpy as np
import torch


def layers(seed: int) -> dict[str, torch.Tensor]:
    """Twelve tensors; the storages of ``model.a.weight`` and ``model.b.weight`` are of one size."""
    torch.manual_seed(seed)
    tensors = {
        "embed.weight": torch.randn(64, 64),
        "a.weight": torch.randn(32, 32),
        "b.weight": torch.randn(32, 32),
        "norm.weight": torch.rand(64) + 0.5,
        "norm.bias": torch.randn(64),
        "head.weight": torch.randn(96, 64).to(torch.bfloat16),
        "counts": torch.arange(1, 34),
    }
    return tensors | {f"block{i}.w": torch.randn(8, i + 3) for i in range(5)}


def checkpoint(seed: int, **more: object) -> dict[str, object]:
    """What most damage is done to."""
    return {
        "model": layers(seed),
        "step": 4500,
        "epoch": 3,
        "loss": 0.25,
        "version": "1.0",
        "status": "complete",
        **more,
    }


def _torch(value: object, **options: object) -> Callable[[str], None]:
    return lambda path: torch.save(value, path, **options)  # type: ignore[arg-type]


def _pickled(value: object, protocol: int) -> Callable[[str], None]:
    def write(path: str) -> None:
        with open(path, "wb") as file:
            pickle.dump(value, file, protocol)

    return write


def _without_checksums(path: str) -> None:
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(checkpoint(7), path)
    finally:
        torch.serialization.set_crc32_options(True)


def _big_endian(path: str) -> None:
    """As a big-endian machine writes it: the byteorder record says so, payloads are swapped."""
    buffer = io.BytesIO()
    torch.save({"w": torch.arange(16, dtype=torch.float32)}, buffer)
    reader = torch._C.PyTorchFileReader(io.BytesIO(buffer.getvalue()))
    writer = torch._C.PyTorchFileWriter(path)
    for name in ("data.pkl", ".format_version", ".storage_alignment", "byteorder", "data/0"):
        data = reader.get_record(name)
        if name == "byteorder":
            data = b"big"
        elif name == "data/0":
            data = np.frombuffer(data, "<f4").astype(">f4").tobytes()
        writer.write_record(name, data, len(data))
    writer.write_end_of_file()


def _safetensors(path: str) -> None:
    from safetensors.torch import save_file

    save_file(layers(11), path, metadata={"format": "pt"})


def _safetensors_numpy(path: str) -> None:
    from safetensors.numpy import save_file

    save_file({"a": np.arange(12.0).reshape(3, 4), "b": np.ones(3, np.float16)}, path)


def _npz(path: str, *, compressed: bool = False) -> None:
    rng = np.random.default_rng(5)
    save = np.savez_compressed if compressed else np.savez
    with open(path, "wb") as file:
        save(file, weights=rng.normal(size=(64, 64)), bias=rng.normal(size=64), step=np.int64(9))


def _tar(path: str) -> None:
    """As torch 0.1.1 wrote it: torch/serialization.py still reads that (``legacy_load``)."""
    weight = torch.randn(40, 30)
    storages = _dumped(1, (7001, "cpu", torch.FloatStorage))
    storages += struct.pack("<q", weight.numel()) + weight.numpy().tobytes() + _dumped([])
    tensors = _dumped(1, (9001, 7001, torch.FloatTensor))
    tensors += struct.pack("<i4x2q2qq", 2, 40, 30, 30, 1, 0)
    system = _dumped({"protocol_version": 1000, "little_endian": True,
                      "type_sizes": {"short": 2, "int": 4, "long": 4}})  # fmt: skip
    target = io.BytesIO()
    pickler = _ById(target, 2)
    pickler.ids = {id(weight): "9001"}
    pickler.dump({"weight": weight, "step": 3})
    with tarfile.open(path, "w:", format=tarfile.PAX_FORMAT) as archive:
        for name, data in (("sys_info", system), ("pickle", target.getvalue()),
                           ("storages", storages), ("tensors", tensors)):  # fmt: skip
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


class _ById(pickle.Pickler):
    """Writes some objects as persistent ids."""

    ids: dict[int, str]

    def persistent_id(self, obj: object) -> str | None:
        """The id of an object that is kept elsewhere."""
        return self.ids.get(id(obj))


def _dumped(*values: object) -> bytes:
    return b"".join(pickle.dumps(value, 2) for value in values)


def _script(path: str) -> None:
    torch.manual_seed(3)
    net = torch.nn.Sequential(torch.nn.Linear(32, 32), torch.nn.ReLU(), torch.nn.Linear(32, 4))
    torch.jit.save(torch.jit.script(net.eval()), path)


def _arrays() -> dict[str, object]:
    rng = np.random.default_rng(6)
    return {"weights": rng.normal(size=(20, 20)), "step": 8, "names": ["a", "b"]}


def _trained(path: str) -> None:
    from tests.workshop.lightning_run import write

    write(path)


def _lightning(seed: int) -> dict[str, object]:
    net = torch.nn.Linear(8, 8)
    optimizer = torch.optim.AdamW(net.parameters())
    net(torch.randn(2, 8)).sum().backward()
    optimizer.step()
    torch.manual_seed(seed)
    return {
        "epoch": 3,
        "global_step": 120,
        "pytorch-lightning_version": "2.6.6",
        "state_dict": net.state_dict(),
        "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"current": {"ready": 4}}}},
        "callbacks": {"ModelCheckpoint{'monitor': 'val'}": {"best_model_score": torch.tensor(0.5)}},
        "optimizer_states": [optimizer.state_dict()],
        "lr_schedulers": [],
        "hparams_name": "args",
        "hyper_parameters": argparse.Namespace(lr=1e-3, width=8),
    }


def _values() -> dict[str, Callable[[str], None]]:
    """What level 6 is for: good files with odd numbers."""
    odd = layers(9)
    nan, inf, zero = (dict(odd) for _ in range(3))
    nan["a.weight"] = odd["a.weight"].clone()
    nan["a.weight"][3, 4] = float("nan")
    inf["head.weight"] = odd["head.weight"].clone()
    inf["head.weight"][0, 7] = float("inf")
    zero["b.weight"] = torch.zeros(32, 32)
    wide = torch.randn(64).to(torch.float8_e5m2)
    wide.view(torch.uint8)[5] = 0x7C
    half = torch.randn(64).half()
    half[9] = float("-inf")
    return {
        "values_nan": _torch({"model": nan}),
        "values_inf_bf16": _torch({"model": inf}),
        "values_zero": _torch({"model": zero}),
        "values_inf_fp8": _torch({"model": {"w8": wide}}),
        "values_inf_fp16": _torch({"model": {"w16": half}}),
    }


def own_files(seed: int) -> dict[str, Callable[[str], None]]:
    """Names of the workshop's own good files → their writers."""
    many = {f"layer{i}.w": torch.randn(i % 7 + 1, 3) for i in range(300)}
    return {
        "base": _torch(checkpoint(seed + 1)),
        "other": _torch(checkpoint(seed + 2, step=9000)),
        "longer": _torch(checkpoint(seed + 3, extra=torch.randn(64, 64))),
        "wide": _torch({f"layer{i}": torch.randn(64, 64) for i in range(20)} | {"step": 9}),
        "three_hundred": _torch({"model": many, "step": 3}),
        "crc_off": _without_checksums,
        "big_endian": _big_endian,
        "lightning": _torch(_lightning(seed)),
        "legacy": _torch(checkpoint(seed + 4), _use_new_zipfile_serialization=False),
        "tensors_safe": _safetensors,
        "tensors_safe_numpy": _safetensors_numpy,
        "arrays_npz": _npz,
        "arrays_npz_compressed": lambda path: _npz(path, compressed=True),
        "script": _script,
        "old_tar": _tar,
        "zero_tensor": _torch({"w": torch.zeros(65_536), "v": torch.ones(3)}),
        "pickle_2": _pickled(_arrays(), 2),
        "pickle_5": _pickled(_arrays(), 5),
        "pickle_plain": _pickled({"step": 8, "history": [0.5, 0.25], "name": "run"}, 4),
        "in_progress": _torch(checkpoint(seed + 5, status="in_progress")),
        "newer_version": _torch(checkpoint(seed + 5, version="2.0")),
        "version_no_number": _torch(checkpoint(seed + 5, version="abc")),
        **_values(),
        "lightning_trainer": _trained,
    }


def main(directory: str, seed: int) -> None:
    """Write every good file as DIRECTORY/<name>.pt and their names as written.json."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
    # Archives carry the time at which they were written.
    zipfile.time = types.SimpleNamespace(time=time.time, localtime=lambda _: time.gmtime(1.6e9))  # type: ignore[attr-defined]
    from tests.formats.write_good import GOOD

    makers = {**GOOD, **own_files(seed)}
    for name, make in makers.items():
        make(os.path.join(directory, f"{name}.pt"))
    with open(os.path.join(directory, "written.json"), "w", encoding="ascii") as file:
        json.dump(sorted(makers), file)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
