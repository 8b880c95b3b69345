"""Reading the verbs' JSON documents back into the shared types, field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ckptui.present import units
from ckptui.present.repairs import plan_lines, plan_title
from ckptui.present.spans import Line
from ckptui.repair.model import Plan, Step
from ckptui.terms import Action

_ACTIONS: Final = {str(action): action for action in Action}


def text(document: Mapping[str, object], name: str) -> str:
    """A text field, empty where it is absent or no text."""
    value = document.get(name)
    return value if isinstance(value, str) else ""


def texts(document: Mapping[str, object], name: str) -> tuple[str, ...]:
    """A list of texts."""
    value = document.get(name)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def records(document: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    """A list of objects."""
    value = document.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def number(document: Mapping[str, object], name: str) -> int:
    """A whole number, 0 where it is absent."""
    value = document.get(name)
    return value if isinstance(value, int) else 0


def steps_of(document: Mapping[str, object]) -> tuple[Step, ...]:
    """The steps of a repair document."""
    return tuple(
        Step(
            do=text(step, "do"),
            path=text(step, "path"),
            to=text(step, "to") or None,
            bytes=number(step, "bytes"),
            note=text(step, "note"),
        )
        for step in records(document, "steps")
    )


def plan_of(document: Mapping[str, object], root: str) -> Plan:
    """The plan that a repair or undo document describes."""
    return Plan(
        action=_ACTIONS.get(text(document, "action"), Action.RESTORE),
        root=root,
        steps=steps_of(document),
        warnings=texts(document, "warnings"),
        confirm=text(document, "confirm"),
    )


def preview_title(documents: Sequence[Mapping[str, object]], root: str) -> str:
    """The title of a preview of one plan or several."""
    if len(documents) == 1:
        document = documents[0]
        if text(document, "action") == "undo":
            return f"Undo {units.counted(len(steps_of(document)), 'step')}"
        return plan_title(plan_of(document, root))
    files = {step.path for document in documents for step in steps_of(document)}
    return f"Fix {units.counted(len(files), 'file')}"


def preview_lines(
    documents: Sequence[Mapping[str, object]], root: str, *, width: int
) -> list[Line]:
    """The text of a preview of one plan or several."""
    lines: list[Line] = []
    for document in documents:
        lines += [()] if lines else []
        lines += plan_lines(plan_of(document, root), width=width)
    return lines


def done_sentence(document: Mapping[str, object]) -> str:
    """What was done, in one line."""
    message = text(document, "message")
    if message:
        return message
    steps = [step for step in steps_of(document) if step.do != "check"]
    what = steps[0].path if len(steps) == 1 else units.counted(len(steps), "step")
    return f"{text(document, 'action')}: {what}; z undoes"
