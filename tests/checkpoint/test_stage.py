"""Stage checkpoints: for one set of inputs, never fatal, gone when all is done."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from ckptui.checkpoint.stage import (
    StageCheckpoint,
    delete_stage_checkpoint,
    load_stage_checkpoint,
    save_stage_checkpoint,
    should_skip_stage,
    stage_checkpoint_path,
)
from ckptui.input_hash import hash_inputs, list_inputs
from tests.checkpoint.damage import names

STAGES = ("questions", "index", "answers", "validate", "export")


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "qa.jsonl"


def test_it_stands_beside_its_output(output: Path) -> None:
    saved = StageCheckpoint("index", "sha256:00", ("questions", "index"))
    save_stage_checkpoint(output, saved)
    assert names(output.parent) == ["qa.jsonl.checkpoint.json"]
    assert load_stage_checkpoint(output) == saved
    assert load_stage_checkpoint(stage_checkpoint_path(output)) == saved
    document = json.loads((output.parent / "qa.jsonl.checkpoint.json").read_text())
    assert set(document) == {"stage", "input_hash", "completed_stages", "timestamp"}


def test_a_list_of_stages_is_taken_over_not_shared() -> None:
    mine = ["index"]
    saved = StageCheckpoint("index", "sha256:00", mine)  # type: ignore[arg-type]
    mine.append("answers")
    assert saved.completed_stages == ("index",)


def test_skip_only_for_equal_inputs_and_a_listed_stage() -> None:
    done = StageCheckpoint("index", "sha256:00", ("questions", "index"))
    assert should_skip_stage(done, "index", "sha256:00")
    assert not should_skip_stage(done, "answers", "sha256:00")
    assert not should_skip_stage(done, "index", "sha256:11")
    assert not should_skip_stage(None, "index", "sha256:00")


def test_changed_inputs_mean_a_fresh_start_and_are_named(
    output: Path, caplog: pytest.LogCaptureFixture
) -> None:
    docs = output.parent / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("one")
    before = list_inputs(docs, "*.md")
    saved = StageCheckpoint("index", hash_inputs(before), ("index",), inputs=(before,))
    save_stage_checkpoint(output, saved)
    assert load_stage_checkpoint(output, input_hash=hash_inputs(before)) == saved
    (docs / "b.md").write_text("two")
    (docs / "a.md").write_text("longer")
    after = list_inputs(docs, "*.md")
    loaded = load_stage_checkpoint(output, input_hash=hash_inputs(after), inputs=[after])
    assert loaded is None
    assert "1 added (b.md), 1 resized (a.md)" in caplog.text


def test_no_resume_ignores_it(output: Path) -> None:
    save_stage_checkpoint(output, StageCheckpoint("index", "sha256:00", ("index",)))
    assert load_stage_checkpoint(output, no_resume=True) is None
    assert load_stage_checkpoint(output) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"stage": "index"}',
        '{"stage": 1, "input_hash": "a", "completed_stages": [], "timestamp": ""}',
        '{"stage": "i", "input_hash": "a", "completed_stages": "index", "timestamp": ""}',
        '{"stage": "i", "input_hash": "a", "completed_stages": [1], "timestamp": ""}',
        "[" * 100_000,
    ],
)
def test_damage_means_none_with_a_warning(
    output: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    Path(stage_checkpoint_path(output)).write_text(text)
    with caplog.at_level(logging.WARNING, "ckptui"):
        assert load_stage_checkpoint(output) is None
    assert stage_checkpoint_path(output) in caplog.text


def test_bytes_that_are_no_text_mean_none(output: Path) -> None:
    Path(stage_checkpoint_path(output)).write_bytes(b"\xff\xfe\x00")
    assert load_stage_checkpoint(output) is None


def test_a_damaged_list_of_inputs_costs_the_list_only(
    output: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save_stage_checkpoint(output, StageCheckpoint("i", "sha256:00", ("i",)))
    path = Path(stage_checkpoint_path(output))
    path.write_text(json.dumps({**json.loads(path.read_text()), "inputs": [3]}))
    loaded = load_stage_checkpoint(output)
    assert loaded is not None
    assert loaded.inputs == ()
    assert "inputs" in caplog.text


def test_a_hash_of_another_writer_reads(output: Path) -> None:
    """A stage checkpoint as the QA generation that came before wrote it: a bare MD5."""
    Path(stage_checkpoint_path(output)).write_text(
        json.dumps(
            {
                "stage": "answers",
                "input_hash": "9ef5f4af00112233445566778899aabb",
                "completed_stages": ["questions", "index", "answers"],
                "timestamp": "2026-01-02T03:04:05.678901+00:00",
            }
        )
    )
    loaded = load_stage_checkpoint(output)
    assert should_skip_stage(loaded, "answers", "9ef5f4af00112233445566778899aabb")


def test_it_goes_when_all_stages_are_complete(output: Path) -> None:
    for count in range(1, len(STAGES) + 1):
        done = StageCheckpoint(STAGES[count - 1], "sha256:00", STAGES[:count])
        save_stage_checkpoint(output, done, all_stages=STAGES)
        assert (names(output.parent) == []) == (count == len(STAGES))
    delete_stage_checkpoint(output)
