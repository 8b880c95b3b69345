"""The tree of tensors: sums, chains, orders, folding, search, and the marks of a verdict."""

from __future__ import annotations

from collections.abc import Mapping

from ckptui.present.tensor_rows import marks_of, tensor_cells
from ckptui.present.tensors import Mark, TensorTree


def tensor(name: str, *shape: int) -> Mapping[str, object]:
    """A tensor of 32-bit numbers, as ``ckptui inspect`` lists it."""
    size = 4
    for each in shape:
        size *= each
    return {"name": name, "dtype": "float32", "shape": list(shape), "bytes": size}


def tree_of(
    *tensors: Mapping[str, object], marks: Mapping[str, Mark] | None = None, **values: object
) -> TensorTree:
    """A finished tree."""
    tree = TensorTree()
    tree.add(tensors)
    tree.add_values(values)
    tree.finish()
    tree.mark(marks or {})
    return tree


MODEL = [
    tensor(f"model.layer.{layer}.{part}.weight", layer + 1, 2)
    for layer in (0, 2, 10)
    for part in ("attn", "mlp")
]


def test_branches_sum_what_is_below_them() -> None:
    tree = tree_of(*MODEL, tensor("head", 3))
    assert (tree.root.tensors, tree.root.elements, tree.root.bytes) == (7, 63, 252)
    branch = tree.nodes["model.layer.2"]
    assert (branch.tensors, branch.elements, branch.bytes) == (2, 12, 48)


def test_a_chain_of_single_branches_is_one_row() -> None:
    tree = tree_of(*MODEL)
    assert tree.rows[:3] == ["model.layer", "model.layer.0", "model.layer.0.attn.weight"]
    assert tree.nodes["model.layer"].label == "model.layer"
    assert tree.nodes["model.layer.2.attn.weight"].label == "attn.weight"
    assert tree.nodes["model.layer.2.attn.weight"].depth == 3


def test_rows_open_and_close_in_place() -> None:
    tree = tree_of(*MODEL)
    whole = list(tree.rows)
    assert tree.close("model.layer.2")
    assert not tree.close("model.layer.2")
    assert tree.rows == [row for row in whole if not row.startswith("model.layer.2.")]
    assert tree.open("model.layer.2")
    assert not tree.open("model.layer.2")
    assert tree.rows == whole
    assert tree.close("model.layer")
    assert tree.rows == ["model.layer"]
    tree.show("model.layer.10.mlp.weight")
    assert "model.layer.10.mlp.weight" in tree.rows


def test_orders_are_that_of_the_file_natural_names_and_size() -> None:
    tree = tree_of(tensor("b.10", 1), tensor("b.9", 3), tensor("b.11", 2), tensor("a", 1))
    assert tree.rows == ["b", "b.10", "b.9", "b.11", "a"]
    tree.sort("name")
    assert tree.rows == ["a", "b", "b.9", "b.10", "b.11"]
    tree.sort("size")
    assert tree.rows == ["b", "b.9", "b.11", "b.10", "a"]


def test_search_takes_words_in_any_case_and_order() -> None:
    tree = tree_of(*MODEL)
    assert tree.find("MLP layer.1") == ["model.layer.10.mlp.weight"]
    assert len(tree.find("weight")) == 6
    assert tree.find("nothing") == tree.find("  ") == []
    found = tree.find("mlp")
    assert found[tree.first_after("model.layer.2", found)] == "model.layer.2.mlp.weight"
    assert tree.first_after("model.layer.10.mlp.weight", found) == 2


def test_values_stand_first_and_what_is_not_told_says_so() -> None:
    tree = TensorTree()
    tree.add([tensor("model.w", 2)])
    tree.add_values({"step": 5, "status": "complete"}, ["model", "config", "step", "status"])
    tree.finish()
    assert tree.rows[:3] == ["config", "step", "status"]
    assert tree.nodes["config"].shape == "not told by the header"
    assert (tree.nodes["step"].dtype, tree.nodes["step"].shape) == ("number", "5")


def test_a_large_tree_opens_no_more_than_is_seen_at_once_but_what_is_marked() -> None:
    many = [tensor(f"m.{layer}.{part}.w", 1) for layer in range(200) for part in ("a", "b")]
    assert len(tree_of(*many).rows) == 1
    mark = Mark(wrong=True, reason="damaged data")
    tree = tree_of(*many, marks={"m.7.b.w": mark, "not.there": mark})
    assert tree.cursor == "m.7.b.w"
    assert "m.7.b.w" in tree.rows
    assert "m.8" in tree.rows
    assert "m.8.b.w" not in tree.rows
    assert (tree.nodes["m"].marked, tree.nodes["m.8"].marked) == (1, 0)
    tree.mark({})
    assert (tree.nodes["m"].marked, tree.nodes["m.7.b.w"].mark) == (0, None)


def test_a_flat_file_has_its_tensors_for_keys() -> None:
    tree = TensorTree()
    tree.add(MODEL)
    tree.add_values({}, [str(each["name"]) for each in MODEL])
    tree.finish()
    assert tree.rows[0] == "model.layer"
    assert len(tree.root.children) == 1


def test_odd_names_each_keep_a_row_of_their_own() -> None:
    names = ("", "a", "a.b", "a.b", "a..b", ".".join("x" * 100), "[red]\x1b[2J", "é" * 300)
    tree = tree_of(*(tensor(name, 1) for name in names))
    assert tree.root.tensors == len(names)
    tree.opened |= set(tree.nodes)
    tree.sort("file")
    assert len(tree.rows) == len(set(tree.rows))
    assert sum(1 for row in tree.rows if tree.nodes[row].dtype) == len(names)
    for row in tree.rows:
        for cell in tensor_cells(tree.nodes[row], opened=False, ascii_only=True).values():
            assert "\x1b" not in cell.text


def test_a_verdict_marks_the_tensors_that_it_names() -> None:
    checks = {
        "container": "fail: cut short at byte 9 of 20, inside the tensor a.b.c; cause not known",
        "checksums": "fail: damaged data: 2 records not as written, in tensor `m.w`, tensor `m.v`; "
        "only zeros there: lost after writing, or never written",
        "values": "warn: NaN in `x.w` and 3 more; all zero: `y.w`, `z`",
        "keys": "pass",
    }  # fmt: skip
    marks = marks_of(checks)
    assert marks["a.b.c"] == Mark(wrong=True, reason="the file ends inside it")
    assert marks["m.w"].wrong
    assert marks["m.v"].wrong
    assert marks["m.w"].reason.startswith("damaged data")
    assert marks["x.w"] == Mark(wrong=False, reason="NaN")
    assert marks["y.w"] == marks["z"] == Mark(wrong=False, reason="all zero")
    assert marks_of({"values": "pass: largest magnitude 3, in `a.w`"}) == {}
