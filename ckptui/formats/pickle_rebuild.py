"""What a call in a pickle would have built, read off its arguments. Nothing is called.

The rebuild functions and their arguments are torch/_utils.py and torch/_tensor.py (2.13).
"""

from __future__ import annotations

from ckptui.formats.dtypes import dtype_of_global, itemsize, storage_dtype
from ckptui.formats.pickle_nodes import (
    Bag,
    Blob,
    Composite,
    Dict,
    FrozenBag,
    Global,
    Object,
    Packed,
    Storage,
    Tensor,
    called_name,
)
from ckptui.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final, TypeAlias

Args: TypeAlias = "tuple[object, ...]"
_LONGEST_SHAPE: Final = 64
_PACKED_TYPE: Final = rb"(?s)torch(?:\.[a-z]+)?[\n\x8c-\x95].{0,3}?([A-Z]\w{2,20}Storage)"


class NotAsWrittenError(ValueError):
    """The arguments are not those that the function takes; the message says which."""


def construct(called: object, args: object) -> object:
    """The node for ``called(*args)``.

    Raises:
        NotAsWrittenError: The call is one of torch's, but its arguments cannot be.
    """
    if isinstance(called, Global) and isinstance(args, tuple):
        builder = BUILDERS.get(called.name)
        if builder is not None:
            try:
                return builder(args)
            except IndexError:
                raise NotAsWrittenError(f"{called.name} has too few arguments") from None
    return Object(called, args)


def storage_of(pid: object) -> object:
    """The node for a persistent id.

    torch's are ``("storage", class, key, location, numel)``, in legacy files with a sixth item
    that is None or a view ``(key, first element, number of elements)``; and there also
    ``("module", class, file, source)`` for classes.

    Raises:
        NotAsWrittenError: A storage whose fields are of the wrong types.
    """
    if not isinstance(pid, tuple) or not pid or not isinstance(pid[0], str):
        return Object(Global("persistent id"), pid)
    if pid[0] == "module" and len(pid) > 1:
        return pid[1]
    if pid[0] != "storage" or len(pid) < 5:
        return Object(Global("persistent id"), pid)
    _, kind, key, device, numel = pid[:5]
    if not (isinstance(key, str) and isinstance(device, str) and isinstance(kind, Global)):
        raise NotAsWrittenError("a storage has a key, class or location of the wrong type")
    if type(numel) is not int or numel < 0:
        raise NotAsWrittenError("a storage has no valid number of elements")
    dtype = storage_dtype(kind.name) or dtype_of_global(kind.name) or kind.name
    start, extent = _view(pid[5] if len(pid) > 5 else None, numel)
    return Storage(key, dtype, itemsize(dtype), numel, device, start, extent)


def _view(view: object, numel: int) -> tuple[int, int]:
    """First element and number of them where torch before 0.4 saved a storage that views another.

    Raises:
        NotAsWrittenError: The view is none, or reaches beyond what it views.
    """
    if view is None:
        return 0, numel
    if isinstance(view, tuple) and len(view) == 3:
        _, start, extent = view
        if type(start) is int and type(extent) is int and 0 <= start <= start + extent <= numel:
            return start, extent
    raise NotAsWrittenError("a storage views another beyond its end")


def _sizes(value: object, what: str) -> tuple[int, ...]:
    if not isinstance(value, tuple | list) or len(value) > _LONGEST_SHAPE:
        raise NotAsWrittenError(f"a tensor's {what} is not a list of sizes")
    sizes = tuple(item for item in value if type(item) is int and item >= 0)
    if len(sizes) != len(value):
        raise NotAsWrittenError(f"a tensor's {what} holds something that is no size")
    return sizes


def _dtype(value: object) -> str:
    if isinstance(value, Global):
        return dtype_of_global(value.name) or value.name
    raise NotAsWrittenError("a tensor's dtype is not one")


def _device(value: object) -> str:
    if isinstance(value, Object) and isinstance(value.args, tuple):
        return ":".join(str(part) for part in value.args if isinstance(part, str | int)) or "cpu"
    return value if isinstance(value, str) else "cpu"


