"""DeepSpeed: ``global_step500/`` with one file a rank (deepspeed runtime/engine.py).

mp_rank_XX_model_states.pt (ZeRO-3: zero_pp_rank_D_mp_rank_XX_model_states.pt), pipelines also
layer_LL-model_XX-model_states.pt, and (bf16_)zero_pp_rank_D_mp_rank_XX_optim_states.pt for each
rank D that the optimizer is divided over; the text file ``latest`` beside the directory names the
tag last. How many ranks there are stands in the files: ``partition_count`` of the optimizer's
state, ``dp_world_size`` and ``mp_world_size`` of the model's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from ckptui.formats.naming import step_from_name

if TYPE_CHECKING:
    from ckptui.formats.layouts.folder import Folder
    from ckptui.formats.layouts.reading import Reading

NAME: Final = "deepspeed"
LATEST: Final = "latest"
_ENDINGS: Final = ("_model_states.pt", "_optim_states.pt", "-model_states.pt")
_OPTIM: Final = re.compile(
    r"(?P<kind>(?:\w+_)?zero)_pp_rank_(?P<dp>\d{1,6})_mp_rank_(?P<mp>\d{1,4})_optim_states\.pt"
)
_MODEL: Final = re.compile(
    r"(?:zero_pp_rank_(?P<dp>\d{1,6})_)?mp_rank_(?P<mp>\d{1,4}(?:_\d{1,4})?)_model_states\.pt"
)
_LAYER: Final = re.compile(r"layer_(\d{1,6})-model_(\d{1,4})-model_states\.pt")
_MOST_RANKS: Final = 100_000


def recognise(names: Collection[str], dirname: str) -> bool:
    """True for one tag's directory."""
    return any(name.endswith(_ENDINGS) for name in names)


def read(folder: Folder, said: Reading) -> None:
    """Note one tag's files, and what the ``latest`` beside it says."""
    read_into(folder, said, "")
    read_latest(folder, said, f"../{LATEST}", [folder.name], must=False)


def read_into(folder: Folder, said: Reading, prefix: str) -> None:
    """Note the files of one tag.

    Args:
        folder: The checkpoint directory.
        said: Where it is noted.
        prefix: The tag's directory in it, ``""`` or ending in ``/``.
    """
    names = [name[len(prefix) :] for name in folder.below(prefix)]
    states = [name for name in names if name.endswith(_ENDINGS)]
    said.need(*(prefix + name for name in states))
    header_ranks = _read_model(folder, said, prefix, states)
    _read_optimizer(folder, said, prefix, states, header_ranks)
    _read_layers(said, prefix, states)


def _read_model(folder: Folder, said: Reading, prefix: str, states: Sequence[str]) -> int | None:
    """The model's files; the number of data-parallel ranks that one of them states."""
    from ckptui.formats.layouts.peek import header_of, whole

    found = [match for name in states if (match := _MODEL.fullmatch(name))]
    if not found:
        said.miss(f"{prefix}mp_rank_00_model_states.pt", "no model states at all")
        return None
    header = header_of(folder, prefix + min(match.string for match in found))
    top = header.top if header is not None else {}
    if said.step is None:
        said.step = whole(top.get("global_steps"))
    version = top.get("ds_version")
    if isinstance(version, str) and not said.writer:
        said.writer = f"DeepSpeed {version}"
    model_ranks = _upto(
        [match["mp"] for match in found if match["mp"].isdigit()], whole(top.get("mp_world_size"))
    )
    sharded = any(match["dp"] is not None for match in found)
    data_ranks = _upto([match["dp"] for match in found if match["dp"]], None) if sharded else [""]
    for mp in model_ranks:
        for dp in data_ranks:
            name = f"zero_pp_rank_{dp}_mp_rank_{mp}" if sharded else f"mp_rank_{mp}"
            if f"{name}_model_states.pt" not in states:
                said.miss(f"{prefix}{name}_model_states.pt", "other ranks wrote theirs")
    return whole(top.get("dp_world_size"))


