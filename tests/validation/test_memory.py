"""Memory, as the operating system counts it, while a file of two gigabytes is validated."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ckptui.terms import Category
from tests.validation.conftest import make_old, run_python

_GIB = 1 << 30

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


@pytest.mark.parametrize(("level", "load", "limit"), [(4, "load", 300), (6, "static", 100)])
def test_two_gigabytes_are_validated_in_little_memory(
    two_gigabytes: Path, level: int, load: str, limit: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.validation.measure", str(two_gigabytes), str(level), load],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    verdict, most = json.loads(done.stdout)
    assert verdict == [Category.VALID, level]
    print(f"level {level}, {load}: {most / 1e6:.0f} MB more")
    assert 10_000_000 < most < limit * 1_000_000


_CHECK = """
import re, sys
from ckptui.validation.check import check_file
verdict = check_file(sys.argv[1], level=int(sys.argv[2]))
# Not ru_maxrss: that counts what the parent had loaded, too.
most = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) * 1024
print(verdict.level, most, "numpy" in sys.modules)
"""


@pytest.mark.parametrize(("level", "reached", "numpy"), [(5, "4", "False"), (6, "6", "True")])
def test_a_whole_process_stays_below_64_megabytes(
    two_gigabytes: Path, level: int, reached: str, numpy: str
) -> None:
    """Python, the libraries and the buffers together, as the operating system counts them."""
    said = run_python(_CHECK, str(two_gigabytes), str(level)).split()
    print(f"level {level}: {int(said[1]) / 1e6:.0f} MB")
    assert (said[0], said[2]) == (reached, numpy)
    assert 5_000_000 < int(said[1]) < 64_000_000
