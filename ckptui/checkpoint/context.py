"""``PipelineContext``: what a pipeline knows so far, and the step it has reached."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ckptui.checkpoint.jsonfile import read_json_object
from ckptui.durable import StrPath, atomic_write_json
from ckptui.errors import CheckpointError

_log = logging.getLogger("ckptui")
CONTEXT_NAME: Final = "checkpoint.json"


@dataclass
class PipelineContext:
    """The context that a pipeline carries from step to step.

    Attributes:
        project_id: A single path component; names the directory of the checkpoint.
        spec_raw: The task as it was given; the following texts are made from it step by step.
        current_module: Name of the module at work, if any.
        current_task: The task at work, JSON values.
        artifacts: Path → content of what was produced.
        completed_tasks: Ids of the tasks that are done, in order.
        current_step: The step to resume at; 0 is the start.
        saved_at: When it was last saved, ISO 8601, UTC; empty if never.
        extra: Fields of the file that other writers put there; saved back unchanged.

    Example:
        >>> import tempfile; storage = tempfile.mkdtemp()
        >>> context = PipelineContext("p1", current_step=2)
        >>> path = context.save_checkpoint(storage)
        >>> PipelineContext.load_checkpoint(storage, "p1").current_step
        2
    """

    project_id: str
    spec_raw: str = ""
    product_spec: str = ""
    product_spec_template: str = ""
    engineer_proposal: str = ""
    charter: str = ""
    backlog: str = ""
    current_module: str | None = None
    current_task: dict[str, object] = field(default_factory=dict)
    artifacts: dict[str, str] = field(default_factory=dict)
    completed_tasks: list[str] = field(default_factory=list)
    current_step: int = 0
    saved_at: str = ""
    extra: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        context_path("", self.project_id)

    def save_checkpoint(self, storage_path: StrPath) -> Path:
        """Save to ``storage_path/project_id/checkpoint.json``, atomically.

        Args:
            storage_path: Directory of all projects; made where it is missing.

        Returns:
            The file.

        Raises:
            OSError: It cannot be written; what was there before is there.
            TypeError: A value is not JSON; likewise.
            ValueError: ``project_id`` is not a single path component.
        """
        path = context_path(storage_path, self.project_id)
        saved_at = datetime.now(UTC).isoformat()
        document = {**self.extra, **self._known(), "saved_at": saved_at}
        json.dumps(document)  # what is not JSON is found before a directory is made for it
        os.makedirs(os.path.dirname(path), exist_ok=True)
        atomic_write_json(path, document, indent=2, ensure_ascii=False)
        self.saved_at = saved_at
        self._report("saved")
        return Path(path)

    @classmethod
    def load_checkpoint(cls, storage_path: StrPath, project_id: str) -> PipelineContext | None:
        """Load what :meth:`save_checkpoint` saved.

        Args:
            storage_path: Directory of all projects.
            project_id: A single path component.

        Returns:
            The context, or None where there is none.

        Raises:
            CheckpointError: ``corrupted`` where the file is damaged or a field has the wrong
                type: a silent fresh start would throw work away.
            ValueError: ``project_id`` is not a single path component.
        """
        path = context_path(storage_path, project_id)
        document = read_json_object(path)
        if document is None:
            return None
        context = cls(project_id)
        context._take(document, path)
        context._report("restored")
        return context

    def _known(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in _KNOWN}

    def _take(self, document: dict[str, object], path: str) -> None:
        for name, value in document.items():
            if name not in _KNOWN:
                self.extra[name] = value
            elif name != "project_id" and value is not None:  # null: the writer had nothing yet
                setattr(self, name, _checked(name, value, path))

    def _report(self, what: str) -> None:
        tasks = len(self.completed_tasks)
        _log.info("Checkpoint %s: step=%s, tasks=%s", what, self.current_step, tasks)


_KNOWN: Final = tuple(item.name for item in fields(PipelineContext) if item.name != "extra")
_TYPES: Final[dict[str, type]] = {
    "current_task": dict,
    "artifacts": dict,
    "completed_tasks": list,
    "current_step": int,
}


def _checked(name: str, value: object, path: str) -> object:
    """The fields that resuming relies on have a type; a text may be whatever its pipeline keeps."""
    wanted = _TYPES.get(name)
    if wanted is None or (isinstance(value, wanted) and not isinstance(value, bool)):
        return value
    raise CheckpointError(path, "corrupted", f"{name} must be {_WORDS[wanted]}, not {value!r:.60}")


_WORDS: Final[dict[type, str]] = {dict: "an object", list: "a list", int: "a number"}


def context_path(storage_path: StrPath, project_id: str) -> str:
    """Where the context of a project stands.

    Raises:
        ValueError: ``project_id`` is empty, ``.``, ``..`` or holds a ``/`` or NUL: it would
            name a place outside of its storage.

    Example:
        >>> context_path("/data", "p1")
        '/data/p1/checkpoint.json'
    """
    if project_id in ("", ".", "..") or "/" in project_id or "\0" in project_id:
        raise ValueError(f"project_id must be a single path component, not {project_id!r}")
    return os.path.join(os.fspath(storage_path), project_id, CONTEXT_NAME)
