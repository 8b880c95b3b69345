"""``ckptui runs``: resumed runs and how they ended."""

from __future__ import annotations

import shlex

import click

from ckptui.cli.common import put, put_json, say
from ckptui.cli.places import AnyPath, run_directory
from ckptui.launch.registry import list_runs
from ckptui.present.documents import run_document, to_json
from ckptui.present.safe import plain
from ckptui.terms import EXIT_OK


@click.command("runs")
@click.argument("path", default=".", type=AnyPath())
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def runs_command(path: str, as_json: bool) -> int:
    """List the runs that ckptui resumed in PATH: state, exit code in words, command."""
    found = list_runs(run_directory(path))
    if as_json:
        put_json([to_json(run_document(run)) for run in found], indent=2)
        return EXIT_OK
    if not found:
        say("no run was resumed here yet; ckptui resume starts one")
    for run in found:
        said = run.note or run.progress_text
        line = f"{run.id}  {run.state:<12} {run.started_at}  {said}  {shlex.join(run.command)}"
        put(plain(line))
    return EXIT_OK
