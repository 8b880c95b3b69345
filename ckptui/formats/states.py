"""JSON states: where a pipeline stands, in ckptui's own shapes and those of the seed systems.

A name nominates a state, the content must fit. Damaged JSON yields a sentence, never an
exception, and never more memory than a few times :data:`LARGEST`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from ckptui.formats.limits import MIB
from ckptui.input_hash import Inputs
from ckptui.light import dataclass

LARGEST: Final = 16 * MIB
"""Bytes of the largest state that is read."""

STAGE_SUFFIX: Final = ".checkpoint.json"
PIPELINE_STATE: Final = "pipeline_state.json"
PROGRESS_SUFFIX: Final = "_files.json"
CONTEXT: Final = "checkpoint.json"

KINDS: Final = ("stage-checkpoint", "pipeline-state", "file-progress", "context")

_MOST_STAGES: Final = 10_000
_MOST_OUTPUTS: Final = 10_000
_LONGEST_TEXT: Final = 2_000

Table: TypeAlias = "Mapping[str, object]"


@dataclass(frozen=True, slots=True)
class StageEntry:
    """One stage as a state records it.

    Attributes:
        stage: Its name.
        status: ``not_started``, ``in_progress``, ``completed``, ``failed``, or what is written.
        input_hash: Recorded fingerprint of its inputs, or None.
        inputs: The lists behind the fingerprint, where they are kept.
        outputs: Paths relative to the run directory as far as the writer kept them so.
        started_at: ISO 8601 as written, or None.
        completed_at: Likewise.
        duration_seconds: Seconds, or None.
        error: What the writer noted about a failure, or None.
    """

    stage: str
    status: str
    input_hash: str | None = None
    inputs: tuple[Inputs, ...] = ()
    outputs: tuple[str, ...] = ()
    started_at: str | None = None
    completed_at: str | None = None
    duration_seconds: float | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """A state file.

    Attributes:
        kind: One of :data:`KINDS`.
        relpath: Path relative to the run directory, ``/``-separated.
        stages: What it says; empty where there is a problem.
        problem: One sentence where it cannot be read, else None.
        version: Its ``version``, as text, where it has one.
    """

    kind: str
    relpath: str
    stages: tuple[StageEntry, ...] = ()
    problem: str | None = None
    version: str | None = None


def state_kind(name: str, relpath: str) -> str | None:
    """Which kind of state a file's name promises, or None.

    Args:
        name: The file's name.
        relpath: Its path relative to the run directory: a context lies in its project's own
            directory, and file progress beside a pipeline's state, under ``.checkpoints``.
    """
    if name == PIPELINE_STATE:
        return "pipeline-state"
    if name == CONTEXT:
        return "context" if "/" in relpath else None
    if name.endswith(STAGE_SUFFIX) and len(name) > len(STAGE_SUFFIX):
        return "stage-checkpoint"
    if name.endswith(PROGRESS_SUFFIX) and len(name) > len(PROGRESS_SUFFIX):
        folder = relpath.rpartition("/")[0].rpartition("/")[2]
        return "file-progress" if "checkpoint" in folder.lower() else None
    return None


def read_state(kind: str, relpath: str, data: bytes) -> State:
    """Read a state.

    Args:
        kind: As :func:`state_kind` gave it.
        relpath: Path relative to the run directory.
        data: The file's bytes; at most :data:`LARGEST` are looked at.

    Returns:
        The state; its ``problem`` says what is wrong with damaged or foreign content.
    """
    document, problem = _parse(data)
    if problem is None and not isinstance(document, dict):
        problem = f"it holds a JSON {_json_type(document)} where an object belongs"
    reader = _READERS.get(kind)
    if problem is not None or not isinstance(document, dict) or reader is None:
        return State(kind, relpath, problem=problem or f"{kind} is no kind of state")
    try:
        stages = reader(document, relpath)
    except _MisfitError as error:
        return State(kind, relpath, problem=str(error))
    return State(kind, relpath, tuple(stages[:_MOST_STAGES]), None, _text(document.get("version")))


class _MisfitError(ValueError):
    """The JSON is well formed, but not a state of its kind; the message says why."""


def _parse(data: bytes) -> tuple[object, str | None]:
    if len(data) > LARGEST:
        return None, f"it has {len(data):,} bytes, more than any state; it was not read"
    if not data.strip():
        return None, "it is empty"
    if not data.strip(b"\0"):
        return None, "it holds nothing but zeros"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, f"it is not UTF-8 text: byte {error.start:,} cannot be read"
    try:
        # Numbers of any length are text first; Python refuses beyond 4,300 digits.
        return json.loads(text), None
    except json.JSONDecodeError as error:
        return None, f"its JSON is damaged at line {error.lineno}, column {error.colno}"
    except RecursionError:
        return None, "its JSON nests deeper than any state"
    except ValueError:
        return None, "its JSON holds a number that is no number"


def _json_type(document: object) -> str:
    names = {list: "list", str: "text", bool: "value", int: "number", float: "number"}
    return names.get(type(document), "value")


def _stage_checkpoint(document: Table, relpath: str) -> list[StageEntry]:
    """``{stage, input_hash, completed_stages, timestamp, inputs?}`` beside its output."""
    completed = document.get("completed_stages", [])
    if not isinstance(document.get("stage"), str) or not isinstance(completed, list):
        raise _MisfitError("it has no stage or list of completed stages: not a stage checkpoint")
    current = _need_text(document, "stage")
    shared = {
        "input_hash": _text(document.get("input_hash")),
        "inputs": _inputs(document.get("inputs")),
    }
    output = relpath.removesuffix(STAGE_SUFFIX)
    when = _text(document.get("timestamp"))
    done = [_clip(name) for name in completed if isinstance(name, str)]
    entries = [_entry(name, "completed", shared, output, None) for name in done]
    if current in done:
        last = done.index(current)
        entries[last] = _entry(current, "completed", shared, output, when)
    else:
        entries.append(_entry(current, "in_progress", shared, output, None))
    return entries


def _entry(
    name: str, status: str, shared: Mapping[str, object], output: str, when: str | None
) -> StageEntry:
    hashed, inputs = shared["input_hash"], shared["inputs"]
    return StageEntry(
        name,
        status,
        input_hash=hashed if isinstance(hashed, str) else None,
        inputs=inputs if isinstance(inputs, tuple) else (),
        outputs=(output,),
        completed_at=when,
    )


def _pipeline_state(document: Table, relpath: str) -> list[StageEntry]:
    """``{stages: {name: {status, …}}}``: ckptui's manager and VirNucPro."""
    stages = document.get("stages")
    if not isinstance(stages, dict):
        raise _MisfitError("it has no stages: not a pipeline's state")
    return [_stage(_clip(name), entry) for name, entry in stages.items()]


