"""Bad input and bad luck: one clear sentence, the right exit code, nothing lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.mounting import stalling
from tests.cli.program import PATIENCE, PROGRAM, Said, ckptui, sentence

READING = ("status", "validate", "latest", "watch")


@pytest.mark.parametrize("verb", [*READING, "inspect", "resume", "journal", "trash", "runs"])
def test_a_missing_path(verb: str, tmp_path: Path) -> None:
    path = str(tmp_path / "gone")
    said = sentence(ckptui(verb, path), 1)
    assert said == f"ckptui: {path}: no such file or directory; check the path"


@pytest.mark.parametrize("verb", ["status", "latest", "watch", "resume", "journal"])
def test_a_file_where_a_directory_is_meant(verb: str, run: str) -> None:
    said = sentence(ckptui(verb, f"{run}/ckpt_0100.pt"), 1)
    assert "a file, where a run directory is meant; try ckptui inspect" in said


def test_an_empty_directory(tmp_path: Path) -> None:
    said = ckptui("status", str(tmp_path))
    assert (said.code, said.err) == (0, "")
    assert "no checkpoint here" in said.out


def test_damaged_states_and_configuration(broken: str) -> None:
    with open(f"{broken}/.checkpoints/pipeline_state.json", "w", encoding="utf-8") as file:
        file.write('{"version": "1.0", "stages": {"chu')
    with open(f"{broken}/ckptui.toml", "w", encoding="utf-8") as file:
        file.write("[run\ncommand = 1")
    said = ckptui("status", broken)
    assert said.code == 0
    assert "ckptui.toml:1: not valid TOML" in said.err
    assert "pipeline_state.json" in said.out
    assert ckptui("latest", broken).out == f"{broken}/checkpoints/ckpt_0000400.pt\n"
    assert "ckptui.toml:1: not valid TOML" in sentence(ckptui("resume", broken, "--yes"), 1)
    file_said = ckptui("validate", f"{broken}/checkpoints/ckpt_0000400.pt")
    assert "ckptui.toml:1: not valid TOML" in sentence(file_said, 1)


def test_a_fasta_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "notes.fasta"
    path.write_text("these are notes\n")
    said = ckptui("run", "sequences", "--input", str(path), "--run-dir", str(tmp_path / "run"))
    assert said.code == 1
    assert f"{path}: " in said.err.splitlines()[-1]
    said = ckptui("run", "qa", "--input", str(tmp_path / "no"), "--run-dir", str(tmp_path / "run"))
    assert said.code == 1
    assert f"{tmp_path}/no: " in said.err.splitlines()[-1]


def _as_nobody(*arguments: str) -> Said:
    """The program as an ordinary user, who may not even read where Python is installed."""
    code = (
        "import os, sys, ckptui.cli.main as main, importlib, threading, json\n"
        "for module, _ in main.VERBS.values(): importlib.import_module(module)\n"
        "import ckptui.watch.scanner, ckptui.validation.check, ckptui.launch.preview\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "sys.exit(main.run(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=PATIENCE
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Said(done.returncode, done.stdout, done.stderr)


def _as_reader(*arguments: str) -> Said:
    """The program as a user who may read everything, Python too, and write nothing."""
    read_only = "+dac_read_search"
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"--inh-caps={read_only}",
         f"--ambient-caps={read_only}", *PROGRAM, *arguments],
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def closed(run: str) -> Iterator[str]:
    """A run directory that an ordinary user may read and not write."""
    with tempfile.TemporaryDirectory() as top:  # pytest's own folders are closed to others
        os.chmod(top, 0o755)
        place = os.path.join(top, "run")
        subprocess.run(["cp", "-a", run, place], check=True)
        os.chmod(place, 0o555)
        yield place


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_an_unreadable_directory(closed: str) -> None:
    os.chmod(closed, 0o700)
    for verb in ("status", "latest", "validate"):
        said = sentence(_as_nobody(verb, closed), 1)
        assert said == f"ckptui: {closed}: permission denied; ask its owner for read access"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_a_directory_of_mode_555_can_be_read_and_not_changed(closed: str) -> None:
    os.chmod(f"{closed}/ckpt_0400.pt", 0o600)
    before = sorted(os.listdir(closed))
    assert _as_reader("status", closed).code == 0
    assert _as_reader("latest", closed, "--series", "ckpt*").out.startswith(closed)
    assert _as_reader("validate", f"{closed}/ckpt_0100.pt").code == 0
    for call in (
        ["repair", "quarantine", f"{closed}/ckpt_0100.pt", "--yes"],
        ["resume", closed, "--yes"],
        ["set-command", closed, "true"],
    ):
        said = _as_reader(*call)
        assert (said.code, said.out) == (1, ""), call
        assert closed in said.err.splitlines()[-1]
        assert len(said.err.splitlines()) == 1
    assert sorted(os.listdir(closed)) == before


def test_a_full_disk_while_saving(tmp_path: Path) -> None:
    """A limit on the size of files, which any user can have: the pipeline says so and ends."""
    fasta = tmp_path / "a.fasta"
    fasta.write_text(">a\n" + "ACGT" * 20_000 + "\n")
    command = ["sh", "-c", 'ulimit -f 8; exec "$@"', "sh", *PROGRAM, "run", "sequences"]
    done = subprocess.run(
        [*command, "--input", str(fasta), "--run-dir", str(tmp_path / "run")],
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert f"{tmp_path}/run/chunks/" in last
    assert "file too large" in last
    assert "free space" in last


def test_a_check_worker_killed_from_outside(run: str) -> None:
    """Its file gets another worker and the same verdict."""
    process = subprocess.Popen(
        [*PROGRAM, "validate", "--no-load", "--json", f"{run}/ckpt_0100.pt"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    end = time.monotonic() + PATIENCE
    while not (workers := _children(process.pid)):
        assert time.monotonic() < end
        assert process.poll() is None
    for pid in workers:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert err.startswith(b"ckptui: 1 checkpoint: 1 valid; ")
    assert json.loads(out)["category"] == "valid"


def _children(pid: int) -> list[int]:
    with suppress(OSError), open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(each) for each in file.read().split() if _is_worker(each)]
    return []


def _is_worker(pid: str) -> bool:
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return b"ckptui.validation.worker" in file.read()


def test_two_resumes_at_once(broken: str) -> None:
    with ThreadPoolExecutor(2) as both:
        said = list(both.map(lambda _: ckptui("resume", broken, "--yes", "--json"), range(2)))
    try:
        assert sorted(each.code for each in said) == [0, 1]
        loser = next(each for each in said if each.code)
        assert len(loser.err.splitlines()) == 1
        assert loser.out == ""
    finally:
        ckptui("cancel", broken, "--yes")


def test_two_repairs_at_once(broken: str) -> None:
    path = f"{broken}/checkpoints/ckpt_0000600.pt"
    with ThreadPoolExecutor(2) as both:
        said = list(both.map(lambda _: ckptui("repair", "quarantine", path, "--yes"), range(2)))
    assert sorted(each.code for each in said) == [0, 1]
    assert not os.path.exists(path)
    assert len(json.loads(ckptui("trash", broken, "--json").out)["items"]) >= 1
    assert ckptui("undo", broken, "--yes").code == 0
    assert os.path.exists(path)


def test_a_filesystem_that_does_not_answer(run: str, tmp_path: Path) -> None:
    place = tmp_path / "mount"
    with stalling(run, place) as daemon:
        assert ckptui("latest", str(place), "--series", "ckpt*").out == f"{place}/ckpt_0400.pt\n"
        os.kill(daemon, signal.SIGSTOP)
        said = all_at_once([[verb, str(place)] for verb in READING])
    for each in said:
        assert "no answer from its filesystem for 5 s; see whether" in sentence(each, 1)


def test_a_filesystem_that_stops_in_the_middle(run: str, tmp_path: Path) -> None:
    place = tmp_path / "mount"
    with stalling(run, place, "READDIR"):
        began = time.monotonic()
        said = all_at_once([[verb, str(place)] for verb in ("status", "validate", "latest")])
        assert time.monotonic() - began < PATIENCE
    for each in said:
        assert (each.code, each.out) == (1, "")
        waits, ends = each.err.splitlines()
        assert waits.endswith("still waiting")
        assert "no answer from its filesystem for 15 s; see whether" in ends


def test_control_c_works_while_a_filesystem_does_not_answer(run: str, tmp_path: Path) -> None:
    place = tmp_path / "mount"
    with stalling(run, place, "READ"):
        calls = (["inspect", f"{place}/ckpt_0100.pt"], ["status", str(place)])
        processes = [
            subprocess.Popen([*PROGRAM, *call], stderr=subprocess.PIPE, stdout=subprocess.PIPE)
            for call in calls
        ]
        for process in processes:
            assert process.stderr is not None
            assert b"still waiting" in process.stderr.readline()
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 130
            process.communicate()


def all_at_once(calls: list[list[str]]) -> list[Said]:
    with ThreadPoolExecutor(len(calls)) as together:
        return list(together.map(lambda call: ckptui(*call), calls))
