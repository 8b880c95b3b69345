"""A model in several files with an index: ``*.safetensors.index.json``, ``*.bin.index.json``.

Hugging Face's format: {"metadata": {"total_size"}, "weight_map": {tensor: file}}.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

NAME: Final = "sharded"
_SHARD: Final = re.compile(r"-\d{5}-of-\d{5}\.(?:safetensors|bin)$")


def recognise(names: Collection[str], dirname: str) -> bool:
    """True for a directory of shards, also where the index was never written."""
    return any(
        name.endswith((".safetensors.index.json", ".bin.index.json")) or _SHARD.search(name)
        for name in names
    )
