"""Megatron-LM: ``iter_0000500/`` (megatron/training/checkpointing.py).

Legacy: mp_rank_XX[_PPP]/model_optim_rng.pt, with distrib_optim.pt beside it where the optimizer is
distributed. Distributed: *.distcp, .metadata, common.pt, and metadata.json last. The text file
latest_checkpointed_iteration.txt beside it names the newest, written after all of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ckptui.formats.layouts.folder import Folder
    from ckptui.formats.layouts.reading import Reading

NAME: Final = "megatron"
TRACKER: Final = "latest_checkpointed_iteration.txt"
_DIRECTORY: Final = re.compile(r"^(?:iter_\d{7,}|release)$")
_RANK: Final = re.compile(r"^mp_rank_\d{2,3}(?:_\d{3}){0,2}$")
_MODEL: Final = "model_optim_rng.pt"
_OPTIM: Final = "distrib_optim.pt"


def recognise(names: Collection[str], dirname: str) -> bool:
    """True for one iteration's directory."""
    named = bool(_DIRECTORY.match(dirname))
    if (named or "common.pt" in names) and any(
        name in {".metadata", "metadata.json"} or name.endswith(".distcp") for name in names
    ):
        return True
    if named and "common.pt" in names:
        return True
    return named and any(_RANK.match(name) for name in names)


def read(folder: Folder, said: Reading) -> None:
    """Note one iteration's files, and what the tracker beside it says."""
    if any(_RANK.match(name) for name in folder.top()):
        _read_legacy(folder, said)
        _read_tracker(folder, said, marked=False)
    else:
        read_distributed(folder, said, "")
        _read_tracker(folder, said, marked=True)


def read_distributed(folder: Folder, said: Reading, prefix: str) -> None:
    """Note a distributed checkpoint of Megatron core, whose mark is metadata.json."""
    from ckptui.formats.layouts import dcp
    from ckptui.formats.layouts.peek import header_of, json_of, whole

    common = f"{prefix}common.pt"
    if common in folder.files:
        said.need(common)
        header = header_of(folder, common)
        if header is not None and said.step is None:
            said.step = whole(header.top.get("iteration"))
    else:
        said.miss(common, "every rank reads it")
    mark = f"{prefix}metadata.json"
    if mark in folder.files:
        json_of(folder, mark, said, last=True)
    else:
        said.miss(mark, "written last: the save was not finished")
    zarr = any(name.endswith("/.zarray") for name in folder.below(prefix))
    if zarr:
        said.untold = "its arrays are zarr directories, whose completeness cannot be told"
        return
    # Flattened ranges of an optimizer need not tile the tensor that they are named after.
    dcp.read_into(folder, said, prefix, tiled=False)


def _read_legacy(folder: Folder, said: Reading) -> None:
    from ckptui.formats.layouts.peek import header_of, whole

    ranks = sorted({name.partition("/")[0] for name in folder.files if _RANK.match(_top(name))})
    models = [f"{rank}/{_MODEL}" for rank in ranks]
    for name in models:
        if name not in folder.files:
            said.miss(name, "other ranks wrote theirs")
    there = [name for name in models if name in folder.files]
    said.need(*there)
    optimizers = [f"{rank}/{_OPTIM}" for rank in ranks]
    if any(name in folder.files for name in optimizers):
        said.need(*(name for name in optimizers if name in folder.files))
    _read_gaps(said, ranks)
    header = header_of(folder, there[0]) if there else None
    if header is not None:
        said.step = whole(header.top.get("iteration"))
        _read_world(folder, said, there[0], ranks)


def _top(name: str) -> str:
    return name.partition("/")[0]


def _read_gaps(said: Reading, ranks: list[str]) -> None:
    """Tensor ranks and pipeline stages are counted from zero without gaps."""
    numbers = [tuple(int(part) for part in rank.split("_")[2:]) for rank in ranks]
    present = set(numbers)
    if not numbers or len({len(each) for each in numbers}) != 1 or len(numbers[0]) > 2:
        return
    highest = [max(each[axis] for each in numbers) for axis in range(len(numbers[0]))]
    for tensor in range(highest[0] + 1):
        for stage in range(highest[1] + 1) if len(highest) > 1 else [None]:
            key = (tensor,) if stage is None else (tensor, stage)
            if key not in present:
                name = f"mp_rank_{tensor:02}" + ("" if stage is None else f"_{stage:03}")
                said.miss(f"{name}/{_MODEL}", "other ranks wrote theirs")


def _read_world(folder: Folder, said: Reading, name: str, ranks: list[str]) -> None:
    """The number of ranks as the saved arguments state it."""
    from ckptui.formats.layouts.peek import item, tree_of, whole

    tree = tree_of(folder, name)
    if tree is None:
        return
    tensor = whole(item(tree.root, "args", "tensor_model_parallel_size"))
    stages = whole(item(tree.root, "args", "pipeline_model_parallel_size"))
    if tensor and stages and 1 < tensor * stages < 10_000:
        for rank in range(tensor):
            for stage in range(stages):
                name = f"mp_rank_{rank:02}" + (f"_{stage:03}" if stages > 1 else "")
                if not any(each == name or each.startswith(f"{name}_") for each in ranks):
                    said.miss(f"{name}/{_MODEL}", f"its save had {tensor * stages} ranks")


def _read_tracker(folder: Folder, said: Reading, *, marked: bool) -> None:
    from ckptui.formats.layouts.peek import text_of
    from ckptui.formats.layouts.reading import Broken

    tracked = text_of(folder, f"../{TRACKER}")
    number = int(tracked) if tracked and tracked.isdecimal() and len(tracked) < 19 else None
    own = folder.name.removeprefix("iter_")
    if not own.isdecimal() or tracked == "release":
        return
    if number is None:
        if not marked:
            said.untold = f"no {TRACKER} beside it names it, as the end of a save would"
    elif int(own) > number:
        text = f"{TRACKER}, which is written last, still names {number:,}"
        if marked:
            said.notes.append(text)
        else:
            text += ": the save was not finished"
            said.broken.append(Broken(f"../{TRACKER}", text, "unfinished"))
