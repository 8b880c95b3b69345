"""What every test starts from."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

# A test runner that was started by nohup, in the background or by some CI ignores hang-ups and
# ctrl-C, and so would every child of it; what the tests say is about ordinary processes.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is remembered about the files of tests stays out of the cache of who runs them."""
    os.environ["CKPTUI_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def layouts(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Every directory of ``tests.directories.ORDERS``, made once for all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    home = (base if worker_id == "master" else base.parent) / "layouts"
    done = home / "done"
    try:
        home.mkdir()
    except FileExistsError:
        deadline = time.monotonic() + 240  # a limit against hanging, never a measure
        while not done.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
    else:
        subprocess.run([sys.executable, "-m", "tests.directories", str(home)], check=True)
        done.touch()
    assert done.exists()
    return home
