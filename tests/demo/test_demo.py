"""The demo: every break is really there, ckptui says so, and a resume mends it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TypedDict

import pytest

from ckptui.demo import DemoError, DemoReport, is_demo, make_demo, read_report
from ckptui.durable import parse_temporary
from ckptui.failure_log import load_failed_checkpoints
from ckptui.launch.command import find_command
from ckptui.terms import EXIT_PARTIAL, GOOD, Action, Category, InputState
from ckptui.validation.check import check_file


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoReport:
    """One demo for all tests that only look."""
    lines: list[str] = []
    report = make_demo(str(tmp_path_factory.mktemp("demo") / "run"), log=lines.append, pace=0.5)
    assert any("training step" in line for line in lines), "the real pipeline talks"
    return report


class Status(TypedDict):
    """The parts of the document that are looked at here."""

    checkpoints: list[dict[str, object]]
    stages: list[dict[str, object]]
    last_good: LastGood


class LastGood(TypedDict):
    """``last_good`` of the document."""

    path: str
    passed_over: list[dict[str, str]]


def status(directory: str) -> Status:
    """What ``ckptui status --json`` says, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "ckptui", "status", directory, "--json"],
        capture_output=True,
        check=True,
    )
    document: Status = json.loads(done.stdout)
    return document


@pytest.fixture(scope="module")
def seen(demo: DemoReport) -> Status:
    return status(demo.directory)


def test_every_kind_of_break_is_there(demo: DemoReport) -> None:
    categories = [one.category for one in demo.breaks if one.category is not None]
    assert sorted(categories) == sorted(
        [
            Category.CORRUPTED,
            Category.INCOMPATIBLE,
            Category.INCOMPATIBLE,
            Category.INCOMPLETE,
            Category.INCOMPLETE,
            Category.UNCHECKED,
            Category.UNCHECKED,
        ]
    )
    assert {one.stage for one in demo.breaks if one.stage} >= {"chunking", "prediction", "qa"}
    assert demo.exit_code == EXIT_PARTIAL


def test_status_shows_each_break_with_its_category_and_remedy(
    demo: DemoReport, seen: Status
) -> None:
    rows = {str(row["path"]): row for row in seen["checkpoints"]}
    for one in demo.breaks:
        if one.category is None:
            continue
        row = rows.pop(one.path)
        assert (row["category"], row["remedy"]) == (one.category, one.remedy), one
    assert {str(row["category"]) for row in rows.values()} <= set(GOOD), "nothing else is bad"


def test_status_shows_what_is_stale_and_what_failed(demo: DemoReport, seen: Status) -> None:
    rows = {str(row["stage"]): row for row in seen["stages"]}
    for one in demo.breaks:
        if one.stage and one.stage != "qa":
            hashes = rows[one.stage]["input_hash"]
            assert isinstance(hashes, dict)
            assert hashes["state"] == InputState.STALE, one
    training = rows["training"]["input_hash"]
    assert isinstance(training, dict)
    assert training["state"] == InputState.FRESH
    assert rows["qa"]["status"] == "failed"
    assert "holds no Markdown" in str(rows["qa"]["error"])


def test_the_last_good_checkpoint_is_the_one_it_names(demo: DemoReport, seen: Status) -> None:
    found = seen["last_good"]
    assert found["path"] == demo.last_good
    assert {os.path.basename(each["path"]) for each in found["passed_over"]} == {
        "ckpt_0000500.pt",
        "ckpt_0000600.pt",
    }


def test_a_deep_check_agrees(demo: DemoReport) -> None:
    keys = ("ids", "features")
    for one in demo.breaks:
        path = os.path.join(demo.directory, one.path)
        if one.category is None or not os.path.exists(path):
            continue
        required = keys if one.path.startswith("features/") else ()
        verdict = check_file(path, level=5, required_keys=required)
        if parse_temporary(os.path.basename(path)):
            assert verdict.category is Category.CORRUPTED
        elif one.category is Category.UNCHECKED:
            assert verdict.category is Category.VALID
        else:
            assert verdict.category is one.category


def test_the_left_over_file_is_of_a_dead_writer(demo: DemoReport) -> None:
    left = next(one for one in demo.breaks if one.remedy is Action.CLEAN)
    temporary = parse_temporary(os.path.basename(left.path))
    assert temporary is not None
    assert temporary.final_hint == "ckpt_0000600.pt"
    with pytest.raises(ProcessLookupError):
        os.kill(temporary.pid, 0)


def test_the_failure_log_has_the_one_that_was_cut(demo: DemoReport) -> None:
    rows = load_failed_checkpoints(os.path.join(demo.directory, "checkpoints"))
    assert [os.path.basename(path) for path, _, _ in rows] == ["ckpt_0000600.pt"]


def test_the_report_is_kept_and_says_how_to_look(demo: DemoReport) -> None:
    assert is_demo(demo.directory)
    assert read_report(demo.directory) == demo
    text = "\n".join(demo.to_lines())
    assert all(one.what in text for one in demo.breaks)
    assert f"ckptui validate {demo.directory}" in text


def test_an_earlier_demo_and_a_users_directory_are_left_alone(
    demo: DemoReport, tmp_path: Path
) -> None:
    with pytest.raises(DemoError, match="an earlier demo lies there"):
        make_demo(demo.directory)
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(DemoError, match="is left alone"):
        make_demo(str(tmp_path))
    with pytest.raises(DemoError, match="is left alone"):
        make_demo(str(tmp_path / "thesis.txt"))
    assert os.listdir(tmp_path) == ["thesis.txt"]
    assert not is_demo(str(tmp_path))
    with pytest.raises(DemoError, match="is no report"):
        read_report(str(tmp_path))


def resume(directory: str) -> int:
    """Run the recorded command, as a resumed run does."""
    command = find_command(directory)
    assert command is not None
    return subprocess.run(
        command.argv, cwd=command.cwd or directory, check=False, capture_output=True
    ).returncode


@pytest.fixture
def own(tmp_path: Path) -> DemoReport:
    return make_demo(str(tmp_path / "run"), pace=0)


def test_resuming_makes_everything_whole(own: DemoReport, tmp_path: Path) -> None:
    """One bad file was put aside first, as a person would; the others are left to the pipeline."""
    newer = next(one for one in own.breaks if "newer version" in one.what)
    for suffix in ("", ".done"):
        shutil.move(os.path.join(own.directory, newer.path + suffix), tmp_path)
    assert resume(own.directory) == 0
    after = status(own.directory)
    assert {str(row["category"]) for row in after["checkpoints"]} <= set(GOOD)
    assert {row["status"] for row in after["stages"] if row["stage"] != "sequences"} == {
        "completed"
    }
    states = [row["input_hash"] for row in after["stages"]]
    assert InputState.STALE not in [each["state"] for each in states if isinstance(each, dict)]
    assert after["last_good"]["path"] == "checkpoints/ckpt_0000600.pt"
    predictions = (Path(own.directory) / "predictions.tsv").read_text()
    assert "lake10" in predictions


def test_the_recorded_command_is_slow_enough_to_watch(demo: DemoReport) -> None:
    command = find_command(demo.directory)
    assert command is not None
    assert command.argv[-2:] == ("--pace", "0.5")
