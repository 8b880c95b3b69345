"""The FASTA files of a run, each under a short name that is safe in a file name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """One FASTA file.

    Attributes:
        name: Unique in the run; ASCII letters, digits, ``.``, ``_`` and ``-``.
        path: Absolute path.
        for_training: True where its labelled sequences are trained on.
        for_prediction: True where its sequences are predicted.
    """

    name: str
    path: str
    for_training: bool
    for_prediction: bool


def name_sources(inputs: Iterable[str], train: Iterable[str]) -> tuple[Source, ...]:
    """Give every file its name, in the order given; files for training come last.

    Args:
        inputs: Absolute paths of the files to predict; trained on too where ``train`` is empty.
        train: Absolute paths of files to train on alone.
    """
    inputs, train = list(dict.fromkeys(inputs)), list(dict.fromkeys(train))
    taken: set[str] = set()
    sources = []
    for path in dict.fromkeys([*inputs, *train]):
        name = _free_name(path, taken)
        taken.add(name)
        sources.append(Source(name, path, not train or path in train, path in inputs))
    return tuple(sources)


def _free_name(path: str, taken: set[str]) -> str:
    stem = os.path.basename(path).removesuffix(".gz")
    stem = re.sub(r"\.(fa|fasta|fna|ffn|fas)$", "", stem, flags=re.IGNORECASE)
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", stem) or "sequences"
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
