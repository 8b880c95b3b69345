"""Which command carries a run on, and how it is written down."""

from __future__ import annotations

import os
import shutil
import tomllib
from pathlib import Path

import pytest

from ckptui.errors import ConfigError
from ckptui.launch.command import Command, find_command, record_command, write_command
from ckptui.launch.places import command_path


def test_nothing_is_known_of_an_empty_directory(root: str) -> None:
    assert find_command(root) is None
    assert os.listdir(root) == []


def test_what_was_recorded_is_found(root: str) -> None:
    argv = ["python", "train.py", "--out", "caf\udce9"]
    record_command(root, argv, "/data/run", {"A": "1"}, pipeline="qa")
    assert find_command(root) == Command(tuple(argv), "/data/run", {"A": "1"}, "recorded", "qa")


def test_the_configuration_wins(root: str) -> None:
    record_command(root, ["ckptui", "run", "qa"], "/data", pipeline="qa")
    Path(root, "ckptui.toml").write_text(
        '[run]\ncommand = ["make", "train"]\ncwd = "sub"\n[run.env]\nB = "2"\n'
    )
    assert find_command(root) == Command(
        ("make", "train"), os.path.join(root, "sub"), {"B": "2"}, "ckptui.toml"
    )
    # Exit codes keep their meaning where the user wrote down what was recorded anyway.
    write_command(root, ["ckptui", "run", "qa"])
    found = find_command(root)
    assert found is not None
    assert (found.source, found.pipeline) == ("ckptui.toml", "qa")


def test_a_configuration_without_a_command_adds_to_the_recorded_one(root: str) -> None:
    record_command(root, ["train"], None, {"A": "1"})
    Path(root, "ckptui.toml").write_text('[run.env]\nB = "2"\n')
    assert find_command(root) == Command(("train",), None, {"A": "1", "B": "2"})


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"argv": []}', '{"argv": "x"}', '{"argv": ["a", 1]}', '{"argv": ["\\u0000"]}'],
)
def test_a_damaged_record_is_said(root: str, text: str) -> None:
    record_command(root, ["x"], None)
    Path(command_path(root)).write_text(text)
    with pytest.raises(ConfigError, match=r"command\.json: the recorded command is damaged"):
        find_command(root)


@pytest.mark.parametrize(
    "before",
    [
        "",
        '# how we require\nunits = ["a/*.pt"]\n',
        '# no end of line\nunits = ["a/*.pt"]',
        '[run]\ncwd = "sub"  # why\n\n[allow]\nglobals = ["a.b"]\n',
        '[run] # mine\ncommand = ["old"] # this one\ncwd = "."\n',
        '[run]\n# the old\ncommand = [\n  "old",  # ] not here\n  "x]",\n]\n[run.env]\nA = "1"\n',
        'units = ["x"]\r\n[run]\r\ncommand = "old one"\r\n',
        '[run.env]\nA = "1"\n',
    ],
)
def test_writing_a_command_changes_nothing_else(root: str, before: str) -> None:
    path = Path(root, "ckptui.toml")
    if before:
        path.write_bytes(before.encode())
    argv = ["python", "train.py", "--name", 'a "quoted" \\ thing', "é"]
    write_command(root, argv)
    after = path.read_bytes().decode()
    found = find_command(root)
    assert found is not None
    assert found.argv == tuple(argv)
    old = tomllib.loads(before)
    expected = {**old, "run": {**old.get("run", {}), "command": argv}}
    assert tomllib.loads(after) == expected
    for line in before.splitlines():
        if line.startswith(("#", "units", "[", "cwd", "A")):
            assert line in after


@pytest.mark.parametrize(
    "before", ['run = {command = ["x"], cwd = "."}\n', "[run\n", "nonsense = 1\n"]
)
def test_what_cannot_be_edited_safely_is_left_alone(root: str, before: str) -> None:
    path = Path(root, "ckptui.toml")
    path.write_text(before)
    with pytest.raises(ConfigError, match=r"ckptui\.toml"):
        write_command(root, ["train"])
    assert path.read_text() == before


def test_an_empty_command_is_refused(root: str) -> None:
    with pytest.raises(ConfigError, match="the command is empty"):
        write_command(root, [])


def test_a_copied_run_does_not_carry_on_the_one_it_was_copied_from(
    root: str, tmp_path: Path
) -> None:
    argv = ["ckptui", "run", "qa", "--run-dir", root, "--input", f"{root}/notes", f"{root}x"]
    record_command(root, argv, root)
    copy = str(tmp_path / "copy")
    shutil.copytree(root, copy)
    found = find_command(copy)
    assert found is not None
    assert found.argv == (
        "ckptui",
        "run",
        "qa",
        "--run-dir",
        copy,
        "--input",
        f"{copy}/notes",
        f"{root}x",
    )
    assert (found.cwd, found.moved_from) == (copy, os.path.realpath(root))
    here = find_command(root)
    assert here is not None
    assert (here.argv, here.moved_from) == (tuple(argv), "")
