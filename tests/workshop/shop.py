"""The shop: good files to work on, and a shelf for what is made of them."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field

from ckptui.terms import Category
from tests.workshop.anatomy import Anatomy, anatomy
from tests.workshop.specimen import Kind, Specimen, Truth, age

CORRUPTED = frozenset({Category.CORRUPTED})
FOREIGN = frozenset({Category.FOREIGN})
VALID = frozenset({Category.VALID})
INCOMPATIBLE = frozenset({Category.INCOMPATIBLE})
UNSAFE = frozenset({Category.UNSAFE})
LOST_BEGINNING = CORRUPTED | FOREIGN
"""Without its first bytes nothing says what a file was."""


@dataclass(slots=True)
class Shop:
    """Where specimens are made.

    Attributes:
        directory: Everything is made below it.
        rng: The only source of chance.
        specimens: What is finished.
    """

    directory: str
    rng: random.Random
    specimens: list[Specimen] = field(default_factory=list)

    def good(self, name: str) -> bytes:
        """The bytes of a good file."""
        with open(os.path.join(self.directory, "good", f"{name}.pt"), "rb") as file:
            return file.read()

    def anatomy(self, name: str) -> Anatomy:
        """Where everything lies in a good archive."""
        return anatomy(self.good(name))

    def place(self, name: str, suffix: str = ".pt") -> str:
        """The path for a specimen; its folder is there afterwards."""
        path = os.path.join(self.directory, name) + suffix
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def shelve(self, name: str, path: str, truth: Truth, *, fresh: bool = False) -> None:
        """Put a finished file on the shelf."""
        if not fresh:
            age(path)
        self.specimens.append(Specimen(name, path, truth, fresh))

    def add(self, name: str, data: bytes, truth: Truth, suffix: str = ".pt") -> None:
        """Write a specimen of these bytes."""
        path = self.place(name, suffix)
        with open(path, "wb") as file:
            file.write(data)
        self.shelve(name, path, truth)


def damaged(
    note: str,
    *words: str,
    format_: str = "torch-zip",
    categories: frozenset[Category] = CORRUPTED,
    level: int = 0,
) -> Truth:
    """A damaged file whose damage something on disk proves."""
    return Truth(Kind.DAMAGED, categories, note, format_, True, words, level)


def unseen(note: str, format_: str = "torch-zip") -> Truth:
    """A damaged file that nothing on disk gives away: anything may be said about it."""
    return Truth(Kind.DAMAGED, frozenset(Category), note, format_, witness=False)


def patched(data: bytes, at: int, new: bytes) -> bytes:
    """The same bytes with others in one place."""
    return data[:at] + new + data[at + len(new) :]


def flipped(data: bytes, at: int, mask: int = 0x10) -> bytes:
    """The same bytes with one bit turned."""
    return patched(data, at, bytes([data[at] ^ mask]))
