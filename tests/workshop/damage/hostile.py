"""Pickles made to harm whoever reads them. tests/formats/hostile.py holds more, and the limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ckptui.terms import Category
from tests.formats.hostile import FILES, PICKLES
from tests.workshop.damage.pickles import archive
from tests.workshop.shop import CORRUPTED, UNSAFE, Shop
from tests.workshop.specimen import Kind, Truth

_REFUSED: Final = frozenset(Category) - {Category.VALID}
"""Bounded and said so; never ``valid``."""
_PICKLES: Final[Mapping[str, frozenset[Category]]] = {
    "nested_key": UNSAFE,
    "nested_frozenset": UNSAFE,
    "doubled_tuple_key": UNSAFE,
    "colliding_keys": UNSAFE,
    "huge_memo_slot": UNSAFE,
    "huge_memo_text": UNSAFE,
    "huge_integer": UNSAFE,
    "long_digits": UNSAFE,
    "frozensets_in_frozensets": UNSAFE,
    "huge_string_claim": UNSAFE | CORRUPTED,
    "huge_string8_claim": UNSAFE | CORRUPTED,
    "huge_bytes_claim": UNSAFE | CORRUPTED,
    "huge_shape": UNSAFE | CORRUPTED,
    "nothing_on_the_stack": CORRUPTED,
    "protocol_99": CORRUPTED,
    "surrogate_global": CORRUPTED | UNSAFE,
    "bytes_after_stop": CORRUPTED | UNSAFE,
    "random": CORRUPTED | UNSAFE,
}
_FILES: Final = ("bomb", "bomb_that_lies", "false_ends", "endless_front", "deep_json")
_HARMLESS: Final = ("doubled_tuple_value", "self_reference", "self_list")


def make(shop: Shop) -> None:
    """Hostile pickles in archives, and hostile containers."""
    for name, categories in _PICKLES.items():
        note = f"made to harm its reader: {name.replace('_', ' ')}"
        truth = Truth(Kind.UNSAFE, categories, note)
        shop.add(f"hostile/{name.replace('_', '-')}", archive(PICKLES[name]()), truth)
    claim = archive(b"\x8e\0\0\0\x20\0\0\0\0abc.")
    truth = Truth(Kind.UNSAFE, UNSAFE | CORRUPTED, "LONG_BINPUT's kin: 2^29 bytes claimed in nine")
    shop.add("hostile/half-a-gigabyte-claimed", claim, truth)
    for name in _FILES:
        path = shop.place(f"hostile/{name.replace('_', '-')}")
        FILES[name](path)
        truth = Truth(Kind.UNSAFE, _REFUSED, f"made to harm its reader: {name.replace('_', ' ')}")
        shop.shelve(f"hostile/{name.replace('_', '-')}", path, truth)
    for name in _HARMLESS:
        # Odd, and whole: walking all of it would never end, loading it does no harm.
        truth = Truth(Kind.ODD, frozenset(Category) - CORRUPTED, f"{name.replace('_', ' ')}: whole")
        shop.add(f"hostile/{name.replace('_', '-')}", archive(PICKLES[name]()), truth)
