"""A run directory made of real checkpoints, and its fingerprint."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import time
from functools import cache

import torch

from ckptui.repair.site import HOME

OLD = time.time() - 3600

Fingerprint = dict[str, tuple[str, int, int]]
"""Relative path → (content, mode, mtime_ns)."""


@cache
def whole(step: int) -> bytes:
    """A real torch file that every level accepts."""
    buffer = io.BytesIO()
    torch.save(
        {"version": "1.0", "status": "complete", "step": step, "w": torch.arange(64.0) + step},
        buffer,
    )
    return buffer.getvalue()


def cut(step: int) -> bytes:
    """The same, cut short."""
    return whole(step)[: len(whole(step)) * 2 // 3]


def put(root: str, path: str, data: bytes, *, ago: float = 3600.0) -> str:
    """Write a file with an old time; its folders too."""
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as file:
        file.write(data)
    os.utime(full, (time.time() - ago, time.time() - ago))
    return path


def make_run(root: str) -> None:
    """Whole and damaged checkpoints, with markers in every state, and left-overs."""
    for step in (100, 200, 300):
        put(root, f"ckpt_{step}.pt", whole(step))
        put(root, f"ckpt_{step}.pt.done", b"", ago=3500)
    put(root, "ckpt_400.pt", whole(400), ago=3000)
    put(root, "ckpt_400.pt.done", b"", ago=9000)
    put(root, "ckpt_500.pt", cut(500), ago=2000)
    put(root, "features/part_01.pt", cut(1))
    put(root, "features/part_01.pt.done", b"", ago=9000)
    put(root, "features/part_02.pt", whole(2))
    put(root, "gone.pt.done", b"")
    put(root, ".ckpt_600.pt.tmp.otherhost.7.0123abcd", whole(600))
    put(root, ".ckpt_700.pt.tmp.otherhost.7.0123abcd", cut(700))
    put(root, "checkpoint-500/model.bin", whole(5))
    os.makedirs(os.path.join(root, "checkpoint-500", "empty"))
    put(root, os.fsdecode(b"odd\xff\x1b[2J.pt"), whole(9))
    os.chmod(os.path.join(root, "ckpt_100.pt"), 0o640)
    os.symlink("ckpt_400.pt", os.path.join(root, "latest.pt"))
    os.utime(os.path.join(root, "latest.pt"), (OLD, OLD), follow_symlinks=False)
    for folder, _, _ in os.walk(root, topdown=False):
        os.utime(folder, (OLD, OLD))


def fingerprint(root: str, *, folders: bool = True) -> Fingerprint:
    """Everything about a tree but ckptui's own folder."""
    found: Fingerprint = {}
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name != HOME]
        for name in [*files, *names, "."]:
            full = os.path.join(folder, name)
            info = os.lstat(full)
            is_folder = stat.S_ISDIR(info.st_mode)
            when = info.st_mtime_ns if folders or not is_folder else 0
            found[os.path.relpath(full, root)] = (_content(full, info), info.st_mode, when)
    return found


def _content(path: str, info: os.stat_result) -> str:
    if stat.S_ISLNK(info.st_mode):
        return os.readlink(path)
    if stat.S_ISDIR(info.st_mode):
        return "folder"
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def every_content(root: str) -> list[str]:
    """The contents of all files, in place and in the trash, but for ckptui's own records."""
    own = {"journal.jsonl", "repair.lock", "repair.holder"}
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            full = os.path.join(folder, name)
            if name not in own:
                found.append(_content(full, os.lstat(full)))
    return sorted(found)
