"""``ckptui history``: what was found out about a checkpoint over time, and who mended it."""

from __future__ import annotations

import os
import sys
import time

import click

from ckptui.cli.asking import ask
from ckptui.cli.common import put, put_json, say
from ckptui.cli.places import AnyPath, home_of, is_checkpoint
from ckptui.marker import MARKER_SUFFIX
from ckptui.present.document_types import HistoryDocument
from ckptui.present.documents import to_json
from ckptui.present.history import CACHE_OFF, history_document, history_lines, touching
from ckptui.present.spans import text_of
from ckptui.repair.journal import entries
from ckptui.terms import EXIT_OK
from ckptui.validation.cache import Cache


@click.command("history")
@click.argument("path", default=".", type=AnyPath())
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def history_command(path: str, as_json: bool) -> int:
    """Tell what was found out about PATH over time, and the repairs that touched it.

    \b
    PATH is a checkpoint, also one that is gone, or a run directory for all of it. The newest
    comes first. A verdict is remembered where bytes, category, reason or level had changed:
    50 of a checkpoint at most, in the verdict cache.

    Exits 0 also where nothing is remembered; stderr says so.
    """
    document = _document(path.removesuffix(MARKER_SUFFIX) or path)
    if as_json:
        put_json(to_json(document), indent=2)
        return EXIT_OK
    if not document.remembers:
        say(CACHE_OFF)
    if not document.verdicts and not document.repairs:
        say(f"{path}: nothing is remembered of it")
        return EXIT_OK
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    shown = to_json(document)
    assert isinstance(shown, dict)  # noqa: S101  (ours)
    several = len({each.path for each in document.verdicts}) > 1
    for each in history_lines(shown, now=time.time(), with_paths=several, ascii_only=not utf8):
        put(text_of(each, ascii_only=not utf8))
    return EXIT_OK


def _document(path: str) -> HistoryDocument:
    root, is_run = _root(path)
    repairs, whole = entries(root), os.path.abspath(path)
    if not is_run:
        repairs = touching(repairs, os.path.relpath(whole, root))
    cache = Cache()
    try:
        return history_document(path, cache.history(whole), repairs, start=root)
    finally:
        cache.close()


def _root(path: str) -> tuple[str, bool]:
    """The run directory, and whether it is what was given."""
    found = ask(lambda: [os.path.isdir(path), home_of(path)], path)
    assert isinstance(found, list)  # noqa: S101  (ours)
    if found[0] and not is_checkpoint(path):
        return os.path.abspath(path), True
    return str(found[1]), False
