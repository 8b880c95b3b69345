"""Six-frame translation against sequences whose translation is known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ckptui.pipeline.sequences.translation import (
    CODONS,
    reverse_complement,
    six_frames,
    translate,
)

# The worked example of the Biopython tutorial, chapter "Sequence objects".
CODING = "ATGGCCATTGTAATGGGCCGCTGAAAGGGTGCCCGATAG"
PROTEIN = "MAIVMGR*KGAR*"


def test_a_known_gene() -> None:
    assert translate(CODING) == PROTEIN


def test_the_other_strand_of_a_known_gene() -> None:
    assert reverse_complement(CODING) == "CTATCGGGCACCCTTTCAGCGGCCCATTACAATGGCCAT"
    assert translate(reverse_complement(reverse_complement(CODING))) == PROTEIN


def test_all_six_frames() -> None:
    assert six_frames("ATGGCCTAA") == {
        "+1": "MA*",
        "+2": "WP",
        "+3": "GL",
        "-1": "LGH",
        "-2": "*A",
        "-3": "RP",
    }


def test_the_standard_code_has_its_three_stops_and_its_start() -> None:
    assert len(CODONS) == 64
    assert sorted(codon for codon, acid in CODONS.items() if acid == "*") == ["TAA", "TAG", "TGA"]
    assert CODONS["ATG"] == "M"
    assert CODONS["TGG"] == "W"
    assert sum(acid == "L" for acid in CODONS.values()) == 6


def test_ambiguity_gives_x_and_a_rest_is_left_out() -> None:
    assert translate("ATGNNNGCRTAAAC") == "MXX*"
    assert translate("AT") == ""


@given(st.text("ACGTRYSWKMBDHVN", max_size=200))
def test_complementing_twice_gives_the_same_strand(bases: str) -> None:
    assert reverse_complement(reverse_complement(bases)) == bases


@given(st.text("ACGTN", max_size=100))
def test_each_frame_has_the_length_that_its_start_leaves(bases: str) -> None:
    for frame, protein in six_frames(bases).items():
        assert len(protein) == max(0, len(bases) - int(frame[1]) + 1) // 3
