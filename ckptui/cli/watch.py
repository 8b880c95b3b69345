"""``ckptui watch``: changes as they happen, as JSON lines."""

from __future__ import annotations

import queue
import sys
import time
from collections.abc import Iterator
from typing import Final

import click

from ckptui.cli.common import put, put_json, say
from ckptui.cli.filtering import TEACHING, filter_option
from ckptui.cli.looking import entries_option, scan_settings
from ckptui.cli.on_event import Telling, on_event_option
from ckptui.cli.places import AnyPath, run_directory
from ckptui.errors import CkptuiError
from ckptui.present.document_types import WatchDocument
from ckptui.present.documents import checkpoint_document, to_json
from ckptui.present.filter import Filter
from ckptui.present.safe import plain
from ckptui.watch.model import Change, Snapshot
from ckptui.watch.monitor import Monitor

_HELP: Final = f"""Print each checkpoint of PATH when it appears, changes or goes, until ctrl-C
(exit 130).

\b
Events of --json, each with the fields event, path, checkpoint, sentence:
  changed    a checkpoint appeared, changed, or was judged anew
  removed    it went away
  last_good  path is the last good one from now on; null where there is none
  settled    the first look is over; what comes now is news
  problem    sentence says why nothing can be seen; "" once that is over

{TEACHING}"""


@click.command(
    "watch",
    help=_HELP,
    params=[
        filter_option("Only events of checkpoints that match, or matched before."),
        entries_option(),
        on_event_option(),
    ],
)
@click.argument("path", default=".", type=AnyPath())
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def watch_command(path: str, as_json: bool, asked: Filter | None, on_event: str) -> int:
    """Tell what changes."""
    changes: queue.SimpleQueue[Change] = queue.SimpleQueue()
    monitor = Monitor(run_directory(path), settings=scan_settings())
    telling = Telling(on_event, monitor.root) if on_event else None
    monitor.subscribe(changes.put)
    monitor.start()
    before = monitor.snapshot
    shown: set[str] = set()
    try:
        while True:
            if telling is not None:
                telling.tell()
            try:
                change = changes.get(timeout=1)
            except queue.Empty:
                if monitor.alive:
                    continue
                raise CkptuiError(f"{monitor.root}: watching it ended unexpectedly") from None
            if telling is not None:
                telling.heed(change)
            for event in _events(before, change):
                if asked is None or _wanted(event, change.snapshot, asked, shown):
                    _tell(event, as_json)
            before = change.snapshot
            sys.stdout.flush()
    finally:
        monitor.close()
        if telling is not None:
            telling.close()


def _events(before: Snapshot, change: Change) -> Iterator[WatchDocument]:
    now = change.snapshot
    for path in sorted(change.changed):
        if (row := now.checkpoints.get(path)) is not None:
            yield WatchDocument("changed", path, checkpoint_document(row))
    for path in sorted(change.removed):
        yield WatchDocument("removed", path)
    # Before everything was looked at once, which one is the last good changes with every verdict.
    if now.settled and (not before.settled or _best(now) != _best(before)):
        yield WatchDocument("last_good", _best(now))
    if now.settled and not before.settled:
        yield WatchDocument("settled")
    if now.problem != before.problem:
        yield WatchDocument("problem", sentence=now.problem)


def _wanted(event: WatchDocument, now: Snapshot, asked: Filter, shown: set[str]) -> bool:
    """True for what matches, for what no longer does, and for what is about no checkpoint."""
    if event.event not in ("changed", "removed") or event.path is None:
        return True
    before, row = event.path in shown, now.checkpoints.get(event.path)
    holds = event.event == "changed" and row is not None and asked.matches(row, time.time())
    (shown.add if holds else shown.discard)(event.path)
    return holds or before


def _best(shown: Snapshot) -> str | None:
    return shown.last_good.path if shown.last_good else None


def _tell(event: WatchDocument, as_json: bool) -> None:
    if as_json:
        put_json(to_json(event))
    elif event.checkpoint is not None:
        row = event.checkpoint
        put(plain(f"{row.category:<12} {row.path}  {row.reason}"))
    elif event.event == "removed":
        put(plain(f"{'gone':<12} {event.path}"))
    elif event.event == "last_good":
        put(plain(f"{'last good':<12} {event.path or 'none'}"))
    elif event.event == "problem":
        say(event.sentence or "the directory answers again")
