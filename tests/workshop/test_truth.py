"""The truth about every file of the workshop: no false alarm, no provable damage missed."""

from __future__ import annotations

import pytest

from ckptui.validation.check import check_file
from tests.workshop.judging import faults, header_faults
from tests.workshop.specimen import Specimen


def _all(specimens: list[Specimen], *, fine: bool) -> list[Specimen]:
    return [specimen for specimen in specimens if specimen.truth.fine is fine]


@pytest.mark.parametrize("fine", [True, False], ids=["good-and-odd", "everything-else"])
def test_each_gets_its_category_its_level_and_its_words(
    specimens: list[Specimen], fine: bool
) -> None:
    wrong = []
    for specimen in _all(specimens, fine=fine):
        specimen.prepare()
        told = faults(specimen, check_file(specimen.path, level=specimen.truth.ask))
        wrong += [f"{specimen.name}: {fault}" for fault in told]
    assert wrong == []


@pytest.mark.parametrize("fine", [True, False], ids=["good-and-odd", "everything-else"])
def test_a_header_check_speaks_against_nothing_good_and_never_says_valid(
    specimens: list[Specimen], fine: bool
) -> None:
    wrong = []
    for specimen in _all(specimens, fine=fine):
        specimen.prepare()
        told = header_faults(specimen, check_file(specimen.path, header_only=True))
        wrong += [f"{specimen.name}: {fault}" for fault in told]
    assert wrong == []


def test_what_lightnings_trainer_saved_is_told(specimens: list[Specimen]) -> None:
    path = next(s.path for s in specimens if s.name == "good/lightning_trainer")
    facts = check_file(path, level=5).facts
    assert (facts.step, facts.epoch) == (3, 0)
