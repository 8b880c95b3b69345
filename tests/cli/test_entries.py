"""How far a look through a run directory goes, and who may lift it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ckptui", *arguments],
        capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "CKPTUI_CACHE": "off", **variables},
    )  # fmt: skip


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """Three folders of five names each."""
    for number in range(15):
        path = tmp_path / "run" / f"d{number // 5}" / f"step_{number}.pt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"no checkpoint")
    return tmp_path / "run"


def rows(done: subprocess.CompletedProcess[str]) -> int:
    return len(json.loads(done.stdout)["checkpoints"])


def test_an_option_for_this_time(wide: Path) -> None:
    said = "left out: all beyond 9 names (--entries N or limits.entries lifts it)"
    short = run("status", "--json", "--entries", "9", str(wide))
    assert (rows(short), said in short.stderr) == (10, True)
    whole = run("status", "--json", str(wide))
    assert (rows(whole), whole.stderr) == (15, "")
    assert said in run("status", "--entries", "9", str(wide)).stdout
    for verb in ("latest", "validate", "validate-checkpoints"):
        assert said in run(verb, "--entries", "9", str(wide)).stderr
    assert "Invalid value for '--entries'" in run("watch", "--entries", "0", str(wide)).stderr


def test_the_users_limit_and_the_sites(wide: Path, tmp_path: Path) -> None:
    home, site = tmp_path / "home", tmp_path / "site.toml"
    (home / "ckptui").mkdir(parents=True)
    (home / "ckptui" / "config.toml").write_text("[limits]\nentries = 9\n")
    site.write_text("[limits]\nentries = 4\n")
    mine = {"XDG_CONFIG_HOME": str(home)}
    assert rows(run("status", "--json", str(wide), **mine)) == 10
    assert rows(run("status", "--json", "--entries", "100", str(wide), **mine)) == 15
    tight = run("status", "--json", "--entries", "100", str(wide), CKPTUI_SITE_FILE=str(site))
    assert rows(tight) == 5
    assert "all beyond 4 names (the limit of this site)" in tight.stderr
