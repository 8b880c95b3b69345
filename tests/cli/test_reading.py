"""status, validate, latest, inspect: what they print where, and how they end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import PROGRAM, ckptui, documents, on_terminal, sentence

HARMFUL = (b"\x1b[2J", b"\x1b[31m", b"\x1b]0;", b"\x07")


def test_status_is_one_document_and_no_talk(run: str) -> None:
    said = ckptui("status", run, "--json")
    assert (said.code, said.err) == (0, "")
    (document,) = documents("status", said.out)
    assert document["root"] == run
    rows = document["checkpoints"]
    assert isinstance(rows, list)
    assert "odd/not utf8 \udcff.pt" in [row["path"] for row in rows]


def test_a_flipped_bit_is_seen_by_reading_only(own: str) -> None:
    run = own  # files that no other test has read whole, or it would be known already
    newest, older = f"{run}/ckpt_0400.pt\n", f"{run}/ckpt_0300.pt\n"
    said = ckptui("latest", run, "--series", "ckpt_*")
    assert (said.code, said.out) == (0, newest)
    assert "its bytes were not read" in said.err
    said = ckptui("latest", run, "--series", "ckpt_*", "--level", "5")
    assert (said.code, said.out) == (0, older)
    assert "passed over ckpt_0400.pt: corrupted" in said.err
    assert ckptui("latest", run, "--series", "ckpt_*", "--level", "6").out == older
    assert ckptui("latest", run, "--series", "ckpt_*", "--load", "--level", "5").out == older


def test_latest_of_nothing_is_3(run: str, tmp_path: Path) -> None:
    assert "of this series" in sentence(ckptui("latest", run, "--series", "best_*"), 3)
    assert "no good checkpoint" in sentence(ckptui("latest", str(tmp_path)), 3)


def test_latest_of_the_demo_is_no_state_and_no_units_output(demo: str) -> None:
    said = ckptui("latest", demo)
    assert said.out == f"{demo}/checkpoints/ckpt_0000400.pt\n"
    assert "passed over checkpoints/ckpt_0000600.pt" in said.err
    assert "passed over checkpoints/ckpt_0000500.pt" in said.err
    assert sentence(ckptui("latest", os.path.join(demo, ".checkpoints")), 3)


def test_latest_in_a_job_script(run: str, tmp_path: Path) -> None:
    script = 'CKPT=$("$0" -m ckptui latest "$1" 2>/dev/null) || exit 3; printf "<%s>" "$CKPT"'
    for place, code, out in [(run, 0, "<" + run), (str(tmp_path), 3, "")]:
        done = subprocess.run(["sh", "-c", script, sys.executable, place], capture_output=True)
        assert done.returncode == code
        assert done.stdout.decode().startswith(out)
        assert done.stdout.count(b"\n") == 0 or b"\x1b[2J" in done.stdout


def test_validate_reads_everything(run: str) -> None:
    said = ckptui("validate", run, "--json")
    assert said.code == 3
    rows = {row["path"]: row for row in documents("validate", said.out)}
    assert rows["ckpt_0400.pt"]["category"] == "corrupted"
    assert rows["ckpt_0300.pt"]["category"] == "valid"
    assert said.err.startswith("ckptui: 7 checkpoints: ")
    assert ckptui("validate-checkpoints", run, "--json", "--no-load").code == 3


def test_validate_of_files_and_markers(run: str) -> None:
    good = f"{run}/ckpt_0300.pt"
    for path in (good, good + ".done"):
        said = ckptui("validate", path, "--json")
        assert said.code == 0
        (row,) = documents("validate", said.out)
        assert (row["path"], row["category"], row["level"]) == (good, "valid", 5)
    said = ckptui("validate", good, "--required-keys", "model,optimizer", "--no-load")
    assert said.code == 3
    assert "optimizer" in said.out
    assert said.err.startswith("ckptui: 1 checkpoint: 1 incompatible; ")
    assert said.err.count("\n") == 1


def test_validate_of_nothing_is_0_with_a_note(tmp_path: Path) -> None:
    assert sentence(ckptui("validate", str(tmp_path)), 0) == "ckptui: no checkpoints found"


def test_validate_logs_failures(own: str) -> None:
    assert ckptui("validate", own, "--no-load", "--log-failures").code == 3
    with open(os.path.join(own, "failed_checkpoints.txt"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"{own}/ckpt_0400.pt|")


def test_inspect_is_json_whatever_the_values_are(run: str) -> None:
    for name in sorted(os.listdir(os.path.join(run, "odd"))):
        path = os.path.join(run, "odd", name)
        if not name.endswith(".pt"):
            continue
        said = ckptui("inspect", path, "--json")
        assert said.code == (3 if "cut" in name else 0)
        assert documents("inspect", said.out)[0]["path"] == path
    assert "a directory, where a file is meant" in sentence(ckptui("inspect", run), 1)


@pytest.mark.parametrize("verb", ["status", "validate", "latest", "inspect", "repair"])
def test_no_name_reaches_a_terminal_as_an_escape(run: str, verb: str) -> None:
    odd = os.path.join(run, "odd")
    names = [os.path.join(odd, name) for name in os.listdir(odd) if "\x1b" in name]
    calls = {
        "status": [[odd]], "latest": [[odd, "--series", "*title*"]],
        "validate": [["--no-load", odd], names],
        "inspect": [[name] for name in names],
        "repair": [["--dry-run", "quarantine", *names]],
    }  # fmt: skip
    for arguments in calls[verb]:
        _, shown = on_terminal(verb, *arguments)
        assert b"\\x1b[2J" in shown, shown
        assert not [each for each in HARMFUL if each in shown], shown


def test_a_reader_that_goes_away_is_no_error(run: str) -> None:
    for arguments in (["status", run], ["validate", "--no-load", run], ["--help"]):
        command = '"$@" | head -c 1 >/dev/null'
        done = subprocess.run(
            ["sh", "-c", command, "sh", *PROGRAM, *arguments], capture_output=True
        )
        assert done.stderr.replace(b"\n", b"").startswith((b"", b"ckptui: 7"))
        assert b"Error" not in done.stderr
        assert b"Traceback" not in done.stderr
