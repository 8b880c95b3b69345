"""What is measured inside its own new process: python -m tests.benchmarks.subjects NAME PATH.

Prints one line of JSON: seconds of the work itself, without starting Python and importing, and the
process's largest resident memory as the operating system counts it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

_CHUNKS: Final = {"read": 256 * 1024, "read, 1 MiB at a time": 1024 * 1024}
"""Bytes at a time: which is faster depends on the processor's caches and on its other work."""


def memory() -> int:
    """The largest resident size of this process, in bytes (VmHWM, which begins anew at exec)."""
    with open("/proc/self/status", encoding="ascii") as file:
        line = next(line for line in file if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def _bytes_read() -> int:
    """Bytes that this process has read so far, by the kernel's count."""
    with open("/proc/self/io", encoding="ascii") as file:
        return int(file.readline().split()[1])


def _read(path: str, threads: int, chunk: int) -> None:
    """Read a file and do nothing with it: what the fastest check could do."""
    fd, size = os.open(path, os.O_RDONLY), os.path.getsize(path)

    def part(start: int, end: int) -> None:
        buffer = bytearray(chunk)
        for at in range(start, end, chunk):
            os.preadv(fd, [buffer], at)

    step = size // threads + 1
    work = [
        threading.Thread(target=part, args=(i * step, min(size, (i + 1) * step)))
        for i in range(threads)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    os.close(fd)


def _prepare_read(chunk: int) -> Callable[[str], Callable[[], object]]:
    return lambda path: lambda: _read(path, 2, chunk)


def _prepare_level(level: int) -> Callable[[str], Callable[[], object]]:
    def prepare(path: str) -> Callable[[], object]:
        from ckptui.validation.check import check_file

        check_file(_small(path)[0], level=level)  # imports what is imported late

        def work() -> None:
            verdict = check_file(path, level=level)
            if verdict.category != "valid":
                raise RuntimeError(f"{path}: {verdict.category}: {verdict.reason}")

        return work

    return prepare


def _prepare_torch(path: str) -> Callable[[], object]:
    import torch

    return lambda: torch.load(path, map_location="cpu")


def _prepare_testzip(path: str) -> Callable[[], object]:
    import zipfile

    return lambda: zipfile.ZipFile(path).testzip()


def _prepare_safetensors(path: str) -> Callable[[], object]:
    from safetensors.torch import load_file

    return lambda: load_file(path.removesuffix(".pt") + ".safetensors")


def _prepare_batch(path: str) -> Callable[[], object]:
    from ckptui.formats.reader import read_header

    paths = _small(path)
    read_header(paths[0])
    return lambda: [read_header(each) for each in paths]


def _prepare_checks(path: str) -> Callable[[], object]:
    from ckptui.validation.check import check_file

    paths = _small(path)
    check_file(paths[0], header_only=True)
    return lambda: [check_file(each, header_only=True) for each in paths]


def _small(path: str) -> list[str]:
    folder = os.path.join(os.path.dirname(path), "small")
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]


SUBJECTS: Final[dict[str, Callable[[str], Callable[[], object]]]] = {
    **{name: _prepare_read(chunk) for name, chunk in _CHUNKS.items()},
    "level 5": _prepare_level(5),
    "levels 5 and 6": _prepare_level(6),
    "torch.load": _prepare_torch,
    "zipfile.testzip": _prepare_testzip,
    "safetensors": _prepare_safetensors,
    "batch": _prepare_batch,
    "checks": _prepare_checks,
}
"""Name → a function that imports and prepares, and returns the work to be timed."""


def header_bytes(path: str) -> int:
    """Bytes read for one header beyond its pickle and its directory."""
    import zipfile

    from ckptui import get_checkpoint_info

    get_checkpoint_info(_small(path)[0])  # imports what is imported late
    before = _bytes_read()
    get_checkpoint_info(path)
    read = _bytes_read() - before
    with zipfile.ZipFile(path) as archive:
        pickle = next(i.file_size for i in archive.infolist() if i.filename.endswith("data.pkl"))
        directory = os.path.getsize(path) - archive.start_dir
    return read - pickle - directory


def main(name: str, path: str) -> None:
    """Measure one subject once."""
    if name == "header bytes":
        print(json.dumps({"bytes": header_bytes(path)}))
        return
    work = SUBJECTS[name](path)
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "memory": memory()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
