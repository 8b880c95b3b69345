"""``ckptui validate``: read checkpoints whole and judge them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import click

from ckptui.cli.checking import DeepLook, Progressed, say_notes
from ckptui.cli.common import say
from ckptui.cli.places import AnyPath, home_of, look_at_all, run_directory
from ckptui.cli.reporting import Reporter
from ckptui.config import load_run_config, required_keys_for
from ckptui.errors import CkptuiError
from ckptui.failure_log import log_failed_checkpoint
from ckptui.marker import MARKER_SUFFIX, marker_path, marker_state
from ckptui.present.document_types import CheckpointDocument
from ckptui.present.documents import checkpoint_document, verdict_document
from ckptui.terms import (
    CHECKPOINT_EXIT_CODE,
    EXIT_INTERRUPTED,
    EXIT_OK,
    TROUBLE,
    Action,
    Category,
    MarkerState,
)
from ckptui.validation.service import validate_checkpoint_batch
from ckptui.validation.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asked for."""

    level: int
    load: bool
    required_keys: tuple[str, ...]
    jobs: int | None
    python: str | None


def _options(function: Callable[..., int]) -> Callable[..., int]:  # type: ignore[explicit-any]  # click's own shape
    for option in (
        click.option("--json", "as_json", is_flag=True, help="One JSON object a line."),
        click.option(
            "--log-failures", is_flag=True, help="Add bad ones to failed_checkpoints.txt."
        ),
        click.option("--python", metavar="PATH", help="Interpreter whose torch level 3 asks."),
        click.option("--jobs", type=click.IntRange(1), help="Files at a time."),
        click.option("--required-keys", metavar="a,b", default="", help="Keys that must be there."),
        click.option(
            "--no-load", is_flag=True, help="Do not ask torch: level 3 by our own reader."
        ),
        click.option(
            "--level", type=click.IntRange(1, 6), default=5, show_default=True, help="How deep."
        ),
    ):
        function = option(function)
    return function


@click.command("validate")
@click.argument("paths", nargs=-1, required=True, type=AnyPath())
@_options
def validate_command(
    paths: tuple[str, ...],
    level: int,
    no_load: bool,
    required_keys: str,
    jobs: int | None,
    python: str | None,
    log_failures: bool,
    as_json: bool,
) -> int:
    """Read each of PATH… whole and judge it; a directory means every checkpoint in it,
    or itself where it is one, such as checkpoint-500/.

    \b
    Levels: 1 size, 2 container, 3 load, 4 keys, 5 checksums, 6 values (NaN, Inf; warns only).

    Exits 3 if any is bad, 0 otherwise, also where there is none.
    """
    keys = tuple(key for key in required_keys.split(",") if key)
    asked = Asked(level, not no_load, keys, jobs, python)
    return validate(paths, asked, log_failures=log_failures, as_json=as_json)


@click.command("validate-checkpoints")
@click.argument("directory", type=AnyPath())
@_options
def validate_checkpoints_command(
    directory: str,
    level: int,
    no_load: bool,
    required_keys: str,
    jobs: int | None,
    python: str | None,
    log_failures: bool,
    as_json: bool,
) -> int:
    """Read every checkpoint in DIRECTORY whole and judge it: ckptui validate by another name."""
    keys = tuple(key for key in required_keys.split(",") if key)
    asked = Asked(level, not no_load, keys, jobs, python)
    return validate([run_directory(directory)], asked, log_failures=log_failures, as_json=as_json)


def validate(paths: Sequence[str], asked: Asked, *, log_failures: bool, as_json: bool) -> int:
    """Validate files and directories, printing each verdict as it comes.

    Returns:
        The exit code.
    """
    directories, files = _sort(paths)
    reporter = Reporter(as_json=as_json)
    bad = False
    try:
        for place, document in _all(directories, files, asked, reporter):
            reporter.verdict(document)
            if document.category in TROUBLE:
                bad = True
                if log_failures:
                    log_failed_checkpoint(place, document.reason or str(document.category))
    except KeyboardInterrupt:
        reporter.summary("interrupted; so far: ")
        return EXIT_INTERRUPTED
    reporter.summary()
    return CHECKPOINT_EXIT_CODE if bad else EXIT_OK


def _sort(paths: Sequence[str]) -> tuple[list[str], list[str]]:
    directories: list[str] = []
    files: list[str] = []
    # x.pt.done means x.pt, also where only the marker is left.
    meant = [given.removesuffix(MARKER_SUFFIX) or given for given in paths]
    for given, path, found in zip(paths, meant, look_at_all(meant), strict=True):
        if isinstance(found, str) and path == given:
            raise CkptuiError(found)
        if not isinstance(found, str) and found.is_directory and not found.layout:
            directories.append(path)
        else:
            files.append(path)
    return directories, files


def _all(
    directories: Sequence[str], files: Sequence[str], asked: Asked, reporter: Reporter
) -> Iterator[tuple[str, CheckpointDocument]]:
    for directory in directories:
        yield from _directory(run_directory(directory), asked, reporter)
    if files:
        yield from _files(files, asked)


def _directory(
    root: str, asked: Asked, reporter: Reporter
) -> Iterator[tuple[str, CheckpointDocument]]:
    with DeepLook(
        root, jobs=asked.jobs, python=asked.python, required_keys=asked.required_keys
    ) as deep:
        shown = deep.settled()
        if shown.problem:
            raise CkptuiError(shown.problem)
        say_notes(shown)
        if shown.watching.left_out:
            say(shown.watching.left_out)
        paths = sorted(shown.checkpoints)
        reporter.expect(len(paths), sum(row.size or 0 for row in shown.checkpoints.values()))
        for news in deep.check(paths, level=asked.level, load=asked.load):
            if isinstance(news, Progressed):
                reporter.progress(news.running)
            else:
                yield os.path.join(root, news.path), checkpoint_document(news)


def _files(files: Sequence[str], asked: Asked) -> Iterator[tuple[str, CheckpointDocument]]:
    # The service logs each failure; here each is a line of ours already.
    logging.getLogger("ckptui").setLevel(logging.CRITICAL)
    for keys, allow, group in _alike(files, asked):
        for verdict in validate_checkpoint_batch(
            group,
            level=asked.level,
            load=asked.load,
            required_keys=keys,
            allow_globals=allow,
            jobs=asked.jobs,
            python=asked.python,
        ):
            yield verdict.path, _document(verdict)


def _alike(
    files: Sequence[str], asked: Asked
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], list[str]]]:
    """Files of one run directory that must hold the same keys, together."""
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for path in files:
        home = home_of(path)
        config = load_run_config(home)
        keys = required_keys_for(config, os.path.relpath(os.path.abspath(path), home))
        wanted = tuple(dict.fromkeys((*keys, *asked.required_keys)))
        groups.setdefault((wanted, config.allow_globals), []).append(path)
    for (wanted, allow), group in groups.items():
        yield wanted, allow, group


def _document(verdict: Verdict) -> CheckpointDocument:
    marked = _mtime(marker_path(verdict.path))
    marker = marker_state(_mtime(verdict.path), marked, folder_uses_markers=False)
    if marker is MarkerState.ORPHAN:
        verdict = replace(
            verdict,
            category=Category.INCOMPLETE,
            reason="its marker says that it is complete, and it is not there",
            remedy=Action.REMOVE_MARKER,
        )
    return verdict_document(verdict, marker=marker)


def _mtime(path: str) -> float | None:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return None
