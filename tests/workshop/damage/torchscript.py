"""TorchScript archives: torch's zip with code in it."""

from __future__ import annotations

from tests.workshop.shop import Shop, damaged, flipped


def make(shop: Shop) -> None:
    """Damage a TorchScript archive."""
    data, map_ = shop.good("script"), shop.anatomy("script")
    tensor = map_["data/0"]
    code = next(piece for name, piece in map_.pieces.items() if name.endswith(".py"))
    for name, broken, note in (
        ("cut-in-a-tensor", data[: tensor.middle], f"cut at byte {tensor.middle:,}"),
        ("cut-in-the-directory", data[: map_.directory + 40], "cut inside its directory"),
        ("flip-in-a-tensor", flipped(data, tensor.middle), "a bit of a tensor is flipped"),
        ("flip-in-its-code", flipped(data, code.middle, 1), "a bit of its code is flipped"),
        ("trailing", data + b"\xa5" * 64, "64 bytes stand behind its end"),
    ):
        words = ("cut short",) if name.startswith("cut") else ()
        shop.add(f"torchscript/{name}", broken, damaged(note, *words, format_=""))
