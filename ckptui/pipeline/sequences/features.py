"""Stages 2 and 3: proteins of all six frames, and from both the features of each chunk."""

from __future__ import annotations

import os
from collections import Counter
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from ckptui.pipeline.run import Run, Unit
from ckptui.pipeline.sequences.chunking import read_chunks, read_manifests
from ckptui.pipeline.sequences.config import SequencesConfig
from ckptui.pipeline.sequences.translation import FRAMES, six_frames

TRANSLATED: Final = ("translated/*.faa",)
FEATURES: Final = ("features/*.pt",)
KEYS: Final = ("ids", "features")

_ACIDS: Final = "ACDEFGHIKLMNPQRSTVWY*X"


def translated_path(part: str) -> str:
    """Where the proteins of a chunk file go."""
    return f"translated/{_stem(part)}.faa"


def features_path(part: str) -> str:
    """Where the features of a chunk file go."""
    return f"features/{_stem(part)}.pt"


def _stem(part: str) -> str:
    return os.path.basename(part).removesuffix(".fasta")


def translate_parts(config: SequencesConfig, run: Run) -> None:
    """Write ``translated/<part>.faa``: six proteins a chunk."""

    def work(unit: Unit) -> None:
        lines = [
            f">{name}_frame{frame}\n{protein}\n"
            for name, bases in read_chunks(run.path(unit.name))
            for frame, protein in six_frames(bases).items()
        ]
        unit.write("".join(lines).encode("ascii"))

    run.each(_parts(config, run), work, output=translated_path)


def extract_features(config: SequencesConfig, run: Run) -> None:
    """Write ``features/<part>.pt``: ids and one row of features a chunk."""
    import torch

    def work(unit: Unit) -> None:
        chunks = list(read_chunks(run.path(unit.name)))
        proteins = _proteins(run.path(translated_path(unit.name)))
        rows = [features_of(bases, proteins[name], config.kmer) for name, bases in chunks]
        document = {
            "ids": [name for name, _ in chunks],
            "features": torch.from_numpy(np.stack(rows)),
            "kmer": config.kmer,
        }
        unit.save(document, KEYS)

    run.each(_parts(config, run), work, output=features_path, required_keys=KEYS)


def _parts(config: SequencesConfig, run: Run) -> list[str]:
    return [part for manifest in read_manifests(config, run) for part in manifest.parts]


def _proteins(path: str) -> dict[str, list[str]]:
    """Chunk id → its six proteins in the order of the frames."""
    proteins: dict[str, list[str]] = {}
    for name, protein in read_chunks(path):
        proteins.setdefault(name.rpartition("_frame")[0], []).append(protein)
    return proteins


def features_of(bases: str, proteins: list[str], kmer: int) -> npt.NDArray[np.float32]:
    """Features of one chunk: word frequencies, amino acids over all frames, stops by frame.

    Words with an ambiguity code are not counted. Every group is a share of its own total, so that
    short chunks compare with long ones.
    """
    words = Counter(bases[at : at + kmer] for at in range(len(bases) - kmer + 1))
    counts = [words["".join(word)] for word in product("ACGT", repeat=kmer)]
    acids = Counter("".join(proteins))
    stops = [protein.count("*") / max(1, len(protein)) for protein in proteins]
    groups = [_shares(counts), _shares([acids[acid] for acid in _ACIDS]), stops]
    return np.concatenate([np.asarray(group, dtype=np.float32) for group in groups])


def width(kmer: int) -> int:
    """Number of features of a chunk."""
    return int(4**kmer) + len(_ACIDS) + len(FRAMES)


def _shares(counts: list[int]) -> list[float]:
    total = max(1, sum(counts))
    return [count / total for count in counts]
