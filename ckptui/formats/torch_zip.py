"""torch.save's zip: one root directory with data.pkl, data/<storage>, version and a few words.

Facts: torch/serialization.py (``_save``, ``_load``) and caffe2/serialize/inline_container.cc.
TorchScript has the same container and ``constants.pkl``.
"""

from __future__ import annotations

from ckptui.formats.limits import Limits
from ckptui.formats.model import Header, Problem, Record
from ckptui.formats.pickle_table import Table, make_table, storage_infos
from ckptui.formats.pickle_vm import PickleTree, run
from ckptui.formats.torch_records import (
    judge_orphans,
    judge_records,
    judge_roots,
    judge_words,
)
from ckptui.formats.window import Window
from ckptui.formats.zip_container import Container, read_record, read_window
from ckptui.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Final

WORDS: Final[dict[str, str]] = {
    "byteorder": "byteorder",
    "version": "container_version",
    ".data/version": "container_version",
    ".format_version": "format_version",
    ".storage_alignment": "storage_alignment",
    ".data/serialization_id": "serialization_id",
}
"""Small records that say something about the file → their names in the metadata."""

_LONGEST_WORD: Final = 64
_LOST: Final = frozenset({"directory-damaged", "directory-outside", "record-count"})
"""Problems of a directory that may name no record any more."""
_SHUT: Final = frozenset({"encrypted", "unread-method"})
"""Problems of a container whose records cannot be read by anybody here."""


def read_torch_zip(window: Window, limits: Limits, full: bool) -> Header | None:
    """Read a zip's header as torch wrote it.

    Args:
        window: The file.
        limits: Bounds.
        full: True also reads every local header and descriptor.

    Returns:
        The header; of format ``zip`` or ``npz`` where torch has nothing to do with it; None
        where there is no directory, or a damaged one without torch's records, so that the file
        must be read from its front.

    Raises:
        OSError: A read failed.
    """
    container = read_window(window, local_headers=full or window.whole, limits=limits)
    if not container.found:
        return None
    root = find_root(container.records)
    if root is None:
        if any(problem.code in _LOST for problem in container.problems):
            return None
        return _other_zip(window, container)
    if any(problem.code in _SHUT for problem in container.problems):
        return _shut(window, container, root)
    return _read(window, container, root, limits)


def find_root(records: Iterable[Record]) -> str | None:
    """The directory that holds data.pkl; where that is lost, version and numbered storages."""
    versions: list[str] = []
    storages: set[str] = set()
    for record in records:
        root, slash, rest = record.name.partition("/")
        if rest == "data.pkl":
            return root
        if rest == "version":
            versions.append(root)
        elif slash and rest.startswith("data/") and rest[5:].isdecimal():
            storages.add(root)
    return next((root for root in versions if root in storages), None)


def _other_zip(window: Window, container: Container) -> Header:
    names = [record.name for record in container.records]
    is_npz = bool(names) and all(name.endswith(".npy") for name in names)
    return Header(
        "npz" if is_npz else "zip",
        window.size,
        top_type="dict" if is_npz else "",
        keys=tuple(name.removesuffix(".npy") for name in names) if is_npz else (),
        records=container.records,
        metadata=_depth(container),
        problems=tuple(container.problems),
        notes=(*container.notes, *_kin(names)),
    )


def _shut(window: Window, container: Container, root: str) -> Header:
    """Whole, but for a password or a compression that neither torch nor we read."""
    return Header(
        "torch-zip",
        window.size,
        records=container.records,
        metadata=_depth(container),
        problems=(*container.problems, *judge_roots(container.records, root)),
        root_name=root,
        notes=tuple(container.notes),
    )


def _kin(names: list[str]) -> tuple[str, ...]:
    """torch's other archives: zips with a root directory, but no checkpoints."""
    rest = {name.partition("/")[2] for name in names}
    if "archive_format" in rest:
        return ("it is a program that torch.export saved, not a checkpoint",)
    if ".data/extern_modules" in rest:
        return ("it is a torch.package, not a checkpoint",)
    return ()


def _depth(container: Container) -> dict[str, str]:
    return {"local_headers": "read" if container.local_headers else "not read"}


