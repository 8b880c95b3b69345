"""The rows of the tree of tensors, and what a verdict says against tensors that it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ckptui.present import glyphs, units
from ckptui.present.columns import Cell, Column
from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, line
from ckptui.present.tensors import Mark, Node
from ckptui.terms import Category

COLUMNS: Final[tuple[Column, ...]] = (
    Column("name", "Tensor", 20, stretch=True, middle=True, wish=28),
    Column("shape", "Shape", 12, keep=50, wish=18),
    Column("dtype", "Type", 8, keep=40),
    Column("elements", "Elements", 11, right=True, keep=20),
    Column("bytes", "Size", 6, right=True, keep=60),
    Column("why", "", 14, keep=10, stretch=True),
)


def tensor_cells(node: Node, *, opened: bool, ascii_only: bool) -> dict[str, Cell]:
    """The cells of one row of the tree.

    Args:
        node: Its node.
        opened: True where what is below it is shown.
        ascii_only: No signs beyond ASCII.
    """
    fold, shut = ("-", "+") if ascii_only else ("▾", "▸")
    sign = (fold if opened else shut) + " " if node.children else "  "
    role = Role.NORMAL
    if node.mark is not None:
        sign, role = _sign(node.mark, ascii_only), _role(node.mark)
    name = "  " * (node.depth - 1) + sign + node.label
    branch = bool(node.children)
    shape = units.counted(node.tensors, "tensor") if branch else node.shape
    value = not branch and not node.tensors
    return {
        "name": Cell(name, None, role),
        "shape": Cell(_ascii(shape, ascii_only), None, Role.MUTED if branch else Role.NORMAL),
        "dtype": Cell(node.dtype, None, Role.MUTED),
        "elements": Cell("" if value else units.exact(node.elements)),
        "bytes": Cell("" if value else units.size(node.bytes)),
        "why": Cell(why_marked(node), None, role if node.mark else Role.WARNING),
    }


def _sign(mark: Mark, ascii_only: bool) -> str:
    wrong = glyphs.CATEGORY[Category.CORRUPTED].text(ascii_only=ascii_only)
    return f"{wrong} " if mark.wrong else "! "


def _role(mark: Mark) -> Role:
    return Role.ERROR if mark.wrong else Role.WARNING


def _ascii(shown: str, ascii_only: bool) -> str:
    return glyphs.to_ascii(shown) if ascii_only else shown


def why_marked(node: Node) -> str:
    """What stands against a tensor, or how many marked ones are below a branch."""
    if node.mark is not None:
        return node.mark.reason
    return f"{node.marked:,} marked below" if node.marked else ""


def whole_name(node: Node) -> Line:
    """A row's whole dotted name, and what stands against it."""
    why, role = why_marked(node), Role.WARNING if node.mark is None else _role(node.mark)
    value = "" if node.tensors else f"  {node.shape}"
    return line(Span(node.key.strip(), Role.STRONG), value, Span(f"  {why}" if why else "", role))


_QUOTED: Final = re.compile(r"`([^`]+)`")
_INSIDE: Final = re.compile(r"inside the tensor `?([^\s`;,]+)")


def marks_of(checks: Mapping[str, str | None]) -> dict[str, Mark]:
    """What a verdict says against tensors that it names.

    Args:
        checks: Level's name → what it said, as a checkpoint carries them.

    Example:
        >>> marks_of({"values": "warn: NaN in `a.w` and `b`; all zero: `c`"})["c"]
        Mark(wrong=False, reason='all zero')
    """
    found: dict[str, Mark] = {}
    for level in ("values", "checksums", "keys", "container"):
        result, _, said = (checks.get(level) or "").partition(": ")
        if result not in ("fail", "warn"):
            continue
        for clause in said.split("; "):
            reason = clause.partition("`")[0].rstrip(" :,").removesuffix(" in").removesuffix(
                ", in tensor"
            )  # fmt: skip
            for name in _QUOTED.findall(clause):
                found[name] = Mark(result == "fail", reason)
        for name in _INSIDE.findall(said):
            found[name] = Mark(wrong=True, reason="the file ends inside it")
    return found
