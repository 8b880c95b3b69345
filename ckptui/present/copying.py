"""What can be copied of a row: its path, its reason, the command that mends it, and more. Pure."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from ckptui.launch.model import RunRecord
from ckptui.present.detail import check_lines, detail_lines
from ckptui.present.spans import Line, text_of
from ckptui.repair.model import JournalEntry
from ckptui.shell import shell_word
from ckptui.watch.model import Checkpoint, FailureRow, StageRow


@dataclass(frozen=True, slots=True)
class Copy:
    """One thing that can be copied.

    Attributes:
        key: One letter that chooses it.
        what: ``path``, ``reason`` …
        text: What is copied, as it is: names may hold anything.
    """

    key: str
    what: str
    text: str


def checkpoint_copies(row: Checkpoint, root: str, *, now: float) -> list[Copy]:
    """What can be copied of a checkpoint.

    Args:
        row: The checkpoint.
        root: Absolute path of the run directory.
        now: Seconds since the epoch, for the ages in the diagnosis.
    """
    # The types of all documents are a lot to load, and a start need not wait for them.
    from ckptui.present.documents import checkpoint_document, json_text
    from ckptui.present.explanation import commands

    path = os.path.join(root, row.path)
    mending = commands(row.remedy, row.category, path)
    diagnosis = detail_lines(row, now=now, keys={})
    found = [
        Copy("p", "path", path),
        Copy("n", "name", os.path.basename(row.path)),
        Copy("r", "reason", row.reason),
        Copy("d", "diagnosis", _told([*diagnosis, (), *check_lines(row)])),
        Copy("c", "command that mends", mending[0] if mending else ""),
        Copy("e", "command that explains", f"ckptui explain {shell_words(path)}"),
        Copy("v", "verdict as JSON", json_text(checkpoint_document(row), indent=2)),
    ]
    return [each for each in found if each.text]


def paths_copy(paths: Sequence[str], root: str) -> list[Copy]:
    """What can be copied of several checkpoints: their paths, a line each, or as words."""
    full = [os.path.join(root, path) for path in paths]
    return [
        Copy("p", "paths, a line each", "\n".join(full)),
        Copy("w", "paths as words for a shell", shell_words(*full)),
        Copy("v", "command that validates", f"ckptui validate {shell_words(*full)}"),
    ]


def stage_copies(row: StageRow, root: str) -> list[Copy]:
    """What can be copied of a stage."""
    found = [
        Copy("p", "path of its state", os.path.join(root, row.state)),
        Copy("n", "name", row.stage),
        Copy("r", "error", row.error or row.input_hash.why),
        Copy("h", "input hash", row.input_hash.recorded or ""),
        Copy("o", "outputs, a line each", "\n".join(row.outputs)),
    ]
    return [each for each in found if each.text]


def run_copies(row: RunRecord, root: str) -> list[Copy]:
    """What can be copied of a run."""
    found = [
        Copy("p", "path of its log", os.path.join(root, row.log) if row.log else ""),
        Copy("n", "id", row.id),
        Copy("c", "command", shlex.join(row.command)),
        Copy("r", "outcome", row.note),
    ]
    return [each for each in found if each.text]


def failure_copies(row: FailureRow | JournalEntry, path: str, root: str) -> list[Copy]:
    """What can be copied of a failure or a repair."""
    found = [Copy("p", "path", os.path.join(root, path))]
    if isinstance(row, FailureRow):
        found.append(Copy("r", "reason", row.reason))
    else:
        found.append(Copy("n", "undo id", row.id))
        if row.state == "done":
            undo = f"ckptui undo {shell_words(root)} {row.id}"
            found.append(Copy("c", "command that takes it back", undo))
    return [each for each in found if each.text]


def shell_words(*paths: str) -> str:
    """Paths as words of a command."""
    return " ".join(map(shell_word, paths))


def _told(lines: Sequence[Line]) -> str:
    return "\n".join(text_of(each).rstrip() for each in lines)
