"""The words of the contract with users are the words of the program."""

from __future__ import annotations

from ckptui.terms import (
    CHECKPOINT_EXIT_CODE,
    EXIT_FAILURE,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_PARTIAL,
    PRECEDENCE,
    TROUBLE,
    Action,
    Category,
    Level,
    Result,
)


def test_categories_in_their_precedence() -> None:
    assert [str(each) for each in PRECEDENCE] == [
        "unreadable", "changing", "foreign", "corrupted", "incomplete", "unsafe", "incompatible",
        "unchecked", "valid",
    ]  # fmt: skip
    assert set(Category) - TROUBLE == {Category.VALID, Category.CHANGING, Category.UNCHECKED}


def test_levels_by_number_and_name() -> None:
    assert {int(level): level.label for level in Level} == {
        1: "size", 2: "container", 3: "load", 4: "keys", 5: "checksums", 6: "values",
    }  # fmt: skip


def test_results() -> None:
    assert [str(each) for each in Result] == [
        "pass", "warn", "fail", "refused", "skipped", "not-applicable", "none-recorded",
    ]  # fmt: skip


def test_actions() -> None:
    assert [str(each) for each in Action] == [
        "validate", "add-marker", "remove-marker", "renew-marker", "quarantine", "restore",
        "promote", "upgrade", "salvage", "repoint", "clean", "rebuild-state", "allow-globals",
        "resume",
    ]  # fmt: skip


def test_exit_codes() -> None:
    codes = (EXIT_OK, EXIT_FAILURE, EXIT_PARTIAL, CHECKPOINT_EXIT_CODE, EXIT_INTERRUPTED)
    assert codes == (0, 1, 2, 3, 130)
