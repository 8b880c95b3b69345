"""What one call of ckptui has found out the next one knows, unless it is told not to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ckptui.validation.cache_file import NAME
from ckptui.validation.settling import SETTLING_LOCAL
from tests.cli.mounting import stalling
from tests.cli.program import Said, ckptui

WRITE = """
import sys, torch
from ckptui import atomic_save
for step in (100, 200):
    values = {"step": step, "w": torch.ones(500)}
    atomic_save(values, f"{sys.argv[1]}/ckpt_{step}.pt")
"""


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run directory that has been left alone for the settling time: nothing can fake a ctime."""
    place = tmp_path_factory.mktemp("settled") / "run"
    place.mkdir()
    subprocess.run([sys.executable, "-c", WRITE, str(place)], check=True)
    time.sleep(SETTLING_LOCAL + 0.5)
    return str(place)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for each test, made by ckptui where the environment says."""
    monkeypatch.setenv("CKPTUI_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / NAME


def checked_at(said: Said) -> dict[str, str]:
    assert said.code == 0, said
    return {row["path"]: row["checked_at"] for row in json.loads(said.out)["checkpoints"]}


def a_second_later(*arguments: str) -> dict[str, str]:
    """When its verdicts were made, to the second."""
    time.sleep(1.1)
    return checked_at(ckptui(*arguments))


def test_the_second_look_remembers_the_first(settled: str, cache: Path) -> None:
    first = checked_at(ckptui("status", settled, "--json"))
    assert len(first) == 2
    assert a_second_later("status", settled, "--json") == first
    assert cache.stat().st_mode & 0o777 == 0o600
    assert cache.parent.stat().st_mode & 0o777 == 0o700
    anew = a_second_later("status", settled, "--json", "--no-cache")
    assert all(anew[path] != first[path] for path in first)
    assert a_second_later("status", settled, "--json") == first


def test_off(settled: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CKPTUI_CACHE", "off")
    first = checked_at(ckptui("status", settled, "--json"))
    assert a_second_later("status", settled, "--json") != first
    assert not cache.parent.exists()


def test_a_deep_check_counts_afterwards(settled: str, cache: Path) -> None:
    said = ckptui("validate", settled, "--no-load", "--json")
    deep = {row["path"]: row["checked_at"] for row in map(json.loads, said.out.splitlines())}
    time.sleep(1.1)
    shown = json.loads(ckptui("status", settled, "--json").out)
    assert {row["path"]: row["checked_at"] for row in shown["checkpoints"]} == deep
    assert {(row["category"], row["level"]) for row in shown["checkpoints"]} == {("valid", 5)}
    assert shown["last_good"]["level"] == 5
    latest = ckptui("latest", settled)
    assert latest.err == "ckptui: ckpt_200.pt: looked at to level 5 (checksums)\n"


def test_a_file_that_was_named_counts_for_its_directory_too(settled: str, cache: Path) -> None:
    assert ckptui("validate", f"{settled}/ckpt_200.pt", "--no-load").code == 0
    shown = json.loads(ckptui("status", settled, "--json").out)
    assert {row["path"]: row["level"] for row in shown["checkpoints"]} == {
        "ckpt_100.pt": 4,
        "ckpt_200.pt": 5,
    }


@pytest.mark.parametrize("variable", ["CKPTUI_CACHE", "XDG_CACHE_HOME"])
@pytest.mark.parametrize("stop", ["from the start", "in the middle"])
def test_a_cache_on_a_file_server_that_hangs(
    settled: str, tmp_path: Path, stop: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that asks such a mount for anything cannot even be killed: nobody asks it."""
    before = ckptui("latest", settled, "--no-cache")
    source, link, place = tmp_path / "source", tmp_path / "link", tmp_path / "mount"
    (source / "cache" / "ckptui").mkdir(parents=True)
    link.symlink_to(place)
    with stalling(str(source), place, *(("GETATTR",) if stop == "in the middle" else ())) as daemon:
        if stop == "from the start":
            os.kill(daemon, signal.SIGSTOP)
        for way in (place, link):
            monkeypatch.setenv("CKPTUI_CACHE", "")
            monkeypatch.setenv(variable, str(way / "cache"))
            assert ckptui("latest", settled) == before


def test_a_damaged_cache_is_no_reason_to_speak(settled: str, cache: Path) -> None:
    first = ckptui("latest", settled)
    for beside in cache.parent.glob(f"{NAME}-*"):
        beside.unlink()  # SQLite would mend the file from its log
    cache.write_bytes(b"damaged" * 1000)
    assert ckptui("latest", settled) == first
    assert len(list(cache.parent.glob("*.damaged.*"))) == 1
