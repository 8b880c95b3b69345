"""Where a verb works: the paths that the user gave, looked at without being frozen by them."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from typing import Final

import click

from ckptui.cli.asking import ANSWER_SECONDS, ask, why_not
from ckptui.cli.common import say
from ckptui.errors import CkptuiError
from ckptui.light import dataclass
from ckptui.validation.settling import is_network
from ckptui.validation.source import pause_on

_LISTING_SECONDS: Final = 15.0
_TO_LOOK: Final = 2
_AT_ONCE: Final = 200
"""Paths that one child looks at: what a slow file server answers in a second or two."""


class AnyPath(click.Path):
    """A path as it was typed; click's own would ask the filesystem about it, which may hang."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        """The path as text; bytes that are not UTF-8 are surrogate-escaped already."""
        return os.fspath(value)


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is at a path.

    Attributes:
        is_directory, is_readable: What the system says.
        size: Bytes.
        mtime: Seconds since the epoch.
        network: True on a filesystem that is served from elsewhere.
        device, inode: Which one it is, whatever it was called.
    """

    is_directory: bool
    is_readable: bool
    size: int
    mtime: float
    network: bool
    device: int
    inode: int


def look(path: str) -> Seen | str:
    """See what a path is.

    Returns:
        What is there, or a sentence that says why nothing is known.
    """
    return look_at_all([path])[0]


def look_at_all(paths: Sequence[str]) -> list[Seen | str]:
    """See what each path is, as :func:`look` does."""
    found: list[Seen | str] = []
    for start in range(0, len(paths), _AT_ONCE):
        found += _look_at_some(paths[start : start + _AT_ONCE])
    return found


def _look_at_some(paths: Sequence[str]) -> list[Seen | str]:
    def question() -> object:
        return [_look(path) for path in paths]

    try:
        found = ask(question, paths[0], patience=ANSWER_SECONDS)
    except CkptuiError as error:
        return [str(error)] * len(paths)
    assert isinstance(found, list)  # noqa: S101  (ours)
    return [each if isinstance(each, str) else Seen(*each) for each in found]


def _look(path: str) -> tuple[bool, bool, int, float, bool, int, int] | str:
    try:
        info = os.stat(path)
    except (OSError, ValueError) as error:
        return why_not(path, error)
    pause_on(info.st_dev)(_TO_LOOK)
    is_directory = stat.S_ISDIR(info.st_mode)
    readable = os.access(path, os.R_OK | os.X_OK if is_directory else os.R_OK)
    network = is_network(info.st_dev)
    return is_directory, readable, info.st_size, info.st_mtime, network, info.st_dev, info.st_ino


def _without_symlinks(path: str) -> str:
    """A path that answered a moment ago, without symlinks; the same where it no longer does."""
    try:
        found = ask(lambda: os.path.realpath(path), path, patience=ANSWER_SECONDS)
    except CkptuiError:
        return path
    return found if isinstance(found, str) else path


def is_checkpoint(path: str) -> bool:
    """True where a directory is itself a checkpoint, such as ``checkpoint-500``.

    Raises:
        CkptuiError: It does not answer; one that is slow is waited for longer than for a look.
    """
    return bool(ask(lambda: _layout(path), path, patience=_LISTING_SECONDS))


def _layout(path: str) -> str:
    from ckptui.formats.layouts import recognise_directory
    from ckptui.formats.layouts.walk import TO_LIST

    try:
        pause_on(os.stat(path).st_dev)(TO_LIST)
        names = os.listdir(path)
    except OSError:
        return ""
    return recognise_directory(names, os.path.basename(os.path.abspath(path))) or ""


def run_directory(path: str) -> str:
    """The absolute run directory that the user gave.

    Raises:
        CkptuiError: It is missing, no directory, not readable, or does not answer.
    """
    return _checked(path, look(path))


def run_directories(paths: Sequence[str]) -> dict[str, str]:
    """The absolute run directories that the user gave, each once however it was written.

    Returns:
        Path as it was given, absolute → path without symlinks; in order.

    Raises:
        CkptuiError: One of them will not do, as for :func:`run_directory`. Those before it in the
            list that will not do either were said already.
    """
    # One child for each: where one hangs, it alone is named.
    seen = [(path, look(path)) for path in paths]
    roots: dict[tuple[int, int], tuple[str, str]] = {}
    wrong: list[CkptuiError] = []
    for path, found in seen:
        try:
            root = _checked(path, found)
        except CkptuiError as error:
            wrong.append(error)
            continue
        if not isinstance(found, str):
            roots.setdefault((found.device, found.inode), (root, _without_symlinks(root)))
    for earlier in wrong[:-1]:
        say(str(earlier))
    if wrong:
        raise wrong[-1]
    return dict(roots.values())


def _checked(path: str, found: Seen | str) -> str:
    if isinstance(found, str):
        raise CkptuiError(found)
    if not found.is_directory:
        raise CkptuiError(
            f"{path}: a file, where a run directory is meant; "
            "try ckptui inspect or ckptui validate on it"
        )
    if not found.is_readable:
        raise CkptuiError(f"{path}: permission denied; ask its owner for read access")
    return os.path.abspath(path)


def home_of(path: str) -> str:
    """The run directory that a file belongs to.

    It is the nearest directory above the file that holds ``.ckptui`` or ``ckptui.toml``, else the
    file's own directory.
    """
    here = os.path.dirname(os.path.abspath(path))
    above = here
    while True:
        if any(os.path.lexists(os.path.join(above, mark)) for mark in (".ckptui", "ckptui.toml")):
            return above
        parent = os.path.dirname(above)
        if parent == above:
            return here
        above = parent
