"""``--filter``: the language of the filter line, in status, validate and watch."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

from tests.cli.program import PROGRAM, ckptui, on_terminal


def test_status_shows_what_matches_and_its_totals_are_those_of_all(own: str) -> None:
    said = ckptui("status", own, "--json", "--filter", "step>=200 -name:*0300*", "--filter", "ckpt")
    document = json.loads(said.out)
    assert [row["path"] for row in document["checkpoints"]] == ["ckpt_0400.pt", "ckpt_0200.pt"]
    assert sum(document["totals"].values()) == 7
    assert said.err == "ckptui: 2 of 7 checkpoints match step>=200 -name:*0300* ckpt\n"
    table = ckptui("status", own, "--filter", "-cat:bad name=ckpt_0100.pt").out
    assert "ckpt_0100.pt" in table
    assert table.count("unchecked") == 2  # the strip's totals, and its own row
    assert "ckpt_0200.pt" not in table
    assert "Reason" not in table  # failures are no checkpoints


def test_a_filter_that_cannot_be_read_is_a_usage_error(run: str) -> None:
    for verb in ("status", "validate", "watch"):
        said = ckptui(verb, run, "--filter", "ckpt siez>1G")
        assert said.code == 1
        assert said.out == ""
        assert "siez: unknown field; did you mean size?" in said.err


def test_help_teaches_the_language() -> None:
    said = ckptui("status", "--help")
    for word in ("cat:corrupted,unsafe", "step>1000", "-checked<1d", "~ck45", "folder", "powers"):
        assert word in said.out


def test_validate_reads_only_what_matches_by_its_headers(own: str) -> None:
    said = ckptui("validate", own, "--no-load", "--json", "--filter", "step<=200 ckpt cat:unch")
    read = {json.loads(line)["path"] for line in said.out.splitlines()}
    assert read == {"ckpt_0100.pt", "ckpt_0200.pt"}
    assert said.code == 0
    assert "no checkpoint matches nothing" in ckptui("validate", own, "--filter", "nothing").err
    named = ckptui("validate", f"{own}/ckpt_0100.pt", "--filter", "ckpt")
    assert named.code == 1
    assert "--filter chooses from a directory" in named.err


def test_watch_tells_of_what_matches_and_of_what_ceases_to(own: str) -> None:
    with subprocess.Popen(
        [*PROGRAM, "watch", own, "--json", "--filter", "name:ckpt_0?00.pt step<400"],
        stdout=subprocess.PIPE,
    ) as watching:
        assert watching.stdout is not None
        seen: list[tuple[str, str | None]] = []
        for line in watching.stdout:
            event = json.loads(line)
            seen.append((event["event"], event["path"]))
            if event["event"] == "settled":
                shutil.move(f"{own}/ckpt_0400.pt", f"{own}/ckpt_0500.pt")
                os.remove(f"{own}/ckpt_0100.pt.done")
                shutil.move(f"{own}/ckpt_0100.pt", f"{own}/other.pt")
            if event["event"] == "removed":
                break
        watching.terminate()
    paths = {path for event, path in seen if event == "changed"}
    assert paths == {"ckpt_0100.pt", "ckpt_0200.pt", "ckpt_0300.pt"}
    assert seen[-1] == ("removed", "ckpt_0100.pt")


def test_on_a_terminal_the_table_fits_and_into_a_pipe_nothing_is_cut(run: str) -> None:
    code, shown = on_terminal("status", run, COLUMNS="80")
    assert code == 0
    lines = shown.decode().splitlines()
    table = [each for each in lines if "▱" in each]
    assert len(table) == 7
    assert max(map(len, lines)) <= 80
    whole = ckptui("status", run).out
    assert max(map(len, whole.splitlines())) > 80
