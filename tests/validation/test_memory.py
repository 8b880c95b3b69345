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
