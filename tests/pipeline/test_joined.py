"""``--generate-qa``: the qa pipeline as an optional last stage of sequences."""

from __future__ import annotations

from pathlib import Path

from tests.pipeline.forker import Forker
from tests.pipeline.test_qa import rows
from tests.pipeline.test_runner import stages


def test_it_asks_about_the_runs_own_report(
    forker: Forker, fasta: list[str], tmp_path: Path
) -> None:
    run_dir, log = tmp_path / "run", tmp_path / "log.txt"
    words = ["sequences", *fasta, "--run-dir", str(run_dir), "--steps", "40", "--generate-qa"]
    assert forker.run(words, log) == 0, log.read_text()
    assert {row["source"] for row in rows(run_dir)} == {"lake.md", "soil.md"}
    assert forker.run(words, log) == 0


def test_its_failure_warns_and_ends_with_2_and_later_it_alone_is_done(
    forker: Forker, fasta: list[str], notes: Path, tmp_path: Path
) -> None:
    run_dir, log, later = tmp_path / "run", tmp_path / "log.txt", tmp_path / "later"
    words = ["sequences", *fasta, "--run-dir", str(run_dir), "--steps", "40"]
    words += ["--generate-qa", "--qa-input", str(later)]
    assert forker.run(words, log) == 2
    assert "qa failed, and is optional" in log.read_text()
    assert stages(run_dir)["qa"]["status"] == "failed"
    assert (run_dir / "predictions.tsv").exists()
    notes.rename(later)
    log.unlink()
    assert forker.run(words, log) == 0
    assert "prediction: stands" in log.read_text()
    assert {row["source"] for row in rows(run_dir)} == {
        "checkpoints.md",
        "resuming.md",
        "sequences.md",
    }
