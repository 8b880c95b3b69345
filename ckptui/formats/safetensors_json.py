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
from typing import Final, TypeAlias

_DEEPEST: Final = 127  # serde_json: remaining_depth
_LONG_NUMBER: Final = 300  # digits that a double may not hold
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
            parse_int=_integer,
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
    shown = f"the tensor {name[:80]}"
    fields = _fields(shown, value)
    dtype = fields.get("dtype")
    if isinstance(dtype, Pairs) and len(dtype) == 1 and dtype[0][1] is None:
        dtype = dtype[0][0]  # serde's other spelling of a name
    if not isinstance(dtype, str):
        raise BadHeaderError(f"{shown} has no dtype")
    shape = _numbers(fields.get("shape"), f"{shown} has no valid shape")
    place = _numbers(fields.get("data_offsets"), f"{shown} has no valid offsets")
    if len(place) != 2 or place[0] > place[1]:
        raise BadHeaderError(f"{shown} has no valid offsets")
    return dtype, shape, place[0], place[1]


def _fields(shown: str, value: object) -> dict[str, object]:
    if isinstance(value, Pairs):
        found: dict[str, object] = {}
        for field, item in value:
            if field not in _FIELDS:
                _check_depth(item)
            elif field in found:
                raise BadHeaderError(f"{shown} has two of the field {field}")
            found[field] = item
        return found
    if isinstance(value, list) and len(value) == len(_FIELDS):
        return dict(zip(_FIELDS, value, strict=True))
    raise BadHeaderError(f"{shown} is not described by an object")


def _check_depth(value: object) -> None:
    """Refuse what nests deeper than the reader goes; the value itself stands in two objects."""
    level = [value]
    for _ in range(_DEEPEST - 2):
        level = [inner for item in level for inner in _inside(item)]
        if not level:
            return
    raise BadHeaderError("its JSON nests deeper than its reader goes")


def _inside(item: object) -> Iterator[object]:
    if isinstance(item, Pairs):
        yield from (value for _, value in item)
    elif isinstance(item, list):
        yield from item


def _numbers(value: object, text: str) -> tuple[int, ...]:
    if not isinstance(value, list) or isinstance(value, Pairs):
        raise BadHeaderError(text)
    numbers = tuple(item for item in value if type(item) is int and 0 <= item < _MOST)
    if len(numbers) != len(value):
        raise BadHeaderError(text)
    return numbers


def _integer(text: str) -> int | float:
    if text == "-0":
        return -0.0
    if len(text) > _LONG_NUMBER:
        return _float(text)
    return int(text)


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
