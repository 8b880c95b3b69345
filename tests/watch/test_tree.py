"""The sweep on a real filesystem."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ckptui.watch.entries import DIRECTORY, FILE, MARKER, TEMPORARY, TEXT, Entry
from ckptui.watch.tree import Limits, Tree


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


class Model:
    """A tree, and what its diffs say taken together."""

    def __init__(self, root: Path, limits: Limits | None = None) -> None:
        self.tree = Tree(str(root), limits or Limits())
        self.entries: dict[str, Entry] = {}
        self.sweep()

    def sweep(self) -> int:
        return sum(self._apply(diff.put, diff.gone) for diff in self.tree.sweep())

    def relist(self, path: str) -> None:
        for diff in self.tree.relist(path):
            self._apply(diff.put, diff.gone)

    def _apply(self, put: tuple[Entry, ...], gone: tuple[str, ...]) -> int:
        for path in gone:
            del self.entries[path]  # said to be there before, and gone only once
        self.entries.update((entry.path, entry) for entry in put)
        return len(put) + len(gone)

    def kinds(self) -> dict[str, str]:
        return {path: entry.kind for path, entry in self.entries.items()}


def test_kinds_are_told_by_name(tmp_path: Path) -> None:
    touch(
        tmp_path / "ckpt_1.pt",
        tmp_path / "ckpt_1.pt.done",
        tmp_path / "notes.txt.done",
        tmp_path / "lost.pth.done",
        tmp_path / ".ckpt_2.pt.tmp.node.12.0123abcd",
        tmp_path / "ckpt_3.pt.part",
        tmp_path / "log.tmp",
        tmp_path / "out.checkpoint.json",
        tmp_path / ".checkpoints/pipeline_state.json",
        tmp_path / "failed_checkpoints.txt",
        tmp_path / "ckptui.toml",
        tmp_path / "sub/ckptui.toml",
        tmp_path / "readme.md",
        tmp_path / ".ckptui/trash/ckpt_9.pt",
        tmp_path / ".git/x.pt",
        tmp_path / ".nfs0001.pt",
    )
    assert Model(tmp_path).kinds() == {
        "ckpt_1.pt": FILE,
        "ckpt_1.pt.done": MARKER,
        "lost.pth.done": MARKER,
        ".ckpt_2.pt.tmp.node.12.0123abcd": TEMPORARY,
        "ckpt_3.pt.part": TEMPORARY,
        "out.checkpoint.json": TEXT,
        ".checkpoints/pipeline_state.json": TEXT,
        "failed_checkpoints.txt": TEXT,
        "ckptui.toml": TEXT,
    }


def test_a_second_sweep_says_only_what_changed(tmp_path: Path) -> None:
    touch(tmp_path / "a/x.pt", tmp_path / "b/y.pt")
    model = Model(tmp_path)
    assert model.sweep() == 0
    (tmp_path / "a/x.pt").write_bytes(b"longer")
    (tmp_path / "b/y.pt").unlink()
    touch(tmp_path / "c/z.pt")
    assert model.sweep() == 3
    assert set(model.entries) == {"a/x.pt", "c/z.pt"}
    assert model.entries["a/x.pt"].size == 6


def test_a_checkpoint_directory_is_one_row(tmp_path: Path) -> None:
    checkpoint = tmp_path / "out/checkpoint-500"
    touch(
        checkpoint / "model.safetensors",
        checkpoint / "trainer_state.json",
        checkpoint / "global_step500/mp_rank_00_model_states.pt",
        tmp_path / "out/checkpoint-500.done",
        tmp_path / "out/checkpoint-700.done",
    )
    model = Model(tmp_path)
    assert model.kinds() == {
        "out/checkpoint-500": DIRECTORY,
        "out/checkpoint-500.done": MARKER,
        "out/checkpoint-700.done": MARKER,
    }
    row = model.entries["out/checkpoint-500"]
    assert (row.layout, row.size) == ("hf-trainer", 3)
    touch(checkpoint / "global_step500/zero_pp_rank_0_mp_rank_00_optim_states.pt")
    model.relist("out/checkpoint-500/global_step500")  # where the event came from
    assert model.entries["out/checkpoint-500"].size == 4
    shutil.rmtree(checkpoint)
    model.relist("out")
    assert "out/checkpoint-500" not in model.entries


def test_a_run_directory_that_is_itself_a_checkpoint(tmp_path: Path) -> None:
    root = tmp_path / "checkpoint-500"
    touch(root / "model.safetensors", root / "trainer_state.json", root / "eval/best_1.pt")
    model = Model(root)
    assert model.kinds() == {".": DIRECTORY, "eval/best_1.pt": FILE}
    assert model.entries["."].size == 2  # what lies below is looked at by itself


def test_an_output_directory_with_a_final_model_is_no_checkpoint(tmp_path: Path) -> None:
    touch(
        tmp_path / "model.safetensors",
        tmp_path / "trainer_state.json",
        tmp_path / "checkpoint-500/model.safetensors",
        tmp_path / "checkpoint-500/trainer_state.json",
    )
    assert Model(tmp_path).kinds() == {"model.safetensors": FILE, "checkpoint-500": DIRECTORY}


def test_symlinks(tmp_path: Path) -> None:
    root = tmp_path / "run"
    touch(root / "real/ckpt_1.pt", tmp_path / "elsewhere/ckpt_2.pt")
    (root / "a-link-first").symlink_to("real")
    (root / "out").symlink_to(tmp_path / "elsewhere")
    (root / "out-again").symlink_to(tmp_path / "elsewhere")
    (root / "real/up").symlink_to(root)
    (root / "loop.pt").symlink_to("loop.pt")
    (root / "latest.pt").symlink_to("real/ckpt_1.pt")
    (root / "nowhere.pt").symlink_to("gone.pt")
    (root / "gone").symlink_to("nothing")
    model = Model(root)
    assert set(model.entries) == {
        "real/ckpt_1.pt",
        "out/ckpt_2.pt",
        "loop.pt",
        "latest.pt",
        "nowhere.pt",
    }
    assert model.entries["latest.pt"].pointer == "real/ckpt_1.pt"
    assert model.entries["latest.pt"].signature == model.entries["real/ckpt_1.pt"].signature
    assert "gone.pt, which is not there" in model.entries["nowhere.pt"].note
    assert model.entries["loop.pt"].note
    assert model.sweep() == 0
    (root / "real").rename(root / "moved")
    model.relist("")
    assert {"moved/ckpt_1.pt", "out/ckpt_2.pt"} < set(model.entries)
    assert "real/ckpt_1.pt" not in model.entries


def test_what_is_no_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pt")
    os.mkfifo(tmp_path / "pipe.pt.done")
    (tmp_path / "folder.pt").mkdir()
    model = Model(tmp_path)
    assert set(model.entries) == {"pipe.pt"}
    assert model.entries["pipe.pt"].note == "a FIFO, not a regular file"


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    name = b"caf\xe9\n\x1b[2J.pt"
    try:
        with open(os.path.join(os.fsencode(tmp_path), name), "wb"):
            pass
    except OSError:
        pytest.skip("this filesystem takes only UTF-8 names")
    assert [os.fsencode(path) for path in Model(tmp_path).entries] == [name]


def test_a_moved_directory_seen_from_either_end(tmp_path: Path) -> None:
    for first, second in (("a", "b"), ("b", "a")):
        root = tmp_path / f"{first}{second}"
        touch(root / "a/sub/x.pt", root / "b/other.pt")
        model = Model(root)
        (root / "a/sub").rename(root / "b/sub")
        model.relist(first)
        model.relist(second)
        assert set(model.entries) == {"b/sub/x.pt", "b/other.pt"}
        assert model.sweep() == 0


def test_a_directory_replaced_by_another(tmp_path: Path) -> None:
    touch(tmp_path / "a/x.pt", tmp_path / "new/y.pt")
    model = Model(tmp_path)
    shutil.rmtree(tmp_path / "a")
    (tmp_path / "new").rename(tmp_path / "a")
    model.relist("")
    model.relist("a")
    assert set(model.entries) == {"a/y.pt"}
    model.relist("a/deep/never/known")
    assert set(model.entries) == {"a/y.pt"}


def test_limits_are_said_and_forget_nothing(tmp_path: Path) -> None:
    touch(*(tmp_path / f"d{n}/x{k}.pt" for n in range(4) for k in range(5)))
    deep = tmp_path / "d0/a/b/c/deep.pt"
    touch(deep)
    model = Model(tmp_path, Limits(entries=1000, depth=3))
    assert "deeper than the limit" in model.tree.left_out.sentence()
    assert "d0/a/b/c/" in model.tree.left_out.sentence()
    assert len(model.entries) == 20
    model.tree.limits = Limits(entries=12, depth=8)
    model.sweep()
    said = "all beyond 12 names (--entries N or limits.entries lifts it)"
    assert said in model.tree.left_out.sentence()
    assert len(model.entries) == 20  # not looked at is not gone
    shutil.rmtree(tmp_path / "d3")
    model.sweep()
    assert len(model.entries) == 15


def test_ckptuiignore(tmp_path: Path) -> None:
    touch(
        tmp_path / "x.pt",
        tmp_path / "cache/y.pt",
        tmp_path / "a/cache/z.pt",
        tmp_path / "a/old_1.pt",
        tmp_path / "b/old_1.pt",
    )
    (tmp_path / ".ckptuiignore").write_text("# not these\n\ncache/\na/old_*.pt\n")
    model = Model(tmp_path)
    assert set(model.entries) == {"x.pt", "b/old_1.pt"}
    (tmp_path / ".ckptuiignore").unlink()
    model.sweep()
    assert len(model.entries) == 5


UNPRIVILEGED = """
import os, sys
from ckptui.watch.tree import Tree
os.setgid(65534); os.setuid(65534)
tree = Tree(sys.argv[1])
for diff in tree.sweep():
    print(*(entry.path for entry in diff.put))
