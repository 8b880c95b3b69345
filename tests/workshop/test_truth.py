"""The truth about every file of the workshop: no false alarm, no provable damage missed."""

from __future__ import annotations

import pytest

from ckptui.terms import Category
from ckptui.validation import validate_checkpoint_batch
from ckptui.validation.check import check_file
from ckptui.validation.verdict import Verdict
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


def test_torch_itself_has_nothing_against_the_good_ones_either(
    specimens: list[Specimen],
) -> None:
    """Level 3 in the loader process, where the static check has let them through."""
    fine = {s.path: s for s in _all(specimens, fine=True)}
    for specimen in fine.values():
        specimen.prepare()
    verdicts = list(validate_checkpoint_batch(list(fine), level=5))
    assert len(verdicts) == len(fine)
    wrong = [f"{fine[v.path].name}: {fault}" for v in verdicts for fault in _against(fine, v)]
    assert wrong == []


def _against(fine: dict[str, Specimen], verdict: Verdict) -> list[str]:
    """Categories only: the words and levels are those of the check without torch."""
    if verdict.category in fine[verdict.path].truth.categories | {Category.UNCHECKED}:
        return []
    return [f"{verdict.category}: {verdict.reason} {verdict.detail}"]


def test_what_lightnings_trainer_saved_is_told(specimens: list[Specimen]) -> None:
    path = next(s.path for s in specimens if s.name == "good/lightning_trainer")
    facts = check_file(path, level=5).facts
    assert (facts.step, facts.epoch) == (3, 0)
