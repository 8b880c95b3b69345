"""The input that the demo ships: small, made the same way every time, and as mixed as real files.

The sequences are no organism's: words drawn with two different preferences for codons, which is
enough for a small network to learn to tell them apart.
"""

from __future__ import annotations

import gzip
import os
import random
from collections.abc import Iterator
from typing import Final

_RICH: Final = ("GCC", "GGC", "CTG", "GAC", "CGC", "ACC", "GTG", "CCG", "AAG", "TTC")
_POOR: Final = ("AAA", "TTA", "GAT", "ATT", "AAT", "TCA", "CAA", "GTT", "AGA", "TAT")
_PREFERENCE: Final = {"host": _RICH, "virus": _POOR}
_OTHER_SHARE: Final = 0.45

NOTES: Final[dict[str, str]] = {
    "checkpoints.md": """\
# Checkpoints

A checkpoint is a file that a job can resume from. It holds the weights, the state of the
optimizer and the step that was reached.

## Markers

A marker is an empty file that says that its checkpoint is complete. It is created last, so that
nothing incomplete can bear one. Looking for a marker never opens the checkpoint.

## What happens when the disk is full?

The temporary file goes, and the old checkpoint stays with its marker. Nothing is lost but the
steps since then.
""",
    "sequences.md": """\
# Sequences

FASTA is a text format for sequences. Each record begins with a header line.

Six-frame translation
---------------------

A reading frame is one of the ways to cut a strand into codons. There are three on each strand, so
a sequence is translated six times.

* A codon is a word of three bases.
* The standard code is the one that most organisms use.
""",
    "resuming.md": """\
# Resuming

A resumed run is a process that carries on where another one stopped. It skips every unit whose
output and marker stand.

## Why is a stage stale?

A stage is stale when its inputs changed since it was done. It is done anew, and the old files stay
until new ones replace them.
""",
}
"""Markdown for the qa stage: name → text."""


def write_sequences(folder: str) -> tuple[list[str], str]:
    """Write the FASTA files of the demo.

    Args:
        folder: An existing directory.

    Returns:
        Paths of the samples to predict, and of the labelled sequences to train on.
    """
    draw = random.Random(20)  # noqa: S311  (the same sequences every time are what is wanted)
    labelled = os.path.join(folder, "labelled.fasta")
    _write(labelled, _labelled(draw))
    lake, soil = os.path.join(folder, "lake.fasta"), os.path.join(folder, "soil.fna.gz")
    _write(lake, _sample(draw, "lake", 9), lower=True, ends="\r\n")
    with open(soil, "wb") as file:
        file.write(gzip.compress(_text(_sample(draw, "soil", 7)).encode(), mtime=0))
    return [lake, soil], labelled


def write_notes(folder: str) -> None:
    """Write the Markdown files of the demo into an existing directory."""
    for name, text in NOTES.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


def _labelled(draw: random.Random) -> Iterator[tuple[str, str]]:
    for number in range(1, 25):
        label = "virus" if number % 2 else "host"
        yield f"known{number:02d} label={label}", _bases(draw, label, draw.randint(900, 2100))


def _sample(draw: random.Random, name: str, count: int) -> Iterator[tuple[str, str]]:
    for number in range(1, count + 1):
        bases = _bases(draw, draw.choice(["virus", "host"]), draw.randint(700, 2600))
        # Real reads hold places that the sequencer could not tell.
        at = draw.randrange(len(bases) - 12)
        yield f"{name}{number:02d}", bases[:at] + "NNNNRY" + bases[at + 6 :]


def _bases(draw: random.Random, kind: str, length: int) -> str:
    words = []
    for _ in range(length // 3):
        if draw.random() < _OTHER_SHARE:
            words.append("".join(draw.choices("ACGT", k=3)))
        else:
            words.append(draw.choice(_PREFERENCE[kind]))
    return "".join(words)


def _write(
    path: str, records: Iterator[tuple[str, str]], *, lower: bool = False, ends: str = "\n"
) -> None:
    text = _text(records)
    with open(path, "w", encoding="ascii", newline=ends) as file:
        file.write(_lower_bases(text) if lower else text)


def _text(records: Iterator[tuple[str, str]]) -> str:
    lines = []
    for header, bases in records:
        lines.append(f">{header}")
        lines += [bases[at : at + 60] for at in range(0, len(bases), 60)]
    return "\n".join(lines) + "\n"


def _lower_bases(text: str) -> str:
    lines = text.split("\n")
    return "\n".join(line if line.startswith(">") else line.lower() for line in lines)
