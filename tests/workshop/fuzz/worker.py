"""Checks one mutated file after another: python -m tests.workshop.fuzz.worker FILES SCRATCH SEED.

Each example lies in SCRATCH/example.pt before it is looked at, so that it is there whatever
becomes of this process. Two seconds of processor time an example end the process by SIGPROF.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import sys
import zipfile

from ckptui.formats.reader import read_header
from ckptui.terms import Category
from ckptui.validation.check import check_file
from tests.workshop.fuzz.mutations import Mutator
from tests.workshop.specimen import age

SECONDS = 2.0
MEMORY = 300 << 20
_ADDRESSES = 2 << 30
_LARGEST = 200_000
"""Bytes of the largest file that is mutated: more are only slower to write."""
_TELL = 50


def memory() -> int:
    """The process's largest resident size so far, in bytes."""
    with open("/proc/self/status", encoding="ascii") as file:
        line = next(line for line in file if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def files_of(directory: str) -> tuple[list[bytes], list[bytes]]:
    """Whole files of the workshop, and the whole pickles among and in them."""
    files, pickles = [], []
    for folder in ("good", "gguf", "hdf5", "repacked", "npz", "tar", "hostile"):
        for entry in sorted(os.scandir(os.path.join(directory, folder)), key=lambda e: e.name):
            if not entry.is_file() or entry.stat().st_size > _LARGEST:
                continue
            with open(entry.path, "rb") as file:
                files.append(file.read())
            if folder == "good":
                pickles += _pickles_of(entry.path, files[-1])
    return files, pickles


def _pickles_of(path: str, data: bytes) -> list[bytes]:
    if os.path.basename(path).startswith("pickle_"):
        return [data]
    try:
        with zipfile.ZipFile(path) as archive:
            return [archive.read(n) for n in archive.namelist() if n.endswith("/data.pkl")]
    except zipfile.BadZipFile:
        return []


def check(path: str) -> None:
    """Everything that ckptui does with a file without torch.

    Raises:
        AssertionError: A header check said ``valid``, or memory has run over.
    """
    read_header(path, full=True)
    assert check_file(path, header_only=True).category is not Category.VALID
    check_file(path, level=6)
    used = memory()
    assert used < MEMORY, f"{used >> 20} MiB of memory"


def main(directory: str, scratch: str, seed: int) -> None:
    """Go on until ended."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    path = os.path.join(scratch, "example.pt")
    mutate = Mutator(*files_of(directory), random.Random(seed))
    done = 0
    while True:
        with open(path, "wb") as file:
            file.write(mutate())
        age(path)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        check(path)
        signal.setitimer(signal.ITIMER_PROF, 0)
        done += 1
        if done % _TELL == 0:
            print(_TELL, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