def _read_optimizer(
    folder: Folder, said: Reading, prefix: str, states: Sequence[str], data_ranks: int | None
) -> None:
    found = [match for name in states if (match := _OPTIM.fullmatch(name))]
    if not found:
        if _is_divided(folder, said, prefix):
            name = f"{prefix}zero_pp_rank_0_mp_rank_00_optim_states.pt"
            said.miss(name, "the model's states say that the optimizer was divided")
        return
    count = _partitions(folder, prefix + found[0].string) or data_ranks
    expected = _upto([match["dp"] for match in found], count)
    lost = []
    for mp in sorted({match["mp"] for match in found}):
        for dp in expected:
            name = f"{found[0]['kind']}_pp_rank_{dp}_mp_rank_{mp}_optim_states.pt"
            if name not in states:
                lost.append(name)
    for name in lost[:100]:
        why = f"its save had {len(expected)} ranks" if count else "other ranks wrote theirs"
        said.miss(prefix + name, why)


def _is_divided(folder: Folder, said: Reading, prefix: str) -> bool:
    """True where the optimizer's states are files of their own (ZeRO), by the model's file.

    engine.py keeps the optimizer in there where it is not divided, and ``None`` where it is.
    """
    from ckptui.formats.layouts.peek import item, tree_of, whole

    models = (name for name in said.needed if _MODEL.fullmatch(name[len(prefix) :]))
    name = next(models, "")
    tree = tree_of(folder, name) if name else None
    if tree is None or item(tree.root, "optimizer") is not None:
        return False
    return bool(whole(item(tree.root, "ds_config", "zero_optimization", "stage")))


def _partitions(folder: Folder, name: str) -> int | None:
    """Over how many ranks the optimizer was divided, as its own state says."""
    from ckptui.formats.layouts.peek import item, tree_of, whole

    tree = tree_of(folder, name)
    count = None if tree is None else item(tree.root, "optimizer_state_dict", "partition_count")
    if isinstance(count, list):
        numbers = [number for each in count if (number := whole(each))]
        return max(numbers, default=None)
    return whole(count) or None


def _read_layers(said: Reading, prefix: str, states: Sequence[str]) -> None:
    """Pipelines write one file a layer; each layer for every model rank."""
    found = {(int(m[1]), m[2]) for name in states if (m := _LAYER.fullmatch(name))}
    ranks = {rank for _, rank in found}
    for layer in {layer for layer, _ in found}:
        for rank in ranks:
            if (layer, rank) not in found:
                name = f"{prefix}layer_{layer:02}-model_{rank}-model_states.pt"
                said.miss(name, "other ranks wrote theirs")


def _upto(numbers: Iterable[str], count: int | None) -> list[str]:
    """Every number up to the highest, or up to what is known; as wide as they are written."""
    texts = list(numbers)
    width = min((len(text) for text in texts), default=1)
    highest = max((int(text) for text in texts), default=-1) + 1
    total = max(highest, count or 0)
    return [f"{number:0{width}}" for number in range(min(total, _MOST_RANKS))]


def read_latest(
    folder: Folder, said: Reading, name: str, tags: Sequence[str], *, must: bool
) -> None:
    """Compare with the text file that names the newest tag, written last.

    Args:
        folder: The checkpoint directory.
        said: Where it is noted.
        name: The text file, relative to the directory.
        tags: Tags that are there.
        must: True where it lies in the directory, so that its lack shows an unfinished save.
    """
    from ckptui.formats.layouts.peek import text_of
    from ckptui.formats.layouts.reading import Broken

    tag = text_of(folder, name)
    shown = name.removeprefix("../")
    if must and name in folder.files:
        said.written.append(name)
    if tag is None:
        if must:
            said.miss(shown, "written last: the save was not finished")
        else:
            said.untold = f"no file called {shown} beside it names it, as the end of a save would"
    elif tag in tags:
        return
    elif not tag.strip("\0"):
        text = f"{shown}, which is written last, is empty"
        said.broken.append(Broken(shown, text, "unfinished" if must else "unknown"))
    elif must:
        text = f"{shown} names {tag[:80]}, which is not in it"
        said.broken.append(Broken(shown, text, "unfinished"))
    else:
        _compare_tags(said, shown, tag, tags[0])


def _compare_tags(said: Reading, shown: str, tag: str, own: str) -> None:
    """Another tag is the newest one: an older one was finished in its time, a newer one was not."""
    from ckptui.formats.layouts.reading import Broken

    named, mine = step_from_name(tag), step_from_name(own)
    if named is None or mine is None:
        said.notes.append(f"{shown} beside it names {tag[:80]}")
    elif mine > named:
        text = f"{shown}, which is written last, still names {tag[:80]}: the save was not finished"
        said.broken.append(Broken(f"../{shown}", text, "unfinished"))
