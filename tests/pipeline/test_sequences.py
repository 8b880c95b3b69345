"""The sequences pipeline: bad checkpoints, flags, models, odd input, full disks."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ckptui.checkpoint.save import atomic_save
from ckptui.demo.inputs import write_sequences
from ckptui.failure_log import load_failed_checkpoints
from ckptui.marker import create_done_marker
from tests.checkpoint.damage import cut_short, flip_bit_of_a_tensor
from tests.pipeline.forker import Forker
from tests.pipeline.material import content
from tests.pipeline.test_runner import executed, stages

PART = "features/lake.part_0001.pt"


class Bench:
    """A finished run, and the way to run it again."""

    def __init__(self, forker: Forker, root: Path, words: list[str]) -> None:
        self._forker = forker
        self._words = words
        self.run_dir = root / "run"
        self.log = root / "log.txt"

    def run(self, *flags: str, largest_file: int = 0) -> int:
        """Run it; ``said`` is then what this run alone told."""
        self.log.unlink(missing_ok=True)
        words = ["sequences", *self._words, "--run-dir", str(self.run_dir), *flags]
        return self._forker.run(words, self.log, largest_file=largest_file)

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def predictions(self) -> str:
        return (self.run_dir / "predictions.tsv").read_text()

    def forget(self, *stages: str) -> None:
        """Take the outputs of late stages away, so that they must be made again."""
        for name in stages:
            for path in self.run_dir.glob(name):
                path.unlink()


@pytest.fixture(scope="module")
def finished(forker: Forker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("finished")
    (root / "input").mkdir()
    samples, labelled = write_sequences(str(root / "input"))
    bench = Bench(forker, root, ["--input", *samples, "--train", labelled])
    assert bench.run() == 0, bench.said
    return root


@pytest.fixture
def bench(forker: Forker, finished: Path, tmp_path: Path) -> Bench:
    """A copy of the finished run; its input is the original's, so nothing is stale."""
    shutil.copytree(finished / "run", tmp_path / "run")
    samples = [str(finished / "input" / name) for name in ("lake.fasta", "soil.fna.gz")]
    labelled = str(finished / "input" / "labelled.fasta")
    return Bench(forker, tmp_path, ["--input", *samples, "--train", labelled])


def without_key(path: Path) -> None:
    """Save a feature file again without its features: whole, marked, and of no use."""
    atomic_save({"ids": ["1.1"]}, path)


def test_a_marked_file_that_lacks_a_key_stops_the_merge_with_a_remedy(bench: Bench) -> None:
    without_key(bench.run_dir / PART)
    bench.forget("merged/*", "predictions.tsv")
    assert bench.run() == 3
    assert PART in bench.said
    assert "features" in bench.said
    assert "ckptui repair quarantine" in bench.said
    assert "Traceback" not in bench.said
    assert stages(bench.run_dir)["merge"]["status"] == "failed"


def test_put_aside_it_is_made_again(bench: Bench) -> None:
    before = bench.predictions()
    without_key(bench.run_dir / PART)
    bench.forget("merged/*", "predictions.tsv", PART, f"{PART}.done")
    assert bench.run() == 0
    assert bench.predictions() == before


def test_force_resume_goes_on_with_the_rest_logs_it_and_ends_with_2(bench: Bench) -> None:
    before = bench.predictions()
    flip_bit_of_a_tensor(bench.run_dir / PART)
    bench.forget("merged/*", "predictions.tsv")
    assert bench.run("--force-resume") == 2
    rows = load_failed_checkpoints(bench.run_dir / "features")
    assert [(os.path.basename(path), reason.split(":")[0]) for path, reason, _ in rows] == [
        ("lake.part_0001.pt", "corrupted")
    ]
    assert 0 < len(bench.predictions().splitlines()) < len(before.splitlines())
    assert f"made without {PART}" in bench.said


def test_what_was_made_without_it_is_made_anew_once_it_is_whole_again(bench: Bench) -> None:
    before = bench.predictions()
    flip_bit_of_a_tensor(bench.run_dir / PART)
    bench.forget("merged/*", "predictions.tsv")
    bench.run("--force-resume")
    bench.forget(PART, f"{PART}.done")
    assert bench.run() == 0
    assert f"made without {PART}" in bench.said
    assert bench.predictions() == before


def checkpoint(bench: Bench, step: int) -> Path:
    return bench.run_dir / "checkpoints" / f"ckpt_{step:07d}.pt"


def test_training_goes_on_from_the_newest_good_checkpoint(bench: Bench) -> None:
    whole = content(checkpoint(bench, 600))
    cut_short(checkpoint(bench, 600))
    flip_bit_of_a_tensor(checkpoint(bench, 500))
    done = len(executed(bench.run_dir))
    assert bench.run() == 0
    assert "resumed from step 400" in bench.said
    assert content(checkpoint(bench, 600)) == whole
    names = ["checkpoints/ckpt_0000500.pt", "checkpoints/ckpt_0000600.pt"]
    assert executed(bench.run_dir)[done:] == names


def test_with_no_good_checkpoint_left_training_does_not_begin_again_unasked(bench: Bench) -> None:
    whole = content(checkpoint(bench, 600))
    for path in (bench.run_dir / "checkpoints").glob("*.pt"):
        cut_short(path)
    assert bench.run() == 3
    assert "--force-resume" in bench.said
    assert bench.run("--force-resume") == 0
    assert content(checkpoint(bench, 600)) == whole
    assert len(load_failed_checkpoints(bench.run_dir / "checkpoints")) == 6


def test_more_steps_carry_the_training_on(bench: Bench) -> None:
    done = len(executed(bench.run_dir))
    assert bench.run("--steps", "650") == 0
    assert "resumed from step 600" in bench.said
    assert executed(bench.run_dir)[done] == "checkpoints/ckpt_0000650.pt"


