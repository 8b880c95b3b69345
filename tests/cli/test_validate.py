"""ckptui validate over files and trees: what it takes, prints, leaves out, and how it ends."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import (
    PATIENCE,
    PROGRAM,
    ckptui,
    documents,
    interrupt,
    on_terminal,
    sentence,
    started,
)


def paths(out: str) -> list[str]:
    return [str(json.loads(line)["path"]) for line in out.splitlines()]


def test_a_directory_is_read_newest_first(own: str) -> None:
    for number, step in enumerate((300, 100, 400, 200)):
        then = time.time() - 1000 - 100 * number
        os.utime(f"{own}/ckpt_0{step}.pt", (then, then))
    shutil.rmtree(f"{own}/odd")
    said = ckptui("validate", own, "--level", "1", "--json", "--jobs", "1")
    assert paths(said.out) == [f"ckpt_0{step}.pt" for step in (300, 100, 400, 200)]


def test_the_summary_names_what_is_bad_and_why(run: str) -> None:
    said = ckptui("validate", run, "--no-load")
    first, *rest = said.err.splitlines()
    assert first.startswith("ckptui: 7 checkpoints: 2 corrupted, 5 valid; ")
    assert " read in " in first
    assert rest[0] == "  ✗ corrupted"
    assert [line for line in rest if line.startswith("    ckpt_0400.pt: ")]
    assert [line for line in rest if "\\x1b[2J cut.pt: " in line]


def test_only_prints_some_and_the_exit_code_speaks_of_all(run: str) -> None:
    said = ckptui("validate", run, "--no-load", "--json", "--only", "corrupted,unsafe")
    assert min(paths(said.out)) == "ckpt_0400.pt"
    assert {row["category"] for row in documents("validate", said.out)} == {"corrupted"}
    assert "7 checkpoints: 2 corrupted, 5 valid" in said.err
    for only in (["--only", "unsafe"], ["--only", "foreign", "--only", "incomplete"]):
        said = ckptui("validate", run, "--no-load", *only)
        assert (said.code, said.out) == (3, "")
    said = ckptui("validate", run, "--only", "bad")
    assert said.code == 1
    assert "'bad' is not a valid Category; the categories are unreadable, changing" in said.err


def test_since_leaves_out_what_is_older(own: str) -> None:
    for folder, hours in ((own, 1), (f"{own}/odd", 2)):
        then = time.time() - hours * 3600
        for name in os.listdir(folder):
            os.utime(os.path.join(folder, name), (then, then))
    for span in ("90m", "1h30m", "5400s"):
        said = ckptui("validate", own, "--no-load", "--json", "--since", span)
        rows = [json.loads(line) for line in said.out.splitlines()]
        found = {row["path"]: row["modified"] for row in rows}
        assert sorted(found) == [f"ckpt_0{n}00.pt" for n in (1, 2, 3, 4)], (span, found)
    said = ckptui(
        "validate", own, f"{own}/odd/\x1b[2J cut.pt", "--no-load", "--since", "2099-01-01"
    )
    assert sentence(said, 0).endswith("no checkpoints found that were modified since then")
    said = ckptui("validate", own, "--since", "yesterday")
    assert said.code == 1
    assert "'yesterday' is neither a span such as 30m, 2h or 3d nor a time" in said.err


def test_a_marker_without_its_file_is_never_too_old(own: str) -> None:
    os.unlink(f"{own}/ckpt_0100.pt")
    said = ckptui("validate", own, "--no-load", "--json", "--since", "1m")
    assert (said.code, paths(said.out)) == (3, ["ckpt_0100.pt"])


def test_what_the_shell_makes_of_a_glob_is_checked_once(own: str) -> None:
    names = [f"{own}/{name}" for name in sorted(os.listdir(own)) if name.startswith("ckpt_03")]
    assert len(names) == 2  # the checkpoint and its marker
    said = ckptui("validate", *names, *names, "--json")
    assert paths(said.out) == [f"{own}/ckpt_0300.pt"]


def test_a_path_that_is_not_there_does_not_keep_the_others_from_being_read(run: str) -> None:
    gone, good, bad = "/nowhere/a.pt", f"{run}/ckpt_0300.pt", f"{run}/ckpt_0400.pt"
    said = ckptui("validate", gone, good, "--json")
    assert (said.code, paths(said.out)) == (1, [good])
    assert said.err.startswith(f"ckptui: {gone}: no such file or directory; check the path\n")
    assert ckptui("validate", gone, bad, "/nowhere/b.pt").code == 3
    assert ckptui("validate", gone, "/nowhere/b.pt").code == 1


@pytest.mark.parametrize("separator", [b"\0", b"\n"])
def test_paths_may_come_from_stdin(run: str, separator: bytes) -> None:
    odd = f"{run}/odd/not utf8 \udcff.pt"
    names = [f"{run}/ckpt_0300.pt", odd, f"{run}/ckpt_0400.pt"]
    said = ckptui(
        "validate", "-", "--no-load", "--json", stdin=separator.join(map(os.fsencode, names))
    )
    assert said.code == 3
    assert sorted(paths(said.out)) == sorted(names)
    assert sentence(ckptui("validate", "-"), 0) == "ckptui: no checkpoints found"


def test_a_name_with_a_newline_comes_through_find_print0(run: str) -> None:
    found = subprocess.run(["find", f"{run}/odd", "-name", "*.pt", "-print0"], capture_output=True)
    said = ckptui("validate", "-", "--no-load", "--json", stdin=found.stdout)
    assert len(paths(said.out)) == 3


def test_a_limit_that_cut_the_tree_is_said(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*"abcdefghij")
    deep.mkdir(parents=True)
    (deep / "x.pt").write_bytes(b"1")
    said = ckptui("validate", str(tmp_path))
    assert said.code == 0
    cut = "a/b/c/d/e/f/g/h/i/: deeper than the limit (limits.depth lifts it)"
    assert said.err.startswith(f"ckptui: left out: {cut}\n")


def test_what_is_ignored_is_not_checked(own: str) -> None:
    Path(own, ".ckptuiignore").write_text("# old\nodd/\nckpt_04*\n")
    said = ckptui("validate", own, "--no-load", "--json")
    assert said.code == 0
    assert sorted(paths(said.out)) == [f"ckpt_0{step}.pt" for step in (100, 200, 300)]


def test_a_file_without_blocks_is_read_only_where_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tape.pt"
    with path.open("wb") as file:
        file.truncate(1 << 20)
    if path.stat().st_blocks:
        pytest.skip("this filesystem gives a hole blocks")
    os.utime(path, (time.time() - 3600,) * 2)
    (row,) = documents("validate", ckptui("validate", str(tmp_path), "--json").out)
    assert (row["category"], row["level"]) == ("unreadable", 0)
    assert "no blocks on disk" in str(row["reason"])
    (row,) = documents("validate", ckptui("validate", str(path), "--json").out)
    assert row["category"] == "corrupted"
    assert "zero" in str(row["reason"])


def test_a_log_of_failures_that_cannot_be_written_is_said_once(own: str) -> None:
    os.mkdir(f"{own}/failed_checkpoints.txt")
    shutil.copy(f"{own}/ckpt_0400.pt", f"{own}/ckpt_0500.pt")
    said = ckptui("validate", own, "--no-load", "--log-failures", "--json")
    assert len(paths(said.out)) == 8
    told = [line for line in said.err.splitlines() if "failures cannot be logged here" in line]
    assert told == [f"ckptui: {own}: failures cannot be logged here: is a directory"]


def test_a_full_disk_under_stdout_is_said(run: str) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*PROGRAM, "validate", run, "--no-load"], stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 1
    assert done.stderr == b"ckptui: no space left on device\n"


def test_a_reader_that_goes_away_ends_it_quietly(run: str) -> None:
    with started("validate", run, "--no-load", "--json") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(PATIENCE) == 0


# Interrupted -------------------------------------------------------------------------------


@pytest.fixture
def stuck(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An interpreter that never answers, and the file that tells that it was asked."""
    python, began = tmp_path / "python", tmp_path / "began"
    python.write_text(f"#!/bin/sh\n: > {began}\nexec sleep 600\n")
    python.chmod(0o755)
    yield str(python), began


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("named", [False, True])
def test_what_is_known_is_told_when_it_is_interrupted(
    own: str, stuck: tuple[str, Path], number: int, named: bool
) -> None:
    Path(own, "empty.pt").touch()  # judged at once: torch is never asked about it
    os.utime(f"{own}/empty.pt", (1e9, 1e9))
    python, began = stuck
    names = [name for name in os.listdir(own) if name.endswith(".pt")]
    given = [f"{own}/{name}" for name in names] if named else [own]
    with started("validate", *given, "--json", "--python", python) as process:
        end = time.monotonic() + PATIENCE
        assert process.stdout is not None
        while b"empty.pt" not in process.stdout.readline():
            pass
        while not began.exists():
            assert time.monotonic() < end
            time.sleep(0.02)
        code, err = interrupt(process, number)  # waits until no process is left
    assert code == 130
    assert err.startswith(b"ckptui: interrupted; so far: ")
    assert b"empty.pt: " in err or err.startswith(b"ckptui: interrupted; so far: 1 checkpoint: ")


