"""Lightning's directory form: a ``.ckpt`` directory (lightning 2.6, ModelParallel and FSDP).

A sharded save is DCP with ``meta.pt`` beside it, written by rank 0 after everything else
(strategies/fsdp.py); under DeepSpeed it is DeepSpeed's, with the tag ``checkpoint``. The usual
single-file ``.ckpt`` is a file.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ckptui.formats.layouts.folder import Folder
    from ckptui.formats.layouts.reading import Reading

NAME: Final = "lightning"
_META: Final = "meta.pt"
_DIRECTORY: Final = re.compile(r"\.ckpt$")
_OWN_NAME: Final = re.compile(r"(?:epoch|step)=\d+.*\.ckpt$")  # ModelCheckpoint's format


def recognise(names: Collection[str], dirname: str) -> bool:
    """True for a checkpoint that Lightning saved as a directory."""
    sharded = ".metadata" in names or any(name.endswith(".distcp") for name in names)
    if sharded and (_META in names or dirname.endswith(".ckpt")):
        return True
    # DeepSpeed under Lightning: x.ckpt/checkpoint/ and x.ckpt/latest.
    return dirname.endswith(".ckpt") and "checkpoint" in names


def read(folder: Folder, said: Reading) -> None:
    """Note the distributed files and meta.pt, or those of DeepSpeed."""
    from ckptui.formats.layouts import dcp, deepspeed
    from ckptui.formats.layouts.peek import header_of, sibling_has, whole

    if "checkpoint" in folder.top() and dcp.METADATA not in folder.files:
        deepspeed.read_into(folder, said, "checkpoint/")
        deepspeed.read_latest(folder, said, deepspeed.LATEST, ["checkpoint"], must=True)
        source = next((n for n in said.needed if n.endswith("_model_states.pt")), "")
    else:
        dcp.read_into(folder, said, "")
        source = _META
        if _META in folder.files:
            said.need(_META)
        elif _OWN_NAME.search(folder.name) or sibling_has(folder, _META, _DIRECTORY):
            said.miss(_META, "written last: the save was not finished")
        elif not said.missing:  # dcp.save("x.ckpt") of a loop of one's own writes as much
            said.untold = f"it has no {_META}, as if saved without Lightning"
    header = header_of(folder, source) if source else None
    if header is not None:
        said.step = whole(header.top.get("global_step"))
        said.epoch = whole(header.top.get("epoch"))
        version = header.top.get("pytorch-lightning_version")
        said.writer = f"Lightning {version}" if isinstance(version, str) else said.writer
