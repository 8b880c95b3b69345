"""Reading FASTA as it is found in the wild.

There is no one FASTA standard; what is accepted here is what NCBI's own description allows
(https://www.ncbi.nlm.nih.gov/genbank/fastaformat/) and what real files contain besides: Windows
and old Mac line ends, a byte-order mark, ``;`` comments, gaps, blank lines, gzip under any name.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TextIO

from ckptui.errors import PipelineError

_CODES: Final = b"ACGTRYSWKMBDHVN"
"""Nucleotide codes of IUPAC-IUB 1984 that are kept (U is written as T)."""

_DROPPED: Final = bytes(range(0x21)) + b"-.*0123456789"
"""Characters that may stand in sequence lines and mean no base: blanks, gaps, line numbers."""

_TO_UPPER: Final = bytes.maketrans(b"acgtryswkmbdhvnuU", b"ACGTRYSWKMBDHVNTT")
_LABEL: Final = re.compile(r"(?:^|[\s;|])label=([^\s;|]+)")


@dataclass(frozen=True, slots=True)
class Sequence:
    """One FASTA record.

    Attributes:
        ordinal: Position in its file, from 1; headers without bases are counted too.
        name: First word of the header; ``sequence_<ordinal>`` where the header is empty.
        label: The value of ``label=`` in the header, or None.
        bases: Upper case, U as T, gaps removed.
        line: Line number of its header, for messages.
    """

    ordinal: int
    name: str
    label: str | None
    bases: str
    line: int


def read_fasta(path: str) -> Iterator[Sequence]:
    """Yield the records of a FASTA file, gzip or not, one at a time.

    Records without a single base are yielded with empty ``bases``, so that the caller can count
    them.

    Raises:
        PipelineError: If it is no nucleotide FASTA; the sentence names file, line and what to do.
        OSError: If it cannot be read.
    """
    with _open_text(path) as text:
        try:
            yield from _records(_lines(text), path)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise PipelineError(
                f"{path}: the gzip data is damaged or cut short ({error}); fetch the file again."
            ) from error


@contextmanager
def _open_text(path: str) -> Iterator[TextIO]:
    with open(path, "rb") as raw:
        compressed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream = gzip.GzipFile(fileobj=raw) if compressed else raw
        # A header may hold any bytes, and they come out as they went in; newline=None takes all
        # line ends.
        yield io.TextIOWrapper(
            io.BufferedReader(stream), encoding="utf-8", errors="surrogateescape", newline=None
        )


def _lines(text: TextIO) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text, start=1):
        if number == 1:
            line = line.removeprefix("\ufeff")  # a byte-order mark
        stripped = line.strip()
        if stripped and not stripped.startswith(";"):
            yield number, stripped


def _records(lines: Iterable[tuple[int, str]], path: str) -> Iterator[Sequence]:
    header: tuple[int, str] | None = None
    parts: list[bytes] = []
    ordinal = 0
    for number, line in lines:
        if line.startswith(">"):
            if header is not None:
                yield _record(ordinal, header, parts)
            header, parts, ordinal = (number, line[1:]), [], ordinal + 1
        elif header is None:
            raise PipelineError(_not_fasta(path, number, line))
        else:
            parts.append(_bases(path, number, line))
    if header is None:
        raise PipelineError(
            f"{path}: holds no FASTA record; give a file whose records begin with '>'."
        )
    yield _record(ordinal, header, parts)


def _record(ordinal: int, header: tuple[int, str], parts: list[bytes]) -> Sequence:
    line, text = header
    words = text.split(maxsplit=1)
    found = _LABEL.search(text)
    return Sequence(
        ordinal=ordinal,
        name=words[0] if words else f"sequence_{ordinal}",
        label=found.group(1) if found else None,
        bases=b"".join(parts).decode("ascii"),
        line=line,
    )


def _bases(path: str, number: int, line: str) -> bytes:
    data = line.encode("ascii", "replace").translate(_TO_UPPER, _DROPPED)
    odd = data.translate(None, _CODES)
    if odd:
        letter = next(each for each in line if each.encode("ascii", "replace")[0] in odd)
        raise PipelineError(
            f"{path}: line {number}: {letter!r} is no nucleotide code of IUPAC; "
            "is this a protein FASTA, or no FASTA at all?"
        )
    return data


def _not_fasta(path: str, number: int, line: str) -> str:
    guess = (
        "it looks like FASTQ; convert it first" if line.startswith("@") else "is it FASTA at all?"
    )
    return f"{path}: line {number} comes before any '>' header: {guess}"
