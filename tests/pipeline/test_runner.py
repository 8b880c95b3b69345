"""The runner, with small pipelines of one's own: order, resuming, ways to end."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ckptui.checkpoint.context import PipelineContext
from ckptui.errors import CheckpointError
from ckptui.input_hash import compute_input_hash
from ckptui.launch.claim import take_claim
from ckptui.pipeline import Flags, Pipeline, Run, Stage, Unit, run_pipeline


def upper(run: Run) -> None:
    """One unit an input file: its text in capitals."""

    def work(unit: Unit) -> None:
        unit.write(Path(unit.name).read_bytes().upper())

    run.each(run.input_files(), work, output=lambda path: f"upper/{os.path.basename(path)}")


def join(run: Run) -> None:
    files = sorted(Path(run.path("upper")).glob("*.txt"))
    run.write("joined.txt", b"".join(file.read_bytes() for file in files))


STAGES = (
    Stage("upper", upper, outputs=("upper/*.txt",)),
    Stage("join", join, outputs=("joined.txt",)),
)
PIPELINE = Pipeline("letters", STAGES)


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    folder = tmp_path / "letters"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.txt").write_text(name * 3)
    return folder


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return tmp_path / "run"


def executed(run_dir: Path) -> list[str]:
    """Outputs of the units that were started, oldest first."""
    lines = (run_dir / "logs" / "units.log").read_text().splitlines()
    return [line.split("\t")[3] for line in lines if line.split("\t")[2] == "start"]


def stages(run_dir: Path) -> dict[str, dict[str, object]]:
    document = json.loads((run_dir / ".checkpoints" / "pipeline_state.json").read_text())
    found: dict[str, dict[str, object]] = document["stages"]
    return found


def test_a_run_leaves_outputs_markers_states_and_context(letters: Path, run_dir: Path) -> None:
    assert run_pipeline(PIPELINE, str(run_dir), [str(letters)]) == 0
    assert (run_dir / "joined.txt").read_text() == "AAABBBCCC"
    assert (run_dir / "upper" / "a.txt.done").exists()
    state = stages(run_dir)["upper"]
    assert state["status"] == "completed"
    assert state["input_hash"] == compute_input_hash(letters)
    assert sorted(state["outputs"]) == ["upper/a.txt", "upper/b.txt", "upper/c.txt"]  # type: ignore[call-overload]
    context = PipelineContext.load_checkpoint(run_dir, "letters")
    assert context is not None
    assert context.current_step == 2
    assert context.completed_tasks == ["upper", "join"]


def test_a_finished_run_has_nothing_to_do(letters: Path, run_dir: Path) -> None:
    run_pipeline(PIPELINE, str(run_dir), [str(letters)])
    before = executed(run_dir)
    assert run_pipeline(PIPELINE, str(run_dir), [str(letters)]) == 0
    assert executed(run_dir) == before


def test_a_lost_output_is_made_again_and_nothing_else(letters: Path, run_dir: Path) -> None:
    run_pipeline(PIPELINE, str(run_dir), [str(letters)])
    (run_dir / "upper" / "b.txt").unlink()  # its marker stays, an orphan
    assert run_pipeline(PIPELINE, str(run_dir), [str(letters)]) == 0
    assert executed(run_dir)[3:] == ["upper/b.txt"]
    assert (run_dir / "upper" / "b.txt").read_text() == "BBB"


def test_changed_input_makes_everything_that_comes_of_it_anew_and_names_it(
    letters: Path, run_dir: Path, said: Callable[[], str]
) -> None:
    run_pipeline(PIPELINE, str(run_dir), [str(letters)])
    (letters / "b.txt").write_text("bb")
    (letters / "d.txt").write_text("d")
    assert run_pipeline(PIPELINE, str(run_dir), [str(letters)]) == 0
    assert (run_dir / "joined.txt").read_text() == "AAABBCCCD"
    text = said()
    assert "join: is done anew: inputs changed: 1 added (d.txt), 1 resized (b.txt)" in text


def test_no_resume_does_everything_anew(letters: Path, run_dir: Path) -> None:
    run_pipeline(PIPELINE, str(run_dir), [str(letters)])
    assert run_pipeline(PIPELINE, str(run_dir), [str(letters)], flags=Flags(no_resume=True)) == 0
    assert len(executed(run_dir)) == 6


def test_no_resume_that_is_killed_and_resumed_still_trusts_nothing_old(
    letters: Path, run_dir: Path
) -> None:
    def dies_at_once(run: Run) -> None:
        raise KeyboardInterrupt

    run_pipeline(PIPELINE, str(run_dir), [str(letters)])
    dying = Pipeline("letters", (replace(STAGES[0], function=dies_at_once), STAGES[1]))
    assert run_pipeline(dying, str(run_dir), [str(letters)], flags=Flags(no_resume=True)) == 130
    assert run_pipeline(PIPELINE, str(run_dir), [str(letters)]) == 0
    assert len(executed(run_dir)) == 6


def test_a_parameter_concerns_the_stages_that_name_it(letters: Path, run_dir: Path) -> None:
    pipeline = Pipeline(
        "letters",
        (
            Stage("upper", upper, outputs=("upper/*.txt",), params=()),
            Stage("join", join, outputs=("joined.txt",), params=("glue",)),
        ),
    )
    run_pipeline(pipeline, str(run_dir), [str(letters)], {"glue": 1})
    (run_dir / "joined.txt").write_text("old")
    assert run_pipeline(pipeline, str(run_dir), [str(letters)], {"glue": 2}) == 0
    assert (run_dir / "joined.txt").read_text() == "AAABBBCCC"
    assert len(executed(run_dir)) == 3


def fails(run: Run) -> None:
    raise ValueError("the index is empty")


def test_an_optional_stage_that_fails_warns_and_ends_with_2(
    letters: Path, run_dir: Path, said: Callable[[], str]
) -> None:
    pipeline = Pipeline("p", (STAGES[0], Stage("extra", fails, optional=True), STAGES[1]))
    assert run_pipeline(pipeline, str(run_dir), [str(letters)]) == 2
    assert (run_dir / "joined.txt").exists()
    state = stages(run_dir)
    assert (state["extra"]["status"], state["extra"]["error"]) == ("failed", "the index is empty")
    assert state["join"]["status"] == "completed"
    assert "extra failed, and is optional" in said()


def test_a_required_stage_that_fails_ends_with_1_and_stops_the_run(
    letters: Path, run_dir: Path, said: Callable[[], str]
) -> None:
    pipeline = Pipeline("p", (Stage("extra", fails), STAGES[0]))
    assert run_pipeline(pipeline, str(run_dir), [str(letters)]) == 1
    assert stages(run_dir)["extra"]["status"] == "failed"
    assert not (run_dir / "upper").exists()
    assert "the index is empty" in said()


def test_checkpoint_trouble_ends_with_3(letters: Path, run_dir: Path) -> None:
    def reads_a_bad_one(run: Run) -> None:
        raise CheckpointError(run.path("x.pt"), "corrupted", "cut short")

    assert run_pipeline(Pipeline("p", (Stage("s", reads_a_bad_one),)), str(run_dir)) == 3


def test_a_damaged_state_is_named_and_ends_with_3(
    letters: Path, run_dir: Path, said: Callable[[], str]
) -> None:
    run_pipeline(PIPELINE, str(run_dir), [str(letters)])
    (run_dir / ".checkpoints" / "pipeline_state.json").write_text('{"stages": ')
    assert run_pipeline(PIPELINE, str(run_dir), [str(letters)]) == 3
    text = said()
    assert "pipeline_state.json" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_between_two_units_with_130_and_an_honest_state(
    letters: Path, run_dir: Path, number: signal.Signals
) -> None:
    def signals_itself(run: Run) -> None:
        def work(unit: Unit) -> None:
            if unit.name.endswith("b.txt"):
                os.kill(os.getpid(), number)
            unit.write(b"x")

        run.each(run.input_files(), work, output=lambda path: f"upper/{os.path.basename(path)}")

    before = signal.getsignal(number)
    pipeline = Pipeline("letters", (Stage("upper", signals_itself, outputs=("upper/*.txt",)),))
    assert run_pipeline(pipeline, str(run_dir), [str(letters)]) == 130
    assert signal.getsignal(number) is before
    state = stages(run_dir)["upper"]
    assert (state["status"], state["error"]) == ("in_progress", f"interrupted by {number.name}")
    assert (run_dir / "upper" / "b.txt.done").exists()
    assert not (run_dir / "upper" / "c.txt").exists()
    assert run_pipeline(PIPELINE, str(run_dir), [str(letters)]) == 0
    assert executed(run_dir) == ["upper/a.txt", "upper/b.txt", "upper/c.txt"]


def test_a_signal_cuts_a_long_pace_short(letters: Path, run_dir: Path) -> None:
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    began = time.monotonic()
    assert run_pipeline(PIPELINE, str(run_dir), [str(letters)], pace=300) == 130
    assert time.monotonic() - began < 200


def test_two_runs_of_one_directory_do_not_work_at_once(
    letters: Path, run_dir: Path, said: Callable[[], str]
) -> None:
    run_dir.mkdir()
    with take_claim(str(run_dir), what="somebody's run"):
        assert run_pipeline(PIPELINE, str(run_dir), [str(letters)]) == 1
    assert not (run_dir / "upper").exists()
    assert "somebody's run" in said()


def test_a_missing_input_and_a_file_as_run_directory_get_one_sentence(
    letters: Path, run_dir: Path, said: Callable[[], str]
) -> None:
    assert run_pipeline(PIPELINE, str(run_dir), [str(letters / "none")]) == 1
    assert run_pipeline(PIPELINE, str(letters / "a.txt"), [str(letters)]) == 1
    text = said()
    assert "none: does not exist" in text
    assert "a.txt: is a file" in text
    assert "Traceback" not in text


def test_a_stage_that_writes_nothing_for_a_unit_is_told(
    letters: Path, run_dir: Path, said: Callable[[], str]
) -> None:
    def forgets(run: Run) -> None:
        run.do("one", "one.txt", lambda unit: None)

    assert run_pipeline(Pipeline("p", (Stage("s", forgets),)), str(run_dir)) == 1
    assert "without output" in said()
