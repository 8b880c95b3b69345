"""The one sanitiser: nothing from disk reaches a terminal as anything but itself."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckptui.present.safe import cells, clip, pad, plain

EVIL = {
    "a\x1b]52;c;aGk=\x07b": "a\\x1b]52;c;aGk=\\x07b",
    "\x1b[2J": "\\x1b[2J",
    "a\x9b31mb": "a\\x9b31mb",
    "a\nb\tc\rd": "a\\nb\\tc\\rd",
    "del\x7f": "del\\x7f",
    "gpj.\u202egnp.pt": "gpj.\\u202egnp.pt",
    "zero\u200bwidth\u2060": "zero\\u200bwidth\\u2060",
    "\ufeffbom": "\\ufeffbom",
    "line\u2028sep\u2029": "line\\u2028sep\\u2029",
    "tag\U000e0041": "tag\\U000e0041",
    "not utf-8 \udcff": "not utf-8 \\udcff",
    "\u0301alone": "\\u0301alone",
    "hangul\u3164filler": "hangul\\u3164filler",
    "vs\ufe0f": "vs\\ufe0f",
}


@pytest.mark.parametrize(("raw", "safe"), EVIL.items())
def test_what_is_hidden_or_commands_is_written_out(raw: str, safe: str) -> None:
    assert plain(raw) == safe


@pytest.mark.parametrize(
    "text", ["ckpt_500.pt", "[bold]x[/y]", "e\u0301te\u0301", "Größe", "模型.pt", "קובץ", "a b"]
)
def test_honest_names_in_any_script_stay_as_they_are(text: str) -> None:
    assert plain(text) == text


def test_a_tower_of_marks_does_not_spill_into_other_rows() -> None:
    safe = plain("a" + "\u0301" * 50)
    assert safe.count("\u0301") == 4


@given(st.text(st.characters(codec=None), max_size=40))
def test_nothing_but_printable_text_comes_out_and_twice_is_as_once(text: str) -> None:
    safe = plain(text)
    assert plain(safe) == safe
    for char in safe:
        assert unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    safe.encode("utf-8")


def test_every_code_point_alone_is_safe() -> None:
    for point in range(sys.maxunicode + 1):
        safe = plain(chr(point))
        assert safe == chr(point) or safe.startswith("\\")
        assert cells(safe) >= 1


@given(st.text(max_size=60), st.integers(0, 30), st.booleans(), st.booleans())
def test_cut_text_fits(text: str, width: int, middle: bool, ascii_only: bool) -> None:
    safe = plain(text)
    cut = clip(safe, width, middle=middle, ascii_only=ascii_only)
    assert cells(cut) <= width
    assert cut == safe or cells(safe) > width


def test_a_path_is_cut_in_its_folders_and_keeps_its_name() -> None:
    assert clip("checkpoints/very/long/ckpt_4500.pt", 20) == "checkp…/ckpt_4500.pt"
    assert clip("a sentence that is long", 10, middle=False) == "a sentenc…"
    assert clip("模型模型模型", 7) == "模型…型"


def test_filling_counts_cells_not_characters() -> None:
    assert pad("模型", 6) == "模型  "
    assert pad("12", 4, right=True) == "  12"
