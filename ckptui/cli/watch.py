"""``ckptui watch``: changes as they happen, as JSON lines."""

from __future__ import annotations

import json
import queue
import sys

import click

from ckptui.cli.common import put, put_json, run_directory, say
from ckptui.present.documents import checkpoint_document, to_json
from ckptui.present.safe import plain
from ckptui.terms import EXIT_OK
from ckptui.watch.model import Change
from ckptui.watch.monitor import Monitor


@click.command("watch")
@click.argument("path", default=".", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def watch_command(path: str, as_json: bool) -> int:
    """Print each checkpoint of PATH when it appears, changes or goes, until ctrl-C.

    \b
    {"event": "changed", "checkpoint": {…}}   appeared, changed, or judged anew
    {"event": "removed", "path": "…"}
    {"event": "problem", "sentence": "…"}     the directory does not answer, or answers again ("")
    """
    changes: queue.SimpleQueue[Change] = queue.SimpleQueue()
    monitor = Monitor(run_directory(path))
    monitor.subscribe(changes.put)
    monitor.start()
    said = ""
    try:
        while True:
            change = changes.get()
            _tell(change, as_json)
            if change.snapshot.problem != said:
                said = change.snapshot.problem
                _problem(said, as_json)
    except KeyboardInterrupt:
        return EXIT_OK
    finally:
        monitor.close()


def _tell(change: Change, as_json: bool) -> None:
    for path in sorted(change.changed):
        row = change.snapshot.checkpoints.get(path)
        if row is None:
            continue
        if as_json:
            put_json({"event": "changed", "checkpoint": to_json(checkpoint_document(row))})
        else:
            put(plain(f"{row.category:<12} {path}  {row.reason}"))
    for path in sorted(change.removed):
        put(json.dumps({"event": "removed", "path": path}) if as_json else plain(f"gone  {path}"))
    sys.stdout.flush()


def _problem(sentence: str, as_json: bool) -> None:
    if as_json:
        put_json({"event": "problem", "sentence": sentence})
        sys.stdout.flush()
    elif sentence:
        say(sentence)
