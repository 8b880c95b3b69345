"""The entry point: finds the verb, runs it, and turns every way to end into an exit code.

Verbs are loaded only when they are called, so that ``ckptui --help`` costs no more than click.
click's own exit codes are not used: 2 means "finished in part" here, a usage error is 1.
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Final, NoReturn

import click

from ckptui.cli.common import say, talk
from ckptui.errors import CheckpointError, CkptuiError
from ckptui.terms import CHECKPOINT_EXIT_CODE, EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK

VERBS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("ckptui.cli.demo", "make a real, damaged run and open it"),
    "status": ("ckptui.cli.status", "every checkpoint, header only"),
    "validate": ("ckptui.cli.validate", "read checkpoints whole and judge them (exit 3 if bad)"),
    "validate-checkpoints": ("ckptui.cli.validate", "the same for one directory"),
    "latest": ("ckptui.cli.latest", "path of the last good checkpoint, for job scripts"),
    "inspect": ("ckptui.cli.inspect", "one file's header: version, step, keys, tensors, globals"),
    "explain": ("ckptui.cli.explain", "what is wrong with a file, what torch says, what to do"),
    "repair": ("ckptui.cli.repair", "mend checkpoints, with --dry-run and undo"),
    "undo": ("ckptui.cli.undo", "take the last repair back"),
    "journal": ("ckptui.cli.journal", "what was repaired, when, and what can be undone"),
    "history": ("ckptui.cli.history", "what was found out about a checkpoint over time"),
    "inputs": ("ckptui.cli.inputs", "what a stage was made from, and why it is stale"),
    "trash": ("ckptui.cli.trash", "what repairs moved away, and how much it takes"),
    "run": ("ckptui.cli.run", "run a pipeline: sequences, qa, or FILE.py:NAME"),
    "resume": ("ckptui.cli.resume", "carry a run on, in the background"),
    "runs": ("ckptui.cli.runs", "resumed runs and how they ended"),
    "logs": ("ckptui.cli.logs", "the log of a resumed run"),
    "cancel": ("ckptui.cli.cancel", "stop a resumed run: INT, then TERM, then KILL"),
    "watch": ("ckptui.cli.watch", "changes as they happen, as JSON lines"),
    "set-command": ("ckptui.cli.set_command", "write the command that resumes a run directory"),
    "config": ("ckptui.cli.config", "your own settings and keys: show, set, init, path, check"),
    "completion": ("ckptui.cli.completion", "completion script for bash, zsh or fish"),
}
"""Verb → (module that defines it, one line of help)."""

HIDDEN: Final[dict[str, str]] = {
    "ui": "ckptui.cli.ui",
    "save-text": "ckptui.cli.save_text",
    "plain-text": "ckptui.cli.plain_text",
    "text-files": "ckptui.cli.text_files",
}
"""The default verb, which ``ckptui PATH`` runs, and what the terminal UI asks of a child."""

EPILOG: Final = """\
\b
In a job script:
  CKPT=$(ckptui latest RUN) || exit 3
\b
Exit codes: 0 success, 1 failure or usage, 2 a pipeline finished in part,
            3 checkpoint trouble, 130 interrupted.
"""


class Verbs(click.Group):
    """A group whose first argument is a verb, or else the directory for the terminal UI."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Verbs in the order of the table above, which is the order of a working day."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module; its command carries the verb's own name."""
        module = HIDDEN.get(cmd_name) or VERBS.get(cmd_name, ("", ""))[0]
        if not module:
            return None
        attribute = cmd_name.replace("-", "_") + "_command"
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)  # noqa: S101  (a verb's module is ours)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of verbs from the table, so that help imports none of them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, text) for verb, (_, text) in VERBS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the hidden verb ``ui`` in front where no verb was given."""
        if ctx.resilient_parsing:  # completion: the words are not whole yet
            return super().parse_args(ctx, args)
        known = {*VERBS, *HIDDEN, "--help", "-h", "--version"}
        return super().parse_args(ctx, args if args and args[0] in known else ["ui", *args])