def _tensor(args: Args) -> object:
    storage, offset = args[0], args[1]
    shape, stride = _sizes(args[2], "shape"), _sizes(args[3], "stride")
    if len(shape) != len(stride):
        raise NotAsWrittenError("a tensor's shape and stride differ in length")
    if type(offset) is not int or offset < 0:
        raise NotAsWrittenError("a tensor's offset is not a number of elements")
    if isinstance(storage, Packed):
        import re

        found = re.search(_PACKED_TYPE, storage.head[:1024])
        dtype = storage_dtype(found[1].decode("ascii")) if found else None
        return Tensor(dtype or "unknown", shape, stride)
    if not isinstance(storage, Storage):
        raise NotAsWrittenError("a tensor names no storage")
    if storage.extent < storage.numel and _reach(shape, stride, offset) > storage.extent:
        raise NotAsWrittenError("a tensor reaches beyond its storage")
    return Tensor(
        storage.dtype, shape, stride, storage=storage, offset=storage.start + offset,
        device=storage.device,
    )  # fmt: skip


def _reach(shape: tuple[int, ...], stride: tuple[int, ...], offset: int) -> int:
    """Elements up to a tensor's last one; 0 where it has none."""
    if 0 in shape:
        return 0
    return offset + 1 + sum((size - 1) * step for size, step in zip(shape, stride, strict=True))


def _tensor_v3(args: Args) -> object:
    tensor = _tensor(args)
    if isinstance(tensor, Tensor):
        tensor.dtype = _dtype(args[6])
    return tensor


def _qtensor(args: Args) -> object:
    tensor = _tensor(args)
    if isinstance(tensor, Tensor):
        tensor.parts = args[4]  # per channel: scales and zero points are tensors themselves
    return tensor


def _first(args: Args) -> object:
    return args[0]


def _with_state(args: Args) -> object:
    tensor = args[0]
    if isinstance(tensor, Tensor) and tensor.parts is None:
        tensor.parts = args[3]
    return tensor


_SPARSE_PARTS: Final[dict[str, tuple[str, ...]]] = {
    "torch.sparse_coo": ("indices", "values"),
    "torch.sparse_csr": ("crow_indices", "col_indices", "values"),
    "torch.sparse_csc": ("ccol_indices", "row_indices", "values"),
    "torch.sparse_bsr": ("crow_indices", "col_indices", "values"),
    "torch.sparse_bsc": ("ccol_indices", "row_indices", "values"),
}


def _sparse(args: Args) -> object:
    layout, data = args[0], args[1]
    name = layout.args[0] if isinstance(layout, Object) and isinstance(layout.args, tuple) else ""
    if isinstance(layout, Global):
        name = layout.name
    parts = _SPARSE_PARTS.get(name if isinstance(name, str) else "")
    if parts is None or not isinstance(data, tuple) or len(data) <= len(parts):
        raise NotAsWrittenError("a sparse tensor has a layout or data that torch does not write")
    size = data[len(parts)]
    size = size.args[0] if isinstance(size, Object) and isinstance(size.args, tuple) else size
    return Composite("sparse tensor", _sizes(size, "shape"), list(zip(parts, data, strict=False)))


def _nested(args: Args) -> object:
    names = ("buffer", "sizes", "strides", "storage_offsets")
    return Composite("nested tensor", (), list(zip(names, args, strict=False)))


def _moved(args: Args) -> object:
    tensor = args[0]
    if isinstance(tensor, Tensor):
        tensor.device = _device(args[2])
    return tensor


def _from_numpy(args: Args) -> object:
    return Object(Global("torch.Tensor"), args)  # its numbers lie inside the pickle


def _meta(args: Args) -> object:
    shape, stride = _sizes(args[1], "shape"), _sizes(args[2], "stride")
    return Tensor(_dtype(args[0]), shape, stride, device="meta")


def _wrapper(args: Args) -> object:
    shape, stride = _sizes(args[2], "shape"), _sizes(args[3], "stride")
    return Tensor(_dtype(args[1]), shape, stride, device=_device(args[6]))


def _from_type(args: Args) -> object:
    """``_rebuild_from_type_v2(func, type, args, state)``: a subclass, or one with attributes."""
    node = construct(args[0], args[2])
    if isinstance(node, Tensor) and node.parts is None:
        node.parts = args[3] if len(args) > 3 else None
        return node
    if isinstance(node, Object):
        node.called = args[1]
        node.state = args[3] if len(args) > 3 else None
    return node


