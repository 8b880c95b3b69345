"""Writes every specimen and truths.json: python -m tests.workshop DIR [--seed N]."""

from __future__ import annotations

import argparse
from collections import Counter

from tests.workshop.making import make_all


def main() -> None:
    """Make them all and say how many."""
    parser = argparse.ArgumentParser(prog="python -m tests.workshop", description=__doc__)
    parser.add_argument("directory")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    specimens = make_all(told.directory, told.seed)
    kinds = Counter(specimen.truth.kind for specimen in specimens)
    print(f"{len(specimens)} files: " + ", ".join(f"{n} {kind}" for kind, n in kinds.items()))


if __name__ == "__main__":
    main()
