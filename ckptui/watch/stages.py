"""Stages as the states record them, and what they say about checkpoints. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from ckptui.formats.states import StageEntry, State
from ckptui.input_hash import Inputs, compare_inputs, hash_all_inputs, known_prefix
from ckptui.light import dataclass, field
from ckptui.terms import InputState
from ckptui.watch.entries import folder_of
from ckptui.watch.model import InputHash, StageRow

InputsKey: TypeAlias = tuple[str, str, bool, tuple[str, ...]]
"""(root, pattern, content, exclude): what to list again."""

_UNKNOWN = InputHash()
_FILE_PROGRESS = "file-progress"
DAMAGED = "unreadable"
"""Status of the row that stands for a state that cannot be read."""


def inputs_key(inputs: Inputs) -> InputsKey:
    """What names a list of inputs."""
    return (inputs.root, inputs.pattern, inputs.content, inputs.exclude)


@dataclass(frozen=True, slots=True)
class Stages:
    """What all states of a run directory say together.

    Attributes:
        rows: For the Stages view.
        outputs: Path (a file, or a directory) → input hash of the stage that lists it.
        units: Paths that are one unit's output, by the file progress of a stage.
        several: Paths that a stage lists beside others of the same folder: units too, unless
            they carry a step.
        by_hash: Recorded hash → its judgement, for checkpoints that carry the hash themselves.
        wanted: The lists of inputs to list again.
    """

    rows: tuple[StageRow, ...] = ()
    outputs: Mapping[str, InputHash] = field(default_factory=dict)
    units: frozenset[str] = frozenset()
    several: frozenset[str] = frozenset()
    by_hash: Mapping[str, InputHash] = field(default_factory=dict)
    wanted: frozenset[InputsKey] = frozenset()


def combine(states: Iterable[State], current: Mapping[InputsKey, Inputs]) -> Stages:
    """Combine the states.

    Args:
        states: As read.
        current: Lists of inputs as they are now, as far as they are known.
    """
    ordered = sorted(states, key=lambda state: state.relpath)
    rows = [row for state in ordered for row in _rows(state, current)]
    outputs: dict[str, InputHash] = {}
    by_hash: dict[str, InputHash] = {}
    for row in rows:
        for path in row.outputs:
            outputs.setdefault(path, row.input_hash)
        if row.input_hash.recorded:
            by_hash.setdefault(row.input_hash.recorded, row.input_hash)
    return Stages(
        rows=tuple(_without_doubles(ordered, rows)),
        outputs=outputs,
        units=frozenset(_units(ordered)),
        several=frozenset(_several(ordered)),
        by_hash=by_hash,
        wanted=frozenset(
            inputs_key(inputs)
            for state in ordered
            for stage in state.stages
            for inputs in stage.inputs
        ),
    )


def _rows(state: State, current: Mapping[InputsKey, Inputs]) -> Iterator[StageRow]:
    if state.problem:
        yield StageRow(state=state.relpath, stage="", status=DAMAGED, error=state.problem)
    for stage in state.stages:
        yield StageRow(
            state=state.relpath,
            stage=stage.stage,
            status=stage.status,
            input_hash=judge_inputs(stage, current),
            started_at=stage.started_at,
            completed_at=stage.completed_at,
            duration_seconds=stage.duration_seconds,
            outputs=tuple(stage.outputs),
            error=stage.error,
        )


def _without_doubles(states: list[State], rows: list[StageRow]) -> Iterator[StageRow]:
    """File progress is a part of its stage: a row of its own only where nothing else names it."""
    progress = {state.relpath for state in states if state.kind == _FILE_PROGRESS}
    named = {row.stage for row in rows if row.state not in progress}
    for row in rows:
        if row.state not in progress or row.stage not in named:
            yield row


def _units(states: list[State]) -> Iterator[str]:
    for state in states:
        if state.kind == _FILE_PROGRESS:
            for stage in state.stages:
                yield from stage.outputs


def _several(states: list[State]) -> Iterator[str]:
    for state in states:
        for stage in state.stages:
            folders: dict[str, list[str]] = {}
            for path in stage.outputs:
                folders.setdefault(folder_of(path), []).append(path)
            for paths in folders.values():
                if len(paths) > 1:
                    yield from paths


def judge_inputs(stage: StageEntry, current: Mapping[InputsKey, Inputs]) -> InputHash:
    """Compare the inputs that a stage recorded with those of now.

    A hash without its list, or of a kind that ckptui does not know, is unknown: never stale.
    """
    recorded = stage.input_hash
    now = [current[key] for inputs in stage.inputs if (key := inputs_key(inputs)) in current]
    if not stage.inputs or len(now) != len(stage.inputs):
        return InputHash(recorded=recorded)
    try:
        hash_now = hash_all_inputs(now)
    except ValueError:
        return InputHash(recorded=recorded)
    if recorded is not None and not known_prefix(recorded):
        return InputHash(recorded=recorded, current=hash_now)
    pairs = zip(stage.inputs, now, strict=True)
    why = "; ".join(text for old, new in pairs if (text := compare_inputs(old, new)))
    if recorded is not None and recorded == hash_now:
        return InputHash(recorded, hash_now, InputState.FRESH)
    if recorded is None and not why:
        return InputHash(None, hash_now, InputState.FRESH)
    return InputHash(recorded, hash_now, InputState.STALE, why or "the recorded hash is another")


def input_hash_for(path: str, own: str | None, stages: Stages) -> InputHash:
    """The input hash of a checkpoint: its own, else that of the stage that lists it as output.

    Args:
        path: Relative to the run directory.
        own: What the checkpoint carries at its top level.
        stages: All stages.
    """
    inherited = _inherited(path, stages.outputs)
    if own is None:
        return inherited or _UNKNOWN
    if inherited is not None and inherited.recorded == own:
        return inherited
    if own in stages.by_hash:
        return stages.by_hash[own]
    if inherited is None or inherited.current is None or not known_prefix(own):
        return InputHash(recorded=own, current=inherited.current if inherited else None)
    if own == inherited.current:
        return InputHash(own, inherited.current, InputState.FRESH)
    why = "it was made from other inputs than its stage has now"
    return InputHash(own, inherited.current, InputState.STALE, why)


def _inherited(path: str, outputs: Mapping[str, InputHash]) -> InputHash | None:
    while path:
        if path in outputs:
            return outputs[path]
        path = folder_of(path)
    return None
