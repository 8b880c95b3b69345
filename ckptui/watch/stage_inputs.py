"""What a stage was made from, and what of that differs now. It reads the disk: for a child."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

from ckptui.formats.states import LARGEST, StageEntry, read_state, state_kind
from ckptui.input_hash import InputChanges, Inputs, input_changes, relist_inputs
from ckptui.validation.source import pause_on
from ckptui.watch.moments import iso
from ckptui.watch.stages import InputsKey, inputs_key, judge_inputs

_MOST_CHANGES: Final = 200
"""Changes listed of one list of inputs."""
_MOST_TIMES: Final = 2_000
"""Files that are asked for their times; of more, none is."""


class NoStateError(ValueError):
    """The file is no state, or cannot be read as one; the message says why."""


def stage_inputs(root: str, path: str, stage: str | None = None) -> list[dict[str, object]]:
    """Compare the inputs that a state's stages recorded with those of now.

    Args:
        root: The run directory, absolute; outputs are relative to it.
        path: The state, absolute.
        stage: Only the one of this name.

    Returns:
        The stages of ``ckptui inputs --json``.

    Raises:
        NoStateError: It is no state.
        OSError: It cannot be read.
    """
    relative = os.path.relpath(path, root)
    kind = state_kind(os.path.basename(path), relative)
    if kind is None:
        raise NoStateError("it is no state of a pipeline")
    with open(path, "rb") as file:
        state = read_state(kind, relative, file.read(LARGEST + 1))
    if state.problem:
        raise NoStateError(state.problem)
    wanted = [each for each in state.stages if stage is None or each.stage == stage]
    return [_stage(root, each) for each in wanted]


def _stage(root: str, entry: StageEntry) -> dict[str, object]:
    now: dict[InputsKey, Inputs] = {}
    lists = [_list(inputs, now) for inputs in entry.inputs]
    judged = judge_inputs(entry, now)
    times = _times((root, path) for path in entry.outputs)
    missing = [path for path in entry.outputs if times is not None and path not in times]
    oldest = min(times, key=lambda path: times[path]) if times else None
    return {
        "stage": entry.stage,
        "state": judged.state,
        "recorded": judged.recorded,
        "current": judged.current,
        "why": judged.why,
        "lists": lists,
        "outputs": len(entry.outputs),
        "oldest": oldest,
        "oldest_modified": iso(times[oldest]) if times and oldest is not None else None,
        "missing": missing[:_MOST_CHANGES],
    }


def _list(recorded: Inputs, now: dict[InputsKey, Inputs]) -> dict[str, object]:
    current, problem = recorded, None
    try:
        pause_on(os.stat(recorded.root).st_dev)(len(recorded.files))
        current = now[inputs_key(recorded)] = relist_inputs(recorded)
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
    changes = _changes(input_changes(recorded, current))
    times = None if problem else _times((current.root, path) for path, _ in current.files)
    newest = max(times, key=lambda path: times[path]) if times else None
    return {
        "root": recorded.root,
        "pattern": recorded.pattern,
        "files": len(current.files),
        "bytes": sum(size for _, size in current.files),
        "changes": changes[:_MOST_CHANGES],
        "more": max(len(changes) - _MOST_CHANGES, 0),
        "newest": newest,
        "newest_modified": iso(times[newest]) if times and newest is not None else None,
        "problem": problem,
    }


def _changes(found: InputChanges) -> list[dict[str, object]]:
    rows: list[tuple[str, str, int | None, int | None]] = [
        *(("added", path, None, size) for path, size in found.added),
        *(("removed", path, size, None) for path, size in found.removed),
        *(("resized", path, old, new) for path, old, new in found.resized),
        *(("edited", path, None, None) for path in found.edited),
    ]
    names = ("change", "path", "recorded", "current")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _times(files: Iterable[tuple[str, str]]) -> dict[str, float] | None:
    """Seconds since the epoch by path; of what is not there, none. None for too many."""
    asked = list(files)
    if len(asked) > _MOST_TIMES:
        return None
    found: dict[str, float] = {}
    for root, path in asked:
        try:
            found[path] = os.stat(os.path.join(root, path)).st_mtime
        except OSError:
            continue
    return found
