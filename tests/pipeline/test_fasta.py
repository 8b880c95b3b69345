"""FASTA as it is found in the wild, and files that are none."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ckptui.errors import PipelineError
from ckptui.pipeline.sequences.fasta import read_fasta


def read(tmp_path: Path, data: bytes, name: str = "a.fasta") -> list[tuple[str, str]]:
    path = tmp_path / name
    path.write_bytes(data)
    return [(one.name, one.bases) for one in read_fasta(str(path))]


DIALECTS = {
    "wrapped": b">a one\nACGT\nAC\n>b\nGG\n",
    "windows": b">a one\r\nACGT\r\nAC\r\n>b\r\nGG\r\n",
    "old mac": b">a one\rACGT\rAC\r>b\rGG\r",
    "lower case": b">a one\nacgtac\n>b\ngg\n",
    "rna": b">a one\nACGUac\n>b\ngg\n",
    "no final newline": b">a one\nACGTAC\n>b\nGG",
    "leading blank lines": b"\n \n\r\n>a one\nACGTAC\n>b\nGG\n",
    "blank lines between": b">a one\nACGT\n\nAC\n\n\n>b\nGG\n",
    "byte-order mark": b"\xef\xbb\xbf>a one\nACGTAC\n>b\nGG\n",
    "comments": b"; from a sequencer\n>a one\nACGT\n;more\nAC\n>b\nGG\n",
    "gaps and numbers": b">a one\n   1 AC-GT\n   5 AC*\n>b\nG..G\n",
    "gzip": gzip.compress(b">a one\nACGTAC\n>b\nGG\n"),
    "two gzip members": gzip.compress(b">a one\nACGTAC\n") + gzip.compress(b">b\nGG\n"),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_reads_the_same(tmp_path: Path, dialect: str) -> None:
    assert read(tmp_path, DIALECTS[dialect]) == [("a", "ACGTAC"), ("b", "GG")]


def test_gzip_is_told_by_content_not_by_name(tmp_path: Path) -> None:
    assert read(tmp_path, gzip.compress(b">a\nAC\n"), "a.fasta") == [("a", "AC")]
    assert read(tmp_path, b">a\nAC\n", "b.fasta.gz") == [("a", "AC")]


def test_all_iupac_codes_are_kept(tmp_path: Path) -> None:
    assert read(tmp_path, b">a\nacgtryswkmbdhvn\n") == [("a", "ACGTRYSWKMBDHVN")]


def test_duplicate_names_empty_headers_and_records_without_bases_are_kept_apart(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.fasta"
    path.write_bytes(b">x label=virus\nAC\n>x\nGG\n>\nTT\n>only a header\n>last label=host\nA")
    found = list(read_fasta(str(path)))
    assert [(one.ordinal, one.name, one.bases, one.label) for one in found] == [
        (1, "x", "AC", "virus"),
        (2, "x", "GG", None),
        (3, "sequence_3", "TT", None),
        (4, "only", "", None),
        (5, "last", "A", "host"),
    ]


def test_a_header_may_hold_any_bytes(tmp_path: Path) -> None:
    name, bases = read(tmp_path, b">caf\xe9\xff x\nAC\n")[0]
    assert (name.encode("utf-8", "surrogateescape"), bases) == (b"caf\xe9\xff", "AC")


NOT_FASTA = {
    "empty": (b"", "holds no FASTA record"),
    "blank": (b"\n\n", "holds no FASTA record"),
    "empty gzip": (gzip.compress(b""), "holds no FASTA record"),
    "fastq": (b"@read1\nACGT\n+\nIIII\n", "FASTQ"),
    "html": (b"<!DOCTYPE html>\n", "is it FASTA at all"),
    "text": (b"hello\n", "is it FASTA at all"),
    "protein": (b">p\nMKVLE\n", "'L' is no nucleotide code"),
    "greek": (">a\nACΔT\n".encode(), "'Δ' is no nucleotide code"),
    "binary": (bytes(range(1, 256)), "before any '>' header"),
    "cut gzip": (gzip.compress(b">a\n" + b"ACGT" * 999)[:-20], "damaged or cut short"),
    "damaged gzip": (gzip.compress(b">a\nACGT\n")[:12] + b"\xff\xff\xff\xff", "damaged or cut"),
}


@pytest.mark.parametrize("kind", NOT_FASTA)
def test_what_is_no_fasta_gets_one_sentence_that_names_the_file(tmp_path: Path, kind: str) -> None:
    data, words = NOT_FASTA[kind]
    with pytest.raises(PipelineError, match=r"a\.fasta") as caught:
        read(tmp_path, data)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_line_of_the_trouble_is_named(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="line 4"):
        read(tmp_path, b">a\nACGT\n>b\nAC!T\n")
