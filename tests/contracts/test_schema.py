"""The shipped JSON schema is current, and what is written validates against its types."""

from __future__ import annotations

import json

import pytest
from pydantic import TypeAdapter

from ckptui.launch.model import RunRecord
from ckptui.present import documents
from ckptui.present.document_types import (
    DOCUMENTS,
    ChangedInputDocument,
    ConfigCheckDocument,
    ConfigShowDocument,
    EventDocument,
    InputListDocument,
    InputsDocument,
    InspectDirectoryDocument,
    InspectDocument,
    PartDocument,
    ProblemDocument,
    SettingDocument,
    StageInputsDocument,
    TensorDocument,
    WatchDocument,
)
from ckptui.present.explanation import explain_document
from ckptui.present.history import history_document
from ckptui.present.schema import SCHEMA_PATH, generate
from ckptui.repair.model import JournalEntry, Outcome, Step, TrashItem
from ckptui.terms import Action, Category, InputState, Level, MarkerState, Result
from ckptui.validation.cache_rows import PastVerdict
from ckptui.validation.verdict import Check, Facts, Verdict
from ckptui.watch.model import (
    Checkpoint,
    FailureRow,
    InputHash,
    LastGood,
    PassedOver,
    Snapshot,
    StageRow,
)
from ckptui.watch.tally import tally_of

STEP = Step("move", "a\udcff.pt", ".ckptui/trash/x/a\udcff.pt.quarantined", 12, "a note")
ROW = Checkpoint(
    "a\udcff.pt", "torch-zip", size=12, mtime=1_795_140_895.0, step=5,
    marker=MarkerState.OUTDATED, input_hash=InputHash("sha256:aa", None, InputState.UNKNOWN),
    category=Category.CORRUPTED, level=1, checks={"size": "pass", "container": "fail: cut short"},
    reason="cut short", remedy=Action.QUARANTINE, globals=("a.B",),
)  # fmt: skip
RUN = RunRecord("r1", "ended", ("python", "t.py"), "gpu-07", 7, "2026-11-20T02:14:55+00:00")
SNAPSHOT = Snapshot(
    "/r", {ROW.path: ROW}, (StageRow("s.json", "merge", "failed"),),
    (FailureRow("a.pt", "why", "then"),), LastGood("b.pt", 4, 5, (PassedOver("a.pt", "why"),)),
    tally=tally_of([ROW]),
)  # fmt: skip
VERDICT = Verdict(
    "a.pt", Category.VALID, 5, checks={Level.SIZE: Check(Result.PASS)},
    facts=Facts("torch-zip", "1.0", signature=(1, 2, 12, 1_000_000_000, 1)),
)  # fmt: skip
INSPECTED = InspectDocument(
    "a.pt", "torch-zip", "1.0", "complete", 5, ("w",),
    (TensorDocument("w", "float32", (2, 3), 24),), 6,
    {"byteorder": "little", "values": {"step": 5}, "problems": []}, ("a.B",),
)  # fmt: skip

MADE: dict[str, object] = {
    "config-show": ConfigShowDocument(
        "/h/config.toml",
        "/h/keys.toml",
        (SettingDocument("ui.mouse", True, "default"), SettingDocument("keys.fix", "f, ü", "x")),
    ),
    "config-check": ConfigCheckDocument(
        False, (ProblemDocument("/h/keys.toml", None, "fix", "why", False),)
    ),
    "status": documents.status_document(SNAPSHOT, [RUN]),
    "validate": documents.verdict_document(VERDICT),
    "inspect": INSPECTED,
    "inspect-directory": InspectDirectoryDocument(
        "checkpoint-5",
        "hf-trainer",
        5,
        1,
        Category.INCOMPLETE,
        1,
        "one is missing",
        (PartDocument("a.pt", None, Category.INCOMPLETE, "missing"),),
        ("a.pt",),
        (),
    ),
    "explain": explain_document(
        VERDICT,
        {"tensors": 1, "regions": [{"start": 0, "end": 9, "what": "w", "state": "whole"}]},
    ),
    "repair": documents.repair_document(Outcome("quarantine", (STEP,), True, "x", "moved")),
    "journal": documents.journal_document([JournalEntry("x", "t", "undo", "done", (STEP,))]),
    "inputs": InputsDocument(
        "s.checkpoint.json",
        (
            StageInputsDocument(
                "merge",
                InputState.STALE,
                "sha256:aa",
                "sha256:bb",
                "1 added (a.fa)",
                (
                    InputListDocument(
                        "/d",
                        "*",
                        1,
                        7,
                        (ChangedInputDocument("added", "a.fa", None, 7),),
                        0,
                        "a.fa",
                        "t",
                        None,
                    ),
                ),
                1,
                "m.pt",
                "t",
                (),
            ),
        ),
    ),
    "history": history_document(
        "a\udcff.pt",
        [PastVerdict("/r/a\udcff.pt", "t", 5, 1, Category.CORRUPTED, "cut short", 12)],
        [JournalEntry("x", "t", "undo", "done", (STEP,))],
        start="/r",
    ),
    "trash": documents.trash_document([TrashItem("x", "p", "a.pt", 12, "t")]),
    "watch": WatchDocument("changed", ROW.path, documents.checkpoint_document(ROW)),
    "event": EventDocument(
        "bad", "/r", "a\udcff.pt", ("a\udcff.pt", "b.pt"), 2, "2 checkpoints turned bad", "t"
    ),
    "run": documents.run_document(RUN),
}


def test_the_shipped_schema_is_made_from_these_types() -> None:
    with open(SCHEMA_PATH, encoding="ascii") as file:
        assert file.read() == generate(), "run: make schema"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_written_is_ascii_and_reads_back_as_the_same(name: str) -> None:
    text = documents.json_text(MADE[name])
    assert text.isascii()
    # JSON that pydantic's own reader takes cannot hold lone surrogates; Python's can.
    read = TypeAdapter[object](DOCUMENTS[name]).validate_python(json.loads(text))
    assert read == MADE[name]


def test_a_checkpoint_has_the_documented_fields_in_their_order() -> None:
    document = documents.to_json(documents.checkpoint_document(ROW))
    assert isinstance(document, dict)
    assert list(document) == [
        "path", "format", "layout", "size", "modified", "step", "epoch", "version", "status",
        "marker", "input_hash", "category", "level", "checks", "reason", "remedy", "globals",
        "checked_at",
    ]  # fmt: skip
    assert document["input_hash"] == {"recorded": "sha256:aa", "current": None, "state": "unknown"}
    assert document["checks"] == {
        "size": "pass", "container": "fail: cut short", "load": None, "keys": None,
        "checksums": None, "values": None,
    }  # fmt: skip


def test_status_and_repair_have_the_documented_fields() -> None:
    status = documents.to_json(MADE["status"])
    assert isinstance(status, dict)
    assert list(status) == [
        "schema", "root", "totals", "last_good", "checkpoints", "stages", "failures", "runs",
    ]  # fmt: skip
    assert status["totals"] == {"corrupted": 1}
    repair = documents.to_json(MADE["repair"])
    assert isinstance(repair, dict)
    assert list(repair)[:4] == ["action", "steps", "applied", "undo_id"]
    assert repair["steps"] == [
        {"do": "move", "path": STEP.path, "to": STEP.to, "bytes": 12, "note": "a note"}
    ]  # fmt: skip
