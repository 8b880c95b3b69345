"""Writes what is measured: python -m tests.benchmarks.material DIRECTORY GIGABYTES SMALL.

In a process of its own, so that whoever measures stays small.
"""

from __future__ import annotations

import os
import shutil
import sys

import torch
from safetensors.torch import save_file

_TENSORS = 304
"""As many as a model of a gigabyte has, about."""


def _large(directory: str, gigabytes: float) -> None:
    """big.pt, and the same tensors as big.safetensors."""
    torch.manual_seed(0)
    count = int(gigabytes * 1e9 / 4 / _TENSORS)
    state = {f"layers.{i}.weight": torch.randn(count) for i in range(_TENSORS)}
    torch.save({"model": state, "step": 4500, "version": "1.0", "status": "complete"},
               os.path.join(directory, "big.pt"))  # fmt: skip
    save_file(state, os.path.join(directory, "big.safetensors"))


def _small(directory: str, count: int) -> None:
    """Many state dicts of a small model, one a file."""
    folder = os.path.join(directory, "small")
    os.mkdir(folder)
    net = torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.ReLU(), torch.nn.Linear(32, 4))
    first = os.path.join(folder, "step_000000.pt")
    torch.save({"model": net.state_dict(), "step": 0, "epoch": 1}, first)
    for step in range(1, count):
        shutil.copyfile(first, os.path.join(folder, f"step_{step:06}.pt"))
    for name in os.listdir(folder):
        # Past every settling time, as checkpoints of an hour ago are.
        path = os.path.join(folder, name)
        then = os.stat(path).st_mtime - 3600
        os.utime(path, (then, then))


def main(directory: str, gigabytes: float, small: int) -> None:
    """Write all of it."""
    _large(directory, gigabytes)
    _small(directory, small)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
