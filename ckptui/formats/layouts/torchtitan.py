"""torchtitan: ``step-500/`` with DCP shards (torchtitan 0.3, components/checkpoint.py).

``__<rank>_<n>.distcp`` and ``.metadata`` last, or safetensors with their index.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

NAME: Final = "torchtitan"
_DIRECTORY: Final = re.compile(r"^step-\d+$")


def recognise(names: Collection[str], dirname: str) -> bool:
    """True for one step's directory."""
    if not _DIRECTORY.match(dirname):
        return False
    return any(
        name in {".metadata", "model.safetensors.index.json"} or name.endswith(".distcp")
        for name in names
    )
