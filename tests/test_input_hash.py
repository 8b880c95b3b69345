"""Input hashes: exactly as defined, and a list that names what changed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckptui.input_hash import (
    Inputs,
    compare_inputs,
    compute_input_hash,
    hash_all_inputs,
    hash_inputs,
    known_prefix,
    list_inputs,
    relist_inputs,
)


def fill(root: Path, **sizes: int) -> None:
    for name, size in sizes.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)


def test_the_definition(tmp_path: Path) -> None:
    fill(tmp_path, b_md=3, a__c_md=5, a_md=0)
    lines = b"a.md\x000\na/c.md\x005\nb.md\x003\n"
    assert compute_input_hash(tmp_path) == "sha256:" + hashlib.sha256(lines).hexdigest()


def test_the_definition_with_content(tmp_path: Path) -> None:
    fill(tmp_path, a_md=2, b_md=1)
    digests = [hashlib.sha256(data).hexdigest() for data in (b"xx", b"x")]
    lines = f"a.md\x002\x00{digests[0]}\nb.md\x001\x00{digests[1]}\n".encode()
    expected = "content-sha256:" + hashlib.sha256(lines).hexdigest()
    assert compute_input_hash(tmp_path, content=True) == expected


def test_an_edit_of_equal_length_is_seen_with_content_only(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("one")
    before = list_inputs(tmp_path, content=True)
    quick = compute_input_hash(tmp_path)
    (tmp_path / "a.md").write_text("two")
    after = list_inputs(tmp_path, content=True)
    assert compute_input_hash(tmp_path) == quick
    assert hash_inputs(before) != hash_inputs(after)
    assert compare_inputs(before, after) == "1 edited (a.md)"


def test_what_is_left_out(tmp_path: Path) -> None:
    fill(tmp_path, a_pt=1)
    before = compute_input_hash(tmp_path)
    fill(tmp_path, a_pt_done=0, x_pt_tmp=1, y_part=1)
    fill(tmp_path / ".ckptui", journal_jsonl=9)
    (tmp_path / ".ckptuiignore").write_text("x")
    (tmp_path / ".a.pt.tmp.host.12.0123abcd").write_bytes(b"half")
    (tmp_path / ".nfs0000001").write_bytes(b"gone")
    assert compute_input_hash(tmp_path) == before


def test_the_run_directory_inside_is_left_out(tmp_path: Path) -> None:
    fill(tmp_path, a_md=1)
    alone = compute_input_hash(tmp_path)
    fill(tmp_path / "run", out_pt=4)
    assert compute_input_hash(tmp_path) != alone
    assert compute_input_hash(tmp_path, exclude=[tmp_path / "run"]) == alone
    listed = list_inputs(tmp_path, exclude=["run"])
    assert hash_inputs(relist_inputs(listed)) == alone
    assert hash_inputs(Inputs.from_json(listed.to_json())) == alone
    # The directory of the inputs itself, or one beside it, cannot be left out of itself.
    assert compute_input_hash(tmp_path / "run", exclude=[tmp_path / "run", tmp_path]) == (
        compute_input_hash(tmp_path / "run")
    )


def test_patterns(tmp_path: Path) -> None:
    fill(tmp_path, a_md=1, b_txt=1, sub__c_md=1, sub__deep__d_md=1)

    def names(pattern: str) -> list[str]:
        return [path for path, _ in list_inputs(tmp_path, pattern).files]

    assert names("*.md") == ["a.md"]
    assert names("**/*.md") == ["a.md", "sub/c.md", "sub/deep/d.md"]
    assert names("sub/**") == ["sub/c.md", "sub/deep/d.md"]
    assert names("a.md") == ["a.md"]
    assert names("[ab].*") == ["a.md", "b.txt"]
    assert names("[!a].*") == ["b.txt"]
    assert names("?.txt") == ["b.txt"]
    assert names("nothing") == []


def test_links_and_what_is_no_file(tmp_path: Path) -> None:
    fill(tmp_path / "far", a_md=3)
    root = tmp_path / "root"
    root.mkdir()
    (root / "linked").symlink_to(tmp_path / "far")
    (root / "loop").symlink_to(root)
    (root / "dangling.md").symlink_to(tmp_path / "nowhere")
    (root / "file.md").symlink_to(tmp_path / "far" / "a.md")
    os.mkfifo(root / "pipe")
    assert list_inputs(root).files == (("file.md", 3), ("linked/a.md", 3))


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/caf\xe9.md", "wb") as file:
        file.write(b"x")
    expected = "sha256:" + hashlib.sha256(b"caf\xe9.md\x001\n").hexdigest()
    assert compute_input_hash(tmp_path) == expected
    assert Inputs.from_json(list_inputs(tmp_path).to_json()) == list_inputs(tmp_path)


def test_a_missing_directory_is_an_error_not_an_empty_hash(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        compute_input_hash(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotADirectoryError):
        compute_input_hash(tmp_path / "file")


def test_what_changed_in_words() -> None:
    old = Inputs("/d", "*", (("a", 1), ("b", 1), ("c", 1)))
    new = Inputs("/d", "*", (("b", 2), ("c", 1), ("d", 1), ("e", 1)))
    assert compare_inputs(old, new) == "2 added (d, e), 1 removed (a), 1 resized (b)"
    assert compare_inputs(old, old) == ""
    many = Inputs("/d", "*", tuple((f"f{n}", 1) for n in range(9)))
    assert compare_inputs(Inputs("/d", "*", ()), many) == "9 added (f0, f1, f2 and 6 more)"


def test_several_lists() -> None:
    one, two = Inputs("/d", "*", (("a", 1),)), Inputs("/e", "*", (("b", 1),))
    assert hash_all_inputs([]) is None
    assert hash_all_inputs([one]) == hash_inputs(one)
    both = hash_all_inputs([one, two]) or ""
    assert known_prefix(both)
    assert both != hash_all_inputs([two, one])


def test_prefixes() -> None:
    assert known_prefix("sha256:00")
    assert known_prefix("content-sha256:00")
    assert not known_prefix("9ef5f4af")
    assert not known_prefix("md5:00")


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"root": 1, "pattern": "*", "files": []},
        {"root": "/", "pattern": "*", "files": [["a"]]},
        {"root": "/", "pattern": "*", "files": [[1, "a"]]},
        {"root": "/", "pattern": "*", "files": {}},
        {"root": "/", "pattern": None, "files": []},
    ],
)
def test_damaged_lists_name_the_field(document: object) -> None:
    with pytest.raises(ValueError, match="inputs"):
        Inputs.from_json(document)


sizes = st.dictionaries(st.text("abc/", min_size=1, max_size=6), st.integers(0, 9), max_size=6)


@given(sizes, sizes)
def test_the_hash_is_equal_exactly_where_nothing_changed(
    before: dict[str, int], after: dict[str, int]
) -> None:
    old, new = (Inputs("/d", "*", tuple(d.items())) for d in (before, after))
    assert (hash_inputs(old) == hash_inputs(new)) == (compare_inputs(old, new) == "")


def test_a_pattern_of_one_depth_looks_into_no_other(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "a.fa").write_text("x")
    (tmp_path / "deep" / "a.fa").write_text("xx")
    (tmp_path / "deep" / "er" / "a.fa").write_text("xxx")
    (tmp_path / "[b].fa").write_text("xxxx")
    assert list_inputs(tmp_path, "a.fa").files == (("a.fa", 1),)
    assert list_inputs(tmp_path, "*/a.fa").files == (("deep/a.fa", 2),)
    assert list_inputs(tmp_path, "[[]b].fa").files == (("[b].fa", 4),)
    assert len(list_inputs(tmp_path, "**/*.fa").files) == 4
