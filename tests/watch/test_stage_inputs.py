"""What a stage was made from, and what of that differs now."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from ckptui.input_hash import hash_inputs, list_inputs
from ckptui.watch.stage_inputs import NoStateError, stage_inputs


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run directory with one stage that was made from three inputs."""
    data, run = tmp_path / "data", tmp_path / "run"
    data.mkdir()
    run.mkdir()
    for name in ("a", "b", "c"):
        (data / f"{name}.fa").write_text(name)
        os.utime(data / f"{name}.fa", (1_000_000, 1_000_000))
    inputs = list_inputs(data, "*.fa")
    (run / "out.pt").write_text("out")
    os.utime(run / "out.pt", (2_000_000, 2_000_000))
    state = {
        "stage": "merge",
        "input_hash": hash_inputs(inputs),
        "completed_stages": ["merge"],
        "inputs": inputs.to_json(),
    }
    (run / "out.pt.checkpoint.json").write_text(json.dumps(state))
    return run


def asked(run: Path, stage: str | None = None) -> list[dict[str, object]]:
    return stage_inputs(str(run), str(run / "out.pt.checkpoint.json"), stage)


def only_list(stage: Mapping[str, object]) -> Mapping[str, object]:
    lists = stage["lists"]
    assert isinstance(lists, list)
    assert len(lists) == 1
    found = lists[0]
    assert isinstance(found, dict)
    return found


def test_what_is_as_recorded_is_fresh(run: Path) -> None:
    (stage,) = asked(run)
    assert (stage["stage"], stage["state"], stage["why"]) == ("merge", "fresh", "")
    inputs = only_list(stage)
    assert (inputs["files"], inputs["bytes"], inputs["changes"]) == (3, 3, [])
    assert (stage["outputs"], stage["oldest"]) == (1, "out.pt")
    assert asked(run, "another") == []


def test_each_change_has_its_sizes_and_the_newest_its_time(run: Path) -> None:
    data = run.parent / "data"
    (data / "a.fa").unlink()
    (data / "b.fa").write_text("longer")
    (data / "d.fa").write_text("new")
    os.utime(data / "d.fa", (3_000_000_000, 3_000_000_000))
    (stage,) = asked(run)
    assert stage["state"] == "stale"
    inputs = only_list(stage)
    assert inputs["changes"] == [
        {"change": "added", "path": "d.fa", "recorded": None, "current": 3},
        {"change": "removed", "path": "a.fa", "recorded": 1, "current": None},
        {"change": "resized", "path": "b.fa", "recorded": 1, "current": 6},
    ]
    assert inputs["newest"] == "d.fa"
    assert str(inputs["newest_modified"]) > str(stage["oldest_modified"])


def test_the_list_of_changes_is_bounded_and_says_so(run: Path) -> None:
    for number in range(250):
        (run.parent / "data" / f"{number}.fa").touch()
    inputs = only_list(asked(run)[0])
    changes = inputs["changes"]
    assert isinstance(changes, list)
    assert (len(changes), inputs["more"]) == (200, 50)


def test_inputs_and_outputs_that_are_gone_are_said(run: Path) -> None:
    (run.parent / "data").rename(run.parent / "elsewhere")
    (run / "out.pt").unlink()
    (stage,) = asked(run)
    assert (stage["state"], stage["missing"]) == ("unknown", ["out.pt"])
    assert only_list(stage)["problem"] == "no such file or directory"


def test_what_is_no_state_is_an_error(run: Path) -> None:
    with pytest.raises(NoStateError, match="no state"):
        stage_inputs(str(run), str(run / "other.json"))
    (run / "out.pt.checkpoint.json").write_text("{")
    with pytest.raises(NoStateError, match="damaged"):
        asked(run)
