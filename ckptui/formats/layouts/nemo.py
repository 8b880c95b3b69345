"""NeMo's distributed checkpoints: ``weights/`` and ``context/`` (nemo 2, io/connector).

``<name>-unfinished`` beside a checkpoint says that it is not complete
(nemo/utils/callbacks/nemo_model_checkpoint.py): written first, removed at the end.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ckptui.formats.layouts.folder import Folder
    from ckptui.formats.layouts.reading import Reading

NAME: Final = "nemo"
UNFINISHED: Final = "-unfinished"


def recognise(names: Collection[str], dirname: str) -> bool:
    """True for a checkpoint directory of NeMo 2, or an unpacked ``.nemo``."""
    if "model_config.yaml" in names:
        return any(name in names for name in ("model_weights", "model_weights.ckpt"))
    return "weights" in names and "context" in names


def read(folder: Folder, said: Reading) -> None:
    """Note the weights, and the marker that an unfinished save leaves beside it."""
    from ckptui.formats.layouts import megatron
    from ckptui.formats.layouts.reading import Broken

    # "step=5-last" is marked as "step=5": nemo strips the ending before it asks.
    names = dict.fromkeys((folder.name, folder.name.removesuffix("-last")))
    for name in names:
        mark = f"{name}{UNFINISHED}"
        if folder.is_beside(mark):
            text = f"{mark} stands beside it: the save was not finished"
            said.broken.append(Broken(f"../{mark}", text, "unfinished"))
    distributed = (".distcp", "/metadata.json", "/common.pt")
    if any(name.endswith(distributed) for name in folder.below("weights/")):
        megatron.read_distributed(folder, said, "weights/")
        return
    said.need(*(name for name in folder.files if name.endswith((".ckpt", ".pt", ".safetensors"))))
    said.untold = "nothing in it says which parts it should have"
