"""Who is writing below the run directory, as far as this host can see; never more than that."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from typing import Final

from ckptui.durable import parse_temporary, this_host
from ckptui.light import dataclass, field
from ckptui.watch.model import NOBODY

_WRITES: Final = os.O_WRONLY | os.O_RDWR
_OURS: Final = ".ckptui/"
_INTERPRETERS: Final = ("python", "pypy", "bash", "sh", "perl", "ruby", "julia", "Rscript")


@dataclass(frozen=True, slots=True)
class Writers:
    """What a look through ``/proc`` found.

    Attributes:
        open_files: Relative path → who has it open for writing.
        processes: (name, seconds since the epoch when it started), oldest first.
    """

    open_files: Mapping[str, str] = field(default_factory=dict)
    processes: tuple[tuple[str, float], ...] = ()


def find_writers(root: str, temporaries: Mapping[str, str]) -> Writers:
    """Look for processes of this host that hold a file below ``root`` open for writing.

    Only processes whose ``/proc/PID/fd`` may be read are seen: one's own, or all for root.

    Args:
        root: Absolute run directory.
        temporaries: Relative path → name of the temporary files there; one whose name tells a
            process of this host that still lives counts as open.
    """
    prefix = os.path.realpath(root).rstrip("/") + "/"
    found: dict[int, list[str]] = {}
    for pid in _pids():
        paths = [path.removeprefix(prefix) for path in _written(pid, prefix)]
        if paths:
            found[pid] = paths
    open_files: dict[str, str] = {}
    processes: list[tuple[str, float]] = []
    for pid, paths in found.items():
        name, started = _describe(pid)
        if name:
            processes.append((name, started))
            for path in paths:
                open_files[path] = f"{name} (process {pid})"
    for path, text in _living(temporaries).items():
        open_files.setdefault(path, text)
    return Writers(open_files, tuple(sorted(processes, key=lambda item: item[1])))


def _pids() -> Iterator[int]:
    mine = os.getpid()
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != mine:
            yield int(name)


def _written(pid: int, prefix: str) -> Iterator[str]:
    try:
        names = os.listdir(f"/proc/{pid}/fd")
    except OSError:  # gone, or another user's
        return
    for name in names:
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
            if target.startswith(prefix) and _flags(pid, name) & _WRITES:
                yield target
        except (OSError, ValueError):
            continue


def _flags(pid: int, fd: str) -> int:
    with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("flags:"):
                return int(line.split()[1], 8)
    return 0


def _describe(pid: int) -> tuple[str, float]:
    """Name of a process as its user knows it, and since when; "" for one of our own."""
    import psutil  # where nobody writes it is not needed

    try:
        process = psutil.Process(pid)
        arguments, started = process.cmdline(), process.create_time()
        name = process.name()
    except psutil.Error:
        return "", 0.0
    if any("ckptui" in part and "supervisor" in part for part in arguments[:6]):
        return "", 0.0  # it keeps the log of a resumed run; the run itself is seen beside it
    return _name(arguments) or name, started


def _name(arguments: list[str]) -> str:
    """``train.py`` for ``python -u train.py``, ``pkg.train`` for ``python -m pkg.train``."""
    if not arguments:
        return ""
    program = os.path.basename(arguments[0])
    if not program.startswith(_INTERPRETERS):
        return program
    for index, argument in enumerate(arguments[1:], 1):
        if argument == "-m" and index + 1 < len(arguments):
            return arguments[index + 1]
        if argument == "-c":
            return f"{program} -c"
        if not argument.startswith("-"):
            return os.path.basename(argument)
    return program


def _living(temporaries: Mapping[str, str]) -> dict[str, str]:
    here = this_host()
    living: dict[str, str] = {}
    if not temporaries:
        return living
    import psutil

    for path, name in temporaries.items():
        ours = parse_temporary(name)
        if ours is not None and ours.host == here and psutil.pid_exists(ours.pid):
            living[path] = f"process {ours.pid}"
    return living


def sentences(writers: Writers, newest: float | None, now: float | None = None) -> tuple[str, ...]:
    """Say who is writing, and nothing that was not seen.

    Args:
        writers: What was found.
        newest: Seconds since the epoch of the newest checkpoint's last write, None without any.
        now: Seconds since the epoch; the clock unless told.

    Example:
        >>> sentences(Writers(), 1000.0, 1240.0)
        ('wrote 4 min ago, host unknown',)
    """
    moment = time.time() if now is None else now
    if writers.processes:
        return tuple(
            dict.fromkeys(
                f"{name} alive here {_span(moment - started)}"
                for name, started in writers.processes
            )
        )
    if newest is not None and moment - newest < 3600:
        return (f"wrote {_span(moment - newest)} ago, host unknown",)
    return (NOBODY,)


def _span(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return "less than 1 min"
