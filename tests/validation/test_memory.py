"""Memory, as the operating system counts it, while a file of two gigabytes is validated."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Self

import pytest

from ckptui.terms import Category
from ckptui.validation import Done, Pool, Request
from tests.validation.conftest import make_old, run_python

_GIB = 1 << 30


def _resident(pid: int) -> int:
    """Resident bytes of a process: anonymous and mapped pages both."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


class Meter:
    """The largest sum of resident memory over this process and its children, above the start."""

    def __init__(self) -> None:
        self._me = os.getpid()
        self._before = _resident(self._me)
        self.most = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.is_set():
            children = Path(f"/proc/{self._me}/task/{self._me}/children").read_text().split()
            total = _resident(self._me) + sum(_resident(int(pid)) for pid in children)
            self.most = max(self.most, total - self._before)
            time.sleep(0.005)


_WRITE = """
import sys, torch
torch.serialization.set_crc32_options(False)
with torch.serialization.skip_data():
    torch.save({str(i): torch.empty(128 << 20) for i in range(4)}, sys.argv[1])
"""


@pytest.fixture(scope="module")
def two_gigabytes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Torch's own layout of 2 GiB, with holes for data: to memory they are bytes like any."""
    path = tmp_path_factory.mktemp("two") / "two.pt"
    run_python(_WRITE, str(path))
    assert path.stat().st_size > 2 * _GIB
    return make_old(path)


@pytest.mark.parametrize(("level", "load", "limit"), [(4, True, 300), (6, False, 100)])
def test_two_gigabytes_are_validated_in_little_memory(
    two_gigabytes: Path, level: int, load: bool, limit: int
) -> None:
    with Meter() as meter, Pool() as pool:
        pool.submit(Request(str(two_gigabytes), level=level, load=load))
        verdicts = []
        while pool.pending:
            verdicts += [e.verdict for e in pool.events(1.0) if isinstance(e, Done)]
    assert [(v.category, v.level) for v in verdicts] == [(Category.VALID, level)]
    print(f"level {level}, load {load}: {meter.most / 1e6:.0f} MB more")
    assert 10_000_000 < meter.most < limit * 1_000_000
