"""The atlas outlives the checkers that it asks, and writes only where it may."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.readme import README, replaced
from tests.workshop.atlas.asking import NO_ANSWER, Asker
from tests.workshop.atlas.checkers import ACCEPTED, CHECKERS
from tests.workshop.atlas.table import Row, compact, summary
from tests.workshop.specimen import Kind, Specimen


def test_a_checker_that_hangs_costs_one_answer(specimens: list[Specimen], tmp_path: Path) -> None:
    fifo = tmp_path / "pipe.pt"
    os.mkfifo(fifo)
    good = next(s.path for s in specimens if s.name == "good/base")
    asker = Asker("testzip", seconds=1)
    try:
        assert [asker(good), asker(str(fifo)), asker(good)] == [ACCEPTED, NO_ANSWER, ACCEPTED]
    finally:
        asker.close()


def test_every_kind_is_counted_once(specimens: list[Specimen]) -> None:
    """A checker that accepts everything misses all damage and refuses nothing."""
    rows = [Row(s, dict.fromkeys(CHECKERS, ACCEPTED)) for s in specimens]
    lines = {line[0]: line[1] for line in summary(rows)[1:]}
    damaged = sum(s.truth.bad and s.truth.witness for s in specimens)
    fine = sum(s.truth.kind in {Kind.GOOD, Kind.ODD} for s in specimens)
    assert lines[f"accepts, of {damaged} damaged files that something on disk gives away"] == str(
        damaged
    )
    assert lines[f"refuses, of {fine} good and odd files"] == "0"
    assert len(compact(rows)) > 20


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    text = "before\n<!-- atlas -->\nold\n<!-- /atlas -->\nafter\n"
    assert replaced(text, "atlas", "new") == text.replace("old", "new")
    with pytest.raises(ValueError, match="marks"):
        replaced(text, "bench", "new")
    readme = Path(README).read_text(encoding="utf-8")
    assert replaced(readme, "atlas", "") != ""