def _stage(name: str, entry: object) -> StageEntry:
    if not isinstance(entry, dict):
        return StageEntry(name, _clip(entry) if isinstance(entry, str) else "unknown")
    return StageEntry(
        name,
        _text(entry.get("status")) or "unknown",
        input_hash=_text(entry.get("input_hash")),
        inputs=_inputs(entry.get("inputs")),
        outputs=_outputs(entry.get("outputs")),
        started_at=_text(entry.get("started_at")),
        completed_at=_text(entry.get("completed_at")),
        duration_seconds=_number(entry.get("duration_seconds")),
        error=_text(entry.get("error")),
    )


def _file_progress(document: Table, relpath: str) -> list[StageEntry]:
    """``{stage, files: {input: {status, output, error, updated_at}}}``: one entry, summed up."""
    files = document.get("files")
    if not isinstance(files, dict):
        raise _MisfitError("it has no files: not a stage's file progress")
    name = relpath.rpartition("/")[2].removesuffix(PROGRESS_SUFFIX)
    rows = [row for row in files.values() if isinstance(row, dict)]
    statuses = [_text(row.get("status")) or "unknown" for row in rows]
    errors = [error for row in rows if (error := _text(row.get("error")))]
    outputs = tuple(out for row in rows if (out := _text(row.get("output"))))
    times = sorted(time for row in rows if (time := _text(row.get("updated_at"))))
    return [
        StageEntry(
            _text(document.get("stage")) or name,
            _overall(statuses),
            outputs=outputs[:_MOST_OUTPUTS],
            completed_at=times[-1] if times else None,
            error=errors[0] if errors else None,
        )
    ]


def _overall(statuses: list[str]) -> str:
    if "failed" in statuses:
        return "failed"
    if statuses and all(status in {"completed", "complete"} for status in statuses):
        return "completed"
    return "in_progress" if statuses else "not_started"


def _context(document: Table, relpath: str) -> list[StageEntry]:
    """``{project_id, current_step, completed_tasks, saved_at, …}``: one entry for the project."""
    step = document.get("current_step")
    if not isinstance(document.get("project_id"), str) or isinstance(step, bool):
        raise _MisfitError("it has no project_id: not a pipeline context")
    tasks = document.get("completed_tasks")
    count = len(tasks) if isinstance(tasks, list) else 0
    where = f"step {step}, " if isinstance(step, int) else ""
    return [
        StageEntry(
            _need_text(document, "project_id"),
            f"{where}{count} task{'' if count == 1 else 's'} done",
            completed_at=_text(document.get("saved_at")),
        )
    ]


_READERS: Final[dict[str, Callable[[Table, str], list[StageEntry]]]] = {
    "stage-checkpoint": _stage_checkpoint,
    "pipeline-state": _pipeline_state,
    "file-progress": _file_progress,
    "context": _context,
}


def _clip(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _text(value: object) -> str | None:
    """A short value as text; None for none and for containers."""
    if isinstance(value, str):
        return _clip(value) or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, dict | list) and value:  # an error kept as an object
        return _clip(json.dumps(value)[: _LONGEST_TEXT + 1])
    return None


def _need_text(document: Table, key: str) -> str:
    return _text(document.get(key)) or "unknown"


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN and numbers beyond a float's range come out of damaged or foreign writers.
    return float(value) if -1e15 < value < 1e15 else None


def _inputs(value: object) -> tuple[Inputs, ...]:
    """Recorded input lists. VirNucPro's ``inputs`` is an empty object: none."""
    found = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict) and item:
            try:
                found.append(Inputs.from_json(item))
            except ValueError:  # a foreign writer's own shape: the hash alone must do
                continue
    return tuple(found)


def _outputs(value: object) -> tuple[str, ...]:
    """Every path below ``outputs``, whatever key it stands under (VirNucPro has nine)."""
    found: list[str] = []
    waiting: list[object] = [value]
    while waiting and len(found) < _MOST_OUTPUTS:
        item = waiting.pop()
        if isinstance(item, str):
            if item:
                found.append(item)
        elif isinstance(item, dict):
            waiting.extend(reversed(list(item.values())))
        elif isinstance(item, list):
            waiting.extend(reversed(item))
    return tuple(found)
