"""What the pickle machine builds instead of objects: plain nodes that do nothing.

Scalars, tuples and lists stay Python's own. Nothing here is ever hashed, compared or printed in
depth: a hostile pickle can nest a value 300,000 deep or make it contain itself.
"""

from __future__ import annotations

from ckptui.formats.model import Opaque, Value


class Global:
    """A global that the pickle names, for example ``torch._utils._rebuild_tensor_v2``."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Dict(list[tuple[object, object]]):
    """A dict as its pairs in order, so that no key is ever hashed."""

    __slots__ = ()


class Bag(list[object]):
    """A set as a list."""

    __slots__ = ()


class FrozenBag(Bag):
    """A frozenset as a list; unlike a set it may be a key."""

    __slots__ = ()


class Blob:
    """Bytes or text too long to keep; ``head`` are the first of them."""

    __slots__ = ("head", "kind", "size")

    def __init__(self, kind: str, size: int, head: bytes = b"") -> None:
        self.kind = kind
        self.size = size
        self.head = head


class Packed:
    """A storage that stands in a pickle as a file of torch's own (``_load_from_bytes``)."""

    __slots__ = ("content",)

    def __init__(self, content: object) -> None:
        self.content = content

    @property
    def head(self) -> bytes:
        """The first bytes of that file."""
        if isinstance(self.content, Blob):
            return self.content.head
        return self.content if isinstance(self.content, bytes) else b""


class Object:
    """The result of a call that was not made: what was called, with what, and what was added.

    Attributes:
        called: The callable as the pickle gave it (a :class:`Global` in honest files).
        args: Its arguments.
        state: What BUILD would have set.
        pairs: Items set on it, for dict subclasses.
        items: Items appended to it, for list subclasses.
    """

    __slots__ = ("args", "called", "items", "pairs", "state")

    def __init__(self, called: object, args: object) -> None:
        self.called = called
        self.args = args
        self.state: object = None
        self.pairs: Dict | None = None
        self.items: list[object] | None = None


class Storage:
    """A storage that the pickle refers to by a persistent id.

    ``numel`` elements lie in the file; ``extent`` of them from ``start`` on are this one, which
    is less than all where it is a view of another.
    """

    __slots__ = ("device", "dtype", "extent", "itemsize", "key", "numel", "start")

    def __init__(
        self,
        key: str,
        dtype: str,
        itemsize: int,
        numel: int,
        device: str,
        start: int = 0,
        extent: int | None = None,
    ) -> None:
        self.key = key
        self.dtype = dtype
        self.itemsize = itemsize
        self.numel = numel
        self.device = device
        self.start = start
        self.extent = numel if extent is None else extent


class Tensor:
    """A tensor as the rebuild function would have made it; ``parts`` hold further tensors."""

    __slots__ = ("device", "dtype", "offset", "parts", "shape", "storage", "stride")

    def __init__(
        self,
        dtype: str,
        shape: tuple[int, ...],
        stride: tuple[int, ...],
        *,
        storage: Storage | None = None,
        offset: int = 0,
        device: str = "cpu",
        parts: object = None,
    ) -> None:
        self.dtype = dtype
        self.shape = shape
        self.stride = stride
        self.storage = storage
        self.offset = offset
        self.device = device
        self.parts = parts


class Composite:
    """A tensor made of several, such as a sparse one: what it is, and its named parts."""

    __slots__ = ("kind", "parts", "shape")

    def __init__(self, kind: str, shape: tuple[int, ...], parts: list[tuple[str, object]]) -> None:
        self.kind = kind
        self.shape = shape
        self.parts = parts


def called_name(node: Object) -> str:
    """The dotted name of what an object's making would have called; ``object`` if unknown."""
    called = node.called
    for _ in range(4):  # getattr(getattr(a, "b"), "c") and the like
        if isinstance(called, Global):
            return _reconstructed(called.name, node.args)
        if not isinstance(called, Object):
            break
        called = called.called
    return "object"


def _reconstructed(name: str, args: object) -> str:
    """See through copyreg's helpers to the class that they build."""
    wraps = name in {"copyreg._reconstructor", "copyreg.__newobj__", "copyreg.__newobj_ex__"}
    if wraps and isinstance(args, tuple) and args and isinstance(args[0], Global):
        return args[0].name
    return name


_NAMES: tuple[tuple[type, str], ...] = (
    (Dict, "dict"),
    (Bag, "set"),
    (list, "list"),
    (tuple, "tuple"),
    (Tensor, "tensor"),
    (Storage, "storage"),
    (Packed, "storage"),
    (bool, "bool"),
    (int, "int"),
    (float, "float"),
    (str, "str"),
    (bytes, "bytes"),
    (bytearray, "bytearray"),
)


def type_name(node: object) -> str:
    """A node's type in words: ``dict``, ``tensor``, ``argparse.Namespace`` …"""
    if node is None:
        return "None"
    if isinstance(node, Object):
        return called_name(node)
    if isinstance(node, Blob | Composite):
        return node.kind
    if isinstance(node, Global):
        return node.name
    return next((name for kind, name in _NAMES if isinstance(node, kind)), "object")


def value_of(node: object) -> Value:
    """A node as the header shows it: scalars as themselves, the rest opaque."""
    if node is None or isinstance(node, str | int | float | bool):
        return node
    return Opaque(type_name(node))
