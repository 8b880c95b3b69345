"""Everything a run of the sequences pipeline is told."""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import dataclass

from ckptui.errors import PipelineError
from ckptui.pipeline.sequences.sources import Source


@dataclass(frozen=True, slots=True)
class SequencesConfig:
    """What to work on and how.

    Attributes:
        sources: FASTA files.
        labels: Path of a table ``sequence<TAB>label``, or None where labels stand in the headers.
        model: Path of a trained checkpoint to predict with, or None to train one.
        chunk_size: Bases a chunk.
        chunks_per_file: Chunks in one chunk file, which is one unit of the later stages.
        kmer: Length of the words counted as features, in bases.
        steps: Training steps.
        save_every: Steps between two saved checkpoints.
        seed: Fixes the weights at the start and the order of the data.
    """

    sources: tuple[Source, ...]
    labels: str | None = None
    model: str | None = None
    chunk_size: int = 500
    chunks_per_file: int = 20
    kmer: int = 3
    steps: int = 600
    save_every: int = 100
    seed: int = 0

    def check(self) -> None:
        """Raise where a number makes no sense, or where there is no torch to work with.

        Raises:
            PipelineError: Names the parameter and what it must be.
        """
        if importlib.util.find_spec("torch") is None:
            raise PipelineError(
                f"the sequences pipeline needs torch, and {sys.executable} has none: "
                "pip install 'ckptui[torch]'"
            )
        for name in ("chunk_size", "chunks_per_file", "kmer", "steps", "save_every"):
            value: int = getattr(self, name)
            if value < 1:
                raise PipelineError(f"{name} is {value}; it must be at least 1.")
        if self.kmer > 6:
            raise PipelineError(f"kmer is {self.kmer}; more than 6 makes {4**self.kmer} features.")
        if not self.sources:
            raise PipelineError("no input: give at least one FASTA file.")
        for path in (self.labels, self.model):
            if path is not None and not os.path.isfile(path):
                raise PipelineError(f"{path}: there is no such file.")

    def params(self) -> dict[str, object]:
        """What shapes the result besides the inputs."""
        return {
            "chunk_size": self.chunk_size,
            "chunks_per_file": self.chunks_per_file,
            "kmer": self.kmer,
            "steps": self.steps,
            "save_every": self.save_every,
            "seed": self.seed,
        }
