"""The filter language: what it lets through, what it says of mistakes, and that it reads itself."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckptui.launch.model import RunRecord
from ckptui.present.filter import FieldTerm, Filter, WordTerm, follows, matches
from ckptui.present.filter_fields import CHECKPOINTS, FAILURES, RUNS, STAGES
from ckptui.present.measures import size_of, span_of
from ckptui.repair.model import JournalEntry, Step
from ckptui.terms import TROUBLE, Action, Category, InputState, MarkerState
from ckptui.watch.model import Checkpoint, FailureRow, InputHash, StageRow

NOW = 1_800_000_000.0
G = 1024**3
ROW = Checkpoint(
    "runs/a b/ckpt_4500.pt", format="torch-zip", size=int(2.4 * G), step=4500, version="1.0",
    status="in_progress", marker=MarkerState.MISSING, category=Category.CORRUPTED, level=1,
    input_hash=InputHash("sha256:1", "sha256:2", InputState.STALE), reason="cut short at byte 7",
    remedy=Action.QUARANTINE, mtime=NOW - 3 * 3600, checked_at="2027-01-15T07:00:00+00:00",
)  # fmt: skip
BARE = Checkpoint("x/dir", layout="dcp", category=Category.UNCHECKED)


@pytest.mark.parametrize(
    "text",
    [
        "", "ckpt cut SHORT", "corrupted stale missing", '"a b/ckpt"', "~rck45", "cat:corr",
        "cat:valid,corrupted", "cat:bad", "CAT:Corrupted", "verdict:corrupted", "-cat:valid",
        "-nothing", "marker:missing input:stale format:torch", "version:1 version:1.0 version<2",
        "version=1", "status:in_progress", "fix:quar", "level<5 level=1", "step>1000 step<=4500",
        "step:4000..5000 step:..4500 step>4k", "step!=5", "size>1G size<=3g size:2.4G size>200M",
        "age>2h age<1d age:3h age>1h30m", "checked<2h -checked<30m", "name:ckpt_*.pt",
        "name:4500 name=ckpt_4500.pt", "folder:a folder:runs* path:runs/*", 'folder="runs/a b"',
        'reason:"cut short"', "epoch:none", "global:", "-epoch>0",
    ],
)  # fmt: skip
def test_what_matches(text: str) -> None:
    if text == "global:":
        text = "-global:numpy"
    asked = Filter.parse(text)
    assert not asked.problems
    assert asked.matches(ROW, NOW)


@pytest.mark.parametrize(
    "text",
    [
        "ckpt valid", "-cut", "~54kc", "cat:valid", "cat=corr", "-cat:bad", "marker:present",
        "version:2 ", "version>1.0", "level>=5", "step>4500", "step:4501", "size<1G", "size:2.5G",
        "age<2h", "name:4500*", "name=CKPT", "folder=runs", "epoch>0", "step:none", '"ab"',
        "step=4500,4501 -step:4500", "checked<30m", "reason:whole",
    ],
)  # fmt: skip
def test_what_does_not_match(text: str) -> None:
    asked = Filter.parse(text)
    assert not asked.problems
    assert asked
    assert not asked.matches(ROW, NOW)


def test_what_a_row_does_not_have_is_none_and_in_no_order() -> None:
    for text in ("step:none", "size:none age:none marker:none version:none fix:none", "-step>0"):
        assert Filter.parse(text).matches(BARE, NOW)
    for text in ("step>0", "step<9", "size<1G", "age>1s", "version<9", "checked>1s"):
        assert not Filter.parse(text).matches(BARE, NOW)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("siez>1G", "siez: unknown field; did you mean size?"),
        ("foo:bar", "foo: unknown field; in quotes it is a word"),
        ("size>abc", "size>abc: not a size, for example 1G"),
        ("age<2", "age<2: not a span of time, for example 2h"),
        ("cat:corupted", "cat:corupted: did you mean corrupted?"),
        ("cat>3", "cat>: cat has no order; write cat:"),
        ("marker:", "marker: wants a value: present, missing, orphan, outdated"),
        ("-", "-: a word or a field follows; in quotes it is a word"),
    ],
)
def test_mistakes_are_said_with_their_place(text: str, said: str) -> None:
    asked = Filter.parse(f"ckpt {text} cut")
    assert asked.problem == said
    assert [(each.start, each.end) for each in asked.problems] == [(5, 5 + len(text))]
    assert asked.words == (WordTerm("ckpt"), WordTerm("cut"))


def test_names_that_hold_an_equals_sign_are_words() -> None:
    row = Checkpoint("lightning/epoch=3-step=500-lr=0.1.ckpt", epoch=3, step=500)
    for text in ("epoch=3-step=500-lr=0.1.ckpt", "lr=0.1", "epoch=3 step=500"):
        assert Filter.parse(text).matches(row, NOW)
    assert not Filter.parse("epoch=4").matches(row, NOW)
    assert not Filter.parse("epoch=3-step=501").matches(row, NOW)


def test_names_that_are_not_fit_for_a_screen_are_found_as_they_are_shown() -> None:
    row = Checkpoint("clear\x1b[2Jall.pt")
    assert Filter.parse(r"clear\x1b[2J").matches(row, NOW)
    assert Filter.parse("nai\u0308ve").matches(Checkpoint("NAÏVE.pt"), NOW)


def test_the_other_views_have_their_own_fields() -> None:
    stage = StageRow("s.json", "merge", "failed", duration_seconds=90, error="no space")
    run = RunRecord("r1", "ended", ("python", "train.py"), "n1", 7, "2027-01-15T07:00:00+00:00",
                    exit_code=3)  # fmt: skip
    failure = FailureRow("a.pt", "cut short", "2027-01-15T07:00:00+00:00")
    repair = JournalEntry("1", "2027-01-15T07:00:00+00:00", "quarantine", "done",
                          (Step("move", "b.pt"),))  # fmt: skip
    for text in ("status:failed took>1m", "error:space merge", "-input:stale outputs:0"):
        assert matches(Filter.parse(text, STAGES), STAGES, stage, NOW)
    for text in ("exit>0 state:ended", "command:train*", "-exit:0", "command:*train*"):
        held = matches(Filter.parse(text, RUNS), RUNS, run, NOW)
        assert held == (text != "command:train*")
    assert matches(Filter.parse("kind:failure cut", FAILURES), FAILURES, failure, NOW)
    assert matches(Filter.parse("action:quar state:done b.pt", FAILURES), FAILURES, repair, NOW)
    assert Filter.parse("step>3", STAGES).problem == "step: unknown field; did you mean state?"


def test_only_ages_change_by_time_alone() -> None:
    assert Filter.parse("age<2h").timed
    assert Filter.parse("-checked<1d foo").timed
    assert not Filter.parse("size>1G foo").timed


@pytest.mark.parametrize(
    ("text", "count"),
    [("1", 1), ("1b", 1), ("1k", 1024), ("2KiB", 2048), ("1.5G", 1.5 * G), ("1GB", G)],
)
def test_sizes(text: str, count: float) -> None:
    assert size_of(text) == count


@pytest.mark.parametrize("text", ["", "G", "1x", "b", "1kk", "-1", "1e5"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        size_of(text)


def test_spans() -> None:
    assert [span_of(text) for text in ("90s", "1d12h", "2W")] == [90, 129_600, 1_209_600]


# Over everything that can be typed

_NAMES = st.text(st.characters(codec="utf-8"), max_size=8)
_WORDS = st.builds(WordTerm, _NAMES.filter(bool), st.booleans(), st.booleans())
_VALUES = {
    "cat": st.sampled_from([*map(str, Category), "bad", "un"]),
    "marker": st.sampled_from([*map(str, MarkerState), "none"]),
    "fix": st.sampled_from(["quarantine", "renew", "none"]),
    "step": st.sampled_from(["none", "0", "3", "1k", "2..4", "..3"]),
    "name": _NAMES.filter(bool),
}
_TERMS = st.sampled_from(sorted(_VALUES)).flatmap(
    lambda name: st.builds(
        FieldTerm,
        st.just(name),
        st.sampled_from(":="),
        st.lists(_VALUES[name], min_size=1, max_size=3).map(tuple),
        st.booleans(),
    )
)
_ORDERS = st.builds(
    FieldTerm,
    st.sampled_from(["step", "level"]),
    st.sampled_from(["<", "<=", ">", ">="]),
    st.sampled_from(["0", "2", "3"]).map(lambda number: (number,)),
    st.booleans(),
)
_FILTERS = st.builds(
    Filter,
    st.lists(_WORDS, max_size=3).map(tuple),
    st.lists(_TERMS | _ORDERS, max_size=3).map(tuple),
)
_ROWS = st.builds(
    Checkpoint,
    path=st.text('aAb/_7 é"-~:,*', min_size=1, max_size=10),
    step=st.none() | st.integers(0, 5) | st.just(1000),
    level=st.integers(0, 6),
    category=st.sampled_from(Category),
    marker=st.none() | st.sampled_from(MarkerState),
    remedy=st.none() | st.sampled_from(Action),
)


@given(_FILTERS)
def test_a_filter_that_is_written_out_is_read_as_itself(asked: Filter) -> None:
    read = Filter.parse(str(asked))
    assert not read.problems
    assert read == asked
    assert Filter.parse(str(read)) == read


@given(st.text(max_size=40) | st.text('aст:=<>!-~"\\, 1Gsize', max_size=30))
def test_whatever_is_typed_is_read_or_said(text: str) -> None:
    asked = Filter.parse(text)
    for problem in asked.problems:
        assert text[problem.start : problem.end].strip()
        assert problem.sentence
    assert not Filter.parse(str(asked)).problems


def _has(term: FieldTerm, row: Checkpoint) -> bool:
    """The same by brute force, from the language's own words."""
    value = {"cat": row.category, "marker": row.marker, "fix": row.remedy, "step": row.step,
             "level": row.level, "name": os.path.basename(row.path)}[term.name]  # fmt: skip
    return any(_fits(term.name, term.sign, typed, value) for typed in term.values)


