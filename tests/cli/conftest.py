"""Real run directories, each made once by the real writers in processes of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import ckptui

WRITE = """
import os, sys, time, torch
from ckptui import atomic_save
os.chdir(sys.argv[1])
for step in (100, 200, 300, 400):
    values = {"step": step, "model": {"w": torch.arange(step + 4096, dtype=torch.float32)}}
    atomic_save(values, f"ckpt_{step:04}.pt")
with open("ckpt_0400.pt", "r+b") as file:  # a bit of the newest turns over, in a tensor
    data = file.read()
    at = data.index(torch.arange(1000, 1016, dtype=torch.float32).numpy().tobytes())
    file.seek(at)
    file.write(bytes([data[at] ^ 1]))
os.mkdir("odd")
torch.save({"step": 1, "no": float("nan"), "n": 10 ** 50}, "odd/a.pt")
os.rename("odd/a.pt", b"odd/not utf8 \\xff.pt")
torch.save({"step": 2, "key \\x1b[31m": torch.ones(2)}, "odd/a.pt")
os.rename("odd/a.pt", "odd/\\x1b[2J\\x1b]0;title\\x07\\n.pt")
with open("odd/\\x1b[2J cut.pt", "wb") as file:
    file.write(data[:2000])
with open("odd/failed_checkpoints.txt", "w") as file:
    file.write("a\\x1b[31m.pt|why \\x1b[2J|then\\n")
for folder, _, names in os.walk("."):
    then = time.time() - (7200 if "odd" in folder else 3600)
    for name in names:
        os.utime(os.path.join(folder, name), (then, then))
"""


@pytest.fixture(autouse=True, scope="session")
def _own_places(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Caches, locks and settings of the user who runs the tests stay out of them."""
    place = tmp_path_factory.mktemp("home")
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        os.environ[name] = str(place / name)
    for name in list(os.environ):
        if name.startswith(("CKPTUI_", "SLURM_")):
            del os.environ[name]


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Checkpoints 100–400, the newest with a flipped bit, and names that are hard to bear."""
    place = str(tmp_path_factory.mktemp("runs") / "run")
    os.mkdir(place)
    subprocess.run([sys.executable, "-c", WRITE, place], check=True)
    return place


@pytest.fixture
def own(run: str, tmp_path: Path) -> str:
    """A copy of ``run`` that may be changed."""
    return shutil.copytree(run, str(tmp_path / "own"))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The demo's damaged run."""
    place = str(tmp_path_factory.mktemp("demos") / "demo")
    assert ckptui("demo", place, "--no-tui").code == 0
    return place


@pytest.fixture
def broken(demo: str, tmp_path: Path) -> str:
    """A copy of ``demo`` that may be changed."""
    return shutil.copytree(demo, str(tmp_path / "broken"))
