"""Pickles that name what must not run, and plain pickles that are damaged."""

from __future__ import annotations

from ckptui.terms import Category
from tests.workshop.damage.repacked import packed
from tests.workshop.shop import LOST_BEGINNING, UNSAFE, Shop, damaged, flipped, unseen
from tests.workshop.specimen import Kind, Truth


def text(value: str) -> bytes:
    """BINUNICODE of a text."""
    raw = value.encode()
    return b"X" + len(raw).to_bytes(4, "little") + raw


TENSOR = (
    b"ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + b"ctorch\nFloatStorage\n"
    + text("0") + text("cpu") + b"K\x01tQK\x00K\x01\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR"
)  # fmt: skip
"""A tensor of one element, on storage 0."""


def archive(pickle: bytes) -> bytes:
    """A torch zip around a pickle, with one storage of four bytes."""
    return packed({"archive/data.pkl": b"\x80\x02" + pickle, "archive/version": b"3\n",
                   "archive/data/0": b"\0\0\x80?"})  # fmt: skip


def _call(name: str, argument: str) -> bytes:
    return b"c" + name.replace(" ", "\n").encode() + b"\n" + text(argument) + b"\x85R"


def make(shop: Shop) -> None:
    """Pickles by hand, opcode by opcode."""
    beside = b"}(" + text("w") + TENSOR + text("x")
    for name, pickle, word in (
        ("os-system", _call("os system", "touch RAN") + b".", "os.system"),
        ("posix-system", _call("posix system", "touch RAN") + b".", "posix.system"),
        ("eval", _call("builtins eval", "1") + b".", "eval"),
        ("exec", _call("builtins exec", "1") + b".", "exec"),
        ("python-2-eval", _call("__builtin__ eval", "1") + b".", "eval"),
        ("subprocess", _call("subprocess Popen", "true") + b".", "subprocess.Popen"),
        ("import-module", _call("importlib import_module", "os") + b".", "import_module"),
        ("by-inst", b"(" + text("touch RAN") + b"ios\nsystem\n.", "os.system"),
        ("by-obj", b"(cos\nsystem\n" + text("touch RAN") + b"o.", "os.system"),
        ("by-build", b"cbuiltins\nobject\n)\x81}" + text("__setstate__")
         + b"cos\nsystem\nsb" + text("touch RAN") + b"b.", "os.system"),
        ("beside-a-tensor", beside + _call("os system", "touch RAN") + b"u.", "os.system"),
        ("named-and-not-called", b"}" + text("x") + b"cos\nsystem\ns.", "os.system"),
        ("torch-load-inside", beside + _call("torch.serialization load", "x.pt") + b"u.",
         "torch.serialization.load"),
        ("unknown-class", beside + b"cmine.config\nConfig\n)\x81u.", "mine.config.Config"),
        ("two-unknown-classes", b"}(" + text("a") + b"cmine\nA\n)\x81" + text("b")
         + b"cmine\nB\n)\x81u.", "mine.B"),
    ):  # fmt: skip
        truth = Truth(Kind.UNSAFE, UNSAFE, f"its pickle names {word}", "torch-zip", words=(word,))
        shop.add(f"unsafe/{name}", archive(pickle), truth)
    body = b"\x80\x02" + _call("os system", "touch RAN") + b"."
    truth = Truth(Kind.UNSAFE, UNSAFE, "a plain pickle that names os.system", "pickle",
                  words=("os.system",))  # fmt: skip
    shop.add("unsafe/plain-pickle", body, truth, ".pkl")
    _plain(shop)


def _plain(shop: Shop) -> None:
    data = shop.good("pickle_5")
    half = len(data) // 2
    for name, size in (("in-half", half), ("at-the-last-byte", len(data) - 1)):
        truth = damaged(f"a plain pickle cut at byte {size:,}", "cut short", format_="pickle")
        shop.add(f"pickle/cut-{name}", data[:size], truth, ".pkl")
    truth = damaged("a plain pickle whose first byte is lost", categories=LOST_BEGINNING,
                    format_="")  # fmt: skip
    shop.add("pickle/first-byte-lost", data[1:], truth, ".pkl")
    zeroed = data[:half] + bytes(len(data) - half)
    shop.add(
        "pickle/zeroed-tail",
        zeroed,
        damaged("the second half of a plain pickle is zeros", format_="pickle"),
        ".pkl",
    )
    at = data.index(b"weights")
    shop.add("unseen/pickle-key", flipped(data, at, 1),
             unseen("a bit of a key in a plain pickle is flipped", "pickle"), ".pkl")  # fmt: skip
    behind = Truth(
        Kind.ODD,
        frozenset({Category.VALID, Category.UNCHECKED}),
        "two pickles one behind the other, as some writers append",
        "pickle",
    )
    plain = shop.good("pickle_plain")
    shop.add("pickle/two-in-a-row", plain + plain, behind, ".pkl")
