"""Weights in several files: what their names and their index say must be there.

Names are ``<stem>-00002-of-00005.<suffix>``, counted from 1 (transformers) or from 0; the index
``<stem>.<suffix>.index.json`` is written after the shards (modeling_utils.py ``save_pretrained``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ckptui.formats.layouts.folder import Folder
from ckptui.formats.layouts.reading import Broken, Reading, Sharding
from ckptui.formats.sharded_index import LARGEST, outside, parse_index

INDEX: Final = ".index.json"
_SHARD: Final = re.compile(
    r"(?P<stem>[^/]+?)-(?P<at>\d{5})-of-(?P<all>\d{5})\.(?P<suffix>safetensors|bin)"
)
_MODELS: Final = re.compile(r"(?:.*_)?model(?:\.[\w.]+)?$")


def is_shard(name: str) -> bool:
    """True for the name of one of several files of weights."""
    match = _SHARD.fullmatch(name)
    return match is not None and (match["suffix"] == "safetensors" or _is_model(match["stem"]))


def _is_model(stem: str) -> bool:
    return _MODELS.fullmatch(stem) is not None


def read_shards(folder: Folder, said: Reading, prefix: str = "") -> bool:
    """Note shards and indexes of one directory.

    Args:
        folder: The checkpoint directory.
        said: Where it is noted.
        prefix: The directory in it, ``""`` or ending in ``/``.

    Returns:
        True where there are weights in several files, or an index of some.
    """
    names = [name for name in folder.below(prefix) if "/" not in name[len(prefix) :]]
    shards = [name for name in names if is_shard(name[len(prefix) :])]
    indexes = [name for name in names if name.endswith((".safetensors" + INDEX, ".bin" + INDEX))]
    used = [name for name in indexes if _read_index(folder, said, name, prefix, shards)]
    indexed = {suffix for suffix in ("safetensors", "bin") if any(f".{suffix}." in n for n in used)}
    for group, members in _groups(shards, prefix).items():
        # Where an index tells, it tells alone: what it does not name is of an earlier save.
        if group[2] not in indexed:
            _count(folder, said, group, members)
    return bool(shards or used)


def _read_index(folder: Folder, said: Reading, name: str, prefix: str, shards: list[str]) -> bool:
    """Note what an index names. False where it is of another form of the model, not kept here."""
    data = folder.read(name, LARGEST + 1)
    if data is None:
        return False
    index = parse_index(data)
    said.written.append(name)
    for problem in index.problems:
        kind = "unknown" if problem.kind == "limit" else "damaged"
        said.broken.append(Broken(name, f"{name}: {problem.text}", kind))
    files = [prefix + each for each in index.files if not outside(each)]
    here = [each for each in files if each in folder.files]
    if files and not here and _other_form(folder, name, shards, prefix):
        said.notes.append(f"{name} is of another form of the model, which is not kept here")
        return False
    for each in files:
        if each not in folder.files:
            said.miss(each, f"{name[len(prefix) :]} names it")
    said.need(*here)
    said.shardings.append(Sharding(name, index, prefix))
    return True


def _other_form(folder: Folder, name: str, shards: list[str], prefix: str) -> bool:
    """True where the same weights are there as other files than this index means."""
    suffix = name.removesuffix(INDEX).rpartition(".")[2]
    others = [each for each in shards if not each.endswith("." + suffix)]
    alone = ("model.safetensors", "pytorch_model.bin")
    return bool(others) or any(prefix + each in folder.files for each in alone)


def _groups(shards: Iterable[str], prefix: str) -> dict[tuple[str, int, str], list[int]]:
    groups: dict[tuple[str, int, str], list[int]] = {}
    for name in shards:
        match = _SHARD.fullmatch(name[len(prefix) :])
        if match is not None:
            key = (prefix + match["stem"], int(match["all"]), match["suffix"])
            groups.setdefault(key, []).append(int(match["at"]))
    return groups


def _count(folder: Folder, said: Reading, group: tuple[str, int, str], members: list[int]) -> None:
    """Every number up to the one that each name states, and the index behind them all."""
    stem, total, suffix = group
    first = 0 if 0 in members else 1
    names = [f"{stem}-{at:05}-of-{total:05}.{suffix}" for at in range(first, first + total)]
    for name in names:
        if name not in folder.files:
            said.miss(name, f"one of {total} by the names of the others")
    said.need(*(name for name in names if name in folder.files))
    if total > 1 and _is_model(stem.rpartition("/")[2]):
        said.miss(f"{stem}.{suffix}{INDEX}", "written after the shards")
    elif total > 1:
        said.untold = said.untold or "no index says which tensors its shards hold"
