"""Reading the verbs' JSON documents back into the shared types, field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ckptui.present import units
from ckptui.present.reading import number, records, text, texts
from ckptui.present.repairs import plan_lines, plan_title
from ckptui.present.spans import Line
from ckptui.repair.model import Plan, Step
from ckptui.terms import Action
from ckptui.tui.keys import cap

_ACTIONS: Final = {str(action): action for action in Action}


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
            return f"Undo: {text(document, 'message')}"
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
        undo_key = "" if text(document, "action") == "undo" else cap("undo")  # z goes further back
        lines += plan_lines(plan_of(document, root), width=width, undo_key=undo_key)
    return lines


def done_sentence(document: Mapping[str, object]) -> str:
    """What was done, in one line, and the key that takes it back."""
    message = text(document, "message") or f"{text(document, 'action')} done"
    if text(document, "action") == "undo":
        return message
    return message.removesuffix("; undo takes it back") + f"; {cap('undo')} undoes"
