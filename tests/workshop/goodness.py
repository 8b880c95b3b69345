"""The truth about the good files."""

from __future__ import annotations

import json
import os
from typing import Final

from ckptui.terms import Category
from tests.workshop.shop import CORRUPTED, INCOMPATIBLE, UNSAFE, VALID, Shop
from tests.workshop.specimen import Kind, Truth

_WHOLE: Final = VALID | {Category.UNCHECKED}
"""Formats that are recognised and levelled as far as they allow."""
_OWN_CLASSES: Final = {
    "dataclass": "Settings", "enum_and_path": "Color", "enum_key": "Color",
    "named_tuple": "Point", "slotted": "Slotted",
}  # fmt: skip
_PROGRAMS: Final = {
    "torchscript": "torchscript", "torchscript_extra": "torchscript", "script": "torchscript",
    "exported": "zip", "packaged": "zip",
}  # fmt: skip
_WITHOUT_DATA: Final = "without_data"
_NOT_HERE: Final = "beyond_4_gib"
"""Seconds of reading holes, with nothing to learn at the levels that the workshop asks for."""
_WITHOUT_CHECKSUMS: Final = frozenset({"without_checksums", "crc_off"})


def truth_of(name: str) -> Truth:
    """What is true of the good file ``name``."""
    special = _special(name)
    if special is not None:
        return special
    if name.startswith("values_"):
        return _values(name)
    kind = format_of(name)
    if kind == "torch-tar":
        # Never given to torch, which refuses it: as deep as that allows.
        return Truth(Kind.GOOD, _WHOLE | INCOMPATIBLE, "a tar by the first torch", kind)
    if kind == "pickle":
        return Truth(Kind.GOOD, _WHOLE, "a plain pickle, as pickle.dump writes it", kind)
    # Formats without checksums pass to level 4, the others to 5.
    level = 5 if kind in {"torch-zip", "npz"} and name not in _WITHOUT_CHECKSUMS else 4
    return Truth(Kind.GOOD, VALID, f"{name}, as its library writes it", kind, level=level)


def format_of(name: str) -> str:
    """The format that a good file has."""
    if name in _PROGRAMS:
        return _PROGRAMS[name]
    if name.startswith("legacy"):
        return "torch-legacy"
    if name.startswith(("safetensors", "tensors_safe")):
        return "safetensors"
    if name == "old_tar":
        return "torch-tar"
    if "npz" in name:
        return "npz"
    return "pickle" if name.startswith("pickle_") else "torch-zip"


def _special(name: str) -> Truth | None:
    if name in _OWN_CLASSES:
        note = "whole; it holds an instance of a class of the writer's own"
        return Truth(Kind.UNSAFE, UNSAFE, note, "torch-zip", words=(_OWN_CLASSES[name],))
    if name in _PROGRAMS:
        note = "a program, not a state: whole, but not for torch.load"
        return Truth(Kind.INCOMPATIBLE, INCOMPATIBLE, note, _PROGRAMS[name])
    if name == _WITHOUT_DATA:
        note = "saved under torch.serialization.skip_data(): its tensors were never written"
        return Truth(Kind.DAMAGED, CORRUPTED, note, "torch-zip", words=("never written",))
    if name == "in_progress":
        unfinished = frozenset({Category.INCOMPLETE})
        note = "its own status says in_progress"
        return Truth(Kind.INCOMPLETE, unfinished, note, "torch-zip", words=("in_progress",))
    if name in {"newer_version", "version_no_number"}:
        value = "2.0" if name == "newer_version" else "abc"
        note = f"it declares the version {value}, with a status beside it"
        return Truth(Kind.INCOMPATIBLE, INCOMPATIBLE, note, "torch-zip", words=(value,))
    return None


_ODD_VALUES: Final = {
    "values_nan": ("nan", "model.a.weight"),
    "values_inf_bf16": ("inf", "model.head.weight"),
    "values_zero": ("zero", "model.b.weight"),
    "values_inf_fp8": ("inf", "model.w8"),
    "values_inf_fp16": ("inf", "model.w16"),
}


def _values(name: str) -> Truth:
    return Truth(
        Kind.ODD, VALID, "whole, with odd numbers in one tensor", "torch-zip",
        words=_ODD_VALUES[name], level=6, ask=6, warns=True,
    )  # fmt: skip


def written(directory: str) -> dict[str, str]:
    """Names of the good files → their paths."""
    with open(os.path.join(directory, "good", "written.json"), encoding="ascii") as file:
        names: list[str] = json.load(file)
    return {name: os.path.join(directory, "good", f"{name}.pt") for name in names}


def make(shop: Shop) -> None:
    """Shelve what the libraries wrote."""
    for name, path in sorted(written(shop.directory).items()):
        if name == _NOT_HERE:
            continue
        shop.shelve(f"good/{name}", path, truth_of(name))
    for name in ("base", "larger_than_a_window", "tensors_safe", "legacy"):
        _under_another_ending(shop, name)


def _under_another_ending(shop: Shop, name: str) -> None:
    """Content decides, never the ending."""
    ending = {"base": ".safetensors", "tensors_safe": ".pt"}.get(name, ".npz")
    path = shop.place(f"ending/{name}", ending)
    with open(path, "wb") as file:
        file.write(shop.good(name))
    before = truth_of(name)
    note = f"whole, {before.format} under the ending {ending}"
    truth = Truth(Kind.ODD, before.categories, note, before.format, level=before.level)
    shop.shelve(f"ending/{os.path.basename(path)}", path, truth)
