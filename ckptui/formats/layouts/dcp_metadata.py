"""DCP's ``.metadata``: a pickle of dataclasses, read by the bounded machine and never unpickled.

torch/distributed/checkpoint/metadata.py and filesystem.py (2.13): ``Metadata`` with
``state_dict_metadata`` (name → ``TensorStorageMetadata`` with size and chunks, or
``BytesStorageMetadata``) and ``storage_data`` (``MetadataIndex`` → ``_StorageInfo`` with
relative_path, offset, length). torch's own ``read_metadata`` is an unrestricted ``pickle.load``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

from ckptui.formats.layouts.folder import Folder
from ckptui.formats.layouts.peek import item, whole
from ckptui.formats.layouts.reading import Slice
from ckptui.formats.limits import DEFAULT
from ckptui.formats.model import Problem
from ckptui.formats.pickle_nodes import Dict, Object, called_name
from ckptui.formats.pickle_vm import run

_HOME = "torch.distributed.checkpoint.metadata.Metadata"


@dataclass(slots=True)
class DcpMetadata:
    """What ``.metadata`` says.

    Attributes:
        files: Relative path → its slices by offset.
        sizes: Tensor → its whole shape.
        chunks: Tensor → shapes of its chunks.
        values: Names of what is no tensor.
        judgeable: False where the bytes were transformed (compressed) on their way.
        problems: Why it cannot be read.
    """

    files: dict[str, list[Slice]] = field(default_factory=dict)
    sizes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    chunks: dict[str, list[tuple[int, ...]]] = field(default_factory=dict)
    values: set[str] = field(default_factory=set)
    judgeable: bool = True
    problems: list[Problem] = field(default_factory=list)

    def uncovered(self) -> list[str]:
        """Sentences about tensors whose chunks do not make up the whole, or are not stored."""
        stored = Counter(each.name for slices in self.files.values() for each in slices)
        said = [f"it stores `{name}`, of which it says nothing" for name in stored
                if name not in self.sizes and name not in self.values]  # fmt: skip
        for name, size in self.sizes.items():
            held, wanted = sum(map(prod, self.chunks[name])), prod(size)
            if held < wanted:
                said.append(f"the parts of tensor {name} hold {held:,} of {wanted:,} numbers")
            elif stored[name] < sum(0 not in shape for shape in self.chunks[name]):
                said.append(f"not all parts of tensor {name} are stored")
        return said


def read_metadata(folder: Folder, name: str) -> DcpMetadata:
    """Read a ``.metadata`` file; what is wrong with it is a problem of the answer."""
    found = DcpMetadata()
    data = folder.read(name, DEFAULT.pickle)
    if data is None:
        found.problems.append(Problem("unreadable", "it cannot be read", None, "limit"))
        return found
    if folder.files.get(name, 0) > len(data):
        text = "it is larger than the reader goes; its parts were not compared"
        found.problems.append(Problem("reader-limit", text, None, "limit"))
        return found
    if not data.strip(b"\0"):
        text = "all zeros: never written, or lost" if data else "empty: it has 0 bytes"
        found.problems.append(Problem("zeros", text, 0))
        return found
    tree = run(data, DEFAULT)
    found.problems += tree.problems[:1]
    if found.problems:
        return found
    root = tree.root
    if not isinstance(root, Object) or called_name(root) != _HOME:
        found.problems.append(Problem("bad-metadata", "it is no metadata of a checkpoint"))
        return found
    _tensors(found, item(root, "state_dict_metadata"))
    _storage(found, item(root, "storage_data"))
    return found


def _tensors(found: DcpMetadata, node: object) -> None:
    for name, value in _pairs(node):
        size = _shape(item(value, "size"))
        chunks = item(value, "chunks")
        if isinstance(name, str) and size is not None and isinstance(chunks, list):
            shapes = [_shape(item(chunk, "sizes")) for chunk in chunks]
            if all(shape is not None for shape in shapes):
                found.sizes[name] = size
                found.chunks[name] = [shape for shape in shapes if shape is not None]
                continue
        if isinstance(name, str):
            found.values.add(name)


def _storage(found: DcpMetadata, node: object) -> None:
    for index, info in _pairs(node):
        path = item(info, "relative_path")
        offset, length = whole(item(info, "offset")), whole(item(info, "length"))
        name = item(index, "fqn")
        if not (isinstance(path, str) and isinstance(name, str)) or offset is None or not length:
            text = "it does not say where its values are stored"
            found.problems.append(Problem("bad-metadata", text))
            return
        if path.startswith("/") or ".." in path.split("/") or "\0" in path:
            text = f"it names a file outside its own directory, {path[:80]}; not looked at"
            found.problems.append(Problem("outside", text, None, "limit"))
            return
        if item(info, "transform_descriptors"):
            found.judgeable = False
        shape = _chunk(found, name, whole(item(index, "index")))
        found.files.setdefault(path, []).append(Slice(name, offset, length, shape))
    for slices in found.files.values():
        slices.sort(key=lambda each: each.offset)
    if not found.files:
        found.problems.append(Problem("bad-metadata", "it names no stored values", None, "limit"))


def _chunk(found: DcpMetadata, name: str, index: int | None) -> tuple[int, ...] | None:
    chunks = found.chunks.get(name)
    if chunks is None or index is None or index >= len(chunks):
        return None
    return chunks[index]


def _pairs(node: object) -> Iterator[tuple[object, object]]:
    return iter(node) if isinstance(node, Dict) else iter(())


def _shape(node: object) -> tuple[int, ...] | None:
    """Sizes of a ``torch.Size``, which a pickle holds as a call with a tuple."""
    if isinstance(node, Object) and isinstance(node.args, tuple) and node.args:
        node = node.args[0]
    if not isinstance(node, tuple | list) or len(node) > 64:
        return None
    sizes = [whole(each) for each in node]
    return None if None in sizes else tuple(each for each in sizes if each is not None)
