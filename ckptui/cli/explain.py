"""``ckptui explain``: everything that is known of one file, and what to do."""

from __future__ import annotations

import sys
import time
from typing import Final

import click

from ckptui.cli.batch import Asked
from ckptui.cli.caching import no_cache_option
from ckptui.cli.common import put, put_json
from ckptui.cli.options import here_option
from ckptui.cli.places import AnyPath, is_checkpoint, look_at_all
from ckptui.cli.reporting import ProgressLine
from ckptui.cli.targets import Demand, demands_on
from ckptui.errors import CkptuiError
from ckptui.marker import MARKER_SUFFIX
from ckptui.present import units
from ckptui.present.document_types import ExplainDocument
from ckptui.present.documents import to_json
from ckptui.present.explanation import explain_document, explanation_lines
from ckptui.present.spans import text_of
from ckptui.terms import CHECKPOINT_EXIT_CODE, EXIT_INTERRUPTED, EXIT_OK, TROUBLE, Level, Result
from ckptui.validation.pool import Answer, Done, Pool, Progress, Request
from ckptui.validation.trouble import orphaned
from ckptui.validation.verdict import Verdict

_STEP: Final = 0.2


@click.command("explain", params=[here_option(), no_cache_option()])
@click.argument("files", nargs=-1, required=True, type=AnyPath(), metavar="FILE…")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--python", metavar="PATH", help="Interpreter whose torch level 3 asks.")
@click.option("--no-load", is_flag=True, help="Do not ask torch: level 3 by our own reader.")
@click.option("--level", type=click.IntRange(1, 6), default=5, show_default=True, help="How deep.")
def explain_command(
    files: tuple[str, ...], level: int, no_load: bool, python: str | None, as_json: bool, here: bool
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
    demands = demands_on(paths)
    asked = Asked(level, not no_load, python=python, here=here)
    bad = False
    with Pool(1, python) as pool:
        explainer = _Explainer(pool, asked)
        try:
            for number, path in enumerate(paths):
                document = explainer.explain(path, demands[path])
                _print(document, as_json=as_json, apart=number > 0)
                bad = bad or document.category in TROUBLE
        except KeyboardInterrupt:
            explainer.line.wipe()
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


def _print(document: ExplainDocument, *, as_json: bool, apart: bool) -> None:
    if as_json:
        put_json(to_json(document))
    else:
        if apart:
            put("")
        utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        for each in explanation_lines(document, ascii_only=not utf8):
            put(text_of(each, ascii_only=not utf8))
    sys.stdout.flush()


class _Explainer:
    """Lets the pool look at one file after the other, and shows how far it is."""

    def __init__(self, pool: Pool, asked: Asked) -> None:
        self._pool, self._asked = pool, asked
        self.line = ProgressLine()

    def explain(self, path: str, demand: Demand) -> ExplainDocument:
        """Check one file and list what of it is whole."""
        request = Request(
            path,
            self._asked.level,
            self._asked.load,
            required_keys=demand.required_keys,
            allow_globals=demand.allow_globals,
            recall=True,
            here=self._asked.here,
            look_back=True,
        )
        event = self._wait(request)
        assert isinstance(event, Done)  # noqa: S101  (a check ends so)
        verdict = event.verdict
        if verdict.facts.signature is None and not verdict.facts.layout:
            verdict = orphaned(verdict)
        anatomy = {} if verdict.facts.layout else self._anatomy(verdict)
        self.line.wipe()
        return explain_document(verdict, anatomy, demand.allow_globals)

    def _anatomy(self, verdict: Verdict) -> dict[str, object]:
        """The records; read where level 5 has not said yet of each that it is whole."""
        if verdict.facts.signature is None or self._asked.level < Level.CONTAINER:
            return {}
        checksums = verdict.checks.get(Level.CHECKSUMS)
        proven = checksums is not None and checksums.result is Result.PASS
        # What was no work for this host is none now either.
        level = self._asked.level if checksums is not None else min(self._asked.level, 4)
        event = self._wait(Request(verdict.path, level, kind="anatomy", proven=proven))
        assert isinstance(event, Answer)  # noqa: S101
        return {} if "error" in event.document else event.document

    def _wait(self, request: Request) -> Done | Answer:
        """Let the pool do one thing."""
        id_, began = self._pool.submit(request), time.monotonic()
        while True:
            for event in self._pool.events(_STEP):
                if isinstance(event, Progress):
                    self._show(event, time.monotonic() - began)
                elif event.id == id_:
                    return event

    def _show(self, progress: Progress, seconds: float) -> None:
        if self.line.due and progress.total_bytes and seconds:
            done, total = units.size(progress.done_bytes), units.size(progress.total_bytes)
            rate = units.rate(progress.done_bytes / seconds)
            self.line.paint(f"{done} of {total}, {rate}"[: self.line.width])