def _fits(name: str, sign: str, typed: str, value: str | int | None) -> bool:
    if name == "name":
        held, wanted = str(value).lower(), typed.lower()
        return held == wanted if sign == "=" else wanted in held
    if name in ("step", "level"):
        if typed == "none":
            return value is None
        if not isinstance(value, int):
            return False
        if ".." in typed:
            low, high = typed.split("..")
            return int(low or 0) <= value <= int(high)
        number = int(typed.replace("k", "000"))
        return bool(eval(f"{value} {'==' if sign in ':=' else sign} {number}"))
    if typed == "bad":
        return value in TROUBLE
    said = "none" if value is None else str(value)
    return said == typed if sign == "=" else said.startswith(typed)


def _word_has(word: WordTerm, row: Checkpoint) -> bool:
    typed, path = word.text.lower(), row.path.lower()
    if word.fuzzy:
        letters = iter(path)
        return all(letter in letters for letter in typed)
    marker = "" if row.marker in (None, MarkerState.PRESENT) else row.marker
    return any(typed in part for part in (path, row.category, row.reason, marker))


def _is_simple(typed: str) -> bool:
    return typed.isascii() and not set("*?") & set(typed)


_ASCII = st.text("abA7/_- :~", min_size=1, max_size=3)
_ASKED = st.builds(
    Filter,
    st.lists(st.builds(WordTerm, _ASCII, st.booleans(), st.booleans()), max_size=2).map(tuple),
    st.lists(
        (_TERMS | _ORDERS).filter(lambda term: all(map(_is_simple, term.values))),
        max_size=3,
    ).map(tuple),
)


@settings(max_examples=200)
@given(_ASKED, st.lists(_ROWS, min_size=1, max_size=8))
def test_the_rows_let_through_are_those_of_a_search_by_brute_force(
    asked: Filter, rows: list[Checkpoint]
) -> None:
    read = Filter.parse(str(asked))
    for row in rows:
        wanted = all(_has(term, row) != term.negated for term in asked.fields)
        wanted = wanted and all(_word_has(word, row) != word.negated for word in asked.words)
        assert read.matches(row, NOW) == wanted


def test_fuzzy_keeps_the_order_and_uses_no_character_twice() -> None:
    assert follows("ckt", "ckpt")
    assert not follows("tk", "ckpt")
    assert not follows("cc", "ckpt")


def test_every_field_of_every_view_has_a_reader_and_aliases_lead_somewhere() -> None:
    for language in (CHECKPOINTS, STAGES, RUNS, FAILURES):
        assert all(name in language.kinds for name in language.aliases.values())
        assert not language.aliases.keys() & language.kinds.keys()


def test_a_quote_that_is_still_open_ends_with_the_text() -> None:
    assert Filter.parse('"a b').words == (WordTerm("a b"),)
    assert Filter.parse('"a\\').words == (WordTerm("a\\"),)