def _read(window: Window, container: Container, root: str, limits: Limits) -> Header:
    records = {record.name: record for record in reversed(container.records)}
    script = f"{root}/constants.pkl" in records
    problems = list(container.problems)
    metadata = _depth(container) | _words(window, records, root)
    tree = _pickle(window, records.get(f"{root}/data.pkl"), problems, limits)
    table = make_table(tree.root, limits)
    storages = storage_infos(tree.storages)
    if not script:
        problems += judge_words(metadata, root)
        problems += judge_records(records, root, storages, table.tensors)
        # What a broken pickle does not mention is no orphan.
        problems += judge_orphans(records, root, storages) if tree.finished else []
        problems += judge_roots(container.records, root)
        problems += _judge_packing(container, metadata)
    else:
        from ckptui.formats.torchscript import judge_script

        problems += judge_script(window, records, root, storages, limits)
    problems = _joined_archives(window, container, problems)
    problems = [name_tensor(problem, root, table) for problem in problems]
    return Header(
        "torchscript" if script else "torch-zip",
        window.size,
        top_type=table.top_type,
        keys=table.keys,
        top=table.top,
        tensors=tuple(table.tensors),
        storages=storages,
        records=container.records,
        globals=tree.globals,
        called=tree.called,
        root_name=root,
        metadata=metadata,
        problems=tuple(problems),
        notes=(*container.notes, *table.notes),
        truncated_table=table.truncated or any(p.kind == "limit" for p in tree.problems),
    )


def _words(window: Window, records: Mapping[str, Record], root: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, key in WORDS.items():
        record = records.get(f"{root}/{name}")
        if record is not None and record.size <= _LONGEST_WORD:
            data = read_record(window, record, _LONGEST_WORD)
            if data is not None:
                found[key] = data.decode("ascii", "backslashreplace").strip()
    return found


def _pickle(
    window: Window, record: Record | None, problems: list[Problem], limits: Limits
) -> PickleTree:
    """Run the machine over data.pkl; whatever is wrong with it joins the problems."""
    if record is None:
        problems.append(Problem("missing-record", "its data.pkl is missing"))
        return PickleTree()
    if record.size > limits.pickle:
        text = "its pickle is larger than the header reader goes; it was not read"
        problems.append(Problem("reader-limit", text, record.data_start, "limit"))
        return PickleTree(problems=[problems[-1]])
    data = read_record(window, record, limits.pickle)
    if data is None or len(data) != record.size:
        problems.append(Problem("bad-record", "its data.pkl cannot be read", record.data_start))
        return PickleTree()
    tree = run(data, limits)
    if tree.finished and tree.end != len(data):
        text = "its pickle ends before its record does"
        problems.append(Problem("pickle-broken", text, record.data_start + tree.end))
    problems += [
        Problem(p.code, p.text, record.data_start + (p.offset or 0), p.kind) for p in tree.problems
    ]
    return tree


def _judge_packing(container: Container, metadata: Mapping[str, str]) -> list[Problem]:
    """An archive that another program wrote anew: whole, and worth a word."""
    if any(problem.kind == "damaged" for problem in container.problems):
        return []
    if any(record.method for record in container.records):
        text = (
            "it was packed again after it was saved: its records are compressed, and "
            "torch.load(mmap=True) would read them as garbage"
        )
        return [Problem("packed-again", text, None, "odd")]
    value = metadata.get("storage_alignment", "64")
    alignment = int(value) if value.isascii() and value.isdigit() and int(value) else 1
    shift = container.shift
    if container.packed_again or any((r.data_start - shift) % alignment for r in container.records):
        text = "another program made it, or changed it after torch had saved it"
        return [Problem("packed-again", text, None, "odd")]
    return []


def name_tensor(problem: Problem, root: str, table: Table) -> Problem:
    """A problem of a record that holds a tensor, with the tensor's name."""
    before, found, rest = problem.text.partition(f"record {root}/data/")
    if not found:
        return problem
    key, space, rest = rest.partition(" ")
    name = next((t.name for t in table.tensors if t.storage == key.rstrip(",")), "")
    if not name:
        return problem
    comma = "," if key.endswith(",") else ""
    text = f"{before}{found}{key.rstrip(',')} (tensor {name}){comma}{space}{rest}"
    return Problem(problem.code, text, problem.offset, problem.kind)


def _joined_archives(
    window: Window, container: Container, problems: list[Problem]
) -> list[Problem]:
    """Several archives one after another: how DCP writes its shards; else a file glued together."""
    if container.shift <= 0 or not window.head.startswith(b"PK\x03\x04"):
        return problems
    if any(problem.code == "moved" for problem in problems):
        return problems
    text = f"another archive of {container.shift:,} bytes stands before this one"
    return [Problem("joined", text, 0), *(p for p in problems if p.code != "leading")]


def merge(header: Header, table: Table, tree: PickleTree) -> Header:
    """A header with what a pickle says filled in."""
    return Header(
        header.format,
        header.size,
        top_type=table.top_type,
        keys=table.keys,
        top=table.top,
        tensors=tuple(table.tensors),
        storages=storage_infos(tree.storages),
        records=header.records,
        globals=tree.globals,
        called=tree.called,
        root_name=header.root_name,
        metadata=header.metadata,
        problems=header.problems,
        notes=(*header.notes, *table.notes),
        truncated_table=table.truncated or any(p.kind == "limit" for p in tree.problems),
    )
