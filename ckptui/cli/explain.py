"""``ckptui explain``: everything that is known of one file, and what to do."""

from __future__ import annotations

import os
import sys
import time
from typing import Final

import click

from ckptui.cli.common import put, put_json
from ckptui.cli.places import AnyPath, home_of, is_checkpoint, look_at_all
from ckptui.config import load_run_config, required_keys_for
from ckptui.errors import CkptuiError
from ckptui.marker import MARKER_SUFFIX
from ckptui.present import units
from ckptui.present.documents import to_json
from ckptui.present.explanation import explain_document, explanation_lines
from ckptui.present.spans import text_of
from ckptui.terms import CHECKPOINT_EXIT_CODE, EXIT_INTERRUPTED, EXIT_OK, TROUBLE, Level, Result
from ckptui.user_config import load_user_config
from ckptui.validation.pool import Answer, Done, Pool, Progress, Request
from ckptui.validation.trouble import orphaned
from ckptui.validation.verdict import Verdict

_STEP: Final = 0.2


@click.command("explain")
@click.argument("files", nargs=-1, required=True, type=AnyPath(), metavar="FILE…")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--python", metavar="PATH", help="Interpreter whose torch level 3 asks.")
@click.option("--no-load", is_flag=True, help="Do not ask torch: level 3 by our own reader.")
@click.option("--level", type=click.IntRange(1, 6), default=5, show_default=True, help="How deep.")
def explain_command(
    files: tuple[str, ...], level: int, no_load: bool, python: str | None, as_json: bool
) -> int:
    """Say what is wrong with each FILE and what to do, or that nothing is.

    \b
    Prints: the verdict with its reason and the evidence for it; the next step, with the
    command to type; what torch.load says of the file; what each level found; step, version,
    status, marker, and the name it was saved under; the names that its pickle would have
    torch import; and the file from its first byte to its last: which records are whole,
    damaged, cut or missing, and how many tensors fit their checksum.

    \b
    A checkpoint directory, such as checkpoint-500/, is explained by its parts.
    x.pt.done means x.pt. Nothing of the file is run, nothing is written.

    Reads the whole file; --level 4 reads no tensor. Exits 3 if any is bad.
    """
    paths = [given.removesuffix(MARKER_SUFFIX) or given for given in files]
    _require_checkpoints(files, paths)
    bad = False
    with Pool(1, python) as pool:
        try:
            for number, path in enumerate(paths):
                bad = _explain(pool, path, level, not no_load, as_json, number) or bad
        except KeyboardInterrupt:
            _wipe()
            return EXIT_INTERRUPTED
    return CHECKPOINT_EXIT_CODE if bad else EXIT_OK


def _require_checkpoints(files: tuple[str, ...], paths: list[str]) -> None:
    """Refuse what cannot be explained, before anything is read."""
    for given, path, found in zip(files, paths, look_at_all(paths), strict=True):
        if isinstance(found, str):
            if given == path:
                raise CkptuiError(found)
        elif found.is_directory and not is_checkpoint(path):
            raise CkptuiError(
                f"{path}: a directory, where a checkpoint is meant; "
                "ckptui status on it lists those in it"
            )


def _explain(pool: Pool, path: str, level: int, load: bool, as_json: bool, number: int) -> bool:
    home = home_of(path)
    config = load_run_config(home)
    keys = required_keys_for(config, os.path.relpath(os.path.abspath(path), home))
    allow = load_user_config().allowed_for(os.path.abspath(path), config.allow_globals)
    request = Request(
        path,
        level,
        load,
        required_keys=keys,
        allow_globals=allow,
        recall=True,
        look_back=True,
    )
    verdict = _verdict(pool, request)
    if verdict.facts.signature is None and not verdict.facts.layout:
        verdict = orphaned(verdict)
    anatomy = {} if verdict.facts.layout else _anatomy(pool, verdict, level)
    _wipe()
    document = explain_document(verdict, anatomy, allow)
    if as_json:
        put_json(to_json(document))
    else:
        if number:
            put("")
        utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        for each in explanation_lines(document, ascii_only=not utf8):
            put(text_of(each, ascii_only=not utf8))
    sys.stdout.flush()
    return document.category in TROUBLE


def _verdict(pool: Pool, request: Request) -> Verdict:
    event = _wait(pool, request)
    assert isinstance(event, Done)  # noqa: S101  (a check ends so)
    return event.verdict


def _anatomy(pool: Pool, verdict: Verdict, level: int) -> dict[str, object]:
    """The records; read where level 5 has not said yet of each that it is whole."""
    if verdict.facts.signature is None or level < Level.CONTAINER:
        return {}
    checksums = verdict.checks.get(Level.CHECKSUMS)
    proven = checksums is not None and checksums.result is Result.PASS
    event = _wait(pool, Request(verdict.path, level, kind="anatomy", proven=proven))
    assert isinstance(event, Answer)  # noqa: S101
    return {} if "error" in event.document else event.document


def _wait(pool: Pool, request: Request) -> Done | Answer:
    """Let the pool do one thing; shows how far it is, on a terminal, once a second has gone."""
    id_, began = pool.submit(request), time.monotonic()
    while True:
        for event in pool.events(_STEP):
            if isinstance(event, Progress):
                _show(event, time.monotonic() - began)
            elif event.id == id_:
                return event


def _show(progress: Progress, seconds: float) -> None:
    if seconds < 1 or not sys.stderr.isatty() or not progress.total_bytes:
        return
    done, total = units.size(progress.done_bytes), units.size(progress.total_bytes)
    rate = units.rate(progress.done_bytes / seconds)
    sys.stderr.write(f"\r{done} of {total}, {rate}\x1b[K")
    sys.stderr.flush()


def _wipe() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
