"""Pipeline contexts: atomic, whole, and nothing of what others wrote is lost."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ckptui.checkpoint.context import PipelineContext
from ckptui.errors import CheckpointError
from tests.checkpoint.damage import names


def test_the_fields_and_where_it_stands(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    context = PipelineContext("p1", spec_raw="spec", charter="Gerät", current_step=3)
    context.completed_tasks += ["t1", "t2"]
    context.artifacts["src/a.py"] = "print()"
    with caplog.at_level(logging.INFO, "ckptui"):
        path = context.save_checkpoint(tmp_path)
    assert path == tmp_path / "p1" / "checkpoint.json"
    assert names(tmp_path / "p1") == ["checkpoint.json"]
    text = path.read_text(encoding="utf-8")
    assert "Gerät" in text
    assert '\n  "project_id": "p1"' in text
    assert set(json.loads(text)) == {
        "project_id",
        "spec_raw",
        "product_spec",
        "product_spec_template",
        "engineer_proposal",
        "charter",
        "backlog",
        "current_module",
        "current_task",
        "artifacts",
        "completed_tasks",
        "current_step",
        "saved_at",
    }
    assert "step=3, tasks=2" in caplog.text
    assert datetime.fromisoformat(context.saved_at).utcoffset() == timedelta(0)


def test_it_starts_at_step_zero() -> None:
    assert PipelineContext("p").current_step == 0


def test_a_round_trip(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    context = PipelineContext("p1", current_task={"id": "t3"}, current_module="web")
    context.save_checkpoint(tmp_path)
    with caplog.at_level(logging.INFO, "ckptui"):
        assert PipelineContext.load_checkpoint(tmp_path, "p1") == context
    assert "restored: step=0, tasks=0" in caplog.text


def test_none_where_there_is_none(tmp_path: Path) -> None:
    assert PipelineContext.load_checkpoint(tmp_path, "p1") is None
    assert PipelineContext.load_checkpoint(tmp_path / "nowhere", "p1") is None


def test_fields_of_other_writers_survive(tmp_path: Path) -> None:
    (tmp_path / "p1").mkdir()
    foreign = {"project_id": "p1", "current_step": 2, "project_type": "web", "tags": [1, {"a": 2}]}
    (tmp_path / "p1" / "checkpoint.json").write_text(json.dumps(foreign))
    context = PipelineContext.load_checkpoint(tmp_path, "p1")
    assert context is not None
    context.current_step = 3
    context.save_checkpoint(tmp_path)
    saved = json.loads((tmp_path / "p1" / "checkpoint.json").read_text())
    assert (saved["project_type"], saved["tags"]) == ("web", [1, {"a": 2}])
    assert saved["current_step"] == 3


def test_null_is_not_yet(tmp_path: Path) -> None:
    (tmp_path / "p1").mkdir()
    text = '{"charter": null, "artifacts": null, "completed_tasks": null, "current_step": null}'
    (tmp_path / "p1" / "checkpoint.json").write_text(text)
    context = PipelineContext.load_checkpoint(tmp_path, "p1")
    assert context == PipelineContext("p1")


@pytest.mark.parametrize("text", ["", "{", '{"current_step": 3', "[]", "null", "\x00", "[" * 9999])
def test_damage_is_an_error_never_a_fresh_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "p1").mkdir()
    path = tmp_path / "p1" / "checkpoint.json"
    path.write_text(text)
    with pytest.raises(CheckpointError) as caught:
        PipelineContext.load_checkpoint(tmp_path, "p1")
    assert caught.value.category == "corrupted"
    assert str(path) in str(caught.value)
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("field", "value"),
    [("current_step", "3"), ("current_step", True), ("completed_tasks", {}), ("artifacts", [])],
)
def test_a_field_of_the_wrong_type_is_named(tmp_path: Path, field: str, value: object) -> None:
    (tmp_path / "p1").mkdir()
    (tmp_path / "p1" / "checkpoint.json").write_text(json.dumps({field: value}))
    with pytest.raises(CheckpointError, match=field):
        PipelineContext.load_checkpoint(tmp_path, "p1")


@pytest.mark.parametrize("project_id", ["", ".", "..", "../p", "a/b", "/etc", "a\0b"])
def test_a_project_is_one_path_component(tmp_path: Path, project_id: str) -> None:
    with pytest.raises(ValueError, match="single path component"):
        PipelineContext(project_id)
    with pytest.raises(ValueError, match="single path component"):
        PipelineContext.load_checkpoint(tmp_path, project_id)


def test_a_value_that_is_no_json_changes_nothing(tmp_path: Path) -> None:
    context = PipelineContext("p1", current_step=1)
    context.save_checkpoint(tmp_path)
    before = (tmp_path / "p1" / "checkpoint.json").read_bytes()
    context.current_task["when"] = object()
    with pytest.raises(TypeError):
        context.save_checkpoint(tmp_path)
    assert (tmp_path / "p1" / "checkpoint.json").read_bytes() == before
    assert names(tmp_path / "p1") == ["checkpoint.json"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.text(max_size=50), st.dictionaries(st.text(max_size=5), json_values, max_size=3))
def test_any_text_and_any_task_come_back(
    tmp_path: Path, charter: str, task: dict[str, object]
) -> None:
    context = PipelineContext("p1", charter=charter, current_task=task)
    context.save_checkpoint(tmp_path)
    assert PipelineContext.load_checkpoint(tmp_path, "p1") == context
