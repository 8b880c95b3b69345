"""Whether a stage must be done, and taking the trust out of what must be done anew."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass

from ckptui.checkpoint.progress import StageStatus
from ckptui.input_hash import Inputs, compare_inputs, hash_all_inputs, known_prefix
from ckptui.marker import MARKER_SUFFIX
from ckptui.pipeline.model import Stage


@dataclass(frozen=True, slots=True)
class Need:
    """What to do with a stage.

    Attributes:
        work: False where everything of it stands.
        anew: True where nothing that an earlier run left may count.
        why: A sentence for the log.
    """

    work: bool
    anew: bool
    why: str


def need_of(run_dir: str, recorded: StageStatus | None, inputs: Sequence[Inputs]) -> Need:
    """Compare what a state records of a stage with what is on disk now."""
    if recorded is None or recorded.status == "not_started":
        return Need(True, False, "begins")
    if recorded.input_hash != hash_all_inputs(inputs):
        return Need(True, True, f"is done anew: {_what_changed(recorded, inputs)}")
    if recorded.status != "completed":
        return Need(True, False, f"goes on ({_left_as(recorded)})")
    lacking = [path for path in recorded.outputs if not _stands(run_dir, path)]
    if lacking:
        return Need(True, False, f"goes on: {_first_of(lacking)}")
    return Need(False, False, "stands, nothing to do")


def _what_changed(recorded: StageStatus, inputs: Sequence[Inputs]) -> str:
    if recorded.input_hash is None or not known_prefix(recorded.input_hash):
        return recorded.error or "the last run did not record what it was made from"
    before = {(old.root, old.pattern): old for old in recorded.inputs}
    after = {(new.root, new.pattern): new for new in inputs}
    changes = [compare_inputs(before[key], after[key]) for key in after if key in before]
    changes += [f"no longer an input: {_name(before[key])}" for key in before if key not in after]
    changes += [f"new input: {_name(after[key])}" for key in after if key not in before]
    told = [change for change in changes if change]
    return "inputs changed: " + ("; ".join(told) or "they come in another order")


def _name(inputs: Inputs) -> str:
    only = inputs.files[0][0] if len(inputs.files) == 1 else ""
    return os.path.join(inputs.root, only) if only else inputs.root


def _left_as(recorded: StageStatus) -> str:
    said = f": {recorded.error}" if recorded.error else ""
    return f"the last run left it {recorded.status.replace('_', ' ')}{said}"


def _stands(run_dir: str, output: str) -> bool:
    path = os.path.join(run_dir, output)
    return os.path.exists(path) and os.path.exists(path + MARKER_SUFFIX)


def _first_of(lacking: Sequence[str]) -> str:
    more = f" and {len(lacking) - 1} more outputs are" if len(lacking) > 1 else " is"
    return f"{lacking[0]}{more} missing or unmarked"


def outputs_of(run_dir: str, stage: Stage) -> set[str]:
    """Everything on disk that the stage may have written, marked or not, and orphan markers."""
    found: set[str] = set()
    for pattern in stage.outputs:
        found.update(glob.iglob(pattern, root_dir=run_dir, recursive=True))
        markers = glob.iglob(pattern + MARKER_SUFFIX, root_dir=run_dir, recursive=True)
        found.update(marker.removesuffix(MARKER_SUFFIX) for marker in markers)
    return found
