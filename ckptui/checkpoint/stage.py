"""Stage checkpoints: a small JSON file beside an output that says which stages are done.

It vouches for one set of inputs: another input hash means a fresh start. It goes away when all
stages are complete, so a finished output stands alone.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from ckptui.checkpoint.jsonfile import read_json_object
from ckptui.durable import StrPath, atomic_write_json
from ckptui.errors import CheckpointError
from ckptui.input_hash import Inputs, compare_inputs

_log = logging.getLogger("ckptui")
STAGE_SUFFIX: Final = ".checkpoint.json"


def _now() -> str:
    return datetime.now(UTC).isoformat()


@dataclass(frozen=True, slots=True)
class StageCheckpoint:
    """Where a staged job stands.

    Attributes:
        stage: The stage that was completed last.
        input_hash: Fingerprint of the inputs (:func:`ckptui.compute_input_hash`).
        completed_stages: Every completed stage, in order.
        timestamp: ISO 8601, UTC.
        inputs: The lists of inputs behind the hash, so that a change can be named.
    """

    stage: str
    input_hash: str
    completed_stages: tuple[str, ...] = ()
    timestamp: str = field(default_factory=_now)
    inputs: tuple[Inputs, ...] = ()

    def __post_init__(self) -> None:
        # A list is what callers have at hand; a frozen value must not share it with them.
        object.__setattr__(self, "completed_stages", tuple(self.completed_stages))
        object.__setattr__(self, "inputs", tuple(self.inputs))

    def to_json(self) -> dict[str, object]:
        """The form on disk; ``inputs`` is left out where there are none."""
        document: dict[str, object] = {
            "stage": self.stage,
            "input_hash": self.input_hash,
            "completed_stages": list(self.completed_stages),
            "timestamp": self.timestamp,
        }
        if self.inputs:
            document["inputs"] = [inputs.to_json() for inputs in self.inputs]
        return document


def stage_checkpoint_path(output: StrPath) -> str:
    """Where the stage checkpoint of an output stands.

    Args:
        output: The output, or the stage checkpoint itself (any name that ends in ``.json``
            preceded by ``checkpoint``).

    Example:
        >>> stage_checkpoint_path("run/qa.jsonl"), stage_checkpoint_path("x.checkpoint.json")
        ('run/qa.jsonl.checkpoint.json', 'x.checkpoint.json')
    """
    path = os.fspath(output)
    return path if path.endswith("checkpoint.json") else path + STAGE_SUFFIX


def save_stage_checkpoint(
    path: StrPath,
    checkpoint: StageCheckpoint,
    *,
    all_stages: Collection[str] | None = None,
    durable: bool = True,
) -> None:
    """Save a stage checkpoint atomically.

    Args:
        path: The output, or the stage checkpoint itself (:func:`stage_checkpoint_path`).
        checkpoint: What to save.
        all_stages: Every stage of the job. Where all of them are complete, the file is deleted
            instead: there is nothing left to resume.
        durable: False leaves out the fsyncs.

    Raises:
        OSError: It cannot be written; what was there before is there.

    Example:
        >>> import tempfile; output = tempfile.mkdtemp() + "/qa.jsonl"
        >>> save_stage_checkpoint(output, StageCheckpoint("index", "sha256:00", ("index",)))
        >>> load_stage_checkpoint(output).completed_stages
        ('index',)
    """
    if all_stages is not None and set(all_stages) <= set(checkpoint.completed_stages):
        delete_stage_checkpoint(path)
        _log.info("%s: all stages are complete", os.fspath(path))
        return
    target = stage_checkpoint_path(path)
    atomic_write_json(target, checkpoint.to_json(), indent=2, durable=durable)


def load_stage_checkpoint(
    path: StrPath,
    *,
    input_hash: str | None = None,
    inputs: Collection[Inputs] = (),
    no_resume: bool = False,
) -> StageCheckpoint | None:
    """Load a stage checkpoint, or None for a fresh start.

    Args:
        path: The output, or the stage checkpoint itself.
        input_hash: Fingerprint of the inputs as they are now; another one recorded means None.
        inputs: The lists behind it, to say in the log what changed.
        no_resume: True ignores what is there.

    Returns:
        The checkpoint; None where there is none, where it is damaged (with a warning), where the
        inputs changed (with a message that says which), or with ``no_resume``.

    Example:
        >>> load_stage_checkpoint("/nowhere/qa.jsonl") is None
        True
    """
    target = stage_checkpoint_path(path)
    if no_resume:
        return None
    try:
        document = read_json_object(target)
        checkpoint = None if document is None else _from_json(target, document)
    except CheckpointError as error:
        _log.warning("%s; starting afresh", error)
        return None
    if checkpoint is None or input_hash is None or checkpoint.input_hash == input_hash:
        return checkpoint
    _log.warning("%s: the inputs changed%s; starting afresh", target, _why(checkpoint, inputs))
    return None


def _why(checkpoint: StageCheckpoint, current: Collection[Inputs]) -> str:
    changes = [
        compare_inputs(old, new)
        for old in checkpoint.inputs
        for new in current
        if (old.root, old.pattern) == (new.root, new.pattern)
    ]
    text = ", ".join(change for change in changes if change)
    return f": {text}" if text else ""


def _from_json(path: str, document: dict[str, object]) -> StageCheckpoint:
    stage, digest = document.get("stage"), document.get("input_hash")
    completed, when = document.get("completed_stages"), document.get("timestamp", "")
    if not isinstance(stage, str) or not isinstance(digest, str) or not isinstance(when, str):
        raise CheckpointError(path, "corrupted", "stage, input_hash and timestamp must be text")
    if not isinstance(completed, list) or not all(isinstance(name, str) for name in completed):
        raise CheckpointError(path, "corrupted", "completed_stages must be a list of text")
    return StageCheckpoint(stage, digest, tuple(completed), when, inputs_from(path, document))


def inputs_from(path: str, document: dict[str, object]) -> tuple[Inputs, ...]:
    """The lists of inputs of a state; one that cannot be read is reported and left out."""
    found: list[Inputs] = []
    items = document.get("inputs")
    for item in items if isinstance(items, list) else []:
        try:
            found.append(Inputs.from_json(item))
        except ValueError as error:
            _log.warning("%s: %s", path, error)
    return tuple(found)


def delete_stage_checkpoint(path: StrPath) -> None:
    """Delete a stage checkpoint; nothing happens where there is none.

    Args:
        path: The output, or the stage checkpoint itself.

    Raises:
        OSError: It is there and cannot be deleted.

    Example:
        >>> delete_stage_checkpoint("/nowhere/qa.jsonl")
    """
    try:
        os.unlink(stage_checkpoint_path(path))
    except (FileNotFoundError, NotADirectoryError):
        pass


def should_skip_stage(checkpoint: StageCheckpoint | None, stage: str, input_hash: str) -> bool:
    """Whether a stage is done for these very inputs.

    Args:
        checkpoint: As loaded, or None.
        stage: Its name.
        input_hash: Fingerprint of the inputs as they are now.

    Returns:
        True only where the hash is equal and the stage is listed.

    Example:
        >>> done = StageCheckpoint("index", "sha256:00", ("index",))
        >>> should_skip_stage(done, "index", "sha256:00"), should_skip_stage(None, "index", "")
        (True, False)
    """
    if checkpoint is None or checkpoint.input_hash != input_hash:
        return False
    return stage in checkpoint.completed_stages
