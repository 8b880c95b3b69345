"""``ckptui validate``: read checkpoints whole and judge them, one file or a whole tree."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Final

import click

from ckptui.cli.batch import Asked, check_all
from ckptui.cli.caching import no_cache_option
from ckptui.cli.filtering import filter_option
from ckptui.cli.looking import entries_option
from ckptui.cli.options import categories, here_option, since
from ckptui.cli.places import AnyPath, run_directory
from ckptui.cli.reporting import Reporter
from ckptui.cli.targets import Targets, find_targets
from ckptui.errors import CkptuiError
from ckptui.failure_log import log_failed_checkpoint
from ckptui.present.document_types import CheckpointDocument
from ckptui.present.filter import Filter
from ckptui.terms import (
    CHECKPOINT_EXIT_CODE,
    EXIT_FAILURE,
    EXIT_INTERRUPTED,
    EXIT_OK,
    TROUBLE,
    Category,
)
from ckptui.validation.guest import site_limits

_HELP: Final = """Read each of PATH… whole and judge it; a directory means every checkpoint in it,
or itself where it is one, such as checkpoint-500/.

PATH may be a file, a directory, a marker (x.pt.done means x.pt), or - for paths on stdin, separated
by newlines or by NUL (find -print0). Newest first; each verdict is printed as it comes, and at the
end stderr says how many there were of which category, and which are bad and why.

\b
Levels: 1 size, 2 container, 3 load (torch.load, weights_only), 4 keys, 5 checksums,
        6 values (NaN, Inf; only ever warns).
        Level 4 reads headers, 5 and 6 every byte; --no-load leaves torch out of it.

\b
ckptui validate RUN                        every checkpoint below RUN, to level 5
ckptui validate RUN --since 2h             what was written in the last two hours
ckptui validate RUN --filter 'fix:renew'   those with an outdated marker
ckptui validate RUN --only corrupted --json | jq -r .path
find /data -name '*.pt' -print0 | ckptui validate --no-load -

\b
Exit codes: 0 nothing bad (also: nothing found), 1 a PATH that is not there, or a usage error,
            3 anything bad among all that was checked, whatever --only prints,
            130 interrupted (ctrl-C, SIGTERM); what is known by then has been printed.
            Bad is every category but valid, unchecked and changing.

On network filesystems two files are read at a time, 200 MB a second. On a login node (Slurm's
clients, no job) files over 1 GB are checked to level 2 only, unless --here. A file without blocks
on disk (on tape) is read only where it is named itself.
"""
_HELP_OTHER: Final = """Read every checkpoint in DIRECTORY whole and judge it.

