"""``ckptui set-command``: say how a run directory is carried on."""

from __future__ import annotations

import click

from ckptui.cli.common import say
from ckptui.cli.places import AnyPath, run_directory
from ckptui.launch.command import write_command
from ckptui.terms import EXIT_OK


@click.command("set-command", context_settings={"ignore_unknown_options": True})
@click.argument("path", type=AnyPath())
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def set_command_command(path: str, command: tuple[str, ...]) -> int:
    """Write COMMAND into PATH/ckptui.toml as the command that resumes this run.

    \b
    ckptui set-command RUN -- python train.py --config run.yaml --resume last
    """
    root = run_directory(path)
    write_command(root, command)
    say(f"{root}/ckptui.toml now says how this run is carried on; ckptui resume uses it")
    return EXIT_OK
