"""The rows of SPEC §11 that concern the terminal UI, met or not met, and the rest that was seen."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.table import Row
from tests.benchmarks.ui.measuring import MANY, SOME, Found
from tests.benchmarks.ui.probes import Times

_MIB = 1 << 20
_SIZES = {"large": "120×40", "small": "80×24"}
_ACTIONS = ("j", "PgDn", "G", "g", "/", "a letter of a filter", "sort by a column",
            "mark all")  # fmt: skip


def rows(found: Found, counts: tuple[int, int] = (SOME, MANY)) -> list[Row]:
    """Every row."""
    return [*_starts(found, counts[0]), *_keys(found, counts), *_bytes(found),
            *_rests(found), *_disk(found, counts[1]), *_lines(found)]  # fmt: skip


def _starts(found: Found, count: int) -> Iterator[Row]:
    for name, size in _SIZES.items():
        for cache in ("warm", "cold"):
            times = found.times[f"first paint, {name}, {cache}"]
            yield Row(f"first paint, {count:,} checkpoints, {size}, verdicts {cache}", "< 0.5 s",
                      _seconds(times), times.median < 0.5)  # fmt: skip
    yield Row("Textual's own table, as many made-up rows, 120×40", "",
              _seconds(found.times["first paint, stock"]), None)  # fmt: skip


def _keys(found: Found, counts: tuple[int, int]) -> Iterator[Row]:
    for count in counts:
        times = found.times[f"stream {count}"]
        target = ("p95 < 50 ms", times.p95 < 0.05) if count == counts[0] else (
            "worst < 100 ms", times.worst < 0.1)  # fmt: skip
        yield Row(f"`j` to paint, {count:,} checkpoints, {times.rate:,.0f} verdicts a second from "
                  "real files and workers", target[0], _spread(times), target[1])  # fmt: skip
    for name in _ACTIONS:
        times = found.times[f"{name} {counts[1]}"]
        shown = name if " " in name else f"`{name}`"
        yield Row(f"{shown} to paint, {counts[1]:,} checkpoints", "worst < 100 ms",
                  _spread(times), times.worst < 0.1)  # fmt: skip


def _bytes(found: Found) -> Iterator[Row]:
    sent, stock = found.bytes["changed row"], found.bytes["changed row, stock"]
    yield Row("bytes to the terminal for one changed row (Textual's own table: "
              f"{stock:,})", "< 1 KB", f"{sent:,}", sent < 1024)  # fmt: skip
    for name in ("a cursor step", "page down", "opening the detail"):
        yield Row(f"bytes for {name}", "", f"{found.bytes[name]:,}", None)


def _rests(found: Found) -> Iterator[Row]:
    for count, rest in found.rests.items():
        yield Row(f"bytes while nothing changes, {count:,} checkpoints", "0", f"{rest.sent:,}",
                  rest.sent == 0)  # fmt: skip
        yield Row(f"processor while nothing changes, all processes, {count:,} checkpoints",
                  "< 1 % of a core", f"{rest.share:.2%}", rest.share < 0.01)  # fmt: skip
        yield Row(f"memory of the UI's process, of all, {count:,} checkpoints", "",
                  f"{rest.own / _MIB:,.0f} MiB, {rest.all / _MIB:,.0f} MiB", None)  # fmt: skip


def _disk(found: Found, many: int) -> Iterator[Row]:
    for name, what in (("change", "a changed file shown in its row"),
                       ("arrival", "a new file counted, from its rename")):  # fmt: skip
        times = found.times[name]
        yield Row(what, "< 0.3 s", _spread(times), times.median < 0.3)
    sweep = found.times["sweep"]
    yield Row("a burst of 10,000 files: none missed, all counted after", "",
              _seconds(found.times["burst"]), None)  # fmt: skip
    warm = min(sweep.seconds)
    yield Row(f"a full scan of {many:,} files, warm", "< 0.8 s", f"{warm:.2f} s", warm < 0.8)


def _lines(found: Found) -> Iterator[Row]:
    for baud, times in found.lines.items():
        said = ", ".join(f"{name} {seconds:.2f}" for name, seconds in times.items())
        yield Row(f"key to paint at {baud:,} baud, 80×24, in seconds", "", said, None)


def _seconds(times: Times) -> str:
    return f"{times.median:.2f} s"


def _spread(times: Times) -> str:
    each = (("p50", times.median), ("p95", times.p95), ("worst", times.worst))
    return ", ".join(f"{name} {seconds * 1000:.0f}" for name, seconds in each) + " ms"
