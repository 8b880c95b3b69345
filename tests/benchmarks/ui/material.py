"""Run directories of many small, real checkpoints."""

from __future__ import annotations

import io
import os
import time

import torch

FOLDER = 1000
"""Checkpoints of a folder."""


def checkpoint() -> bytes:
    """One that torch wrote."""
    file = io.BytesIO()
    torch.save({"model": {"w": torch.zeros(8)}, "step": 1}, file)
    return file.getvalue()


def make_run(root: str, count: int) -> None:
    """Write ``count`` checkpoints, saved ten seconds after one another until an hour ago."""
    data, now = checkpoint(), time.time()
    for number in range(count):
        folder = f"{root}/exp_{number // FOLDER:03d}"
        if number % FOLDER == 0:
            os.makedirs(folder)
        path = f"{folder}/ckpt_{number % FOLDER:05d}.pt"
        with open(path, "wb") as file:
            file.write(data)
        os.utime(path, (now - 3600 - (count - number) * 10,) * 2)
