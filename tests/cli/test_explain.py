"""``ckptui explain``: everything about one file, for a person and for a program."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from tests.cli.program import ckptui, documents, on_terminal, sentence


def test_a_flipped_bit_is_explained_down_to_its_byte(run: str) -> None:
    path = f"{run}/ckpt_0400.pt"
    said = ckptui("explain", path, "--no-load")
    assert (said.code, said.err) == (3, "")
    lines = said.out.splitlines()
    assert lines[0].startswith(path)
    assert "corrupted, level 4" in lines[0]
    assert "one bit is flipped, at byte" in lines[1]
    assert "model.w" in lines[1]
    assert f"type  ckptui repair quarantine {shlex.quote(path)}" in lines
    assert "torch.load accepts it without a word" in lines
    assert any(line.startswith("5  checksums  fail") for line in lines)
    assert any(" damaged tensor model.w" in line for line in lines)
    assert "0 of 1 tensor" in said.out or "none proven whole" in said.out


def test_a_whole_file_is_explained_as_such(run: str) -> None:
    path = f"{run}/ckpt_0300.pt"
    said = ckptui("explain", path + ".done", "--json")
    assert (said.code, said.err) == (0, "")
    (document,) = documents("explain", said.out)
    assert (document["path"], document["category"], document["level"]) == (path, "valid", 5)
    assert (document["step"], document["marker"], document["next"]) == (300, "present", None)
    assert (document["tensors"], document["intact"]) == (1, 1)
    assert document["bytes"] == document["intact_bytes"] == 4 * 4396
    regions = document["regions"]
    assert isinstance(regions, list)
    assert {region["state"] for region in regions} == {"whole"}
    ends = [region["end"] for region in regions]
    assert ends == sorted(ends)


def test_a_cut_file_says_how_much_of_it_is_left(own: str) -> None:
    path = f"{own}/ckpt_0300.pt"
    os.truncate(path, 9000)
    os.utime(path, (1e9, 1e9))
    said = ckptui("explain", path, "--json", "--no-load")
    assert said.code == 3
    (document,) = documents("explain", said.out)
    assert "cut short at byte 9,000" in str(document["reason"])
    assert (document["tensors"], document["intact"]) == (1, 0)
    regions = document["regions"]
    assert isinstance(regions, list)
    assert regions[-1] == {"start": 0, "end": 0, "what": "tensor model.w", "state": "missing"}
    assert document["torch"]
    commands = document["commands"]
    assert isinstance(commands, list)
    # What is offered to be typed can be typed: the second finds the last good one.
    typed = subprocess.run(
        ["bash", "-c", f'ckptui() {{ "$PY" -m ckptui "$@"; }}; {commands[-1]}'],
        env={**os.environ, "PY": sys.executable},
        capture_output=True,
        text=True,
        check=True,
    )
    assert typed.stdout.startswith(own)


def test_several_files_and_hostile_names(run: str) -> None:
    names = sorted(os.path.join(f"{run}/odd", name) for name in os.listdir(f"{run}/odd"))
    files = [name for name in names if name.endswith(".pt")]
    said = ckptui("explain", *files, "--level", "4", "--no-load")
    assert said.code == 3
    assert "\x1b" not in said.out
    assert said.out.count("1  size       pass") == len(files)
    code, shown = on_terminal("explain", "--no-load", *files)
    assert code == 3
    assert b"\x1b[2J" not in shown
    assert b"\x1b]0;" not in shown
    rows = documents("explain", ckptui("explain", *files, "--json", "--no-load").out)
    assert [row["path"] for row in rows] == files


def test_what_cannot_be_explained_is_said_in_one_sentence(run: str, tmp_path: Path) -> None:
    assert "no such file" in sentence(ckptui("explain", f"{run}/none.pt"), 1)
    assert "ckptui status" in sentence(ckptui("explain", run), 1)
    marker = tmp_path / "gone.pt.done"
    marker.touch()
    said = ckptui("explain", str(marker), "--no-load")
    assert said.code == 3
    assert "its marker says that it is complete, and it is not there" in said.out
    assert "type  ckptui repair remove-marker" in said.out


def test_the_names_in_a_pickle_are_split(tmp_path: Path) -> None:
    path = tmp_path / "args.pt"
    code = "import sys, torch, argparse; torch.save(argparse.Namespace(lr=1), sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    said = ckptui("explain", str(path), "--json", "--no-load")
    assert said.code == 0
    (document,) = documents("explain", said.out)
    assert document["globals"] == {
        "harmless": ["argparse.Namespace"], "allowed": [], "unknown": [], "dangerous": [],
    }  # fmt: skip
    assert "harmless    named in its pickle" in ckptui("explain", str(path), "--no-load").out
