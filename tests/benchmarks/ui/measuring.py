"""Everything that is measured of the terminal UI, in one go: about eight minutes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.benchmarks.measuring import ROOT
from tests.benchmarks.ui.material import checkpoint, make_run
from tests.benchmarks.ui.probes import (
    Rest,
    Times,
    actions,
    arrivals,
    burst,
    changes,
    cost,
    first_paint,
    leave,
    names,
    repeat,
    rest,
    settle,
    step,
    steps_while_streaming,
    stock_first_paint,
)
from tests.benchmarks.ui.program import (
    ESCAPE,
    FILTER,
    LARGE,
    PAGE_DOWN,
    SMALL,
    Place,
    cursor,
    has_rows,
    opened,
    says,
)

BAUDS: Final = (9600, 56_000)
MANY: Final = 100_000
SOME: Final = 10_000
_COSTS: Final = {"a cursor step": "j", "page down": PAGE_DOWN, "opening the detail": "\r"}


@dataclass(slots=True)
class Found:
    """What was measured.

    Attributes:
        times: What → seconds.
        bytes: What → bytes to the terminal.
        rests: Number of rows → what the program takes at rest.
        lines: Baud → what → seconds.
    """

    times: dict[str, Times] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    rests: dict[int, Rest] = field(default_factory=dict)
    lines: dict[int, dict[str, float]] = field(default_factory=dict)


def measure(
    folder: str, counts: tuple[int, int], idle: float, tell: Callable[[str], None]
) -> Found:
    """Measure all of it.

    Args:
        folder: Empty; the run directories are made in it.
        counts: Rows of the one and of the other run directory.
        idle: Seconds for which the program is left alone.
        tell: Is told what goes on.
    """
    place, found = Place(folder), Found()
    place.configure()
    some, many = counts
    roots = {count: f"{folder}/run{count}" for count in counts}
    for count, root in roots.items():
        tell(f"writing {count:,} checkpoints")
        make_run(root, count)
    os.sync()  # else the disk is at work on a hundred thousand files while starts are timed
    tell("first paint")
    _starts(place, roots[some], some, found)
    tell(f"keys while verdicts stream in, {some:,} and {many:,} checkpoints")
    for count, root in roots.items():
        found.times[f"stream {count}"] = steps_while_streaming(place, root, 120)
    for count, root in roots.items():
        tell(f"{count:,} checkpoints: keys, bytes, rest, changes")
        _live(place, root, count, idle, found, with_changes=count == some)
    tell("slow lines")
    for baud in BAUDS:
        found.lines[baud] = dict(_slow(place, roots[some], baud))
    tell("the scanner alone")
    found.times["sweep"] = repeat(4, lambda: sweep(place, roots[many]))
    return found


def _starts(place: Place, root: str, count: int, found: Found) -> None:
    """First paints: the cache of verdicts cold, then warm."""
    for name, size in (("large", LARGE), ("small", SMALL)):
        cold, warm = Times(), Times()
        for _ in range(3):
            place.forget()
            cold.seconds.append(first_paint(place, root, size))
        with opened(place, root, size) as terminal:
            settle(terminal, count)
            leave(terminal)
        for _ in range(5):
            warm.seconds.append(first_paint(place, root, size))
        found.times[f"first paint, {name}, cold"] = cold
        found.times[f"first paint, {name}, warm"] = warm
    stock = [stock_first_paint(place, count, LARGE) for _ in range(3)]
    found.times["first paint, stock"] = Times([seconds for seconds, _ in stock])
    found.bytes["changed row, stock"] = max(sent for _, sent in stock)


def _live(
    place: Place, root: str, count: int, idle: float, found: Found, *, with_changes: bool
) -> None:
    with opened(place, root) as terminal:
        settle(terminal, count)
        wanted = f"{count // 2000:03d}/ckpt_00417"
        for name, times in names(list(actions(terminal, wanted))).items():
            found.times[f"{name} {count}"] = times
        terminal.press("g")
        terminal.rests(2.0)
        found.rests[count] = rest(terminal, idle)
        if with_changes:
            for name, keys in _COSTS.items():
                found.bytes[name] = cost(terminal, keys)
            terminal.press(ESCAPE)
            terminal.rests(1.0)
            data = checkpoint()
            times, sent = changes(terminal, root, 5, count)
            found.times["change"], found.bytes["changed row"] = times, sorted(sent)[len(sent) // 2]
            found.times["arrival"] = arrivals(terminal, root, data, 5, count)
            found.times["burst"] = Times([burst(terminal, root, data, SOME, count + 5)])
            shutil.rmtree(f"{root}/burst")


def _slow(place: Place, root: str, baud: int) -> Iterator[tuple[str, float]]:
    """Key to paint behind a line of that speed, in 80 columns and 24 lines."""
    line = [sys.executable, "-m", "tests.benchmarks.slow_line", "--baud", str(baud), "--"]
    with opened(place, root, SMALL, before=line) as terminal:
        yield "first rows", terminal.sees(has_rows, "the first rows") - terminal.began
        terminal.rests(2.0)
        for name, keys in (("j", "j"), ("PgDn", PAGE_DOWN)):
            step(terminal, keys)
            terminal.rests(1.0)
            yield name, step(terminal, keys)
            terminal.rests(1.0)
        for name, keys, words in (("detail", "\r", "esc"), ("filter line", "/", FILTER)):
            at = terminal.press(keys)
            yield name, terminal.sees(says(words, last=6), name) - at
            terminal.rests(1.0)
            if name == "detail":
                terminal.press(ESCAPE)
                terminal.sees(says("1 Checkpoints"), "the table again")
                terminal.rests(1.0)
        at = terminal.press("00417")
        yield "filtered", terminal.sees(lambda lines: "00417" in cursor(lines), "filtered") - at


def sweep(place: Place, root: str) -> float:
    """Seconds that the scanner takes for one look at everything."""
    command = [sys.executable, "-m", "ckptui.watch.scanner", "--once", "--entries=1000000", "--",
               root]  # fmt: skip
    environment: Mapping[str, str] = {**place.environment, "PYTHONPATH": ROOT}
    done = subprocess.run(
        command, check=True, env=environment, capture_output=True, text=True, process_group=0,
    )  # fmt: skip
    messages = map(json.loads, done.stdout.splitlines())
    took: float = next(each["took"] for each in messages if each["is"] == "watching")
    return took
