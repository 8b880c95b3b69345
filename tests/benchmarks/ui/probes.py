"""What is measured of the terminal UI, from outside: times, bytes, processor and memory."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import psutil

from tests.benchmarks.ui.material import FOLDER
from tests.benchmarks.ui.played import NotSeenError, Played, Seen, played
from tests.benchmarks.ui.program import (
    ESCAPE,
    FILTER,
    PAGE_DOWN,
    Place,
    cursor,
    has_count,
    has_rows,
    opened,
    says,
)


@dataclass(slots=True)
class Times:
    """Seconds of many like events.

    Attributes:
        seconds: One each.
        rate: Verdicts that came a second meanwhile; 0.0 where none did.
    """

    seconds: list[float] = field(default_factory=list)
    rate: float = 0.0

    @property
    def median(self) -> float:
        """Half of them took less."""
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        """Nineteen of twenty took less."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.95)]

    @property
    def worst(self) -> float:
        """The longest."""
        return max(self.seconds)


def first_paint(place: Place, root: str, size: tuple[int, int]) -> float:
    """Seconds from the program's start until rows are on screen."""
    with opened(place, root, size) as terminal:
        return terminal.sees(has_rows, "the first rows") - terminal.began


def stock_first_paint(place: Place, count: int, size: tuple[int, int]) -> tuple[float, int]:
    """The same of Textual's own table; and its bytes for one changed row."""
    command = [sys.executable, "-m", "tests.benchmarks.ui.stock", str(count)]
    with played(command, place.environment, size) as terminal:
        took = terminal.sees(has_rows, "the first rows") - terminal.began
        terminal.rests(1.0)
        return took, cost(terminal, "u")


def cost(terminal: Played, keys: str) -> int:
    """Bytes that keys cause."""
    before = terminal.count
    terminal.press(keys)
    terminal.rests(0.7)
    return terminal.count - before


def _timed(terminal: Played, keys: str, seen: Seen, what: str) -> float:
    return -terminal.press(keys) + terminal.sees(seen, what, 20.0)


def step(terminal: Played, keys: str) -> float:
    """Seconds until keys have moved the cursor to another row."""
    terminal.listens(0.02)
    before = cursor(terminal.lines)
    return _timed(terminal, keys, lambda lines: cursor(lines) not in ("", before), f"{keys!r}")


def steps_while_streaming(place: Place, root: str, most: int) -> Times:
    """Key to paint of ``j`` while verdicts arrive: at most so many keys, while they do."""
    place.forget()
    with opened(place, root) as terminal:
        terminal.sees(has_rows, "the first rows")
        workers, began, times = Busy(terminal), time.monotonic(), Times()
        terminal.press("j")  # from here on the cursor keeps its row
        while len(times.seconds) < most and (workers.busy() or len(times.seconds) < 20):
            terminal.listens(0.05)
            times.seconds.append(step(terminal, "j"))
        took = time.monotonic() - began
        leave(terminal)
    times.rate = place.verdicts() / took
    return times


def leave(terminal: Played) -> None:
    """Quit, so that what was found out is kept."""
    terminal.press("q")
    try:
        terminal.ends(10.0)
    except NotSeenError:
        return


class Busy:
    """Whether the program's children work: each look tells of the time since the last one.

    Args:
        terminal: Its own.
        itself: Count the process that paints, too.
    """

    def __init__(self, terminal: Played, *, itself: bool = False) -> None:
        self._terminal = terminal
        self._left_out = 0 if itself else terminal.pid
        self._before, self._at = self._work(), time.monotonic()

    def _work(self) -> float:
        work = self._terminal.work()
        return sum(seconds for pid, seconds in work.items() if pid != self._left_out)

    def busy(self) -> bool:
        """True where they took a twentieth of a core."""
        if time.monotonic() - self._at < 0.5:
            return True
        work, now = self._work(), time.monotonic()
        share = (work - self._before) / (now - self._at)
        self._before, self._at = work, now
        return share > 0.05


def settle(terminal: Played, count: int) -> None:
    """Wait until every row is counted and the program has come to rest."""
    terminal.sees(lambda lines: has_count(lines, count), f"{count:,} counted", 120.0)
    busy = Busy(terminal, itself=True)
    for _ in range(120):
        terminal.listens(1.2)
        if not busy.busy():
            return


