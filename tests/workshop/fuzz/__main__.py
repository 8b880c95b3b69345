"""Fuzzes the readers: python -m tests.workshop.fuzz [--seconds N] (make fuzz).

Ends with 1 where anything crashed, ran over its time or its memory; what did it is kept in
build/fuzz/. Begins with the hostile files of tests/formats/hostile.py and what each of them costs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.workshop.atlas.table import as_text
from tests.workshop.making import make_all

ROOT: Final = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 3))
KEPT: Final = "build/fuzz"
_SILENT: Final = 60.0
"""Seconds without a word after which a worker hangs: its examples take milliseconds."""
_MIB: Final = 1 << 20


@dataclass(slots=True)
class Worker:
    """One process that checks examples."""

    scratch: str
    seed: int
    process: subprocess.Popen[bytes]
    heard: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class Tally:
    """What has come of it."""

    examples: int = 0
    bad: list[str] = field(default_factory=list)


def hostile(directory: str) -> int:
    """Print what every hostile file costs its reader; the number that cost too much."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.formats.hostile", directory],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    from tests.formats.hostile import NAMES

    table, over = [["hostile file", "processor time", "memory", ""]], 0
    for name, line in zip(NAMES, done.stdout.splitlines(), strict=True):
        report = json.loads(line)
        seconds, peak = report.get("seconds", 99.0), report.get("peak", 0)
        fine = "error" not in report and seconds < 2 and peak < 300 * _MIB
        over += not fine
        word = "" if fine else str(report.get("error", "too much"))
        table.append([name, f"{seconds:.2f} s", f"{peak / _MIB:.0f} MiB", word])
    print(as_text(table), end="\n\n", flush=True)
    return over


def _start(files: str, scratch: str, seed: int) -> Worker:
    os.makedirs(scratch, exist_ok=True)
    with open(os.path.join(scratch, "errors"), "wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.workshop.fuzz.worker", files, scratch,
             str(seed)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, process_group=0,
        )  # fmt: skip
    return Worker(scratch, seed, process)


def _keep(worker: Worker, tally: Tally) -> None:
    """Keep the example that ended a worker, and say how it ended."""
    code = worker.process.wait()
    with open(os.path.join(worker.scratch, "errors"), encoding="utf-8", errors="replace") as file:
        lines = file.read().strip().splitlines()
    how = lines[-1] if lines else f"ended by signal {-code}"
    if code == -signal.SIGPROF:
        how = "more than 2 seconds of processor time"
    os.makedirs(KEPT, exist_ok=True)
    name = os.path.join(KEPT, f"example-{worker.seed}-{len(tally.bad)}.pt")
    shutil.copyfile(os.path.join(worker.scratch, "example.pt"), name)
    tally.bad.append(f"{name}: {how}")
    print(tally.bad[-1], flush=True)


def _hear(worker: Worker, tally: Tally) -> bool:
    """Count what a worker says; False where it has ended."""
    assert worker.process.stdout is not None
    said = os.read(worker.process.stdout.fileno(), 65_536)
    worker.heard = time.monotonic()
    tally.examples += sum(int(word) for word in said.split())
    return bool(said)


def fuzz(files: str, scratch: str, seconds: float, seed: int, jobs: int) -> Tally:
    """Let workers work for so long; those that die are kept and replaced."""
    tally, ends, number = Tally(), time.monotonic() + seconds, 0
    workers: list[Worker] = []
    try:
        while time.monotonic() < ends and len(tally.bad) < 20:
            while len(workers) < jobs:
                workers.append(_start(files, f"{scratch}/{number}", seed + number))
                number += 1
            workers = _round(workers, tally)
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.wait()
    return tally


def _round(workers: Sequence[Worker], tally: Tally) -> list[Worker]:
    """Listen for a second; the workers that go on."""
    with selectors.DefaultSelector() as selector:
        for worker in workers:
            assert worker.process.stdout is not None
            selector.register(worker.process.stdout, selectors.EVENT_READ, worker)
        heard = [key.data for key, _ in selector.select(1.0)]
    left = []
    for worker in workers:
        if worker in heard and not _hear(worker, tally):
            _keep(worker, tally)
        elif time.monotonic() - worker.heard > _SILENT:
            worker.process.kill()
            _keep(worker, tally)
        else:
            left.append(worker)
    return left


def main() -> int:
    """Fuzz and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.workshop.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    told = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="ckptui-fuzz-") as directory:
            over = hostile(directory)
            make_all(f"{directory}/files")
            print(f"seed {told.seed}, {told.jobs} processes, {told.seconds:g} s", flush=True)
            tally = fuzz(f"{directory}/files", directory, told.seconds, told.seed, told.jobs)
    except KeyboardInterrupt:
        print("interrupted; its files are removed", file=sys.stderr)
        return 130
    rate = tally.examples / told.seconds
    print(
        f"{tally.examples:,} examples, {rate:,.0f} a second: {len(tally.bad)} crashed or ran over"
    )
    return 1 if tally.bad or over else 0


if __name__ == "__main__":
    sys.exit(main())
