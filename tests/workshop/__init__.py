"""The damage workshop: files of every kind, good, odd and damaged, each with its maker's truth.

``make_all(directory, seed)`` writes them; ``python -m tests.workshop DIR`` does so by hand.
"""

from tests.workshop.making import make_all
from tests.workshop.specimen import Kind, Specimen, Truth

__all__ = ["Kind", "Specimen", "Truth", "make_all"]
