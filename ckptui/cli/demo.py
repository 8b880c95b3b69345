"""``ckptui demo``: a real, damaged run, and the terminal UI on it."""

from __future__ import annotations

import click

from ckptui.cli.common import put, say
from ckptui.cli.places import AnyPath, run_directories
from ckptui.cli.ui import has_terminal, show
from ckptui.present.safe import plain
from ckptui.terms import EXIT_OK


@click.command("demo")
@click.argument("directory", default="demo-run", type=AnyPath())
@click.option("--no-tui", is_flag=True, help="Only make it, and say what is broken.")
@click.option("--ascii", "ascii_only", is_flag=True, help="No glyphs beyond ASCII.")
def demo_command(directory: str, no_tui: bool, ascii_only: bool) -> int:
    """Run a real pipeline in DIRECTORY, break its result in honest ways, and open it.

    An earlier demo in DIRECTORY is opened as it is. Needs torch: pip install 'ckptui[torch]'.
    """
    from ckptui.demo import is_demo, make_demo, read_report

    if is_demo(directory):
        say(f"{directory} holds a demo already; it is opened as it is")
        report = read_report(directory)
    else:
        report = make_demo(directory, log=say)
    if no_tui or not has_terminal():
        for line in report.to_lines():
            put(plain(line))
        if no_tui:
            return EXIT_OK
    return show(run_directories([directory]), read_only=False, ascii_only=ascii_only)
