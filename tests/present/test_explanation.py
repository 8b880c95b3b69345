"""A verdict's details taken apart, and a file's records as lines."""

from __future__ import annotations

from ckptui.present.detail import detail_lines
from ckptui.present.explanation import explain_document, explanation_lines
from ckptui.present.spans import text_of
from ckptui.terms import Action, Category, Level, Result
from ckptui.validation.telling import SILENT, told
from ckptui.validation.verdict import Check, Facts, Verdict
from ckptui.watch.model import Checkpoint

DETAIL = "it points there\nnext: head -c 5 FILE > NEW   (then validate NEW)\ntorch says: EOFError"


def _verdict(detail: str, globals_: tuple[str, ...] = ()) -> Verdict:
    return Verdict(
        "/r/a b.pt", Category.CORRUPTED, 1, "cut", Action.QUARANTINE,
        {Level.SIZE: Check(Result.PASS), Level.CONTAINER: Check(Result.FAIL, "cut")},
        detail, Facts("torch-zip", "1.0", signature=(1, 2, 12, 1, 1), globals=globals_),
    )  # fmt: skip


def _shown(verdict: Verdict, anatomy: dict[str, object]) -> list[str]:
    return [text_of(each) for each in explanation_lines(explain_document(verdict, anatomy))]


def test_a_command_names_the_file_as_a_shell_takes_it() -> None:
    said = told(DETAIL, "/r/a b.pt")
    assert said.evidence == ("it points there",)
    assert said.next == "head -c 5 '/r/a b.pt' > '/r/a b.new.pt'   (then validate '/r/a b.new.pt')"
    assert said.torch == "EOFError"
    assert told("", "x").next == ""
    assert told(SILENT, "x").torch == SILENT
    assert told("torch says: RuntimeError: what", "x").torch == "RuntimeError: what"


def test_the_lines_of_a_damaged_file() -> None:
    regions = [
        {"start": 0, "end": 9, "what": "data.pkl", "state": "whole"},
        {"start": 9, "end": 20, "what": "tensor a", "state": "whole"},
        {"start": 20, "end": 33, "what": "tensor \x1bb", "state": "damaged"},
        {"start": 0, "end": 0, "what": "tensor c", "state": "missing"},
    ]
    anatomy = {"tensors": 3, "intact": 1, "bytes": 30, "intact_bytes": 10, "regions": regions}
    shown = _shown(_verdict(DETAIL), anatomy)
    assert shown[0] == "/r/a b.pt  ✗ corrupted, level 1"
    assert "type  ckptui repair quarantine '/r/a b.pt'" in shown
    assert "torch says  EOFError" in shown
    assert "1 of 3 tensors fit their checksum: 10 of 30 bytes" in shown
    states = [each.split() for each in shown[-3:]]
    assert states[0] == ["0", "–", "20", "whole", "data.pkl", "…", "tensor", "a", "(2)"]
    assert states[1] == ["20", "–", "33", "damaged", "tensor", "\\x1bb"]
    assert states[2] == ["missing", "tensor", "c"]


def test_many_stretches_end_with_their_number() -> None:
    regions = [
        {"start": n, "end": n + 1, "what": f"r{n}", "state": ("whole", "damaged")[n % 2]}
        for n in range(60)
    ]
    assert _shown(_verdict(""), {"regions": regions})[-1] == "and 36 stretches more"


def test_names_in_a_pickle_are_said_by_what_they_mean() -> None:
    shown = "\n".join(_shown(_verdict("", ("os.system", "mine.Model", "argparse.Namespace")), {}))
    assert shown.index("posix.system" if "posix.system" in shown else "os.system") < shown.index(
        "mine.Model"
    )
    assert shown.index("mine.Model") < shown.index("argparse.Namespace")
    assert "loading it would run them" in shown


def test_the_detail_pane_shows_evidence_next_step_and_torchs_words() -> None:
    row = Checkpoint("a.pt", category=Category.CORRUPTED, reason="cut", detail=DETAIL)
    shown = [text_of(each) for each in detail_lines(row, now=0.0, keys={})]
    assert "it points there" in shown
    assert "next  head -c 5 a.pt > a.new.pt   (then validate a.new.pt)" in shown
    assert "torch says: EOFError" in shown
