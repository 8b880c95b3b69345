"""The three ways in: the pipelines that ship, and a pipeline of one's own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from ckptui.pipeline.endings import ending
from ckptui.pipeline.model import Flags, Stage
from ckptui.pipeline.runner import run_pipeline
from ckptui.pipeline.talk import talking


def run_sequences(
    *,
    inputs: Sequence[str],
    run_dir: str,
    train: Sequence[str] = (),
    labels: str | None = None,
    model: str | None = None,
    chunk_size: int = 500,
    chunks_per_file: int = 20,
    kmer: int = 3,
    steps: int = 600,
    save_every: int = 100,
    seed: int = 0,
    pace: float = 0.0,
    no_resume: bool = False,
    force_resume: bool = False,
    skip_checkpoint_validation: bool = False,
    generate_qa: bool = False,
    qa_input: str | None = None,
) -> int:
    """Run the sequences pipeline: FASTA → chunks → translation → features → merge → prediction.

    Args:
        inputs: FASTA files to predict, gzip or not; trained on too where ``train`` is empty.
        run_dir: The run directory.
        train: FASTA files to train on alone, with ``label=…`` in their headers.
        labels: A table ``sequence<TAB>label`` instead of labels in headers.
        model: A trained checkpoint to predict with; nothing is trained then.
        chunk_size: Bases a chunk.
        chunks_per_file: Chunks a file; one file is one unit of work.
        kmer: Length of the words counted as features, in bases.
        steps: Training steps.
        save_every: Steps between two checkpoints.
        seed: Fixes the weights at the start and the order of the data.
        pace: Seconds to wait after each unit, so that a person can watch.
        no_resume: Begin anew.
        force_resume: Skip bad checkpoints, go on with the rest, log them.
        skip_checkpoint_validation: Do not check checkpoints before they are used.
        generate_qa: Add the qa pipeline as an optional last stage.
        qa_input: Its folder of Markdown; the run's own report where None.

    Returns:
        The exit code.
    """
    from ckptui.pipeline.qa.stages import qa_stage
    from ckptui.pipeline.sequences.config import SequencesConfig
    from ckptui.pipeline.sequences.sources import name_sources
    from ckptui.pipeline.sequences.stages import sequences_pipeline

    fasta, training = _absolute(inputs), _absolute(train)
    run_dir = os.path.abspath(run_dir)
    config = SequencesConfig(
        name_sources(fasta, training),
        labels=_absolute_or_none(labels),
        model=_absolute_or_none(model),
        chunk_size=chunk_size,
        chunks_per_file=chunks_per_file,
        kmer=kmer,
        steps=steps,
        save_every=save_every,
        seed=seed,
    )
    flags = Flags(no_resume, force_resume, skip_checkpoint_validation)
    documents = _absolute_or_none(qa_input)
    with talking(), ending(run_dir) as end:
        config.check()
        more: list[Stage] = []
        if generate_qa:
            more = [qa_stage(documents or os.path.join(run_dir, "report"), optional=True)]
        end.code = run_pipeline(
            sequences_pipeline(config, *more),
            run_dir,
            [source.path for source in config.sources],
            config.params(),
            flags,
            pace=pace,
            command=[
                *_command("sequences", run_dir),
                *_each("--input", fasta),
                *_each("--train", training),
                *_given("--labels", config.labels),
                *_given("--model", config.model),
                *_numbers(config.params(), pace),
                *flags.to_arguments(),
                *(["--generate-qa"] if generate_qa else []),
                *_given("--qa-input", documents),
            ],
        )
    return end.code


def run_qa(*, documents: str, run_dir: str, pace: float = 0.0, no_resume: bool = False) -> int:
    """Run the qa pipeline: Markdown → index → questions → answers → validate → export.

    Args:
        documents: Folder of Markdown files.
        run_dir: The run directory; the dataset is its ``qa/dataset.jsonl``.
        pace: Seconds to wait after each step, so that a person can watch.
        no_resume: Begin anew.

    Returns:
        The exit code.
    """
    from ckptui.pipeline.qa.stages import qa_pipeline

    documents, run_dir = os.path.abspath(documents), os.path.abspath(run_dir)
    paced = ["--pace", f"{pace:g}"] if pace else []
    return run_pipeline(
        qa_pipeline(documents),
        run_dir,
        (),
        {},
        Flags(no_resume=no_resume),
        pace=pace,
        command=[*_command("qa", run_dir), "--input", documents, *paced],
    )


def run_file(
    spec: str,
    *,
    run_dir: str,
    inputs: Sequence[str] = (),
    params: Mapping[str, str] | None = None,
    pace: float = 0.0,
    no_resume: bool = False,
    force_resume: bool = False,
    skip_checkpoint_validation: bool = False,
) -> int:
    """Run a pipeline of one's own.

    Args:
        spec: ``FILE.py:NAME``: the file, and the name of a :class:`Pipeline` in it.
        run_dir: The run directory.
        inputs: Files and directories that it reads.
        params: ``--param NAME=VALUE`` pairs that it finds in ``run.params``.
        pace: Seconds to wait after each unit.
        no_resume, force_resume, skip_checkpoint_validation: See :class:`Flags`.

    Returns:
        The exit code.
    """
    from ckptui.pipeline.userfile import load_pipeline

    flags = Flags(no_resume, force_resume, skip_checkpoint_validation)
    params = dict(params or {})
    run_dir = os.path.abspath(run_dir)
    with talking(), ending(run_dir) as end:
        path, pipeline = load_pipeline(spec)
        end.code = run_pipeline(
            pipeline,
            run_dir,
            _absolute(inputs),
            params,
            flags,
            pace=pace,
            command=[
                *_command(path, run_dir),
                *_each("--input", _absolute(inputs)),
                *_each("--param", [f"{name}={value}" for name, value in params.items()]),
                *(["--pace", f"{pace:g}"] if pace else []),
                *flags.to_arguments(),
            ],
        )
    return end.code


def _command(what: str, run_dir: str) -> list[str]:
    return [sys.executable, "-m", "ckptui", "run", what, "--run-dir", run_dir]


def _absolute(paths: Sequence[str]) -> list[str]:
    return [os.path.abspath(path) for path in paths]


def _absolute_or_none(path: str | None) -> str | None:
    return None if path is None else os.path.abspath(path)


def _each(option: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _given(option: str, value: str | None) -> list[str]:
    return [] if value is None else [option, value]


def _numbers(params: Mapping[str, object], pace: float) -> list[str]:
    words = [
        word
        for name, value in params.items()
        for word in (f"--{name.replace('_', '-')}", str(value))
    ]
    return [*words, *(["--pace", f"{pace:g}"] if pace else [])]
