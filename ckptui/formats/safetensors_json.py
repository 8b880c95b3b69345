"""The JSON of a safetensors header, as strictly as the format's own reader takes it.

That reader is serde_json, which differs from Python's: it refuses NaN and Infinity, numbers
beyond a double, a surrogate without its other half, ``-0`` where a size belongs, and more than
127 levels. A tensor's description it also takes as a list of its three fields.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Final, TypeAlias, TypeGuard

_DEEPEST: Final = 127  # serde_json: remaining_depth
_WIDEST: Final = 1024  # bits of the largest double
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_FIELDS: Final = ("dtype", "shape", "data_offsets")
_MOST: Final = 1 << 64  # sizes are u64 in the reader

Entry: TypeAlias = "tuple[str, tuple[int, ...], int, int]"
"""dtype, shape, and the offsets of a tensor."""


class BadHeaderError(ValueError):
    """The JSON is not a safetensors header; the message says why."""


class Pairs(list[tuple[str, object]]):
    """A JSON object as its pairs, so that a name given twice is seen."""


def parse(raw: bytes) -> Pairs:
    """The header's names and values, in order.

    Raises:
        BadHeaderError: It is not JSON as the format's reader takes it.
    """
    try:
        text = raw.decode("utf-8")
        document: object = json.loads(
            text,
            object_pairs_hook=Pairs,
            parse_int=_integer if b"-0" in raw else None,
            parse_float=_float,
            parse_constant=_constant,
        )
    except UnicodeDecodeError as error:
        raise BadHeaderError(f"it is not UTF-8 at byte {error.start + 8:,}") from None
    except json.JSONDecodeError as error:
        raise BadHeaderError(f"its JSON breaks at byte {_byte(error):,}") from None
    except (RecursionError, ValueError):
        raise BadHeaderError("its JSON is none that a writer makes") from None
    if not isinstance(document, Pairs):
        raise BadHeaderError("it is not a JSON object")
    if "\\u" in text and _lone_surrogate(text):
        raise BadHeaderError("its text holds half a character")
    return document


def metadata_of(value: object) -> dict[str, str]:
    """``__metadata__``: text to text, or null.

    Raises:
        BadHeaderError: It is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, Pairs):
        raise BadHeaderError("its __metadata__ is not an object")
    if not all(isinstance(item, str) for _, item in value):
        raise BadHeaderError("its __metadata__ holds something other than text")
    return {name: str(item) for name, item in value}


def entry_of(name: str, value: object) -> Entry:
    """The description of one tensor.

    Raises:
        BadHeaderError: A field is missing, there twice, or of the wrong type.
    """
    dtype, shape, place = _fields(name, value)
    if isinstance(dtype, Pairs) and len(dtype) == 1 and dtype[0][1] is None:
        dtype = dtype[0][0]  # serde's other spelling of a name
    if not isinstance(dtype, str):
        raise BadHeaderError(f"the tensor {name[:80]} has no dtype")
    if not _are_numbers(shape):
        raise BadHeaderError(f"the tensor {name[:80]} has no valid shape")
    if not _are_numbers(place) or len(place) != 2 or place[0] > place[1]:
        raise BadHeaderError(f"the tensor {name[:80]} has no valid offsets")
    return dtype, tuple(shape), place[0], place[1]


def _fields(name: str, value: object) -> tuple[object, object, object]:
    """dtype, shape and offsets; None where one is missing."""
    if isinstance(value, Pairs):
        if len(value) == len(_FIELDS):  # as every writer writes them
            (first, dtype), (second, shape), (third, place) = value
            if (first, second, third) == _FIELDS:
                return dtype, shape, place
        return _fields_in_any_order(name, value)
    if isinstance(value, list) and len(value) == len(_FIELDS):
        return value[0], value[1], value[2]
    raise BadHeaderError(f"the tensor {name[:80]} is not described by an object")


def _fields_in_any_order(name: str, value: Pairs) -> tuple[object, object, object]:
    found: dict[str, object] = {}
    for field, item in value:
        if field not in _FIELDS:
            _check_ignored(item)
        elif field in found:
            raise BadHeaderError(f"the tensor {name[:80]} has two of the field {field}")
        found[field] = item
    return found.get("dtype"), found.get("shape"), found.get("data_offsets")


def _check_ignored(value: object) -> None:
    """Refuse in a field of no meaning what the reader refuses anywhere.

    The value itself stands in two objects. A whole number that no double holds is refused in the
    fields of meaning as well, being no size.
    """
    level = [value]
    for _ in range(_DEEPEST - 2):
        if any(type(item) is int and item.bit_length() > _WIDEST for item in level):
            raise BadHeaderError("it holds a number beyond what its reader takes")
        level = [inner for item in level for inner in _inside(item)]
        if not level:
            return
    raise BadHeaderError("its JSON nests deeper than its reader goes")


def _inside(item: object) -> Iterator[object]:
    if isinstance(item, Pairs):
        yield from (value for _, value in item)
    elif isinstance(item, list):
        yield from item


def _are_numbers(value: object) -> TypeGuard[list[int]]:
    """True for a list of sizes as the reader takes them."""
    if not isinstance(value, list) or isinstance(value, Pairs):
        return False
    return all(type(item) is int and 0 <= item < _MOST for item in value)


def _integer(text: str) -> int | float:
    return -0.0 if text == "-0" else int(text)


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("out of range")
    return number


def _constant(text: str) -> float:
    raise ValueError(text)


def _byte(error: json.JSONDecodeError) -> int:
    """The place of an error in the file."""
    return 8 + len(error.doc[: error.pos].encode("utf-8"))


def _lone_surrogate(text: str) -> bool:
    """True where an escape is half a pair. Escapes stand nowhere but in strings."""
    high_ends = -1
    for found in _ESCAPE.finditer(text):
        code = int(found[1], 16) if found[1] else 0
        low = 0xDC00 <= code < 0xE000
        if low != (found.start() == high_ends):
            return True
        high_ends = found.end() if 0xD800 <= code < 0xDC00 else -1
        if high_ends >= 0 and not text.startswith("\\u", high_ends):
            return True
    return False
