"""What reading a file's header yields. Plain frozen data: facts, never a judgement."""

from __future__ import annotations

from ckptui.light import TYPE_CHECKING, dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias


Scalar: TypeAlias = "str | int | float | bool | None"


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that the bounded reader saw but does not build, such as a nested dict or an object.

    Attributes:
        type_name: Its type in words, for example ``dict`` or ``argparse.Namespace``.
    """

    type_name: str

    def __str__(self) -> str:
        return f"<{self.type_name}>"


Value: TypeAlias = "Scalar | Opaque"
"""A top-level value as far as the header shows it."""


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One tensor as the header describes it.

    Attributes:
        name: Dotted key path, for example ``model.layers.0.w`` (``""`` for a bare tensor).
        dtype: torch's name without the module, for example ``bfloat16``.
        shape: Sizes, in elements.
        stride: Strides in elements; empty where the format has none.
        offset: First element within its storage.
        storage: Key of the storage (the record ``data/<storage>`` in a torch zip).
        bytes: Bytes the tensor's own elements take (numel × itemsize).
        device: Location it was saved from, for example ``cuda:0``.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    stride: tuple[int, ...] = ()
    offset: int = 0
    storage: str = ""
    bytes: int = 0
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class StorageInfo:
    """One storage that the pickle refers to: its key, dtype, and size as declared.

    ``numel`` is in elements, ``itemsize`` in bytes.
    """

    key: str
    dtype: str
    numel: int
    itemsize: int
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a container.

    Attributes:
        name: Full name inside the container.
        size: Payload bytes.
        data_start: Absolute file offset of the payload, in bytes.
        header_start: Absolute file offset of its local header, in bytes.
        crc: Recorded CRC-32, or None where the writer left it out.
        method: Compression method (0 = stored).
    """

    name: str
    size: int
    data_start: int
    header_start: int
    crc: int | None
    method: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the bytes that contradicts the format.

    Attributes:
        code: Stable machine word, for example ``cut-short``, ``bad-local-header``, ``trailing``.
        text: One plain sentence without the path.
        offset: Byte where it was seen, if known.
        kind: ``damaged`` (bytes wrong or missing), ``odd`` (worth a warning, nothing is lost),
            ``hostile`` (made to harm whoever loads it) or ``limit`` (larger than the header
            reader goes: what lies beyond was not read and is not judged).
    """

    code: str
    text: str
    offset: int | None = None
    kind: str = "damaged"


@dataclass(frozen=True, slots=True)
class Header:
    """Everything that a file's header says, read without its payload and without running anything.

    Attributes:
        format: Name of the format, for example ``torch-zip`` (see ``formats.recognise.FORMATS``).
        size: File size in bytes.
        top_type: Type of the top-level object: ``dict``, ``list``, ``tensor`` …
        keys: Top-level keys in order, as text.
        top: Top-level entries of a dict: scalars as themselves, the rest as ``Opaque``.
        tensors: The tensor table, in pickle order.
        storages: Storages the pickle refers to, by key.
        records: The container's records, in file order.
        globals: Every global that the pickle names, ``module.name``, sorted.
        called: Those of them that the pickle calls itself, sorted.
        root_name: Root directory inside a torch zip (the name the file was saved under).
        metadata: Format-level facts (``byteorder``, ``format_version``, safetensors metadata …).
        problems: What in the bytes contradicts the format, first things first.
        notes: Sentences worth showing that are no problem at all.
        truncated_table: True where the tensor table was cut at the reader's limit.
    """

    format: str
    size: int
    top_type: str = ""
    keys: tuple[str, ...] = ()
    top: Mapping[str, Value] = field(default_factory=dict)
    tensors: tuple[TensorInfo, ...] = ()
    storages: Mapping[str, StorageInfo] = field(default_factory=dict)
    records: tuple[Record, ...] = ()
    globals: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    root_name: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    truncated_table: bool = False

    @property
    def parameters(self) -> int:
        """Number of elements over all tensors in the table."""
        total = 0
        for tensor in self.tensors:
            count = 1
            for size in tensor.shape:
                count *= size
            total += count
        return total