def _dict(args: Args) -> object:
    """``OrderedDict()``, ``OrderedDict([[k, v], …])``, ``defaultdict(factory)``, ``dict()``."""
    pairs = Dict()
    source = args[-1] if args else None
    if isinstance(source, Dict):
        pairs.extend(source)
    elif isinstance(source, list):
        pairs.extend((p[0], p[1]) for p in source if isinstance(p, list | tuple) and len(p) == 2)
    return pairs


def _bag(args: Args) -> object:
    source = args[0] if args else ()
    return Bag(source) if isinstance(source, list | tuple) else Bag()


def _frozen_bag(args: Args) -> object:
    source = args[0] if args else ()
    return FrozenBag(source) if isinstance(source, list | tuple) else FrozenBag()


def _size(args: Args) -> object:
    return tuple(args[0]) if isinstance(args[0], tuple | list) else args[0]


def _encoded(args: Args) -> object:
    """``_codecs.encode(text, "latin1")``: how protocol 2 writes bytes."""
    text = args[0]
    if isinstance(text, Blob):
        return Blob("bytes", text.size, _as_bytes(text.head))
    if isinstance(text, str):
        try:
            return text.encode("latin1")
        except UnicodeEncodeError:
            return Blob("bytes", len(text))
    raise NotAsWrittenError("bytes are made of something that is no text")


def _as_bytes(head: bytes) -> bytes:
    """The first bytes that a text stands for, from the first of its own."""
    return head.decode("utf-8", "ignore").encode("latin1", "replace")


def _bytes(args: Args) -> object:
    return args[0] if args and isinstance(args[0], bytes | Blob) else b""


_BYTE_ORDERS: Final = {"<": "little", ">": "big", "=": "little", "|": "little"}


def _numpy_scalar(args: Args) -> object:
    """``numpy.core.multiarray.scalar(dtype, bytes)``, as a Python number where it is one."""
    dtype, raw = args[0], args[1]
    node = Object(Global("numpy scalar"), args)
    if not (isinstance(dtype, Object) and isinstance(raw, bytes) and len(raw) <= 8):
        return node
    code = dtype.args[0] if isinstance(dtype.args, tuple) and dtype.args else None
    order = dtype.state[1] if isinstance(dtype.state, tuple) and len(dtype.state) > 1 else "<"
    if not isinstance(code, str) or not isinstance(order, str):
        return node
    if code[:1] in {"i", "u", "b"} and called_name(dtype) == "numpy.dtype":
        signed = code[0] == "i"
        order_name = "big" if _BYTE_ORDERS.get(order) == "big" else "little"
        number = int.from_bytes(raw, "big" if order_name == "big" else "little", signed=signed)
        return bool(number) if code[0] == "b" else number
    return node


Builder: TypeAlias = "Callable[[Args], object]"

BUILDERS: Final[dict[str, Builder]] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_v3,
    "torch._utils._rebuild_qtensor": _qtensor,
    "torch._utils._rebuild_parameter": _first,
    "torch._utils._rebuild_parameter_with_state": _with_state,
    "torch._utils._rebuild_sparse_tensor": _sparse,
    "torch._utils._rebuild_sparse_csr_tensor": _sparse,
    "torch._utils._rebuild_nested_tensor": _nested,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": _moved,
    "torch._utils._rebuild_device_tensor_from_numpy": _from_numpy,
    "torch._utils._rebuild_xla_tensor": _from_numpy,
    "torch._utils._rebuild_meta_tensor_no_storage": _meta,
    "torch._utils._rebuild_wrapper_subclass": _wrapper,
    "torch._tensor._rebuild_from_type_v2": _from_type,
    "torch._tensor._rebuild_from_type": _from_type,
    "torch.tensor._rebuild_from_type_v2": _from_type,
    "torch.storage._load_from_bytes": lambda args: Packed(args[0]),
    "torch.Size": _size,
    "collections.OrderedDict": _dict,
    "collections.defaultdict": _dict,
    "collections.Counter": _dict,
    "builtins.dict": _dict,
    "builtins.set": _bag,
    "builtins.frozenset": _frozen_bag,
    "builtins.list": lambda args: list(args[0]) if args and isinstance(args[0], list) else [],
    "builtins.bytes": _bytes,
    "builtins.bytearray": _bytes,
    "_codecs.encode": _encoded,
    "numpy.core.multiarray.scalar": _numpy_scalar,
    "numpy._core.multiarray.scalar": _numpy_scalar,
}
"""Calls that are understood; every other one becomes an :class:`Object`."""
