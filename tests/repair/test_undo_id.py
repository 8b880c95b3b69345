"""An undo in the very second of its repair is told apart from it."""

from __future__ import annotations

from pathlib import Path

from ckptui.repair import ACTIONS, apply, plan, plan_undo, undo
from ckptui.repair.model import AVAILABLE
from ckptui.terms import Action


def test_an_undo_can_be_previewed_at_once(tmp_path: Path) -> None:
    for name in ("a.pt", "a.pt.done"):
        (tmp_path / name).write_bytes(b"x" if name == "a.pt" else b"")
    for _ in range(3):  # the clock's second may turn between two of them, not between all
        apply(plan(Action.REMOVE_MARKER, str(tmp_path), ["a.pt"], settle=0))
        planned = plan_undo(str(tmp_path))
        assert [step.to for step in planned.steps] == ["a.pt.done"]
        undo(str(tmp_path))
        assert (tmp_path / "a.pt.done").exists()


def test_what_is_offered_is_what_there_is() -> None:
    assert frozenset(ACTIONS) == AVAILABLE
