"""From many changes to few paints: nothing that changed is lost on the way."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckptui.tui.feed import Gathered
from ckptui.watch.model import Change, Checkpoint, Snapshot
from tests.tui.driver import opened

PATHS = tuple("abcdef")
EDITS = st.lists(st.tuples(st.sampled_from(PATHS), st.booleans()), max_size=6)


def _change(before: dict[str, Checkpoint], edits: list[tuple[str, bool]]) -> Change:
    """Puts and removes, as the monitor would tell them."""
    after = dict(before)
    for path, put in edits:
        if put:
            step = (after[path].step or 0) + 1 if path in after else 1
            after[path] = Checkpoint(path, step=step)
        else:
            after.pop(path, None)
    changed = {path for path, row in after.items() if before.get(path) != row}
    return Change(Snapshot("run", after), frozenset(changed), frozenset(before.keys() - after))


@given(st.lists(st.tuples(EDITS, st.booleans()), max_size=12))
def test_what_was_gathered_leads_from_the_last_shown_to_the_newest(
    told: list[tuple[list[tuple[str, bool]], bool]],
) -> None:
    gathered, shown, latest = Gathered(), dict[str, Checkpoint](), dict[str, Checkpoint]()
    for edits, paint in [*told, ([], True)]:
        change = _change(latest, edits)
        latest = dict(change.snapshot.checkpoints)
        gathered.add(change)
        if paint:
            taken = gathered.take()
            assert taken is not None
            snapshot, changed, removed = taken
            for path in removed:
                shown.pop(path, None)
            shown.update((path, snapshot.checkpoints[path]) for path in changed)
            assert shown == latest
    assert gathered.take() is None


def _many(root: str) -> None:
    for number in range(300):
        with open(os.path.join(root, f"part_{number:03d}.pt"), "wb") as file:
            file.write(b"x")


async def test_rows_that_a_key_brings_on_the_screen_are_checked_before_others(
    run_dir: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _many(run_dir)
    async with opened(run_dir, size=(80, 24)) as ui:
        monitor, asked = ui.app.main.services.monitor, list[str]()
        passed_on = monitor.prioritise

        def prioritise(paths: Iterable[str]) -> None:
            asked.extend(paths)
            passed_on(paths)

        monkeypatch.setattr(monitor, "prioritise", prioritise)
        await ui.press("G")
        await ui.until(lambda: ui.app.main.table.cursor in asked, "the last row to go first")
