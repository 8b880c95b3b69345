"""torchtitan: ``step-500/`` with DCP shards (torchtitan 0.3, components/checkpoint.py).

``__<rank>_<n>.distcp`` and ``.metadata`` last, or safetensors with their index.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ckptui.formats.layouts.folder import Folder
    from ckptui.formats.layouts.reading import Reading

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


def read(folder: Folder, said: Reading) -> None:
    """Note DCP's files, or the shards of the exported model."""
    from ckptui.formats.layouts import dcp
    from ckptui.formats.layouts.shards import read_shards

    if any(name.endswith(".distcp") for name in folder.files) or dcp.METADATA in folder.files:
        dcp.read_into(folder, said, "")
        return
    said.training = False
    read_shards(folder, said)
