"""Measures and compares: python -m tests.benchmarks (make bench).

Prints the tables, writes build/bench*.json, and renews the README's tables between their marks.
Needs about 2 GB in the temporary directory (TMPDIR chooses another), and takes about fifteen
minutes; --only files or --only ui measures one half.
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
from tests.benchmarks.ui.played import NotSeenError
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


def _document(found: Sequence[Row], more: Mapping[str, object]) -> str:
    each = [dataclasses.asdict(row) for row in found]
    return json.dumps({"machine": describe(), "rows": each, **more}, indent=1)


def _keep(
    mark: str,
    document: str,
    head: str,
    tables: Sequence[Sequence[Sequence[str]]],
    *,
    readme: bool,
) -> None:
    """Print, write the file, renew the README."""
    print(head, *map(as_text, tables), sep="\n\n")
    os.makedirs("build", exist_ok=True)
    with open(f"build/{mark}.json", "w", encoding="ascii") as file:
        file.write(document)
    if readme:
        write(mark, "\n\n".join([head, *map(as_markdown, tables)]))


def _files(directory: str, told: argparse.Namespace) -> None:
    timings, extra, size = _measure(directory, told.rounds, told.gigabytes)
    found = rows(timings, extra, _SMALL)
    each = {name: dataclasses.asdict(timing) for name, timing in timings.items()}
    document = _document(found, {"bytes": size, "timings": each})
    head = f"On {describe()}; a file of {size / 1e9:.2f} GB, medians of {told.rounds} rounds:"
    tables = [promises(found), times(timings, size, _SMALL)]
    _keep("bench", document, head, tables, readme=not told.no_readme)


def _ui(directory: str, told: argparse.Namespace) -> None:
    from tests.benchmarks.ui.measuring import measure
    from tests.benchmarks.ui.rows import rows as ui_rows

    counts = (told.rows // 10, told.rows)
    seen = measure(directory, counts, told.idle, _tell)
    found = ui_rows(seen, counts)
    head = f"On {describe()}; the real program in a real pseudo-terminal:"
    document = _document(found, dataclasses.asdict(seen))
    _keep("bench-ui", document, head, [promises(found)], readme=not told.no_readme)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", choices=("files", "ui"), help="one half of it")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--gigabytes", type=float, default=1.05)
    parser.add_argument("--rows", type=int, default=100_000, help="of the long table of the UI")
    parser.add_argument("--idle", type=float, default=60.0, help="seconds of rest of the UI")
    parser.add_argument("--no-readme", action="store_true", help="leave the README as it is")
    return parser.parse_args()


def main() -> int:
    """Measure, print, keep."""
    told = _parsed()
    # A stopped benchmark leaves nothing behind, however it is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    halves = {"files": _files, "ui": _ui}
    try:
        for name in (told.only,) if told.only else halves:
            with tempfile.TemporaryDirectory(prefix="ckptui-bench-") as directory:
                halves[name](directory, told)
    except NotSeenError as error:
        _tell(f"given up, its files are removed; this was never seen: {error}")
        return 1
    except KeyboardInterrupt:
        _tell("interrupted; its files are removed")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