It is ckptui validate under the name that other tools use; see ckptui validate --help.
"""


@dataclass(slots=True)
class _Outcome:
    """What the exit code is made of."""

    bad: bool = False
    missing: bool = False

    @property
    def code(self) -> int:
        """3 wins over 1: what was found matters more than what was not."""
        if self.bad:
            return CHECKPOINT_EXIT_CODE
        return EXIT_FAILURE if self.missing else EXIT_OK


def _options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--level"], type=click.IntRange(1, 6), default=5, show_default=True, help="How deep."
        ),
        click.Option(
            ["--no-load"], is_flag=True, help="Do not ask torch: level 3 by our own reader."
        ),
        click.Option(
            ["--required-keys"], metavar="a,b", default="", help="Keys that must be there."
        ),
        click.Option(
            ["--since"],
            callback=since,
            metavar="TIME",
            help="Only what was modified since: 30m, 2h, 3d, or 2026-02-01T14:30.",
        ),
        filter_option(
            "Only what of a directory matches by its headers: 'cat:unchecked age<2h'; "
            "see ckptui status --help."
        ),
        click.Option(
            ["--only"],
            callback=categories,
            multiple=True,
            metavar="CATEGORY",
            help="Print only these (a,b, or given again); the summary and the exit code still "
            "speak of all.",
        ),
        click.Option(
            ["--jobs"],
            type=click.IntRange(1),
            help="Files at a time; by default one for each processor, two on network filesystems.",
        ),
        here_option(),
        click.Option(["--python"], metavar="PATH", help="Interpreter whose torch level 3 asks."),
        click.Option(
            ["--log-failures"],
            is_flag=True,
            help="Add bad ones to failed_checkpoints.txt beside them.",
        ),
        entries_option(),
        no_cache_option(),
        click.Option(["--json", "as_json"], is_flag=True, help="One JSON object a line."),
    ]


def _command(
    paths: tuple[str, ...],
    level: int,
    no_load: bool,
    required_keys: str,
    since: float | None,
    asked: Filter | None,
    only: tuple[Category, ...],
    jobs: int | None,
    here: bool,
    python: str | None,
    log_failures: bool,
    as_json: bool,
) -> int:
    keys = tuple(key for key in required_keys.split(",") if key)
    wanted = Asked(level, not no_load, keys, jobs, python, since, here, asked)
    reporter = Reporter(as_json=as_json, only=only, level=level)
    return validate(paths, wanted, reporter, log_failures=log_failures)


def _only_a_directory(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    return () if ctx.resilient_parsing else (run_directory(value),)


validate_command: Final = click.Command(
    "validate",
    callback=_command,
    params=[click.Argument(["paths"], nargs=-1, required=True, type=AnyPath()), *_options()],
    help=_HELP,
)
validate_checkpoints_command: Final = click.Command(
    "validate-checkpoints",
    callback=_command,
    params=[
        click.Argument(["paths"], metavar="DIRECTORY", type=AnyPath(), callback=_only_a_directory),
        *_options(),
    ],
    help=_HELP_OTHER,
)


def validate(
    paths: Sequence[str], asked: Asked, reporter: Reporter, *, log_failures: bool = False
) -> int:
    """Validate files and directories, printing each verdict as it comes.

    Returns:
        The exit code.

    Raises:
        CkptuiError: The only path leads nowhere, or a directory cannot be looked at.
    """
    outcome, log = _Outcome(), _FailureLog(reporter) if log_failures else None
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        targets = _targets(paths, asked, reporter, outcome)
        for place, document, size in check_all(targets, asked, reporter):
            reporter.verdict(document, size)
            if document.category in TROUBLE:
                outcome.bad = True
                if log is not None:
                    log.add(place, document)
        reporter.summary(nothing=_nothing(asked))
    except KeyboardInterrupt:
        reporter.summary("interrupted; so far: ", nothing="nothing checked yet")
        return EXIT_INTERRUPTED
    finally:
        reporter.close()
    return outcome.code


def _interrupt(number: int, frame: FrameType | None) -> None:
    """SIGTERM is what ctrl-C is: schedulers send it, and give a moment to say what is known."""
    raise KeyboardInterrupt


def _targets(paths: Sequence[str], asked: Asked, reporter: Reporter, outcome: _Outcome) -> Targets:
    if problem := site_limits().problem:
        reporter.say(problem)
    targets = find_targets(paths, asked.since)
    if len(targets.problems) == 1 and not targets.files and not targets.directories:
        raise CkptuiError(targets.problems[0])
    for problem in targets.problems:
        outcome.missing = True
        reporter.say(problem)
    return targets


def _nothing(asked: Asked) -> str:
    if asked.filter is not None:
        return f"no checkpoint matches {asked.filter.typed}"
    return "no checkpoints found" + (" that were modified since then" if asked.since else "")


class _FailureLog:
    """``failed_checkpoints.txt`` beside what is bad; a folder that is closed is said once."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._closed: set[str] = set()

    def add(self, place: str, document: CheckpointDocument) -> None:
        """Log one failure."""
        folder = os.path.dirname(os.path.abspath(place))
        if folder in self._closed:
            return
        try:
            log_failed_checkpoint(place, document.reason or str(document.category))
        except OSError as error:
            self._closed.add(folder)
            why = (error.strerror or str(error)).lower()
            self._reporter.say(f"{folder}: failures cannot be logged here: {why}")
