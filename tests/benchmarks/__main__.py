"""Measures and compares: python -m tests.benchmarks (make bench).

Prints the tables, writes build/bench.json, and renews the README's table between its marks. Needs
about 2 GB in the temporary directory (TMPDIR chooses another), and takes a few minutes.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence

from tests.benchmarks.machine import describe
from tests.benchmarks.measuring import ROOT, Timing, ask, rounds
from tests.benchmarks.subjects import SUBJECTS
from tests.benchmarks.table import Row, promises, rows, times
from tests.readme import write
from tests.workshop.atlas.table import as_markdown, as_text

_SMALL = 1000


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _measure(directory: str, count: int, gigabytes: float) -> tuple[dict[str, Timing], float, int]:
    """Timings, a header's bytes, and the large file's size."""
    # A cache and a configuration of its own, so that nothing of the user's is read or changed.
    environment = {**os.environ, "XDG_CACHE_HOME": f"{directory}/cache",
                   "XDG_CONFIG_HOME": f"{directory}/config"}  # fmt: skip
    # Modules are compiled once, as on every machine on which ckptui was used before.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    _tell(f"writing {gigabytes:g} GB twice, and {_SMALL:,} small files")
    subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.material", directory, str(gigabytes), str(_SMALL)],
        check=True, cwd=ROOT, process_group=0,
    )  # fmt: skip
    path = f"{directory}/big.pt"
    timings = rounds(list(SUBJECTS), path, f"{directory}/small", count, environment, _tell)
    return timings, ask("header bytes", path, environment)["bytes"], os.path.getsize(path)


def _document(found: Sequence[Row], timings: Mapping[str, Timing], size: int) -> str:
    return json.dumps(
        {
            "machine": describe(),
            "bytes": size,
            "rows": [dataclasses.asdict(row) for row in found],
            "timings": {name: dataclasses.asdict(timing) for name, timing in timings.items()},
        },
        indent=1,
    )


def main() -> int:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--gigabytes", type=float, default=1.05)
    parser.add_argument("--no-readme", action="store_true", help="leave the README as it is")
    told = parser.parse_args()
    # A stopped benchmark leaves nothing behind, however it is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="ckptui-bench-") as directory:
            timings, extra, size = _measure(directory, told.rounds, told.gigabytes)
    except KeyboardInterrupt:
        _tell("interrupted; its files are removed")
        return 130
    found = rows(timings, extra, _SMALL)
    tables = [promises(found), times(timings, size, _SMALL)]
    print(describe(), *map(as_text, tables), sep="\n\n")
    os.makedirs("build", exist_ok=True)
    with open("build/bench.json", "w", encoding="ascii") as file:
        file.write(_document(found, timings, size))
    if not told.no_readme:
        text = f"On {describe()}; a file of {size / 1e9:.2f} GB, medians of {told.rounds} rounds:"
        write("bench", "\n\n".join([text, *map(as_markdown, tables)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
