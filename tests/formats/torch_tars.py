"""Writes files as torch 0.1.1 did: a tar of sys_info, pickle, tensors and storages.

After torch/serialization.py of that time (``save``), whose reader is still in torch today. Run as
``python -m tests.formats.torch_tars PATH``.
"""

from __future__ import annotations

import io
import pickle
import struct
import sys
import tarfile

import torch

PROTOCOL = 2


def pack(members: dict[str, bytes]) -> bytes:
    """The tar of these members."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return target.getvalue()


def members_of(value: object) -> dict[str, bytes]:
    """The four members for an object that holds tensors of floats."""
    tensors: dict[int, torch.Tensor] = {}

    class Tensors(pickle.Pickler):
        def persistent_id(self, item: object) -> object:
            if not isinstance(item, torch.Tensor):
                return None
            key = 1000 + id(item) % 10**12
            tensors[key] = item
            return str(key)

    body = io.BytesIO()
    Tensors(body, protocol=PROTOCOL).dump(value)
    system = {"protocol_version": 1000, "little_endian": True, "type_sizes": {"int": 4}}
    return {
        "sys_info": pickle.dumps(system, PROTOCOL),
        "pickle": body.getvalue(),
        "tensors": _tensors(tensors),
        "storages": _storages(tensors),
    }


def _root(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr() or 1


def _tensors(tensors: dict[int, torch.Tensor]) -> bytes:
    target = io.BytesIO()
    pickle.dump(len(tensors), target, PROTOCOL)
    for key, tensor in tensors.items():
        pickle.dump((key, _root(tensor), torch.FloatTensor), target, PROTOCOL)
        rank = tensor.dim()
        numbers = (*tensor.shape, *tensor.stride(), tensor.storage_offset())
        target.write(struct.pack(f"<i4x{2 * rank + 1}q", rank, *numbers))
    return target.getvalue()


def _storages(tensors: dict[int, torch.Tensor]) -> bytes:
    roots = {_root(tensor): tensor for tensor in tensors.values()}
    target = io.BytesIO()
    pickle.dump(len(roots), target, PROTOCOL)
    for key, tensor in roots.items():
        data = bytes(tensor.untyped_storage())
        pickle.dump((key, "cpu", torch.FloatStorage), target, PROTOCOL)
        target.write(struct.pack("<q", len(data) // 4) + data)
    pickle.dump([], target, PROTOCOL)
    return target.getvalue()


def example() -> dict[str, object]:
    """A state with two tensors of one storage."""
    large = torch.arange(12.0).reshape(3, 4)
    return {"w": large, "row": large[1], "b": torch.ones(5), "epoch": 3, "arch": "lenet"}


if __name__ == "__main__":
    with open(sys.argv[1], "wb") as file:
        file.write(pack(members_of(example())))
