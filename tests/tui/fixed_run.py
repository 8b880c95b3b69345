"""A run directory that looks the same on every day and every machine."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import torch

_DAY: Final = 86_400.0
RUN_ID: Final = "20261120-021455-ab12"


def make_fixed_run(root: str) -> None:
    """Write it: every category that a person meets, a folder of units, stages, a run, a log."""
    os.makedirs(os.path.join(root, "features"))
    for number in range(1, 9):
        name = f"ckpt_{number * 500}.pt"
        _put(root, name, _saved(number * 500, version="3.0" if number == 6 else "1.0"), 9 - number)
        if number != 7:
            _put(root, f"{name}.done", b"", 9 - number if number != 2 else 20)
    _put(root, "ckpt_4500.pt", _saved(4500)[:-3000], 0.5)
    _put(root, ".ckpt_5000.pt.tmp.gpu-07.4711.ab12", _saved(5000)[:2000], 0.5)
    _put(root, "page.pt", b"<!DOCTYPE html><title>Sign in</title>", 3)
    _put(root, "lost.pt.done", b"", 3)
    for number in range(24):
        name = os.path.join("features", f"part_{chr(97 + number)}.pt")
        _put(root, name, _unit(), 4)
        _put(root, f"{name}.done", b"", 4)
    _states(root)
    _resumed(root)


def _saved(step: int, version: str = "1.0") -> bytes:
    layers = {
        f"encoder.layer.{n}.attn.{part}.weight": torch.zeros(16, 16) + n
        for n in range(6)
        for part in "qkv"
    }
    return _bytes(
        {
            "version": version,
            "status": "complete",
            "step": step,
            "epoch": step // 500,
            "model": layers,
            "optimizer": {"lr": 0.001, "exp_avg": torch.ones(64)},
        }
    )


def _unit() -> bytes:
    return _bytes({"features": torch.ones(32), "status": "complete", "version": "1.0"})


def _bytes(content: Mapping[str, object]) -> bytes:
    raw = io.BytesIO()
    torch.save(dict(content), raw)
    return raw.getvalue()


def _put(root: str, name: str, content: bytes, days: float) -> None:
    path = os.path.join(root, name)
    with open(path, "wb") as file:
        file.write(content)
    when = time.time() - (days + 0.4) * _DAY
    os.utime(path, (when, when))


def _at(days: float) -> str:
    return datetime.fromtimestamp(time.time() - (days + 0.4) * _DAY, UTC).isoformat(
        timespec="seconds"
    )


def _states(root: str) -> None:
    done = {"status": "completed", "started_at": _at(5), "completed_at": _at(4.9), "duration": 8640}
    stages = {
        "chunking": {**done, "outputs": {"chunks": "chunks.json"}},
        "translation": done,
        "features": {**done, "outputs": {"merged": "ckpt_4000.pt"}},
        "merge": {"status": "failed", "error": "disk quota exceeded", "started_at": _at(4)},
        "prediction": {"status": "not_started"},
    }
    os.makedirs(os.path.join(root, ".checkpoints"))
    _put(root, ".checkpoints/pipeline_state.json", json.dumps({"stages": stages}).encode(), 4)
    lines = [
        f"ckpt_4500.pt|cut short at byte 9,214|{_at(0.5)}",
        f"features/part_q.pt|checksum of data/0 does not match|{_at(3)}",
    ]
    _put(root, "failed_checkpoints.txt", ("\n".join(lines) + "\n").encode(), 0.5)


def _resumed(root: str) -> None:
    folder = os.path.join(".ckptui", "runs", RUN_ID)
    os.makedirs(os.path.join(root, folder))
    run = {
        "version": 1,
        "id": RUN_ID,
        "cwd": root,
        "pipeline": None,
        "host": "gpu-07",
        "command": ["python", "train.py", "--resume", "ckpt_4000.pt"],
        "boot_id": "b",
        "pid_ns": "p",
        "machine": "m",
        "user": "me",
        "job": "",
        "token": "t",
        "started_at": _at(1),
        "log": "log.txt",
        "pid": 4711,
        "start_ticks": 1,
        "supervisor": {"pid": 4710, "start_ticks": 1},
    }
    ended: dict[str, object] = {
        "version": 1,
        "exit_code": 1,
        "signal": None,
        "error": None,
        "cancelled": None,
        "leftovers": [],
        "ended_at": _at(0.9),
        "duration_seconds": 8640.0,
    }
    log = "".join(f"step {n} loss {4 / (n + 1):.3f}\n" for n in range(400))
    log += "RuntimeError: CUDA out of memory\n"
    _put(root, f"{folder}/run.json", json.dumps(run).encode(), 1)
    _put(root, f"{folder}/exit.json", json.dumps(ended).encode(), 1)
    _put(root, f"{folder}/log.txt", log.encode(), 1)
