"""What is no regular file, odd names, holes, and files that are still being written."""

from __future__ import annotations

import os
import socket
from typing import Final

from ckptui.terms import Category
from tests.workshop.shop import VALID, Shop, damaged, patched
from tests.workshop.specimen import Kind, Truth

_UNREADABLE: Final = frozenset({Category.UNREADABLE})
_CHANGING: Final = frozenset({Category.CHANGING})


def make(shop: Shop) -> None:
    """Everything that is odd about a file and not about its bytes."""
    _not_regular(shop)
    _names(shop)
    _holes(shop)
    _young(shop)


def _unreadable(note: str, *words: str) -> Truth:
    return Truth(Kind.UNREADABLE, _UNREADABLE, note, words=words)


def _free(shop: Shop, name: str) -> str:
    """A place where nothing stands any more."""
    path = shop.place(name)
    if os.path.lexists(path) and (os.path.islink(path) or not os.path.isdir(path)):
        os.unlink(path)
    return path


def _not_regular(shop: Shop) -> None:
    path = _free(shop, "irregular/fifo")
    os.mkfifo(path)
    shop.shelve("irregular/fifo", path, _unreadable("a FIFO", "fifo"))
    path = _free(shop, "irregular/socket")
    _bind(path)
    shop.shelve("irregular/socket", path, _unreadable("a socket", "socket"))
    path = _free(shop, "irregular/directory")
    os.makedirs(path, exist_ok=True)
    other = _UNREADABLE | {Category.FOREIGN, Category.INCOMPLETE}
    shop.shelve("irregular/directory", path, Truth(Kind.UNREADABLE, other, "an empty directory"))
    for name, target, words in (
        ("symlink-loop", "symlink-loop.pt", ("leads back",)),
        ("symlink-to-nothing", "nowhere.pt", ("does not exist",)),
        ("symlink-to-a-device", "/dev/zero", ("device",)),
    ):
        path = _free(shop, f"irregular/{name}")
        os.symlink(target, path)
        shop.shelve(f"irregular/{name}", path, _unreadable(name.replace("-", " "), *words))
    path = _free(shop, "irregular/symlink-to-a-good-file")
    os.symlink(os.path.join(os.path.abspath(shop.directory), "good", "base.pt"), path)
    truth = Truth(Kind.ODD, VALID, "a pointer to a good file", "torch-zip", level=5)
    shop.shelve("irregular/symlink-to-a-good-file", path, truth)
    if os.geteuid() != 0:  # root may read everything
        path = _free(shop, "irregular/no-permission")
        with open(path, "wb") as file:
            file.write(shop.good("base"))
        os.chmod(path, 0)
        shop.shelve("irregular/no-permission", path, _unreadable("mode 000", "permission"))


def _bind(path: str) -> None:
    """A socket at any path: its address may have 108 bytes only, so it goes by the folder's fd."""
    folder = os.open(os.path.dirname(path), os.O_PATH | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"/proc/self/fd/{folder}/{os.path.basename(path)}")
    finally:
        os.close(folder)


def _names(shop: Shop) -> None:
    data = shop.good("two_tensors")
    for slug, name in (
        ("escape", "irregular/red\x1b[31m\x07name"),
        ("newline", "irregular/two\nlines"),
        ("not-utf-8", "irregular/" + os.fsdecode(b"caf\xe9")),
        ("markup", "irregular/[bold red]name[/]"),
        ("direction", "irregular/\u202eabc"),
        ("blanks", "irregular/ name with blanks "),
        ("percent-and-bar", "irregular/a%20|b"),
        ("longest", "irregular/" + "n" * 252),
    ):
        path = shop.place(name)
        with open(path, "wb") as file:
            file.write(data)
        truth = Truth(
            Kind.ODD, VALID, f"a good file under an odd name: {slug}", "torch-zip", level=5
        )
        shop.shelve(f"name/{slug}", path, truth)


def _sparse(path: str, data: bytes) -> None:
    """Write a file with holes for its zeros, block by block."""
    with open(path, "wb") as file:
        for at in range(0, len(data), 4096):
            block = data[at : at + 4096]
            if block.strip(b"\0"):
                file.write(block)
            else:
                file.seek(len(block), os.SEEK_CUR)
        file.truncate(len(data))


def _holes(shop: Shop) -> None:
    path = shop.place("irregular/hole-of-true-zeros")
    _sparse(path, shop.good("zero_tensor"))
    truth = Truth(Kind.ODD, VALID, "a good file whose zeros are a hole", "torch-zip", level=5)
    shop.shelve("irregular/hole-of-true-zeros", path, truth)
    wide, map_ = shop.good("wide"), shop.anatomy("wide")
    path = shop.place("irregular/hole-over-a-tensor")
    _sparse(path, patched(wide, map_["data/4"].data, bytes(map_["data/4"].size)))
    truth = damaged("a hole where a tensor was", "layer4", "zeros")
    shop.shelve("irregular/hole-over-a-tensor", path, truth)
    path = shop.place("irregular/without-blocks")
    with open(path, "wb") as file:
        file.truncate(1 << 20)
    shop.shelve("irregular/without-blocks", path, _unreadable("a mebibyte without a block",
                                                              "no blocks"))  # fmt: skip


def _young(shop: Shop) -> None:
    data = shop.good("base")
    for name, content in (("growing", data[: len(data) // 2]), ("just-begun", data[:64]),
                          ("zeros", bytes(5000))):  # fmt: skip
        path = shop.place(f"young/{name}")
        with open(path, "wb") as file:
            file.write(content)
        truth = Truth(Kind.CHANGING, _CHANGING, "written a moment ago, and not whole (yet)")
        shop.shelve(f"young/{name}", path, truth, fresh=True)
    path = shop.place("young/whole")
    with open(path, "wb") as file:
        file.write(data)
    truth = Truth(Kind.ODD, VALID, "written a moment ago, and whole", "torch-zip", level=5)
    shop.shelve("young/whole", path, truth, fresh=True)
