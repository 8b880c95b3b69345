"""joblib.dump: the bytes of each array stand right behind the opcode that completes its wrapper.

joblib/numpy_pickle.py, ``NumpyArrayWrapper.write_array``: one byte with the number of padding
bytes and these, where ``numpy_array_alignment_bytes`` is set; then the array's own bytes. An array
of objects is another pickle instead.
"""

from __future__ import annotations

from typing import Final

from ckptui.formats.pickle_nodes import Dict, Object, called_name
from ckptui.formats.pickle_vm import ArrayFollows

WRAPPER: Final = "joblib.numpy_pickle.NumpyArrayWrapper"
"""A plain object that says how long the bytes behind it are; it does nothing by itself."""


def is_wrapper(node: Object) -> bool:
    """True for joblib's stand-in for an array."""
    return called_name(node) == WRAPPER


def array_behind(wrapper: Object) -> ArrayFollows | None:
    """The bytes behind joblib's wrapper of an array; None where their number is not known.

    A size of -1 stands for a pickle.
    """
    state = wrapper.state
    if not isinstance(state, Dict):
        return None
    fields = {key: value for key, value in state if isinstance(key, str)}
    shape, dtype = fields.get("shape"), fields.get("dtype")
    size = _itemsize(dtype)
    if not isinstance(shape, tuple) or size is None:
        return None
    if size < 0:
        return ArrayFollows(-1, aligned=False)
    for extent in shape:
        if type(extent) is not int or not 0 <= extent < 1 << 62:
            return None
        size = min(size * extent, 1 << 62)
    return ArrayFollows(size, aligned=fields.get("numpy_array_alignment_bytes") is not None)


def _itemsize(dtype: object) -> int | None:
    """Bytes of ``numpy.dtype("f8", …)``; -1 for objects, None for records."""
    if not isinstance(dtype, Object) or not isinstance(dtype.args, tuple) or not dtype.args:
        return None
    code = dtype.args[0]
    if code == "O8":
        return -1
    if not isinstance(code, str) or code[:1] not in set("biufcSUVMm") or not code[1:].isdigit():
        return None
    if len(code) > 12 or (code[0] == "V" and isinstance(dtype.state, tuple) and _fields(dtype)):
        return None
    return int(code[1:]) * (4 if code[0] == "U" else 1)


def _fields(dtype: Object) -> bool:
    state = dtype.state
    return isinstance(state, tuple) and len(state) > 3 and state[3] is not None
