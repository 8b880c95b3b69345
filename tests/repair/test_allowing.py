"""allow-globals: the run's ckptui.toml says more, and otherwise what it said, byte for byte."""

from __future__ import annotations

import io
import os
import tomllib
from pathlib import Path

import pytest
import torch

from ckptui.config import load_run_config
from ckptui.errors import RepairError
from ckptui.repair import apply, plan, recover, undo
from ckptui.repair.allowing import with_globals
from ckptui.repair.engine import _operation
from ckptui.repair.journal import append, author, now
from ckptui.repair.operations import perform
from ckptui.repair.site import Site
from ckptui.repair.transaction import our_turn
from ckptui.terms import Action, Category
from ckptui.validation.check import check_file
from tests.cli.program import ckptui
from tests.repair.tree import OLD, fingerprint, make_run, put

TOML = """# how to go on
[run]
command = ["python", "train.py"]  # 8 GPUs

[allow]
globals = [
    "other.Thing",  # ours
]

[[require]]
glob = "*.pt"
keys = ["w"]
"""
NAME = "tests.repair.test_allowing.Settings"


class Settings:
    """A class of one's own in a checkpoint."""


class Evil:
    """What no list may allow."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("true",)


@pytest.fixture
def root(tmp_path: Path) -> str:
    run = str(tmp_path / "run")
    make_run(run)
    for name, value in (("mine.pt", Settings()), ("evil.pt", Evil())):
        buffer = io.BytesIO()
        torch.save({"w": torch.ones(2), "x": value}, buffer)
        put(run, name, buffer.getvalue())
    os.utime(run, (OLD, OLD))
    return run


@pytest.mark.parametrize("before", [TOML, "", None])
def test_it_is_allowed_from_then_on_and_undo_gives_the_file_back(
    root: str, before: str | None
) -> None:
    if before is not None:
        put(root, "ckptui.toml", before.encode())
        os.utime(root, (OLD, OLD))
    tree = fingerprint(root)
    assert check_file(f"{root}/mine.pt").category is Category.UNSAFE
    planned = plan(Action.ALLOW_GLOBALS, root, ["mine.pt", "ckpt_100.pt"])
    assert fingerprint(root) == tree, "a plan changes nothing"
    assert NAME in planned.steps[-1].note
    assert "trust" in planned.warnings[0]
    outcome = apply(planned)
    assert outcome.applied
    allowed = load_run_config(root).allow_globals
    assert allowed == (("other.Thing", NAME) if before else (NAME,))
    assert check_file(f"{root}/mine.pt", allow_globals=allowed).ok
    with pytest.raises(RepairError, match="nothing to allow"):
        plan(Action.ALLOW_GLOBALS, root, ["mine.pt"])
    undo(root)
    assert fingerprint(root) == tree


def test_what_the_file_says_otherwise_stays_byte_for_byte() -> None:
    new = with_globals(TOML, ["a.B", 'odd."C'])
    assert new == TOML.replace('"other.Thing",', '"other.Thing", "a.B", "odd.\\"C"')
    assert with_globals("", ["a.B"]) == '[allow]\nglobals = ["a.B"]\n'
    assert with_globals("x = 1", ["a.B"]) == 'x = 1\n\n[allow]\nglobals = ["a.B"]\n'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[allow]\nglobals = []\n", '[allow]\nglobals = ["a.B"]\n'),
        ("[allow]\n", '[allow]\nglobals = ["a.B"]\n'),
        ("[allow]", '[allow]\nglobals = ["a.B"]'),
        ('[allow]\nglobals=["x.Y" ]', '[allow]\nglobals=["x.Y", "a.B" ]'),
        (
            "[allow]\nglobals = [ 'x]Y' , ] # end\n",
            "[allow]\nglobals = [ 'x]Y' , \"a.B\" ] # end\n",
        ),
        ("[ allow ] # mine\n[run]\n", '[ allow ] # mine\nglobals = ["a.B"]\n[run]\n'),
        ('[allow]\nglobals = [ # "q.R"]\n"x.Y"\n# no ]\n]', None),
        ("[run]\r\n[allow]\r\nglobals = []\r\n", '[run]\r\n[allow]\r\nglobals = ["a.B"]\r\n'),
    ],
)
def test_lists_in_every_manner(old: str, new: str | None) -> None:
    made = with_globals(old, ["a.B"])
    assert tomllib.loads(made)["allow"]["globals"][-1] == "a.B"
    assert new in (made, None)


@pytest.mark.parametrize(
    "text",
    [
        'allow = {globals = ["x.Y"]}\n', '[allow]\nglobals = "x.Y"\n', "[allow\n",
        'allow.globals = ["x.Y"]\n', 'note = """\n[allow]\n"""\n', '[[allow]]\nx = 1\n',
    ],
)  # fmt: skip
def test_what_cannot_be_edited_so_is_left_with_a_sentence(text: str) -> None:
    with pytest.raises(RepairError, match="by hand"):
        with_globals(text, ["a.B"])


def test_what_is_dangerous_is_never_allowed(root: str) -> None:
    with pytest.raises(RepairError, match=r"posix\.system, which can run anything"):
        plan(Action.ALLOW_GLOBALS, root, ["mine.pt", "evil.pt"])
    assert not os.path.exists(f"{root}/ckptui.toml")


def test_an_edit_since_then_is_never_taken_back(root: str) -> None:
    apply(plan(Action.ALLOW_GLOBALS, root, ["mine.pt"]))
    path = Path(root, "ckptui.toml")
    path.write_text(path.read_text() + "# and more\n")
    tree = fingerprint(root)
    with pytest.raises(RepairError, match="edited since"):
        undo(root)
    assert fingerprint(root) == tree


def test_a_file_that_changed_since_the_plan_is_left_alone(root: str) -> None:
    planned = plan(Action.ALLOW_GLOBALS, root, ["mine.pt"])
    put(root, "ckptui.toml", b"# just now\n")
    with pytest.raises(RepairError, match="appeared since the plan"):
        apply(planned)
    assert Path(root, "ckptui.toml").read_text() == "# just now\n"


@pytest.mark.parametrize("performed", [0, 1, 2])
def test_cut_off_after_any_step_all_is_as_before_or_done(root: str, performed: int) -> None:
    put(root, "ckptui.toml", TOML.encode())
    os.utime(root, (OLD, OLD))
    before = fingerprint(root, folders=False)
    site = Site(root)
    planned = plan(Action.ALLOW_GLOBALS, root, ["mine.pt"])
    operations = [_operation(site, step) for step in planned.steps]
    with our_turn(site):
        append(site, {"id": "x", "event": "begin", "at": now(), "action": planned.action,
                      "by": author(), "undoes": None, "dirs": {},
                      "operations": [each.to_json() for each in operations]})  # fmt: skip
        for number, each in enumerate(operations[:performed]):
            append(site, {"id": "x", "event": "step", "n": number, "do": each.do,
                          "path": each.path, "to": each.to})  # fmt: skip
            perform(site, each)
    (found,) = recover(root)
    if performed == 2:
        assert found.ended == "finished"
        assert NAME in load_run_config(root).allow_globals
        undo(root)
    else:
        assert found.ended == "rolled back"
    assert fingerprint(root, folders=False) == before


def test_from_the_command_line(root: str) -> None:
    path = f"{root}/mine.pt"
    assert ckptui("validate", path, "--no-load").code == 3
    said = ckptui("explain", path, "--no-load")
    assert f"type  ckptui repair allow-globals {path}" in said.out
    shown = ckptui("repair", "allow-globals", path, "--dry-run")
    assert shown.code == 0
    assert NAME in shown.out
    assert ckptui("repair", "allow-globals", path, "--yes").code == 0
    assert ckptui("validate", path, "--no-load").code == 0
    assert ckptui("undo", root, "--yes").code == 0
    assert ckptui("validate", path, "--no-load").code == 3
