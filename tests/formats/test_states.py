"""JSON states: ckptui's own, those of the seed systems, and every way of being broken."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from ckptui.formats.states import LARGEST, StageEntry, read_state, state_kind
from ckptui.input_hash import Inputs

INPUTS = {"root": "/data/in", "pattern": "*.fa", "files": [["a.fa", 10]], "content": False}


@pytest.mark.parametrize(
    ("relpath", "kind"),
    [
        (".checkpoints/pipeline_state.json", "pipeline-state"),
        ("pipeline_state.json", "pipeline-state"),
        (".checkpoints/features_files.json", "file-progress"),
        ("out/data.jsonl.checkpoint.json", "stage-checkpoint"),
        ("my-project/checkpoint.json", "context"),
        ("checkpoint.json", None),
        ("data/all_files.json", None),
        (".checkpoint.json", None),
        ("trainer_state.json", None),
        ("config.json", None),
    ],
)
def test_names_nominate_states(relpath: str, kind: str | None) -> None:
    assert state_kind(relpath.rpartition("/")[2], relpath) == kind


def test_the_managers_pipeline_state() -> None:
    document = {
        "version": "1.0",
        "pipeline": "sequences",
        "stages": {
            "chunk": {
                "status": "completed", "input_hash": "sha256:ab", "inputs": [INPUTS],
                "outputs": ["chunks/a.fa", "chunks/b.fa"], "started_at": "2026-01-01T00:00:00Z",
                "completed_at": "2026-01-01T00:00:02Z", "duration_seconds": 2.0, "error": None,
            },
            "predict": {"status": "failed", "error": "out of memory"},
        },
    }  # fmt: skip
    read = read_state("pipeline-state", ".checkpoints/pipeline_state.json",
                      json.dumps(document).encode())  # fmt: skip
    assert read.problem is None
    assert read.version == "1.0"
    assert read.stages == (
        StageEntry(
            "chunk", "completed", "sha256:ab", (Inputs.from_json(INPUTS),),
            ("chunks/a.fa", "chunks/b.fa"), "2026-01-01T00:00:00Z", "2026-01-01T00:00:02Z", 2.0,
        ),
        StageEntry("predict", "failed", error="out of memory"),
    )  # fmt: skip


def test_virnucpros_pipeline_state_with_outputs_under_any_key() -> None:
    document = {
        "created_at": "2026-01-22T17:32:57.741463",
        "pipeline_config": {"config_hash": "9ef5"},
        "stages": {
            "CHUNKING": {"status": "completed", "inputs": {}, "outputs": {"files": ["a.fa"]},
                         "error": None},
            "TRANSLATION": {"status": "completed", "inputs": {},
                            "outputs": {"nucleotide_file": "n.fa", "protein_file": "p.faa"}},
            "CONSENSUS": {"status": "in_progress", "outputs": {"consensus_file": "c.csv"}},
        },
    }  # fmt: skip
    read = read_state("pipeline-state", "x", json.dumps(document).encode())
    assert [(s.stage, s.status, s.outputs) for s in read.stages] == [
        ("CHUNKING", "completed", ("a.fa",)),
        ("TRANSLATION", "completed", ("n.fa", "p.faa")),
        ("CONSENSUS", "in_progress", ("c.csv",)),
    ]
    assert all(stage.inputs == () and stage.input_hash is None for stage in read.stages)


def test_a_stage_checkpoint_beside_its_output() -> None:
    document = {
        "stage": "answers", "input_hash": "d41d8cd98f00b204e9800998ecf8427e",
        "completed_stages": ["questions", "index"], "timestamp": "2026-01-01T00:00:00",
    }  # fmt: skip
    read = read_state("stage-checkpoint", "out/qa.jsonl.checkpoint.json",
                      json.dumps(document).encode())  # fmt: skip
    assert [(s.stage, s.status, s.outputs) for s in read.stages] == [
        ("questions", "completed", ("out/qa.jsonl",)),
        ("index", "completed", ("out/qa.jsonl",)),
        ("answers", "in_progress", ("out/qa.jsonl",)),
    ]
    assert {s.input_hash for s in read.stages} == {"d41d8cd98f00b204e9800998ecf8427e"}
    done = read_state("stage-checkpoint", "a.checkpoint.json", json.dumps(
        document | {"completed_stages": ["questions", "answers"]}).encode())  # fmt: skip
    assert [(s.stage, s.status) for s in done.stages] == [
        ("questions", "completed"), ("answers", "completed"),
    ]  # fmt: skip
    assert done.stages[1].completed_at == "2026-01-01T00:00:00"


def test_file_progress_is_one_entry() -> None:
    files = {
        "a.fa": {"status": "completed", "output": "f/a.pt", "updated_at": "2026-01-01T00:00:01Z"},
        "b.fa": {"status": "failed", "error": "no memory", "updated_at": "2026-01-01T00:00:02Z"},
    }
    read = read_state("file-progress", ".checkpoints/features_files.json",
                      json.dumps({"version": "1.0", "files": files}).encode())  # fmt: skip
    (entry,) = read.stages
    assert (entry.stage, entry.status, entry.error) == ("features", "failed", "no memory")
    assert entry.outputs == ("f/a.pt",)


def test_a_pipeline_context() -> None:
    document = {"project_id": "p1", "current_step": 4, "completed_tasks": ["a", "b"],
                "saved_at": "2026-01-01T00:00:00Z", "artifacts": {"a.py": "print()"}}  # fmt: skip
    (entry,) = read_state("context", "p1/checkpoint.json", json.dumps(document).encode()).stages
    assert (entry.stage, entry.status) == ("p1", "step 4, 2 tasks done")


@pytest.mark.parametrize("kind", ["stage-checkpoint", "pipeline-state", "file-progress", "context"])
@pytest.mark.parametrize(
    "data",
    [
        b"", b"   \n", bytes(100), b"{", b'{"stages": {"a"', b"\xff\xfe\x00", b"[]", b"null", b"3",
        b'"text"', b"{}", b"[" * 200_000, b'{"a":' * 200_000, b"9" * 10_000,
        b'{"stages": 3, "files": 3, "stage": 3, "project_id": 3}', b"NaN", b"\x80\x02}.",
        b'{"stages": []}', '{"stage": "é'.encode("utf-16"),
    ],
)  # fmt: skip
def test_damaged_json_is_a_sentence(kind: str, data: bytes) -> None:
    read = read_state(kind, "x", data)
    assert read.stages == ()
    assert read.problem
    assert not read.problem.endswith(".")


def test_what_does_not_fit_is_left_out_not_fatal() -> None:
    stages = {"a": 3, "b": {"status": 4, "outputs": {"x": [[["deep"]], 3, None]}, "inputs": [7],
                            "duration_seconds": float("inf"), "error": {"code": 1}}}  # fmt: skip
    read = read_state("pipeline-state", "x", json.dumps({"stages": stages}).encode())
    assert read.stages[0] == StageEntry("a", "unknown")
    assert read.stages[1] == StageEntry(
        "b", "4", outputs=("deep",), error='{"code": 1}', duration_seconds=None
    )


def test_a_huge_state_costs_no_memory() -> None:
    data = b'{"stages": {' + b" " * (100 << 20)
    tracemalloc.start()
    try:
        read = read_state("pipeline-state", "x", data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert f"{len(data):,} bytes" in str(read.problem)
    assert peak < LARGEST