def test_nothing_known_is_told_too(own: str, stuck: tuple[str, Path]) -> None:
    python, began = stuck
    with started("validate", f"{own}/ckpt_0300.pt", "--python", python) as process:
        end = time.monotonic() + PATIENCE
        while not began.exists():
            assert time.monotonic() < end
            time.sleep(0.02)
        assert interrupt(process) == (130, b"ckptui: interrupted; so far: nothing checked yet\n")


# On a terminal -----------------------------------------------------------------------------


class Terminal:
    """The program on a terminal of a given width, read as it writes."""

    def __init__(self, width: int, *arguments: str) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            env = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8"}
            os.execve(sys.executable, [*PROGRAM, *arguments], env)
        self.resize(width)
        self.shown = b""

    def resize(self, width: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))

    def until(self, *words: bytes) -> bytes:
        """Read until all of these have been shown since the last call."""
        shown, end = b"", time.monotonic() + PATIENCE
        while not all(word in shown for word in words):
            assert time.monotonic() < end, shown
            if select.select([self.fd], [], [], 1.0)[0]:
                shown += os.read(self.fd, 65536)
        self.shown += shown
        return shown

    def end(self) -> int:
        """Read to the end."""
        while True:
            try:
                piece = os.read(self.fd, 65536)
            except OSError:
                piece = b""
            if not piece:
                os.close(self.fd)
                return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            self.shown += piece