print(tree.left_out.sentence())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else")
def test_an_unreadable_directory_is_said(tmp_path: Path) -> None:
    root = Path("/tmp") / f"watch-{os.getpid()}"
    try:
        touch(root / "open/x.pt", root / "closed/y.pt")
        (root / "closed").chmod(0)
        done = subprocess.run(
            [sys.executable, "-c", UNPRIVILEGED, str(root)], capture_output=True, text=True
        )
        assert not done.stderr
        assert "open/x.pt" in done.stdout
        assert "closed/: cannot be read (Permission denied)" in done.stdout
    finally:
        shutil.rmtree(root)


def test_a_directory_that_cannot_be_read_now_keeps_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path / "a/b/x.pt")
    model = Model(tmp_path)
    real = os.scandir

    def failing(path: str) -> object:
        if path.endswith("/a"):
            raise OSError(5, "Input/output error")
        return real(path)

    monkeypatch.setattr(os, "scandir", failing)
    model.sweep()
    model.relist("a")
    assert set(model.entries) == {"a/b/x.pt"}
    assert "a/: cannot be read (Input/output error)" in model.tree.left_out.sentence()
    monkeypatch.undo()
    model.sweep()
    assert model.tree.left_out.sentence() == ""


def test_a_root_that_is_gone_forgets_nothing(tmp_path: Path) -> None:
    touch(tmp_path / "run/x.pt")
    model = Model(tmp_path / "run")
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(FileNotFoundError):
        model.sweep()
    with pytest.raises(FileNotFoundError):
        model.relist("")
    assert set(model.entries) == {"x.pt"}
