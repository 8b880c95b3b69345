"""Asks every checker about every file of the workshop: python -m tests.workshop.atlas.

Prints the table, writes build/atlas.json, and renews the README's table between its marks.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence

from tests.readme import write
from tests.workshop.atlas.asking import ask
from tests.workshop.atlas.checkers import CHECKERS
from tests.workshop.atlas.table import Row, as_markdown, as_text, compact, full, summary
from tests.workshop.making import make_all


def survey(directory: str, seed: int) -> list[Row]:
    """Make the files and ask about all of them."""
    specimens = make_all(directory, seed)
    answers = {}
    for name in CHECKERS:
        print(f"{name}: {len(specimens)} files", file=sys.stderr)
        answers[name] = list(ask(name, specimens))
    return [
        Row(specimen, {name: answers[name][at] for name in CHECKERS})
        for at, specimen in enumerate(specimens)
    ]


def _document(rows: Sequence[Row], seed: int) -> str:
    kinds = [
        {
            "name": row.specimen.name,
            "kind": row.specimen.truth.kind,
            "note": row.specimen.truth.note,
            "witness": row.specimen.truth.witness,
            "categories": sorted(row.specimen.truth.categories),
            "answers": dict(row.answers),
        }
        for row in rows
    ]
    return json.dumps({"seed": seed, "summary": summary(rows), "kinds": kinds}, indent=1)


def _readme(rows: Sequence[Row]) -> str:
    return (
        f"{as_markdown(summary(rows))}\n\n<details>\n<summary>All {len(rows)} kinds</summary>\n\n"
        f"{as_markdown(compact(rows))}\n\n</details>"
    )


def main() -> None:
    """Survey, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m tests.workshop.atlas", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-readme", action="store_true", help="leave the README as it is")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ckptui-atlas-") as directory:
        rows = survey(directory, told.seed)
    print(as_text(full(rows)), as_text(summary(rows)), sep="\n\n")
    os.makedirs("build", exist_ok=True)
    with open("build/atlas.json", "w", encoding="ascii") as file:
        file.write(_document(rows, told.seed))
    if not told.no_readme:
        write("atlas", _readme(rows))


if __name__ == "__main__":
    main()
