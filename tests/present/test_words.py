"""The detail pane, the preview, the journal and the trash, word by word."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator

import pytest

from ckptui.present.detail import check_lines, detail_lines
from ckptui.present.repairs import journal_lines, outcome_lines, plan_lines, plan_title, trash_lines
from ckptui.present.safe import cells
from ckptui.present.spans import Line, text_of, wrapped
from ckptui.present.strip import last_good_line, title_line, totals_line
from ckptui.repair.model import JournalEntry, Outcome, Plan, Step, TrashItem
from ckptui.terms import Action, Category, InputState, MarkerState
from ckptui.validation.verdict import Part
from ckptui.watch.model import Checkpoint, InputHash, PassedOver, Snapshot
from tests.present.test_tables import NOW, snapshot

KEYS = {"fix": "f", "validate": "v", "resume": "R", "copy": "y"}
TRASHED = ".ckptui/trash/20261120-021455/ckpt_5000.pt.quarantined"


def told(lines: list[Line]) -> list[str]:
    return [text_of(each).rstrip() for each in lines]


@pytest.fixture
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clock times are the machine's own; here that is UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_utc")
def test_the_detail_says_what_where_and_what_to_press() -> None:
    whole = snapshot()
    row = dataclasses.replace(
        whole.checkpoints["ckpt_5000.pt"],
        remedy=Action.QUARANTINE,
        detail="PytorchStreamReader failed\nfinding central directory",
    )
    assert told(detail_lines(row, now=NOW, keys=KEYS, snapshot=whole)) == [
        "ckpt_5000.pt  ✗ corrupted, level 1",
        "cut short, 1.2 of 2.4G",
        "PytorchStreamReader failed",
        "finding central directory",
        "It has no .done marker, though others in this folder have one.",
        (
            "step 5000 · torch-zip · version 1.0 · 1,288,490,188 bytes · modified 13:42:40 UTC"
            " · inputs sha256:3fa9c1aa"
        ),
        (
            "f  quarantine it (the last good one is step 4500)    v  validate it, 1.2G to read"
            "    y  copy path"
        ),
    ]


def test_staleness_and_disagreement_are_said_with_their_reasons() -> None:
    row = Checkpoint(
        "a.pt", status="in_progress", marker=MarkerState.PRESENT,
        step_note="Name says 4, content 5.",
        input_hash=InputHash("sha256:aa", "sha256:bb", InputState.STALE, "1 added (a.fa)"),
        category=Category.UNSAFE, globals=("os.system",), remedy=Action.ALLOW_GLOBALS,
    )  # fmt: skip
    text = "\n".join(told(detail_lines(row, now=NOW, keys=KEYS)))
    for said in ("Stale: 1 added (a.fa).", "they disagree", "Name says 4", "names os.system"):
        assert said in text
    assert "f  allow the names it needs" in text
    # A remedy that is no repair yet is named in the table; no key promises it.
    later = Checkpoint("a.pt", remedy=Action.UPGRADE)
    assert "f  write" not in "\n".join(told(detail_lines(later, now=NOW, keys=KEYS)))


def test_a_key_that_is_not_bound_is_not_offered() -> None:
    row = Checkpoint("a.pt", remedy=Action.QUARANTINE)
    assert "quarantine it" not in "\n".join(told(detail_lines(row, now=NOW, keys={"copy": "y"})))


def test_each_level_has_its_line() -> None:
    row = Checkpoint("a.pt", checks={"size": "pass", "container": "fail: cut short"})
    assert told(check_lines(row)) == [
        "1  size       pass",
        "2  container  fail  cut short",
        "3  load       not asked for",
        "4  keys       not asked for",
        "5  checksums  not asked for",
        "6  values     not asked for",
    ]


PLAN = Plan(
    Action.QUARANTINE, "/r",
    (Step("move", "ckpt_5000.pt.done", TRASHED.replace(".pt", ".pt.done")),
     Step("move", "ckpt_5000.pt", TRASHED, 1288490188)),
    warnings=("latest.pt points to ckpt_5000.pt and will point to nothing.",),
)  # fmt: skip
RENEW = Plan(
    Action.RENEW_MARKER, "/r",
    (Step("check", "features/part_07.pt", None, 1288490188,
          "to level 5; whole → renew its marker, damaged → move the marker to the trash"),),
)  # fmt: skip


def test_the_preview_of_a_quarantine() -> None:
    assert plan_title(PLAN) == "Quarantine 1 checkpoint"
    assert told(plan_lines(PLAN, trash_bytes=1288490188)) == [
        " 1  move   ckpt_5000.pt.done  → .ckptui/trash/20261120-021455",
        " 2  move   ckpt_5000.pt       → .ckptui/trash/20261120-021455           1.2G",
        "",
        "latest.pt points to ckpt_5000.pt and will point to nothing.",
        "z undoes it. Nothing is deleted; the trash then holds 2.4G.",
    ]


def test_the_preview_of_a_check_says_what_will_be_decided() -> None:
    assert plan_title(RENEW) == "Renew 1 marker"
    assert told(plan_lines(RENEW, undo_key="ckptui undo")) == [
        " 1  check  features/part_07.pt  to level 5; whole → renew its marker,   1.2G",
        "                                damaged → move the marker to the",
        "                                trash",
        "",
        "ckptui undo undoes it. Nothing is deleted.",
    ]


def test_previews_fit_their_box_whatever_the_names() -> None:
    evil = "deep/" * 30 + "\x1b[2J" + "模" * 40 + ".pt"
    plan = Plan(Action.QUARANTINE, "/r", (Step("move", evil, TRASHED, 5),), {}, (evil,), evil)
    for width in (40, 60, 76, 120):
        for each in plan_lines(plan, width=width):
            assert cells(text_of(each).rstrip()) <= width
            assert "\x1b" not in text_of(each)


def test_what_was_done_and_what_lies_in_the_trash() -> None:
    step = Step("move", "ckpt\x1b.pt", TRASHED)
    assert outcome_lines(Outcome("quarantine", (step,), True, "x", "moved; undo")) == [
        f"move  ckpt\\x1b.pt  → {TRASHED}",
        "moved; undo",
    ]
    entry = JournalEntry(
        "20261120-021455", "2026-11-20T02:14:55+00:00", "quarantine", "done", (step,)
    )
    assert journal_lines([entry]) == [
        "20261120-021455  2026-11-20T02:14:55+00:00  quarantine     ckpt\\x1b.pt  done"
    ]
    item = TrashItem("20261120-021455", TRASHED, "ckpt_5000.pt", 1288490188, "t")
    assert trash_lines([item]) == ["20261120-021455  ckpt_5000.pt    1.2G", "1 file, 1.2G"]
    assert trash_lines([]) == ["the trash is empty"]


def test_the_strip_before_and_without_anything_good() -> None:
    assert text_of(last_good_line(Snapshot("/r"), now=NOW)) == "Last good  looking…"
    empty = Snapshot("/r", settled=True)
    assert text_of(last_good_line(empty, now=NOW)) == "Last good  none: no checkpoint here"
    assert text_of(totals_line(empty)) == "no checkpoints"
    bad = Snapshot("/r", last_good_none=(PassedOver("a.pt", "cut"),), settled=True)
    assert "1 checkpoint passed over" in text_of(last_good_line(bad, now=NOW))
    home = Snapshot("/home/a/runs/x\x1b")
    assert text_of(title_line(home, "gpu-07", "/home/a")) == "ckptui  gpu-07:~/runs/x\\x1b"


def test_long_words_are_broken_where_they_must_be() -> None:
    assert wrapped("aa bbbbbbb c", 4) == ["aa", "bbbb", "bbb", "c"]
    assert all(cells(piece) <= 4 for piece in wrapped("模型模型 aa bbbbbbbbb", 4))


def test_the_parts_of_a_checkpoint_directory() -> None:
    parts = (
        Part("optimizer.pt", None, Category.INCOMPLETE, "missing"),
        Part("model.safetensors", 5_000_000, Category.UNCHECKED),
        Part("trainer_state.json", 2_000, Category.UNCHECKED),
    )
    row = Checkpoint("checkpoint-5", layout="hf-trainer", size=5_002_000, step=5, parts=parts)
    text = told(detail_lines(row, now=NOW, keys=KEYS))
    assert "  optimizer.pt  missing" in text
    assert "2 parts: model.safetensors 4.8M, trainer_state.json 2.0K" in text