def actions(terminal: Played, wanted: str) -> Iterator[tuple[str, float]]:
    """Key to paint of what people do in a long table.

    Args:
        terminal: At rest.
        wanted: Part of the name of one checkpoint.
    """
    for name, keys in (("j", "j"), ("PgDn", PAGE_DOWN), ("G", "G"), ("g", "g")) * 5:
        yield name, step(terminal, keys)
        terminal.rests(0.2)
    yield "/", _timed(terminal, "/", says(FILTER, last=6), "the filter line")
    for number, letter in enumerate(wanted):
        shown = says(f" {wanted[: number + 1]}", last=6)
        yield "a letter of a filter", _timed(terminal, letter, shown, letter)
        terminal.listens(0.2)
    terminal.sees(lambda lines: wanted[-5:] in cursor(lines), "the filtered row")
    terminal.press(ESCAPE)
    terminal.rests(1.0)
    for column in "1829" * 2:  # its path, its size, its step, its age
        terminal.press("s")
        terminal.sees(says("Sort by"), "the columns")
        terminal.rests(0.2)
        yield "sort by a column", _timed(terminal, column, sorted_anew(terminal.lines), "sorted")
        terminal.rests(0.5)
    for _ in range(2):
        yield "mark all", _timed(terminal, "A", differs(terminal.lines), "marks")
        terminal.rests(0.5)


def differs(before: list[str]) -> Seen:
    """Whether the cursor's bar or the marks are others than before."""
    left = [line[:3] for line in before]
    return lambda lines: [line[:3] for line in lines] != left


def sorted_anew(before: list[str]) -> Seen:
    """Whether the dialog has gone and the header marks another column or direction."""
    mark = _marked(before)
    return lambda lines: not any("Sort by" in line for line in lines) and _marked(lines) != mark


def _marked(lines: list[str]) -> str:
    return next((line for line in lines if line.startswith("   Checkpoint")), "")


@dataclass(slots=True)
class Rest:
    """What the program takes while nothing changes.

    Attributes:
        sent: Bytes to the terminal.
        share: Of a core, all processes together.
        own: Resident bytes of the process that paints.
        all: Of all processes, what is shared counted once (PSS).
    """

    sent: int
    share: float
    own: int
    all: int


def rest(terminal: Played, seconds: float) -> Rest:
    """Leave the program alone."""
    before, began = sum(terminal.work().values()), time.monotonic()
    sent = terminal.listens(seconds)
    share = (sum(terminal.work().values()) - before) / (time.monotonic() - began)
    whole = 0
    for each in terminal.family():
        try:
            whole += each.memory_full_info().pss
        except psutil.Error:
            continue
    return Rest(sent, share, psutil.Process(terminal.pid).memory_info().rss, whole)


def arrivals(terminal: Played, root: str, data: bytes, count: int, known: int) -> Times:
    """New checkpoints: seconds from the rename until the tab counts each."""
    times = Times()
    for number in range(count):
        other = f"{root}/exp_000/.being-written"
        with open(other, "wb") as file:
            file.write(data)
        terminal.rests(1.5)
        began = time.perf_counter()
        os.replace(other, f"{root}/new_{number:05d}.pt")
        shown = partial(has_count, count=known + number + 1)
        times.seconds.append(terminal.sees(shown, "one more", 60.0) - began)
    return times


def changes(terminal: Played, root: str, count: int, known: int) -> tuple[Times, list[int]]:
    """Checkpoints on screen are cut in half: seconds until the row tells, and bytes of it."""
    terminal.press("g")
    times, sent = Times(), []
    for number in range(known - 3, known - 3 - count, -1):
        name = f"ckpt_{number % FOLDER:05d}.pt"
        path = f"{root}/exp_{number // FOLDER:03d}/{name}"
        terminal.rests(1.5)
        before, then = terminal.count, os.stat(path).st_mtime
        row = _row(terminal.lines, name)
        other = shutil.copyfile(path, f"{path}.being-written")
        os.truncate(other, os.path.getsize(path) // 2)
        os.utime(other, (then, then))
        began = time.perf_counter()
        os.replace(other, path)
        differs_now = partial(_reads_otherwise, name=name, row=row)
        times.seconds.append(terminal.sees(differs_now, name, 60.0) - began)
        terminal.rests(1.5)
        sent.append(terminal.count - before)
    return times, sent


def _row(lines: list[str], name: str) -> str:
    return next((line for line in lines if name in line), "")


def _reads_otherwise(lines: list[str], name: str, row: str) -> bool:
    return _row(lines, name) != row


def burst(terminal: Played, root: str, data: bytes, count: int, known: int) -> float:
    """Write many files at once: seconds after the last until all are counted.

    Raises:
        NotSeenError: Some were missed.
    """
    os.makedirs(f"{root}/burst")
    for number in range(count):
        with open(f"{root}/burst/ckpt_{number:05d}.pt", "wb") as file:
            file.write(data)
    began = time.perf_counter()
    return terminal.sees(lambda lines: has_count(lines, known + count), "all counted", 90.0) - began


def repeat(count: int, work: Callable[[], float]) -> Times:
    """The same several times."""
    return Times([work() for _ in range(count)])


def names(found: Sequence[tuple[str, float]]) -> dict[str, Times]:
    """Times by name."""
    out: dict[str, Times] = {}
    for name, seconds in found:
        out.setdefault(name, Times()).seconds.append(seconds)
    return out
