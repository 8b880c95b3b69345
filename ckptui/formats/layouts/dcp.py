"""torch distributed checkpoint: ``__<rank>_<n>.distcp`` and ``.metadata``, written last.

torch/distributed/checkpoint/filesystem.py (2.13): the writer's ``finish`` writes ``.metadata.tmp``
and renames it when every rank has written and synced its files. What is in ``.metadata`` is read by
:mod:`ckptui.formats.layouts.dcp_metadata`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ckptui.formats.layouts.dcp_metadata import DcpMetadata
    from ckptui.formats.layouts.folder import Folder
    from ckptui.formats.layouts.reading import Reading

NAME: Final = "dcp"
METADATA: Final = ".metadata"
_TOLD: Final = 20


def recognise(names: Collection[str], dirname: str) -> bool:
    """True for a DCP directory, also where ``.metadata`` was never written."""
    return any(name.endswith(".distcp") for name in names)


def read(folder: Folder, said: Reading) -> None:
    """Note the files that ``.metadata`` means, and how they are divided."""
    read_into(folder, said, "")


def inner_directories(folder: Folder) -> list[str]:
    """Directories below that hold distributed parts, each ending in ``/``."""
    return sorted(
        {
            name.rpartition("/")[0] + "/"
            for name in folder.files
            if "/" in name and name.endswith((".distcp", "/" + METADATA))
        }
    )


def read_into(folder: Folder, said: Reading, prefix: str, *, tiled: bool = True) -> None:
    """Note one distributed checkpoint.

    Args:
        folder: The checkpoint directory.
        said: Where it is noted.
        prefix: Where in it, ``""`` or ending in ``/``.
        tiled: False where chunks need not cover their tensors (Megatron's flattened ranges).
    """
    from ckptui.formats.layouts.dcp_metadata import read_metadata
    from ckptui.formats.layouts.reading import Broken

    shards = [name for name in folder.below(prefix) if name.endswith(".distcp")]
    shards = [name for name in shards if "/" not in name[len(prefix) :]]
    if prefix + METADATA not in folder.files:
        # What was being written when it stopped ends anywhere: nothing says where a slice does.
        said.miss(prefix + METADATA, "written last: the save was not finished")
        return
    metadata = read_metadata(folder, prefix + METADATA)
    said.written.append(prefix + METADATA)
    for problem in metadata.problems:
        kind = "unknown" if problem.kind == "limit" else "damaged"
        text = f"{prefix}{METADATA}: {problem.text}"
        said.broken.append(Broken(prefix + METADATA, text, kind))
    if metadata.problems:
        said.need(*shards)
        return
    _compare(folder, said, prefix, metadata)
    if tiled:
        said.broken += [
            Broken(prefix + METADATA, text, "damaged", 4) for text in metadata.uncovered()[:_TOLD]
        ]
    spare = [name for name in shards if name not in said.slices]
    if spare:
        said.notes.append(f"{len(spare)} .distcp files are of another save, first {spare[0]}")


def _compare(folder: Folder, said: Reading, prefix: str, metadata: DcpMetadata) -> None:
    """Each file that is meant, against the place that its slices take."""
    from ckptui.formats.layouts.reading import Broken

    for relative, slices in metadata.files.items():
        name = prefix + relative
        size = folder.files.get(name)
        if size is None:
            said.miss(name, f"{METADATA} names it")
            continue
        end = max(each.offset + each.length for each in slices)
        if size < end:
            text = f"{name} is cut short: {size:,} bytes where {METADATA} counts {end:,}"
            said.broken.append(Broken(name, text))
        elif size > end or not _tile(metadata, relative):
            text = f"{name} has {size:,} bytes where {METADATA} counts {end:,}"
            times = folder.mtimes
            if times.get(name, 0) > times.get(prefix + METADATA, 0):  # which is written last
                text = f"{text}: written anew by a later save that did not end"
            else:
                text = f"{text}; cause not known"
            said.broken.append(Broken(name, text if size > end else f"{name} is not divided "
                                      f"as {METADATA} says: it leaves gaps"))  # fmt: skip
        elif metadata.judgeable:
            said.slices[name] = slices
        else:
            said.need(name)


def _tile(metadata: DcpMetadata, relative: str) -> bool:
    at = 0
    for each in metadata.files[relative]:
        if each.offset != at:
            return False
        at += each.length
    return True
