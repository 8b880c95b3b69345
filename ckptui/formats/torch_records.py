"""What a torch zip's small records, storages and tensors must agree on, beside the container.

Facts: torch/serialization.py (``_load``), caffe2/serialize/inline_container.cc, and
ATen/native/Resize.h (``checkInBoundsForStorage``) for what a tensor may reach of its storage.
"""

from __future__ import annotations

from ckptui.formats.dtypes import PACKED, itemsize
from ckptui.formats.model import Problem, Record, StorageInfo, TensorInfo
from ckptui.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Final

_NEWEST_VERSION: Final = 10  # torch 2.13: kMaxSupportedFileFormatVersion
_TOLD: Final = 20


def judge_words(metadata: Mapping[str, str], root: str) -> list[Problem]:
    """What torch.load itself insists on: a version that it knows, and a byte order."""
    problems = []
    version = metadata.get("container_version")
    if version is None:
        problems.append(Problem("missing-record", f"its record {root}/version is missing"))
    elif not version.isascii() or not version.isdigit():
        problems.append(Problem("bad-record", f"its container version is {version!r:.40}"))
    elif int(version) > _NEWEST_VERSION:
        text = (
            f"its container is version {version}, written by a newer torch; "
            f"{_NEWEST_VERSION} is the newest that is known; upgrade torch"
        )
        problems.append(Problem("newer-container", text, None, "odd"))
    if metadata.get("byteorder", "little") not in {"little", "big"}:
        problems.append(Problem("bad-record", "its byte order is neither little nor big"))
    return problems


def judge_records(
    records: Mapping[str, Record],
    root: str,
    storages: Mapping[str, StorageInfo],
    tensors: Iterable[TensorInfo],
) -> list[Problem]:
    """Storages against the records that hold them, tensors against their storages."""
    problems: list[Problem] = []
    users: dict[str, str] = {}
    for tensor in tensors:
        users.setdefault(tensor.storage, tensor.name)
    for key, storage in storages.items():
        problem = _judge_storage(records.get(f"{root}/data/{key}"), storage, users.get(key, ""))
        if problem is not None and len(problems) < _TOLD:
            problems.append(problem)
    for tensor in tensors:
        problem = judge_tensor(tensor, storages)
        if problem is not None and len(problems) < _TOLD:
            problems.append(problem)
    return problems


def _judge_storage(record: Record | None, storage: StorageInfo, user: str) -> Problem | None:
    if storage.device == "meta":
        return None
    whose = f" (tensor {user})" if user else ""
    if record is None:
        text = f"the record data/{storage.key[:40]}{whose} is missing"
        return Problem("missing-record", text)
    wanted = storage.numel * storage.itemsize
    if storage.itemsize == 0 or record.size == wanted:
        return None
    text = (
        f"the record data/{storage.key[:40]}{whose} has {record.size:,} bytes where its pickle "
        f"says {wanted:,}"
    )
    return Problem("record-size", text, record.data_start)


def judge_tensor(tensor: TensorInfo, storages: Mapping[str, StorageInfo]) -> Problem | None:
    """A tensor that reaches beyond its storage, or None where it fits."""
    storage = storages.get(tensor.storage)
    size = itemsize(tensor.dtype)
    if storage is None or not size or not storage.itemsize:
        return None
    if 0 in tensor.shape:
        return None
    reach = tensor.offset + 1
    for extent, step in zip(tensor.shape, tensor.stride, strict=False):
        reach += (extent - 1) * step
    reach = -(-reach // PACKED.get(tensor.dtype, 1))
    if reach * size <= storage.numel * storage.itemsize:
        return None
    name = tensor.name or "it"
    return Problem("tensor-bounds", f"the tensor {name} reaches beyond its storage")


def judge_orphans(
    records: Mapping[str, Record], root: str, storages: Mapping[str, StorageInfo]
) -> list[Problem]:
    """Records of tensors that the pickle does not refer to."""
    prefix = f"{root}/data/"
    keys = (name[len(prefix) :] for name in records if name.startswith(prefix))
    orphans = [f"data/{key}" for key in keys if key and key not in storages]
    if not orphans:
        return []
    shown = ", ".join(orphans[:3]) + (" …" if len(orphans) > 3 else "")
    text = f"its pickle does not refer to {len(orphans):,} of its records: {shown}"
    return [Problem("orphan-record", text, None, "odd")]


def judge_roots(records: tuple[Record, ...], root: str) -> list[Problem]:
    """Records outside the root directory, as a Mac's archiver or a second writer leaves them.

    Nothing is lost, but torch.load refuses the file (PyTorchStreamReader::getAllRecords).
    """
    strays = [r.name for r in records if not r.name.startswith(f"{root}/")]
    if not strays:
        return []
    mac = any("__MACOSX" in name or ".DS_Store" in name for name in strays)
    why = "; it was packed again on a Mac" if mac else ""
    text = (
        f"{len(strays):,} of its records lie outside {root}/, first {strays[0][:80]}{why}; "
        "torch refuses it until they are removed (zip -d)"
    )
    return [Problem("two-roots", text, None, "odd")]
