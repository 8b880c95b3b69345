"""A model in several files with an index: ``*.safetensors.index.json``, ``*.bin.index.json``.

Hugging Face's format: {"metadata": {"total_size"}, "weight_map": {tensor: file}}, the index
written after the shards.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ckptui.formats.layouts.folder import Folder
    from ckptui.formats.layouts.reading import Reading

NAME: Final = "sharded"
# Shards of weights; train-00001-of-00010.bin is a data set.
_SHARD: Final = re.compile(
    r"(?:-\d{5}-of-\d{5}\.safetensors|^(?:.*_)?model(?:\.[\w.]+)?-\d{5}-of-\d{5}\.bin)$"
)


def recognise(names: Collection[str], dirname: str) -> bool:
    """True for a directory of shards, also where the index was never written."""
    return any(
        name.endswith((".safetensors.index.json", ".bin.index.json")) or _SHARD.search(name)
        for name in names
    )


def read(folder: Folder, said: Reading) -> None:
    """Note the shards that should be there and are."""
    from ckptui.formats.layouts.peek import json_of
    from ckptui.formats.layouts.shards import read_shards

    said.training = False
    for name in ("config.json", "generation_config.json"):
        json_of(folder, name, said)
    read_shards(folder, said)
    beside = {sharding.prefix for sharding in said.shardings}
    for prefix in sorted({name.rpartition("/")[0] + "/" for name in folder.files if "/" in name}):
        if prefix not in beside:
            untold = said.untold
            read_shards(folder, said, prefix)
            if "" in beside:
                # torch's HuggingFaceStorageWriter leaves what it joined in sharded/, without index.
                said.untold = untold
