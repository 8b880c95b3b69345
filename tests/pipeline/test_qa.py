"""The qa pipeline: what it extracts, and how it resumes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ckptui.checkpoint.stage import StageCheckpoint, load_stage_checkpoint, save_stage_checkpoint
from ckptui.input_hash import compute_input_hash, list_inputs
from ckptui.pipeline import run_qa
from ckptui.pipeline.qa.markdown import read_sections
from ckptui.pipeline.qa.steps import STEPS
from tests.pipeline.test_runner import stages


def rows(run_dir: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (run_dir / "qa" / "dataset.jsonl").open()]


def test_every_answer_stands_word_for_word_in_its_section(notes: Path, tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    assert run_qa(documents=str(notes), run_dir=str(run_dir)) == 0
    found = rows(run_dir)
    assert len(found) >= 8
    for row in found:
        sections = read_sections((notes / str(row["source"])).read_text())
        section = next(one for one in sections if list(one.headings) == row["headings"])
        text = " ".join(section.sentences)
        answer = str(row["answer"])
        assert all(part in text for part in answer.split(". ")), row


def test_definitions_and_headings_become_questions(notes: Path, tmp_path: Path) -> None:
    run_qa(documents=str(notes), run_dir=str(tmp_path / "run"))
    answers = {row["question"]: row["answer"] for row in rows(tmp_path / "run")}
    assert answers["What is a checkpoint?"] == (
        "A checkpoint is a file that a job can resume from."
    )
    assert "What is FASTA?" in answers
    assert str(answers["Why is a stage stale?"]).startswith("A stage is stale when its inputs")


def test_the_dataset_is_the_same_each_time(notes: Path, tmp_path: Path) -> None:
    run_qa(documents=str(notes), run_dir=str(tmp_path / "one"))
    run_qa(documents=str(notes), run_dir=str(tmp_path / "two"))
    assert rows(tmp_path / "one") == rows(tmp_path / "two")


def test_the_stage_checkpoint_goes_when_all_steps_are_done(notes: Path, tmp_path: Path) -> None:
    run_qa(documents=str(notes), run_dir=str(tmp_path / "run"))
    assert load_stage_checkpoint(tmp_path / "run" / "qa" / "dataset.jsonl") is None
    assert stages(tmp_path / "run")["qa"]["status"] == "completed"
    context = json.loads((tmp_path / "run" / "qa" / "checkpoint.json").read_text())
    assert context["completed_tasks"] == ["qa"]


@pytest.fixture
def interrupted(notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run that was stopped before its third step, as ctrl-C does."""
    run_dir = tmp_path / "run"

    def stop(desk: object) -> None:
        raise KeyboardInterrupt

    steps = dict(STEPS)
    with monkeypatch.context() as patch:
        patch.setitem(STEPS, "answers", stop)
        assert run_qa(documents=str(notes), run_dir=str(run_dir)) == 130
    assert dict(STEPS) == steps
    return run_dir


def test_it_resumes_at_the_step_that_was_not_done(
    notes: Path, interrupted: Path, said: Callable[[], str]
) -> None:
    checkpoint = load_stage_checkpoint(interrupted / "qa" / "dataset.jsonl")
    assert checkpoint is not None
    assert checkpoint.completed_stages == ("index", "questions")
    assert checkpoint.input_hash == compute_input_hash(notes, "**/*.md")
    before = (interrupted / "qa" / "index.json").stat().st_ino
    assert run_qa(documents=str(notes), run_dir=str(interrupted)) == 0
    assert (interrupted / "qa" / "index.json").stat().st_ino == before
    assert rows(interrupted)


def test_changed_input_means_a_fresh_start(
    notes: Path, interrupted: Path, said: Callable[[], str]
) -> None:
    before = (interrupted / "qa" / "index.json").stat().st_ino
    (notes / "more.md").write_text("# More\n\nA note is a text that came later.\n")
    assert run_qa(documents=str(notes), run_dir=str(interrupted)) == 0
    assert (interrupted / "qa" / "index.json").stat().st_ino != before
    assert "1 added (more.md)" in said()
    assert "What is a note?" in [row["question"] for row in rows(interrupted)]


def test_no_resume_ignores_what_was_done(notes: Path, interrupted: Path) -> None:
    before = (interrupted / "qa" / "index.json").stat().st_ino
    assert run_qa(documents=str(notes), run_dir=str(interrupted), no_resume=True) == 0
    assert (interrupted / "qa" / "index.json").stat().st_ino != before


def test_a_damaged_stage_checkpoint_is_none(notes: Path, interrupted: Path) -> None:
    (interrupted / "qa" / "dataset.jsonl.checkpoint.json").write_text("{")
    assert run_qa(documents=str(notes), run_dir=str(interrupted)) == 0
    assert rows(interrupted)


def test_a_step_is_not_skipped_where_its_output_is_gone(notes: Path, tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    (run_dir / "qa").mkdir(parents=True)
    inputs = list_inputs(notes, "**/*.md")
    claims_all = StageCheckpoint("answers", compute_input_hash(notes, "**/*.md"), tuple(STEPS))
    save_stage_checkpoint(run_dir / "qa" / "dataset.jsonl", claims_all)
    assert inputs.files
    assert run_qa(documents=str(notes), run_dir=str(run_dir)) == 0
    assert rows(run_dir)


BAD = {
    "empty": ({}, "holds no Markdown file"),
    "no markdown": ({"a.txt": b"A b is a c."}, "holds no Markdown file"),
    "no sentence": ({"a.md": b"# Only a heading\n"}, "no sentence to ask about"),
    "no headings": ({"a.md": b"Words without any heading.\n"}, "no question comes out of it"),
    "too short": ({"a.md": b"# T\n\nYes.\n"}, "no answer passed"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_gets_one_sentence_and_exit_code_1(
    tmp_path: Path, said: Callable[[], str], kind: str
) -> None:
    files, sentence = BAD[kind]
    folder = tmp_path / "notes"
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    assert run_qa(documents=str(folder), run_dir=str(tmp_path / "run")) == 1
    assert sentence in said()
    assert "Traceback" not in said()


def test_a_missing_folder_gets_one_sentence(tmp_path: Path, said: Callable[[], str]) -> None:
    assert run_qa(documents=str(tmp_path / "none"), run_dir=str(tmp_path / "run")) == 1
    assert "there is no such folder" in said()


def test_a_file_that_is_not_utf_8_is_read_with_a_warning(
    tmp_path: Path, said: Callable[[], str]
) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_bytes(b"# Caf\xe9\n\nA caf\xe9 is a place where people meet.\n")
    assert run_qa(documents=str(folder), run_dir=str(tmp_path / "run")) == 0
    assert "is not UTF-8" in said()
    assert rows(tmp_path / "run")
