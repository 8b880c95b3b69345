"""``ckptui A B C``: which directories it takes, and what it prints without a terminal."""

from __future__ import annotations

import os
from pathlib import Path

from tests.cli.program import ckptui, on_terminal, sentence


def test_each_is_told_once_however_it_is_written(run: str, tmp_path: Path) -> None:
    link, other = tmp_path / "link", tmp_path / "other"
    link.symlink_to(run)
    other.mkdir()
    said = ckptui(run, str(other), f"{run}/", str(link), os.path.join(run, "odd", ".."))
    assert said.code == 0
    assert [line for line in said.out.splitlines() if line.endswith(":")] == [
        f"{run}:",
        f"{other}:",
    ]
    assert said.out.count("ckpt_0400.pt") == ckptui(run).out.count("ckpt_0400.pt")


def test_alone_it_is_printed_without_a_heading(run: str) -> None:
    assert f"{run}:" not in ckptui(run, f"{run}/").out


def test_every_one_that_is_missing_is_named_and_nothing_opens(run: str, tmp_path: Path) -> None:
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    said = ckptui(run, one, two)
    assert (said.code, said.out) == (1, "")
    assert [line.partition(": no such")[0] for line in said.err.splitlines()] == [
        f"ckptui: {one}",
        f"ckptui: {two}",
    ]
    assert "check the path" in said.err
    code, shown = on_terminal(run, one)
    assert code == 1
    assert b"\x1b[?1049h" not in shown
    assert b"no such file" in shown


def test_a_file_among_them_is_no_run_directory(run: str) -> None:
    file = os.path.join(run, "ckpt_0100.pt")
    assert "a run directory is meant" in sentence(ckptui("ui", run, file), 1)


def test_a_verb_wins_over_directories(run: str, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    said = ckptui("runs", run, cwd=str(tmp_path))
    assert said.code == 0
    assert "ckpt_" not in said.out
    said = ckptui("./runs", run, cwd=str(tmp_path))
    assert f"{tmp_path}/runs:" in said.out
    assert "ckpt_0400.pt" in said.out