def test_another_seed_trains_anew(bench: Bench) -> None:
    before = content(checkpoint(bench, 600))
    assert bench.run("--seed", "1") == 0
    assert content(checkpoint(bench, 600)) != before


def test_an_output_without_a_marker_is_adopted_where_it_is_whole(bench: Bench) -> None:
    done = len(executed(bench.run_dir))
    (bench.run_dir / f"{PART}.done").unlink()
    assert bench.run() == 0
    assert executed(bench.run_dir)[done:] == []
    assert (bench.run_dir / f"{PART}.done").exists()


def test_an_output_without_a_marker_is_done_again_where_it_is_not_whole(bench: Bench) -> None:
    whole, done = content(bench.run_dir / PART), len(executed(bench.run_dir))
    (bench.run_dir / f"{PART}.done").unlink()
    cut_short(bench.run_dir / PART)
    assert bench.run() == 0
    assert executed(bench.run_dir)[done:] == [PART]
    assert content(bench.run_dir / PART) == whole


def test_a_whole_output_of_other_inputs_is_not_adopted(bench: Bench) -> None:
    whole, done = content(bench.run_dir / PART), len(executed(bench.run_dir))
    (bench.run_dir / f"{PART}.done").unlink()
    shutil.copy(bench.run_dir / "features" / "soil.part_0001.pt", bench.run_dir / PART)
    atomic_save({"ids": [], "features": []}, bench.run_dir / PART, input_hash="sha256:00")
    (bench.run_dir / f"{PART}.done").unlink()
    assert bench.run() == 0
    assert executed(bench.run_dir)[done:] == [PART]
    assert content(bench.run_dir / PART) == whole


def test_a_given_model_is_used_and_nothing_is_trained(bench: Bench, tmp_path: Path) -> None:
    before = bench.predictions()
    model = tmp_path / "model.pt"
    shutil.copy(checkpoint(bench, 600), model)
    shutil.rmtree(bench.run_dir)
    assert bench.run("--model", str(model)) == 0
    assert bench.predictions() == before
    assert not (bench.run_dir / "checkpoints").exists()


@pytest.mark.parametrize("damage", ["cut", "foreign", "other"])
def test_a_model_that_cannot_be_used_ends_with_3(bench: Bench, tmp_path: Path, damage: str) -> None:
    model = tmp_path / "model.pt"
    shutil.copy(checkpoint(bench, 600), model)
    if damage == "cut":
        cut_short(model)
    elif damage == "foreign":
        model.write_text("<html>")
    else:
        shutil.copy(bench.run_dir / PART, model)
        create_done_marker(model)
    assert bench.run("--model", str(model)) == 3
    assert str(model) in bench.said
    assert "Traceback" not in bench.said


def test_labels_may_come_from_a_table(forker: Forker, finished: Path, tmp_path: Path) -> None:
    known = (finished / "input" / "labelled.fasta").read_text()
    rows = [line[1:].split(" label=") for line in known.splitlines() if line.startswith(">")]
    table = tmp_path / "labels.tsv"
    table.write_text("# name\tlabel\n" + "".join(f"{name}\t{label}\n" for name, label in rows))
    bare = tmp_path / "labelled.fasta"
    bare.write_text("\n".join(line.split(" label=")[0] for line in known.splitlines()))
    lake = str(finished / "input" / "lake.fasta")
    bench = Bench(forker, tmp_path, ["--input", lake, "--train", str(bare)])
    assert bench.run("--labels", str(table)) == 0, bench.said
    predicted = {line.split("\t")[5] for line in bench.predictions().splitlines()[1:]}
    assert predicted == {"host", "virus"}


BAD_INPUT = {
    "no fasta": (["--input", "{here}/page.html"], "is it FASTA at all"),
    "missing": (["--input", "{here}/none.fasta"], "none.fasta: does not exist"),
    "no labels": (["--input", "{here}/plain.fasta"], "nothing to train on"),
    "one label": (["--input", "{here}/one.fasta"], "at least two labels"),
    "no bases": (["--input", "{here}/bare.fasta"], "none of its 2 records holds a base"),
    "no number": (["--input", "{here}/one.fasta", "--chunk-size", "0"], "chunk_size is 0"),
    "no model": (["--input", "{here}/one.fasta", "--model", "{here}/m.pt"], "there is no such"),
}


@pytest.mark.parametrize("kind", BAD_INPUT)
def test_bad_input_gets_one_sentence_and_exit_code_1(
    forker: Forker, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "page.html").write_text("<html>\n")
    (tmp_path / "plain.fasta").write_text(">a\n" + "ACGT" * 50)
    (tmp_path / "one.fasta").write_text(">a label=x\n" + "ACGT" * 50)
    (tmp_path / "bare.fasta").write_text(">a\n>b\n")
    words, sentence = BAD_INPUT[kind]
    bench = Bench(forker, tmp_path, [word.format(here=tmp_path) for word in words])
    assert bench.run() == 1
    assert sentence in bench.said
    assert "Traceback" not in bench.said


def test_a_full_disk_is_one_sentence_with_3_and_loses_nothing(
    bench: Bench, forker: Forker, finished: Path, tmp_path: Path
) -> None:
    wanted = bench.predictions()
    shutil.rmtree(bench.run_dir)
    # The merged table is the first file that does not fit.
    assert bench.run(largest_file=30_000) == 3
    assert "merged/features.pt" in bench.said
    assert "Traceback" not in bench.said
    assert bench.said.count("too large") == 1
    assert stages(bench.run_dir)["features"]["status"] == "completed"
    assert os.listdir(bench.run_dir / "merged") == []
    assert bench.run() == 0
    assert bench.predictions() == wanted
