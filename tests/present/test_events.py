"""What is an event, and what is none."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace

from ckptui.present.events import MOST_PATHS, Event, Happenings, hook_call
from ckptui.terms import Category
from ckptui.watch.model import Change, Checkpoint, Disk, LastGood, Rhythm, Snapshot
from tests.evil import BAD_BYTES, SEQUENCES

NOW = 1_800_000_000.0
SETTLED = Snapshot("/run", settled=True)


class Run:
    """A run directory that changes."""

    def __init__(self, **rows: Category) -> None:
        self.happenings = Happenings()
        self.now = NOW
        self.snapshot = replace(SETTLED, checkpoints=made(rows))
        self.change(self.snapshot)

    def change(self, snapshot: Snapshot, *changed: str, removed: tuple[str, ...] = ()) -> None:
        self.snapshot = snapshot
        self.happenings.heed(Change(snapshot, frozenset(changed), frozenset(removed)), self.now)

    def turns(self, **rows: Category) -> None:
        new = {**self.snapshot.checkpoints, **made(rows)}
        self.change(replace(self.snapshot, checkpoints=new), *rows)

    def told(self, after: float = 10.0) -> list[Event]:
        self.now += after
        return self.happenings.take(self.now)

    def words(self, after: float = 10.0) -> list[str]:
        return [event.message for event in self.told(after)]


def made(rows: Mapping[str, Category]) -> dict[str, Checkpoint]:
    return {
        name: Checkpoint(name, category=category, reason=f"why {category}")
        for name, category in rows.items()
    }


def files(run_id: str, code: int | None) -> dict[str, str]:
    """What the scanner sends of a run on another host."""
    folder = f".ckptui/runs/{run_id}"
    texts = {f"{folder}/run.json": json.dumps({"host": "gone-07", "command": ["a"]})}
    if code is not None:
        texts[f"{folder}/exit.json"] = json.dumps({"exit_code": code, "ended_at": "t"})
    return texts


def test_what_is_bad_already_is_no_news_and_what_turns_bad_is_told_once() -> None:
    run = Run(a=Category.CORRUPTED, b=Category.VALID)
    run.turns(a=Category.CORRUPTED)
    assert run.words() == []
    run.turns(b=Category.CORRUPTED)
    assert run.told() == [Event("bad", "turned corrupted: b: why corrupted", ("b",))]
    run.turns(b=Category.UNREADABLE)
    run.turns(b=Category.UNCHECKED)
    run.turns(b=Category.CORRUPTED)
    assert run.words() == []
    run.turns(b=Category.VALID)
    run.turns(b=Category.CORRUPTED)
    assert run.words() == ["turned corrupted: b: why corrupted"]


def test_nothing_is_told_before_everything_was_looked_at_once() -> None:
    happenings = Happenings()
    rows = made({"a": Category.CORRUPTED})
    looking = Snapshot("/run", checkpoints=rows)
    assert not happenings.heed(Change(looking, frozenset("a")), NOW)
    assert not happenings.heed(Change(replace(looking, settled=True), frozenset()), NOW)
    assert happenings.take(NOW + 60) == []


def test_many_at_once_are_one_event() -> None:
    run = Run()
    run.turns(a=Category.CORRUPTED)
    assert run.told(1.0) == []
    run.turns(b=Category.CORRUPTED, c=Category.CORRUPTED)
    assert run.told(1.0) == []
    (event,) = run.told(1.0)
    assert event == Event("bad", "3 checkpoints turned corrupted", ("a", "b", "c"))
    run.turns(d=Category.UNSAFE, e=Category.CORRUPTED)
    assert run.words() == ["2 checkpoints turned bad: 1 unsafe, 1 corrupted"]


def test_what_comes_without_end_is_told_all_the_same() -> None:
    run, told = Run(), 0
    for number in range(12):
        run.turns(**{f"n{number}": Category.CORRUPTED})
        told += len(run.told(1.0))
    assert told == 2


def test_one_that_is_well_again_or_gone_meanwhile_is_not_told() -> None:
    run = Run()
    run.turns(a=Category.CORRUPTED, b=Category.INCOMPLETE)
    run.turns(a=Category.VALID)
    run.change(replace(run.snapshot, checkpoints={}), removed=("b",))
    assert run.words() == []


def test_a_run_that_ends_is_told_with_its_exit_code_in_words() -> None:
    run = Run()
    run.change(replace(run.snapshot, run_files=files("r1", None)))
    assert run.words() == []
    run.change(replace(run.snapshot, run_files=files("r1", 127)))
    assert run.told() == [
        Event(
            "run", "run r1 ended: exit code 127: the command was not found",
            (".ckptui/runs/r1/log.txt",),
        )
    ]  # fmt: skip
    assert run.words() == []
    run.change(replace(run.snapshot, run_files={**files("r1", 127), **files("r2", 0)}))
    (event,) = run.told()
    assert (event.message, event.alarm) == ("run r2 ended: exit code 0: done", False)


def test_a_run_that_had_ended_before_is_no_news() -> None:
    happenings = Happenings()
    happenings.heed(Change(replace(SETTLED, run_files=files("r1", 1))), NOW)
    assert happenings.take(NOW) == []


def test_space_that_runs_short_is_told_once_and_again_only_after_it_was_enough() -> None:
    run = Run()
    rhythm = Rhythm(NOW, 1000)

    def free(count: int) -> list[str]:
        run.change(replace(run.snapshot, rhythm=rhythm, disk=Disk(count, 9999)))
        return run.words()

    assert free(1001) == []
    assert free(999) == ["the next save (≈ 1000B) does not fit: 999B free"]
    assert free(1001) == free(998) == []  # it only wavers
    assert free(1200) == []
    assert len(free(900)) == 1


def test_a_late_save_is_told_once_for_each_save() -> None:
    now = time.time()
    rhythm = Rhythm(now, 10, usual=900.0, even=True)
    happenings = Happenings()
    running = replace(SETTLED, writing=True)
    happenings.heed(Change(replace(running, rhythm=rhythm)), now)
    assert happenings.take(now + 1700) == []
    (event,) = happenings.take(now + 2000)
    assert event == Event("late", "a save is late: last save 33m ago, usually every 15m")
    assert happenings.take(now + 2100) == []
    happenings.heed(Change(replace(running, rhythm=replace(rhythm, last=now + 2200))), now + 2200)
    assert happenings.take(now + 2300) == []
    assert len(happenings.take(now + 5000)) == 1


def test_another_last_good_is_an_event_of_its_own() -> None:
    run = Run()
    run.change(replace(run.snapshot, last_good=LastGood("a.pt", 5, 2)))
    assert run.told() == [Event("good", "last good is now step 5, a.pt", ("a.pt",), alarm=False)]
    run.change(replace(run.snapshot, last_good=LastGood("a.pt", 5, 3)))
    assert run.words() == []
    run.change(replace(run.snapshot, last_good=None))
    assert run.words() == ["there is no last good checkpoint any more"]


def test_names_from_disk_are_plain_in_the_sentence_and_themselves_in_the_document() -> None:
    for name in (*SEQUENCES, BAD_BYTES):
        run = Run()
        run.turns(**{name: Category.CORRUPTED})
        (event,) = run.told()
        call = hook_call(event, "/run", NOW)
        assert event.message.isprintable() and "turned corrupted" in event.message[:60]
        assert json.loads(call.line)["path"] == call.variables["CKPTUI_PATH"] == name
        assert call.line.isascii() and call.line.count("\n") == 1


def test_a_document_names_a_hundred_and_counts_the_rest() -> None:
    call = hook_call(Event("bad", "many", tuple(f"p{n}" for n in range(500))), "/run", NOW)
    document = json.loads(call.line)
    assert (len(document["paths"]), document["count"]) == (MOST_PATHS, 500)