@click.group(
    cls=Verbs,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    options_metavar="",
    subcommand_metavar="[PATH… | VERB …]",
)
@click.version_option(package_name="ckptui", message="ckptui %(version)s")
def cli() -> None:
    """Watch, judge, mend and resume the checkpoints of a run directory.

    \b
    ckptui PATH…       opens the terminal UI on run directories ([.] if none is given);
                       where there is no terminal it prints their status tables instead.
                       --read-only  change nothing;  --ascii  no glyphs beyond ASCII;
                       --no-mouse  leave the mouse to the terminal;
                       --no-session  neither recall nor remember views and filters.
    ckptui VERB -h     explains a verb.

    A verb wins over a directory of the same name: write ./runs for the directory.
    """


class _Talk(logging.Handler):
    """Warnings that no one else takes become talk: one line, fit for a terminal."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it."""
        say(record.getMessage())


_CONTROL_C: Final = 2.0
"""Seconds that ctrl-C may take to be noticed before the process ends without it."""
_MOUTHS: Final[list[socket.socket]] = []
"""Kept, so that what the signal handler writes to stays open."""
_OWN_MANNERS: Final = frozenset({"run", "demo", "ui"})
"""Verbs that end in their own way, because they save or restore something first."""


def _heed_control_c() -> None:
    """Make ctrl-C end ckptui also while a system call waits for a dead filesystem.

    Python tells a program of a signal only between two of its own instructions; a thread that reads
    what the signal handler itself writes hears of it at once.
    """
    ear, mouth = socket.socketpair()
    mouth.setblocking(False)
    noticed = threading.Event()

    def handler(number: int, frame: FrameType | None) -> None:
        noticed.set()
        signal.default_int_handler(number, frame)

    def guard() -> None:
        while (heard := ear.recv(1)) != bytes([signal.SIGINT]):
            if not heard:
                return
        if not noticed.wait(_CONTROL_C):
            os._exit(EXIT_INTERRUPTED)

    signal.signal(signal.SIGINT, handler)
    signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
    _MOUTHS.append(mouth)
    threading.Thread(target=guard, name="control-c", daemon=True).start()


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code.

    Args:
        arguments: Without the program's name; ``sys.argv[1:]`` if None.
    """
    try:
        result: object = cli.main(
            args=None if arguments is None else list(arguments),
            prog_name="ckptui",
            standalone_mode=False,
        )
    except click.ClickException as error:
        return _usage(error)
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except CheckpointError as error:
        say(str(error))
        return CHECKPOINT_EXIT_CODE
    except (BrokenPipeError, SystemExit):  # click answers a reader that went away with an exit
        return EXIT_OK
    except (CkptuiError, OSError) as error:
        say(_sentence(error))
        return EXIT_FAILURE
    return result if isinstance(result, int) else EXIT_OK


def _usage(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        talk(error.format_message())  # the whole help, on lines of its own
        return EXIT_FAILURE
    # click lists choices on lines of their own; an error is one sentence here.
    say(" ".join(error.format_message().split()))
    if isinstance(context, click.Context):
        hidden = context.info_name in HIDDEN and context.parent is not None
        path = context.parent.command_path if hidden and context.parent else context.command_path
        say(f"see {path} --help")
    return EXIT_FAILURE


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        name = error.filename
        where = os.fsdecode(name) + ": " if isinstance(name, (str, bytes)) else ""
        return f"{where}{error.strerror.lower()}"
    return str(error)


def main() -> NoReturn:
    """Console entry: quiet on SIGPIPE, and never kept alive by a thread that waits for a disk."""
    logging.lastResort = _Talk(logging.WARNING)
    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # a shell may ignore it
    if heeded and sys.argv[1:2] and sys.argv[1] in VERBS.keys() - _OWN_MANNERS:
        _heed_control_c()
    code = run()
    try:
        sys.stdout.flush()
    except (BrokenPipeError, ValueError):
        # The reader went away. Python would complain once more at exit; this keeps it quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    try:
        sys.stderr.flush()
    finally:
        # A thread may hang in the kernel on a filesystem that does not answer: do not join it.
        os._exit(code)
