"""Makes all specimens: the good ones by real libraries in a process of their own, then the rest."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from typing import Final

from tests.workshop import goodness
from tests.workshop.damage import (
    changes,
    cuts,
    fields,
    flips,
    gguf,
    hdf5,
    hostile,
    irregular,
    legacy,
    npz,
    pickles,
    repacked,
    safetensors,
    strangers,
    tars,
    torchscript,
    zeroes,
)
from tests.workshop.shop import Shop
from tests.workshop.specimen import Specimen, to_json

_ROOT: Final = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FAMILIES: Final[tuple[Callable[[Shop], None], ...]] = (
    goodness.make, cuts.make, zeroes.make, flips.make, fields.make, changes.make, repacked.make,
    strangers.make, pickles.make, hostile.make, safetensors.make, legacy.make, npz.make, tars.make,
    torchscript.make, gguf.make, hdf5.make, irregular.make,
)  # fmt: skip


def make_all(directory: str, seed: int = 0) -> list[Specimen]:
    """Make every specimen below a directory.

    Args:
        directory: Made where it is not there; what is in it is written over.
        seed: The same seed makes the same bytes, but for legacy files: torch numbers their storages
            by their places in its memory.

    Returns:
        The specimens, each with its truth; they are also in ``directory/truths.json``.
    """
    good = os.path.join(directory, "good")
    os.makedirs(good, exist_ok=True)
    command = [sys.executable, "-W", "ignore", "-m", "tests.workshop.writers", good, str(seed)]
    # Sets are written in the order of their hashes.
    done = subprocess.run(
        command, cwd=_ROOT, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the writer of the good files failed:\n{done.stderr}")
    shop = Shop(directory, random.Random(seed))
    for family in FAMILIES:
        family(shop)
    with open(os.path.join(directory, "truths.json"), "w", encoding="ascii") as file:
        file.write(to_json(shop.specimens))
    return shop.specimens
