"""Facts in, rows out: no process, no disk."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest

from ckptui.config import RunConfig, parse_run_config
from ckptui.formats.states import read_state, state_kind
from ckptui.input_hash import Inputs, hash_inputs
from ckptui.terms import Action, Category, InputState, Level, MarkerState, Result
from ckptui.validation.verdict import Check, Facts, Verdict
from ckptui.watch.catalog import Catalog, Demand
from ckptui.watch.entries import (
    DIRECTORY,
    FILE,
    MARKED_IS_THERE,
    MARKER,
    TEMPORARY,
    Entry,
)
from ckptui.watch.model import Checkpoint
from ckptui.watch.stages import inputs_key

inodes = itertools.count(1)


def entry(path: str, kind: str = FILE, mtime: float = 1000.0, **values: object) -> Entry:
    made = Entry(path, kind, 10, int(mtime * 1e9), 1, 1, next(inodes))
    return made._replace(**values)  # type: ignore[arg-type]  # fields of Entry


def verdict(of: Entry, category: Category = Category.UNCHECKED, **facts: object) -> Verdict:
    known = replace(Facts(format="torch-zip", signature=of.signature), **facts)  # type: ignore[arg-type]  # fields of Facts
    checks = {Level.SIZE: Check(Result.PASS), Level.CONTAINER: Check(Result.WARN, "odd")}
    return Verdict(of.path, category, 4, "", None, checks, "", known, "2026-01-01T00:00:00Z")


def catalog(*entries: Entry, judged: bool = True) -> Catalog:
    made = Catalog()
    for each in entries:
        made.put(each)
        if judged and each.kind in (FILE, TEMPORARY):
            assert made.judge(each.path, verdict(each), Demand())
    made.refresh()
    return made


def rows(*entries: Entry) -> dict[str, Checkpoint]:
    return catalog(*entries).rows


def test_a_row_holds_what_the_verdict_says() -> None:
    one = entry("a/ckpt_7.pt")
    made = catalog(one, judged=False)
    assert (made.rows["a/ckpt_7.pt"].step, made.rows["a/ckpt_7.pt"].level) == (7, 0)
    assert made.rows["a/ckpt_7.pt"].checked_at is None
    assert made.judge(one.path, verdict(one, step=9, version="1.0", epoch=2), Demand())
    assert made.refresh().changed == {"a/ckpt_7.pt"}
    row = made.rows["a/ckpt_7.pt"]
    assert (row.step, row.epoch, row.version, row.level) == (9, 2, "1.0", 4)
    assert row.modified == "1970-01-01T00:16:40+00:00"
    assert row.checks == {
        "size": "pass",
        "container": "warn: odd",
        "load": None,
        "keys": None,
        "checksums": None,
        "values": None,
    }
    assert not made.refresh().changed


def test_a_verdict_about_other_bytes_is_discarded() -> None:
    one = entry("x.pt")
    made = catalog(one)
    later = one._replace(mtime_ns=5)
    made.put(later)
    made.refresh()
    assert made.rows["x.pt"].checked_at is None
    assert made.needs_check("x.pt")
    assert not made.judge("x.pt", verdict(one), Demand())
    assert made.judge("x.pt", verdict(later), Demand())
    assert not made.needs_check("x.pt")


def test_what_a_save_left_is_told_by_a_verdict_from_right_after_settling() -> None:
    left = entry(".ckpt_7.pt.tmp.n1.1.ab", kind=TEMPORARY)._replace(
        mtime_ns=1_000_900_000_000
    )  # 00:16:40.9
    made = catalog(left, judged=False)
    told = replace(verdict(left), checked_at="1970-01-01T00:16:50+00:00")  # 10.1 s later
    assert made.judge(left.path, told, Demand())
    made.refresh()
    assert made.rows[left.path].category is Category.INCOMPLETE


def test_markers_have_four_states() -> None:
    found = rows(
        entry("m/present_1.pt", mtime=1000),
        entry("m/present_1.pt.done", MARKER, mtime=1001, note=MARKED_IS_THERE),
        entry("m/outdated_2.pt", mtime=1000),
        entry("m/outdated_2.pt.done", MARKER, mtime=990, note=MARKED_IS_THERE),
        entry("m/missing_3.pt"),
        entry("m/orphan_4.pt.done", MARKER),
        entry("plain/x_1.pt"),
    )
    assert {path: row.marker for path, row in found.items()} == {
        "m/present_1.pt": MarkerState.PRESENT,
        "m/outdated_2.pt": MarkerState.OUTDATED,
        "m/missing_3.pt": MarkerState.MISSING,
        "m/orphan_4.pt": MarkerState.ORPHAN,
        "plain/x_1.pt": None,
    }
    assert found["m/outdated_2.pt"].remedy is Action.RENEW_MARKER
    assert found["m/missing_3.pt"].remedy is Action.ADD_MARKER
    orphan = found["m/orphan_4.pt"]
    assert (orphan.category, orphan.remedy) == (Category.INCOMPLETE, Action.REMOVE_MARKER)
    assert (orphan.size, orphan.modified, orphan.mtime) == (None, None, None)


def test_a_marker_of_something_that_is_no_row_is_no_orphan() -> None:
    assert not rows(entry("checkpoint-5.done", MARKER, note=MARKED_IS_THERE))


def test_marker_and_status_that_disagree() -> None:
    one = entry("x.pt")
    made = catalog(one, entry("x.pt.done", MARKER, mtime=1001, note=MARKED_IS_THERE))
    made.judge("x.pt", verdict(one, Category.INCOMPLETE, status="in_progress"), Demand())
    made.refresh()
    assert "The marker says complete" in made.rows["x.pt"].detail


def test_a_damaged_file_keeps_its_own_remedy_whatever_the_marker() -> None:
    one = entry("x.pt", mtime=1000)
    made = catalog(one, entry("x.pt.done", MARKER, mtime=1, note=MARKED_IS_THERE))
    bad = replace(verdict(one, Category.CORRUPTED), remedy=Action.QUARANTINE)
    made.judge("x.pt", bad, Demand())
    made.refresh()
    assert made.rows["x.pt"].remedy is Action.QUARANTINE


def test_temporaries() -> None:
    whole, cut = entry(".a_1.pt.tmp.h.1.0123abcd", TEMPORARY), entry("b.pt.tmp", TEMPORARY)
    made = catalog(whole, cut)
    made.judge(cut.path, verdict(cut, Category.CORRUPTED), Demand())
    made.refresh()
    assert made.rows[whole.path].category is Category.INCOMPLETE
    assert made.rows[whole.path].remedy is Action.PROMOTE
    assert made.rows[whole.path].step is None
    assert made.rows[cut.path].remedy is Action.CLEAN
    young = entry(".c_2.pt.tmp.h.1.0123abcd", TEMPORARY, mtime=1767225599.0)  # a second before
    assert rows(young)[young.path].category is Category.CHANGING
    made.set_writers({whole.path: "train.py (process 7)"})
    made.refresh()
    row = made.rows[whole.path]
    assert (row.category, row.remedy) == (Category.CHANGING, None)
    assert "train.py (process 7)" in row.reason
    assert not made.needs_check(whole.path)
    assert made.set_writers({}) == {whole.path}
    made.refresh()
    assert made.rows[whole.path].category is Category.INCOMPLETE


def test_a_checkpoint_directory_is_judged_like_a_file() -> None:
    made = catalog(entry("checkpoint-500", DIRECTORY, layout="hf-trainer"))
    row = made.rows["checkpoint-500"]
    assert (row.category, row.reason) == (Category.UNCHECKED, "not looked at yet")
    assert (row.step, row.layout) == (500, "hf-trainer")
    assert made.needs_check("checkpoint-500")


def test_a_checkpoint_directory_is_changing_while_a_part_is_being_written() -> None:
    made = catalog(
        entry("out/checkpoint-500", DIRECTORY, layout="hf-trainer"), entry("out/checkpoint-5.pt")
    )
    made.set_writers({"out/checkpoint-500/optimizer.pt": "train.py (process 7)"})
    made.refresh()
    row = made.rows["out/checkpoint-500"]
    assert (row.category, row.reason) == (
        Category.CHANGING,
        "open for writing by train.py (process 7)",
    )
    assert made.rows["out/checkpoint-5.pt"].category is Category.UNCHECKED
    assert not made.needs_check("out/checkpoint-500")
    assert made.set_writers({}) == {"out/checkpoint-500"}
    assert made.needs_check("out/checkpoint-500")


def test_a_folder_of_many_without_steps_holds_units() -> None:
    entries = [entry(f"features/seq{n}x.pt") for n in range(21)]
    made = catalog(*entries, entry("features/ckpt_5.pt"))
    assert {path for path, row in made.rows.items() if not row.unit} == {"features/ckpt_5.pt"}
    made.remove("features/seq0x.pt")
    made.refresh()
    assert not any(row.unit for row in made.rows.values())


def test_units_by_configuration() -> None:
    made = catalog(entry("features/a.pt"), entry("merged.pt"))
    made.set_config(RunConfig(units=("features/*.pt",)))
    made.refresh()
    assert [path for path, row in made.rows.items() if row.unit] == ["features/a.pt"]


def test_a_step_inside_makes_a_unit_a_checkpoint() -> None:
    entries = [entry(f"out/{'x' * n}y.pt") for n in range(21)]
    made = catalog(*entries)
    for each in entries[:3]:
        made.judge(each.path, verdict(each, step=3), Demand())
    made.refresh()
    assert not any(row.unit for row in made.rows.values())


def pipeline(stages: dict[str, object]) -> bytes:
    return json.dumps({"version": "1.0", "pipeline": "p", "stages": stages}).encode()


def with_state(made: Catalog, path: str, data: bytes) -> None:
    kind = state_kind(path.rpartition("/")[2], path)
    assert kind is not None
    made.set_state(path, read_state(kind, path, data))


def stage(inputs: Inputs, outputs: list[str], **more: object) -> dict[str, object]:
    return {
        "status": "completed",
        "input_hash": hash_inputs(inputs),
        "inputs": [inputs.to_json()],
        "outputs": outputs,
        **more,
    }


STATE = ".checkpoints/pipeline_state.json"
BEFORE = Inputs("/data", "*", (("a.fa", 1), ("b.fa", 2)))
AFTER = Inputs("/data", "*", (("a.fa", 1), ("b.fa", 3), ("c.fa", 4)))


def test_the_input_hash_is_inherited_from_the_stage_that_lists_the_output() -> None:
    made = catalog(entry("merged.pt"), entry("features/a.pt"), entry("other.pt"))
    with_state(made, STATE, pipeline({"merge": stage(BEFORE, ["merged.pt", "features"])}))
    made.refresh()
    assert made.stages.wanted == {inputs_key(BEFORE)}
    inherited = made.rows["merged.pt"].input_hash
    assert (inherited.recorded, inherited.state) == (hash_inputs(BEFORE), InputState.UNKNOWN)
    made.set_inputs(inputs_key(BEFORE), BEFORE)
    made.refresh()
    assert made.rows["merged.pt"].input_hash.state is InputState.FRESH
    made.set_inputs(inputs_key(BEFORE), AFTER)
    assert made.refresh().changed == {"merged.pt", "features/a.pt"}
    stale = made.rows["merged.pt"].input_hash
    assert (stale.state, stale.current) == (InputState.STALE, hash_inputs(AFTER))
    assert stale.why == "1 added (c.fa), 1 resized (b.fa)"
    assert made.rows["features/a.pt"].input_hash == stale
    assert made.rows["merged.pt"].category is Category.UNCHECKED  # stale changes no category
    assert made.rows["other.pt"].input_hash.state is InputState.UNKNOWN
    assert made.stage_rows()[0].input_hash.why == stale.why


def test_a_hash_of_its_own_is_compared_with_that_of_its_stage() -> None:
    one = entry("merged.pt")
    made = catalog(one)
    with_state(made, STATE, pipeline({"merge": stage(AFTER, ["merged.pt"])}))
    made.set_inputs(inputs_key(AFTER), AFTER)
    expected = {
        hash_inputs(BEFORE): InputState.STALE,
        "9ef5f4af": InputState.UNKNOWN,
        hash_inputs(AFTER): InputState.FRESH,
    }
    for own, state in expected.items():
        made.judge("merged.pt", verdict(one, input_hash=own), Demand())
        made.refresh()
        assert made.rows["merged.pt"].input_hash.state is state


def test_an_unknown_kind_of_hash_is_never_stale() -> None:
    made = catalog(entry("merged.pt"))
    foreign = stage(BEFORE, ["merged.pt"], input_hash="md5:0011")
    with_state(made, STATE, pipeline({"merge": foreign}))
    made.set_inputs(inputs_key(BEFORE), AFTER)
    made.refresh()
    assert made.rows["merged.pt"].input_hash.state is InputState.UNKNOWN


def test_outputs_that_are_units() -> None:
    made = catalog(entry("f/a.pt"), entry("f/b.pt"), entry("merged.pt"), entry("m/ckpt_1.pt"))
    with_state(
        made,
        STATE,
        pipeline(
            {
                "features": stage(BEFORE, ["f/a.pt", "f/b.pt"]),
                "merge": stage(BEFORE, ["merged.pt"]),
                "train": stage(BEFORE, ["m/ckpt_1.pt", "m/ckpt_2.pt"]),
            }
        ),
    )
    made.refresh()
    assert {path for path, row in made.rows.items() if row.unit} == {"f/a.pt", "f/b.pt"}


def test_file_progress_names_units() -> None:
    made = catalog(entry("f/only.pt"))
    progress = {
        "version": "1.0",
        "stage": "features",
        "files": {"only.fa": {"status": "completed", "output": "f/only.pt"}},
    }
    with_state(made, ".checkpoints/features_files.json", json.dumps(progress).encode())
    made.refresh()
    assert made.rows["f/only.pt"].unit


def test_a_damaged_state_is_a_row_that_says_so() -> None:
    made = catalog()
    with_state(made, STATE, b'{"version": "1.0", "sta')
    made.refresh()
    (row,) = made.stage_rows()
    assert row.state == STATE
    assert row.error
    made.remove(STATE)
    made.refresh()
    assert not made.stage_rows()


@pytest.mark.parametrize(
    ("path", "kind", "category", "shown"),
    [
        ("data.bin", "", Category.FOREIGN, False),
        ("data.tar", "foreign:tar", Category.FOREIGN, False),
        ("page.pkl", "foreign:html", Category.FOREIGN, False),
        ("model.bin", "foreign:git-lfs", Category.FOREIGN, True),
        ("model.bin", "empty", Category.CORRUPTED, True),
        ("model.bin", "torch-zip", Category.UNCHECKED, True),
        ("page.pt", "foreign:html", Category.FOREIGN, True),
        ("model.bin", "", Category.UNREADABLE, True),
    ],
)
def test_ambiguous_names_without_a_checkpoint_inside_are_left_out(
    path: str, kind: str, category: Category, shown: bool
) -> None:
    one = entry(path)
    made = catalog(one, judged=False)
    assert path in made.rows
    made.judge(path, verdict(one, category, format=kind), Demand())
    changes = made.refresh()
    assert (path in made.rows) is shown
    assert (path in changes.removed) is not shown


def test_a_new_demand_asks_again() -> None:
    made = catalog(entry("a.pt"), entry("b.pt"))
    made.set_config(parse_run_config('[[require]]\nglob = "a.pt"\nkeys = ["w"]\n', "ckptui.toml"))
    made.refresh()
    assert made.needs_check("a.pt")
    assert not made.needs_check("b.pt")


def test_what_cannot_be_opened_is_never_asked_for() -> None:
    fifo = entry("pipe.pt", note="a FIFO, not a regular file")
    nowhere = entry("to.pt", note="points to x.pt, which is not there", size=-1, pointer="x.pt")
    made = catalog(fifo, nowhere, judged=False)
    assert not any(made.needs_check(path) for path in ("pipe.pt", "to.pt"))
    assert made.rows["pipe.pt"].category is Category.UNREADABLE
    row = made.rows["to.pt"]
    assert (row.category, row.remedy, row.size) == (Category.INCOMPLETE, Action.REPOINT, None)


def test_failures_are_read_from_every_log() -> None:
    made = catalog()
    made.set_log("b/failed_checkpoints.txt", "b.pt|bad|2026-01-02T00:00:00+00:00\nnoise\n")
    made.set_log("failed_checkpoints.txt", "a%7C.pt|worse|2026-01-01T00:00:00+00:00\n")
    assert [row.path for row in made.failures()] == ["b.pt", "a|.pt"]


def test_the_order_of_the_facts_does_not_matter() -> None:
    facts = [
        entry("m/a_1.pt"),
        entry("m/a_1.pt.done", MARKER, mtime=1001, note=MARKED_IS_THERE),
        entry("m/b_2.pt"),
        entry("m/c_3.pt.done", MARKER),
        entry("m/.d.pt.tmp.h.1.0123abcd", TEMPORARY),
    ]
    assert len({str(sorted(rows(*each).items())) for each in itertools.permutations(facts)}) == 1
