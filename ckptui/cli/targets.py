"""What the paths of ``ckptui validate`` mean: directories, files, and what is not there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from ckptui.cli.asking import ask
from ckptui.cli.places import Seen, home_of, is_checkpoint, look_at_all
from ckptui.config import load_run_config, required_keys_for
from ckptui.marker import MARKER_SUFFIX, marker_path
from ckptui.user_config import load_user_config
from ckptui.validation.source import pause_on

STDIN: Final = "-"
_AT_ONCE: Final = 500
_TO_FIND_A_HOME: Final = 8


@dataclass(frozen=True, slots=True)
class Demand:
    """What its run asks of a file."""

    required_keys: tuple[str, ...] = ()
    allow_globals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class File:
    """A file that was named.

    Attributes:
        path: As given.
        seen: What there is; None where only its marker is left.
        marked: When its marker was made, in seconds since the epoch; None where there is none.
        demand: What its run asks of it.
    """

    path: str
    seen: Seen | None
    marked: float | None
    demand: Demand


@dataclass(slots=True)
class Targets:
    """What is to be checked.

    Attributes:
        directories: Run directories, as given.
        files: Single files.
        problems: A sentence for each path that leads nowhere.
        network: True where one of them is on a filesystem that is served from elsewhere.
    """

    directories: list[str] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    network: bool = False


def find_targets(given: Sequence[str], since: float | None) -> Targets:
    """Look at each path once.

    Args:
        given: Paths; ``-`` stands for those that stdin names, ``x.pt.done`` means x.pt.
        since: Files that were last modified before (seconds since the epoch) are left out.

    Raises:
        CkptuiError: The configuration of a run is wrong.
    """
    paths = list(dict.fromkeys(_all(given)))
    # x.pt.done means x.pt, also where only the marker is left.
    meant = list(dict.fromkeys(path.removesuffix(MARKER_SUFFIX) or path for path in paths))
    marked = {path.removesuffix(MARKER_SUFFIX) for path in paths if path.endswith(MARKER_SUFFIX)}
    targets = Targets()
    files: dict[str, Seen | None] = {}
    for path, found in zip(meant, look_at_all(meant), strict=True):
        if isinstance(found, str):
            if path in marked:
                files[path] = None
            else:
                targets.problems.append(found)
        elif found.is_directory and not is_checkpoint(path):
            targets.directories.append(path)
        elif since is None or found.mtime >= since:
            files[path] = found
    seen = [each for each in (*files.values(), *look_at_all(targets.directories)) if each]
    targets.network = any(isinstance(each, Seen) and each.network for each in seen)
    targets.files = list(_files(files))
    return targets


def _all(given: Sequence[str]) -> Iterator[str]:
    for path in given:
        if path == STDIN:
            yield from _from_stdin()
        else:
            yield path


def _from_stdin() -> Iterator[str]:
    """Paths on stdin: separated by NUL where there is one (``find -print0``), else by lines."""
    data = sys.stdin.buffer.read()
    for raw in data.split(b"\0" if b"\0" in data else b"\n"):
        if raw:
            yield os.fsdecode(raw)


def _files(files: dict[str, Seen | None]) -> Iterator[File]:
    paths = list(files)
    markers = look_at_all([marker_path(path) for path in paths])
    demands = demands_on(paths)
    for path, marker in zip(paths, markers, strict=True):
        marked = marker.mtime if isinstance(marker, Seen) else None
        yield File(path, files[path], marked, demands[path])


def demands_on(paths: Sequence[str]) -> dict[str, Demand]:
    """What ``ckptui.toml`` asks of each path, read by a child: its disk may not answer.

    Raises:
        CkptuiError: The configuration of a run is wrong, or its disk does not answer.
    """
    found: dict[str, Demand] = {}
    for start in range(0, len(paths), _AT_ONCE):
        some = paths[start : start + _AT_ONCE]
        answers = ask(partial(_read_demands, some), some[0])
        assert isinstance(answers, list)  # noqa: S101  (ours)
        for path, (keys, allow) in zip(some, answers, strict=True):
            found[path] = Demand(tuple(keys), tuple(allow))
    return found


def _read_demands(paths: Sequence[str]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    homes: dict[str, str] = {}
    user = load_user_config()
    configs = {}
    demands = []
    for path in paths:
        folder = os.path.dirname(os.path.abspath(path))
        if folder not in homes:
            _pause_at(folder)
            homes[folder] = home_of(path)
        home = homes[folder]
        if home not in configs:
            configs[home] = load_run_config(home)
        relative = os.path.relpath(os.path.abspath(path), home)
        keys = required_keys_for(configs[home], relative)
        allow = user.allowed_for(os.path.abspath(path), configs[home].allow_globals)
        demands.append((keys, allow))
    return demands


def _pause_at(folder: str) -> None:
    """Wait until the looks may be made that finding and reading a configuration takes."""
    try:
        pause_on(os.stat(folder).st_dev)(_TO_FIND_A_HOME)
    except (OSError, ValueError):  # it is not there: there is nothing to be looked at
        return
