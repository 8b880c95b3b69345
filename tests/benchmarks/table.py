"""The rows of SPEC §11 that concern files, met or not met, and everything that was timed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.benchmarks.measuring import Timing

_KIB = 1024
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Row:
    """One promise and what was measured.

    Attributes:
        what: What is promised of what.
        target: As text.
        found: As text.
        met: Whether it is kept; None where nothing is promised.
    """

    what: str
    target: str
    found: str
    met: bool | None


def _ratio(what: str, least: float, ours: Timing, theirs: Timing) -> Row:
    ratio = theirs.median / ours.median
    digits = 2 if least < 1 else 1
    return Row(what, f"≥ {least:g} ×", f"{ratio:.{digits}f} ×", ratio >= least)


def _seconds(what: str, most: float, ours: Timing) -> Row:
    return Row(what, f"< {most:g} s", f"{ours.median:.3f} s", ours.median < most)


def rows(timings: Mapping[str, Timing], header_bytes: float, small: int) -> list[Row]:
    """Every promise about files."""
    load = timings["header, torch.load(mmap=True)"]
    level_5 = timings["level 5"]
    read = min(timings["read"], timings["read, 1 MiB at a time"], key=lambda each: each.median)
    rate, most = small / timings["batch"].median, level_5.memory / _MIB
    return [
        _ratio("header of one file by the library, new process, against torch.load(mmap=True)",
               30, timings["header, library"], load),
        _ratio("`ckptui inspect`, against the same", 15, timings["ckptui inspect"], load),
        Row("bytes read for a header beyond its pickle and its directory", "≤ 64 KiB",
            f"{header_bytes / _KIB:.1f} KiB", header_bytes <= 64 * _KIB),
        Row("headers of small state dicts, one process", "≥ 1,500 /s", f"{rate:,.0f} /s",
            rate >= 1500),
        _ratio("level 5 without torch, against reading the file with two threads", 0.7, level_5,
               read),
        Row("memory of level 5, Python and all", "< 64 MiB", f"{most:.0f} MiB", most < 64),
        _ratio("level 5 by the library, new process, against torch.load in a new process", 10,
               timings["level 5, library"], timings["torch.load, new process"]),
        _ratio("`ckptui validate --level 5 --no-load`, which starts workers, against the same", 10,
               timings["ckptui validate --level 5 --no-load"], timings["torch.load, new process"]),
        _ratio("the work alone of level 5 and of torch.load, imports not counted", 10, level_5,
               timings["torch.load"]),
        _ratio("levels 5 and 6, against reading the file with two threads", 0.5,
               timings["levels 5 and 6"], read),
        _seconds("`ckptui --help`", 0.15, timings["ckptui --help"]),
        _seconds("`ckptui status` of 1,000 checkpoints, warm cache", 0.5,
                 timings["ckptui status"]),
    ]  # fmt: skip


def promises(found: Sequence[Row]) -> list[list[str]]:
    """The rows as a table; the first line is the heading."""
    head = ["what", "target", "found", ""]
    said = {True: "met", False: "not met", None: ""}
    return [head] + [[r.what, r.target, r.found, said[r.met]] for r in found]


def times(timings: Mapping[str, Timing], size: int, small: int) -> list[list[str]]:
    """Everything that was timed, with a rate and memory where they mean something."""
    whole = {"read", "read, 1 MiB at a time", "level 5", "levels 5 and 6", "torch.load",
             "torch.load, new process", "level 5, library", "zipfile.testzip", "cat",
             "ckptui validate --level 5 --no-load"}  # fmt: skip
    counted = {"batch", "checks"}
    lines = [["what", "median", "fastest", "rate", "memory"]]
    for name, timing in timings.items():
        rate = f"{size / timing.median / 1e9:.1f} GB/s" if name in whole else ""
        if name in counted:
            rate = f"{small / timing.median:,.0f} /s"
        memory = f"{timing.memory / _MIB:,.0f} MiB" if timing.memory else ""
        lines.append([_TITLES.get(name, name), f"{timing.median:.3f} s",
                      f"{min(timing.seconds):.3f} s", rate, memory])  # fmt: skip
    return lines


_TITLES = {
    "read": "reading the file, two threads, 256 KiB at a time, bytes forgotten",
    "read, 1 MiB at a time": "the same, 1 MiB at a time",
    "level 5": "ckptui, level 5",
    "levels 5 and 6": "ckptui, levels 5 and 6",
    "safetensors": "safetensors.torch.load_file of the same tensors, which maps and does not read",
    "level 5, library": "ckptui.validate_checkpoint(level=5, load=False), new process",
    "python": "Python itself, nothing done",
    "batch": "ckptui, headers of small files",
    "checks": "ckptui, header checks of small files",
    "header, library": "ckptui.get_checkpoint_info, new process",
    "header, torch.load(mmap=True)": "torch.load(mmap=True), new process",
}
