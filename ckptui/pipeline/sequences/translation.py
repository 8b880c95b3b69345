"""Six-frame translation with the standard genetic code (NCBI translation table 1)."""

from __future__ import annotations

from itertools import product
from typing import Final

_BASES: Final = "TCAG"
_AMINO_ACIDS: Final = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
"""Table 1 in the order TTT, TTC, TTA … GGG, as NCBI's gc.prt prints it."""

CODONS: Final[dict[str, str]] = {
    "".join(codon): acid
    for codon, acid in zip(product(_BASES, repeat=3), _AMINO_ACIDS, strict=True)
}
"""Codon → one-letter amino acid; ``*`` is a stop."""

FRAMES: Final = ("+1", "+2", "+3", "-1", "-2", "-3")

_COMPLEMENT: Final = str.maketrans("ACGTRYSWKMBDHVN", "TGCAYRSWMKVHDBN")


def reverse_complement(bases: str) -> str:
    """The other strand, read 5' to 3'; ambiguity codes are complemented too.

    Example:
        >>> reverse_complement("ATGR")
        'YCAT'
    """
    return bases.translate(_COMPLEMENT)[::-1]


def translate(bases: str) -> str:
    """Translate one frame from its first base; a codon with an ambiguity code gives ``X``.

    A rest of one or two bases is left out.

    Example:
        >>> translate("ATGGCNTAA")
        'MX*'
    """
    whole = len(bases) - len(bases) % 3
    return "".join(CODONS.get(bases[at : at + 3], "X") for at in range(0, whole, 3))


def six_frames(bases: str) -> dict[str, str]:
    """Translate all six frames.

    Args:
        bases: Upper-case IUPAC codes with T, not U.

    Returns:
        Frame (``+1`` … ``-3``) → protein.
    """
    strands = {"+": bases, "-": reverse_complement(bases)}
    return {frame: translate(strands[frame[0]][int(frame[1]) - 1 :]) for frame in FRAMES}
