"""Stage 1: cut the sequences into chunks, and the chunks into files that are done one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from ckptui.errors import PipelineError
from ckptui.pipeline.run import Run, writing
from ckptui.pipeline.sequences.config import SequencesConfig
from ckptui.pipeline.sequences.fasta import Sequence, read_fasta
from ckptui.pipeline.sequences.sources import Source
from ckptui.pipeline.talk import log

OUTPUTS: Final = ("chunks/*.fasta", "chunks/*.json")


@dataclass(frozen=True, slots=True)
class Member:
    """One sequence as a manifest lists it. ``length`` is in bases."""

    ordinal: int
    name: str
    label: str | None
    length: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What chunking made of one source: its chunk files (relative paths) and its sequences."""

    source: str
    parts: tuple[str, ...]
    sequences: tuple[Member, ...]


def chunk_sequences(config: SequencesConfig, run: Run) -> None:
    """Write ``chunks/<source>.part_0001.fasta`` … and one manifest a source.

    Raises:
        PipelineError: A source is no FASTA or holds no bases, or there is nothing to train on.
    """
    labels = read_labels(config.labels) if config.labels else {}
    labelled = 0
    for number, source in enumerate(config.sources, start=1):
        run.progress(number - 1, len(config.sources), f"chunking {source.name}")
        manifest = _chunk_source(config, run, source, labels)
        if source.for_training:
            labelled += sum(member.label is not None for member in manifest.sequences)
        text = f"chunking {number} of {len(config.sources)} files"
        run.progress(number, len(config.sources), text)
    if not labelled and config.model is None:
        raise PipelineError(
            "no sequence has a label, so there is nothing to train on: put label=… into the "
            "headers, give --labels or --train, or give a trained checkpoint with --model."
        )


def read_manifests(config: SequencesConfig, run: Run) -> list[Manifest]:
    """Read what chunking made, in the order of the sources."""
    return [_read_manifest(run, source) for source in config.sources]


def read_chunks(path: str) -> Iterator[tuple[str, str]]:
    """Yield (chunk id, bases) of a chunk file."""
    with open(path, encoding="ascii") as file:
        for header in file:
            yield header[1:].rstrip("\n"), next(file).rstrip("\n")


def read_labels(path: str) -> dict[str, str]:
    """Read a table of labels: two columns, sequence name and label, by tab, comma or blanks.

    Raises:
        PipelineError: A line has no two columns.
    """
    labels = {}
    with open(path, encoding="utf-8-sig", errors="surrogateescape") as file:
        for number, line in enumerate(file, start=1):
            words = line.replace("\t", " ").replace(",", " ").split()
            if not words or line.startswith("#"):
                continue
            if len(words) != 2:
                raise PipelineError(f"{path}: line {number}: wants a sequence name and a label.")
            labels[words[0]] = words[1]
    return labels


def _chunk_source(
    config: SequencesConfig, run: Run, source: Source, labels: Mapping[str, str]
) -> Manifest:
    members: list[Member] = []
    chunks = _chunks(_noting(read_fasta(source.path), labels, members), config.chunk_size)
    parts: list[str] = []
    while part := list(islice(chunks, config.chunks_per_file)):
        parts.append(f"chunks/{source.name}.part_{len(parts) + 1:04d}.fasta")
        data = "".join(f">{name}\n{bases}\n" for name, bases in part).encode("ascii")
        run.do(parts[-1], parts[-1], writing(data))
    _tell_oddities(source, members)
    manifest = Manifest(source.name, tuple(parts), tuple(members))
    text = json.dumps(_to_json(manifest), indent=1).encode()
    run.do(source.path, _manifest_path(source), writing(text))
    return manifest


def _noting(
    sequences: Iterable[Sequence], labels: Mapping[str, str], members: list[Member]
) -> Iterator[Sequence]:
    for sequence in sequences:
        label = labels.get(sequence.name, sequence.label)
        members.append(Member(sequence.ordinal, sequence.name, label, len(sequence.bases)))
        yield sequence


def _chunks(sequences: Iterable[Sequence], size: int) -> Iterator[tuple[str, str]]:
    """(``<ordinal>.<chunk>``, bases); the last chunk of a sequence may be shorter."""
    for sequence in sequences:
        starts = range(0, len(sequence.bases), size)
        for number, start in enumerate(starts, start=1):
            yield f"{sequence.ordinal}.{number}", sequence.bases[start : start + size]


def _tell_oddities(source: Source, members: list[Member]) -> None:
    empty = sum(member.length == 0 for member in members)
    if empty == len(members):
        raise PipelineError(f"{source.path}: none of its {empty} records holds a base.")
    if empty:
        log.warning("%s: %d of %d records hold no base", source.path, empty, len(members))
    doubled = len(members) - len({member.name for member in members})
    if doubled:
        log.warning(
            "%s: %d records bear a name that another one has; they are kept apart by their place",
            source.path,
            doubled,
        )


def _manifest_path(source: Source) -> str:
    return f"chunks/{source.name}.json"


def _to_json(manifest: Manifest) -> dict[str, object]:
    rows = [[one.ordinal, one.name, one.label, one.length] for one in manifest.sequences]
    return {"source": manifest.source, "parts": list(manifest.parts), "sequences": rows}


def _read_manifest(run: Run, source: Source) -> Manifest:
    with open(run.path(_manifest_path(source)), encoding="ascii") as file:
        document = json.load(file)
    return Manifest(
        document["source"],
        tuple(document["parts"]),
        tuple(Member(*row) for row in document["sequences"]),
    )
