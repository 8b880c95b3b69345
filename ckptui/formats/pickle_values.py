"""Opcodes that put a single value on the stack: constants, numbers, text and bytes."""

from __future__ import annotations

from struct import Struct

from ckptui.formats.pickle_nodes import Blob
from ckptui.formats.pickle_vm import Machine, length, op

_F8 = Struct(">d").unpack
_U2, _U4 = Struct("<H").unpack_from, Struct("<I").unpack_from
_I4 = Struct("<i").unpack_from
_SHORT = 4096
_HEAD = 4096  # bytes kept of what is too long to keep: a packed storage's own pickles fit
_LONGEST_NUMBER = 640  # digits in a text integer; Python itself slows down far beyond it


# --- constants and numbers


@op(0x4E)
def _none(m: Machine) -> None:
    m.stack.append(None)


@op(0x88)
def _true(m: Machine) -> None:
    m.stack.append(True)


@op(0x89)
def _false(m: Machine) -> None:
    m.stack.append(False)


@op(0x4A)
def _binint(m: Machine) -> None:
    m.stack.append(_I4(m.data, m.pos)[0])
    m.pos += 4


@op(0x4D)
def _binint2(m: Machine) -> None:
    m.stack.append(_U2(m.data, m.pos)[0])
    m.pos += 2


@op(0x8A)
def _long1(m: Machine) -> None:
    m.stack.append(int.from_bytes(m.take(m.take(1)[0]), "little", signed=True))


@op(0x8B)
def _long4(m: Machine) -> None:
    size = length(m, 4)
    if size > m.limits.integer:
        raise m.fail("hostile-integer", "its pickle holds an absurdly long number", "hostile")
    m.stack.append(int.from_bytes(m.take(size), "little", signed=True))


def text_number(m: Machine) -> bytes:
    """A line that holds a number of bearable length."""
    line = m.line()
    if len(line) > _LONGEST_NUMBER:
        raise m.fail("hostile-integer", "its pickle holds an absurdly long number", "hostile")
    return line


@op(0x49)
def _int(m: Machine) -> None:
    line = text_number(m)
    m.stack.append({b"00": False, b"01": True}.get(line, parse(m, line)))


@op(0x4C)
def _long(m: Machine) -> None:
    m.stack.append(parse(m, text_number(m).rstrip(b"L")))


def parse(m: Machine, line: bytes) -> int:
    """A line as an integer."""
    try:
        return int(line)
    except ValueError:
        raise m.fail("pickle-broken", "its pickle has text where a number belongs") from None


@op(0x46)
def _float(m: Machine) -> None:
    try:
        m.stack.append(float(text_number(m)))
    except ValueError:
        raise m.fail("pickle-broken", "its pickle has text where a number belongs") from None


@op(0x47)
def _binfloat(m: Machine) -> None:
    m.stack.append(_F8(m.take(8))[0])


# --- text and bytes


def _text(m: Machine, size: int) -> None:
    if size > m.limits.string:
        _blob(m, "str", size)
        return
    m.stack.append(_decoded(m, m.take(size)))


def _decoded(m: Machine, raw: bytes) -> str:
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise m.fail("pickle-broken", "text in its pickle is not UTF-8") from None


def _raw(m: Machine, size: int, kind: str = "bytes") -> None:
    if size > m.limits.string:
        _blob(m, kind, size)
    else:
        m.stack.append(m.take(size))


def _blob(m: Machine, kind: str, size: int) -> None:
    if size > len(m.data) - m.pos + m.beyond:
        raise m.fail("pickle-cut", "its pickle ends in the middle of a value")
    head = m.data[m.pos : m.pos + _HEAD]
    m.pos += size
    m.stack.append(Blob(kind, size, head))


def _old_text(m: Machine, raw: bytes) -> None:
    """Python 2's str: text where it can be."""
    try:
        m.stack.append(raw.decode("ascii"))
    except UnicodeDecodeError:
        m.stack.append(raw)


@op(0x58)
def _binunicode(m: Machine) -> None:
    # Every key and storage id of protocol 2: the short way for what is short and whole.
    start = m.pos + 4
    end = start + _U4(m.data, m.pos)[0]
    if end - start > _SHORT or end > len(m.data):
        _text(m, length(m, 4))
        return
    m.pos = end
    m.stack.append(_decoded(m, m.data[start:end]))


@op(0x8C)
def _short_binunicode(m: Machine) -> None:
    _text(m, m.take(1)[0])


@op(0x8D)
def _binunicode8(m: Machine) -> None:
    _text(m, length(m, 8))


@op(0x56)
def _unicode(m: Machine) -> None:
    try:
        m.stack.append(m.line().decode("raw-unicode-escape"))
    except UnicodeDecodeError:
        raise m.fail("pickle-broken", "text in its pickle is not text") from None


@op(0x53)
def _string(m: Machine) -> None:
    _old_text(m, m.line().strip(b"'\""))


@op(0x54)
def _binstring(m: Machine) -> None:
    size = length(m, 4)
    if size > m.limits.string:
        _blob(m, "bytes", size)
    else:
        _old_text(m, m.take(size))


@op(0x55)
def _short_binstring(m: Machine) -> None:
    _old_text(m, m.take(m.take(1)[0]))


@op(0x42)
def _binbytes(m: Machine) -> None:
    _raw(m, length(m, 4))


@op(0x43)
def _short_binbytes(m: Machine) -> None:
    _raw(m, m.take(1)[0])


@op(0x8E)
def _binbytes8(m: Machine) -> None:
    _raw(m, length(m, 8))


@op(0x96)
def _bytearray8(m: Machine) -> None:
    _raw(m, length(m, 8), "bytearray")


@op(0x97)
def _next_buffer(m: Machine) -> None:
    m.stack.append(Blob("buffer", 0))


@op(0x98)
def _readonly_buffer(m: Machine) -> None:
    m.stack[-1] = m.stack[-1]
