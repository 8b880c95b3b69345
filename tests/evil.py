"""A run directory in which everything that can carry text carries what would harm a terminal.

Names of files and directories, keys and values in pickles, headers, states, logs, the journal and
a resumed run's own output: each holds one of ``SEQUENCES``. None of these bytes may ever arrive at
a terminal. They are ours alone (a colour that no theme has, a title that nobody sets), so that
finding one in what was sent proves a leak, and not finding one proves more than a pattern would.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from typing import Final

import torch

SEQUENCES: Final[tuple[str, ...]] = (
    "\x1b[48;5;77m",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b]0;evil title\x1b\\",
    "\x1bPevil\x1b\\",
    "\x1b[97;99H",
    "\x1bc",
    "\x9b37m",
    "\x90evil\x9c",
    "\u202e",
    "\u2066",
    "\u200b",
    "\ufeff",
    "\x07",
    "\x08\x08",
    "\x0e",
    "\x7f",
    "\u2028",
)
"""Escapes, C1 controls, bidi and invisible characters, bells and backspaces."""
MARKUP: Final = "[bold]not[/x] [@click=app.bell]markup[/]"
BAD_BYTES: Final = os.fsdecode(b"not\xff\xfeutf8 \x9b31m")

_RAW: Final = tuple(text.encode() for text in SEQUENCES if text != "\x07")
_BYTES: Final = (b"\xff\xfe", b"\x9b31m")


def leaks(sent: bytes) -> list[bytes]:
    """Byte strings of the evil run that stand raw in what was sent to a terminal.

    Args:
        sent: Everything that the program wrote to the terminal.
    """
    found = [raw for raw in (*_RAW, *_BYTES) if raw in sent]
    # A bell alone is also the end of Textual's own sequences; ours would follow our own words.
    return found + [b"\a"] * (b"bell\a" in sent)


def names() -> Iterator[str]:
    """File names, one for each sequence, and a few more."""
    for number, text in enumerate(SEQUENCES):
        yield f"bell{text}ckpt_{number:03d}.pt" if text == "\x07" else f"{text}ckpt_{number:03d}.pt"
    yield f"{MARKUP.replace('/', '|')}_100.pt"
    yield "line\nbreak\tand\rreturn_101.pt"
    yield f"{BAD_BYTES}_102.pt"
    yield "n" * 240 + "_103.pt"
    yield "-rf_104.pt"


def make_evil_run(root: str) -> None:
    """Write the run directory, old enough to be judged, with a repair and a resumed run in it."""
    os.makedirs(root)
    _good(root)
    _bad(root)
    _states(root)
    old = time.time() - 3600
    for folder, _, files in os.walk(root):
        for name in (*files, "."):
            os.utime(os.path.join(folder, name), (old, old), follow_symlinks=False)
    ckptui(
        "repair",
        "quarantine",
        "--yes",
        "--root",
        root,
        "--even-last-good",
        "--",
        os.path.join(root, next(names())),
    )
    _resumed(root)


def ckptui(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run a verb without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "ckptui", *arguments], capture_output=True, timeout=90, check=False
    )


def _good(root: str) -> None:
    """Whole checkpoints under evil names, with evil keys inside."""
    tensors = {f"layer{text}weight": torch.zeros(2) for text in (*SEQUENCES, MARKUP)}
    content = {
        "model": tensors,
        "status": "complete",
        "version": "1.0",
        "step": 7,
        f"key{SEQUENCES[0]}{MARKUP}": f"value{SEQUENCES[1]}",
        "input_hash": f"sha256:{SEQUENCES[2]}",
    }
    raw = io.BytesIO()
    torch.save(content, raw)
    folder = os.path.join(root, f"folder{SEQUENCES[0]}{SEQUENCES[8]}")
    for place in (root, folder):
        os.makedirs(place, exist_ok=True)
        for name in names():
            with open(os.path.join(place, name), "wb") as file:
                file.write(raw.getvalue())
    os.symlink(f"pointed{SEQUENCES[0]}at.pt", os.path.join(root, "pointer.pt"))
    with open(os.path.join(root, f"orphan{SEQUENCES[4]}.pt.done"), "wb"):
        pass
    with open(os.path.join(root, f"marked{SEQUENCES[6]}.pt"), "wb") as file:
        file.write(raw.getvalue())
    with open(os.path.join(root, f"marked{SEQUENCES[6]}.pt.done"), "wb"):
        pass


def _bad(root: str) -> None:
    """Damaged, unsafe, foreign and incompatible ones whose content is what is told about them."""
    evil = "".join(SEQUENCES)
    raw = io.BytesIO()
    torch.save(
        {"status": "complete", "version": f"9{evil}", "state": {f"w{evil}": torch.ones(9)}}, raw
    )
    _write(root, "newer_201.pt", raw.getvalue())
    _write(root, "cut_202.pt", raw.getvalue()[:-400])
    _write(root, "unsafe_203.pt", _zip(b"cevil\x1b[48;5;77m\nname\x1b]52;c;ZXZpbA==\x07\n."))
    name = pickle.dumps((f"module{evil}", f"name{evil}"), protocol=4)
    _write(root, "unsafe_204.pt", _zip(name[:-3] + b"\x93."))
    _write(root, "plain_205.pkl", b"cevil\x1b[48;5;77m\nname\x1b]52;c;ZXZpbA==\x07\n.")
    _write(root, "page_206.pt", b"<!DOCTYPE html><title>\x1b[48;5;77mevil</title>")
    header = json.dumps(
        {
            "__metadata__": {f"made{evil}": evil},
            f"w{evil}": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
        },
        ensure_ascii=False,
    ).encode()
    _write(root, "safe_207.safetensors", struct.pack("<Q", len(header)) + header + b"\0\0\0\0")
    dtype = header.replace(b"F32", b"F\x1b[48;5;77m")
    _write(root, "dtype_208.safetensors", struct.pack("<Q", len(dtype)) + dtype + b"\0\0\0\0")
    _write(
        root,
        "failed_checkpoints.txt",
        "".join(
            f"bad{text}{MARKUP}.pt|why{text}{MARKUP}|2026-11-20T00:00:00+00:00\n"
            for text in (*SEQUENCES, BAD_BYTES)
        ).encode("utf-8", "surrogateescape"),
    )


def _zip(pickled: bytes) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/version", b"3\n")
    return raw.getvalue()


def _states(root: str) -> None:
    evil = "".join(SEQUENCES) + MARKUP
    stage = {
        "stage": f"stage{evil}",
        "input_hash": f"sha256:{evil}",
        "timestamp": f"now{evil}",
        "completed_stages": [f"done{evil}"],
        "status": f"failed{evil}",
        "error": f"error{evil}",
        "outputs": [f"out{evil}.pt"],
        "inputs": {"root": f"in{evil}", "pattern": "**", "files": [[f"gone{evil}", 3]]},
    }
    _write(root, f"out{SEQUENCES[0]}.checkpoint.json", json.dumps(stage).encode())
    pipeline = {
        "stages": {
            f"stage{evil}": {
                "status": "failed",
                "error": f"error{evil}",
                "started_at": evil,
                "outputs": {f"key{evil}": f"path{evil}"},
            }
        }
    }
    os.makedirs(os.path.join(root, ".checkpoints"), exist_ok=True)
    _write(os.path.join(root, ".checkpoints"), "pipeline_state.json", json.dumps(pipeline).encode())
    directory = os.path.join(root, "checkpoint-500")
    os.makedirs(directory)
    _write(directory, "trainer_state.json", json.dumps({"global_step": f"5{evil}"}).encode())
    _write(directory, f"model{SEQUENCES[0]}.safetensors", b"\0" * 99)
    _write(directory, "config.json", json.dumps({"architectures": [evil]}).encode())
    _write(directory, "model.safetensors", b"\0" * 99)
    words = [json.dumps(each, ensure_ascii=True) for each in (sys.executable, "-c", _NOISE, evil)]
    toml = f"[run]\ncommand = [{', '.join(words)}]\n\n"
    toml += f'[[require]]\nglob = "*_2*.pt"\nkeys = [{words[3]}]\n'
    _write(root, "ckptui.toml", toml.encode())


_NOISE = (
    "import sys; w = sys.stdout.buffer.write; e = sys.argv[1]; "
    "[w((f'step {n} {e}\\r\\n').encode()) for n in range(40)]; w(b'\\xff\\xfe\\x9b31m\\n'); "
    "w(e.encode())"
)


def _resumed(root: str) -> None:
    """One run whose command and log are evil, and which has ended."""
    ckptui("resume", root, "--yes", "--json")
    end = time.monotonic() + 60
    while b'"ended' not in ckptui("runs", root, "--json").stdout and time.monotonic() < end:
        time.sleep(0.2)


def _write(folder: str, name: str, content: bytes) -> None:
    with open(os.path.join(folder, name), "wb") as file:
        file.write(content)