@pytest.mark.parametrize("named", [False, True])
def test_progress_is_one_line_that_fits_and_goes_away(
    own: str, stuck: tuple[str, Path], named: bool
) -> None:
    files = [f"{own}/ckpt_0{step}.pt" for step in (100, 200, 300)]
    given = files if named else [own]
    terminal = Terminal(80, "validate", *given, "--python", stuck[0])
    line = terminal.until(b"0 of 3 files, " if named else b" of 7 files, ", b"\r")
    terminal.until(b"files", b"\r")
    terminal.resize(30)
    terminal.until(b" %\r")  # what is left of it at this width
    os.kill(terminal.pid, signal.SIGINT)
    assert terminal.end() == 130
    for painted in terminal.shown.split(b"\r\x1b[J")[1:]:
        text, end, _ = painted.decode().partition("\r")
        if " files, " in text:
            assert (len(text) < 80, end) == (True, "\r"), text
            assert "\n" not in text
    # Every line is painted from the first column and left there: what follows wipes it.
    assert b"\r\x1b[J" in line
    before, _, after = terminal.shown.partition(b"ckptui: interrupted; so far: ")
    assert before.endswith((b"\r\x1b[J", b"\n"))  # wiped, or a verdict came just then
    assert b"files, " not in after


def test_what_is_over_at_once_shows_no_progress(run: str) -> None:
    code, shown = on_terminal("validate", f"{run}/ckpt_0300.pt", "--no-load", "--level", "1")
    assert code == 0
    assert b"\x1b" not in shown


def test_a_pipe_gets_no_progress(own: str, stuck: tuple[str, Path]) -> None:
    python, began = stuck
    with started("validate", f"{own}/ckpt_0300.pt", "--python", python) as process:
        end = time.monotonic() + PATIENCE
        while not began.exists():
            assert time.monotonic() < end
            time.sleep(0.02)
        time.sleep(1.5)  # longer than it waits before the first line
        _, err = interrupt(process)
    assert b"\r" not in err
    assert b"\x1b" not in err


def test_help_teaches() -> None:
    said = ckptui("validate", "--help")
    for word in ("--since", "--only", "--here", "print0", "Exit codes", "130", "login node"):
        assert word in said.out
    assert max(map(len, said.out.splitlines())) <= 100
