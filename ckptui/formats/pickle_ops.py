"""The opcodes of pickle protocols 0–5 (standard library, pickletools), one function each."""

from __future__ import annotations

import _compat_pickle
from collections.abc import Callable
from struct import Struct

from ckptui.formats.pickle_nodes import Bag, Blob, Dict, FrozenBag, Global, Object
from ckptui.formats.pickle_vm import HANDLERS, Handler, Machine

_F8 = Struct(">d").unpack
_SHORT = 4096
_LONGEST_NUMBER = 640  # digits in a text integer; Python itself slows down far beyond it


def op(code: int) -> Callable[[Handler], Handler]:
    """Enter a function into the machine's table."""

    def enter(handler: Handler) -> Handler:
        HANDLERS[code] = handler
        return handler

    return enter


def _length(m: Machine, width: int) -> int:
    raw = m.take(width)
    return int.from_bytes(raw, "little")


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
    m.stack.append(int.from_bytes(m.take(4), "little", signed=True))


@op(0x4D)
def _binint2(m: Machine) -> None:
    m.stack.append(int.from_bytes(m.take(2), "little"))


@op(0x8A)
def _long1(m: Machine) -> None:
    m.stack.append(int.from_bytes(m.take(m.take(1)[0]), "little", signed=True))


@op(0x8B)
def _long4(m: Machine) -> None:
    size = _length(m, 4)
    if size > m.limits.integer:
        raise m.fail("hostile-integer", "its pickle holds an absurdly long number", "hostile")
    m.stack.append(int.from_bytes(m.take(size), "little", signed=True))


def _text_number(m: Machine) -> bytes:
    line = m.line()
    if len(line) > _LONGEST_NUMBER:
        raise m.fail("hostile-integer", "its pickle holds an absurdly long number", "hostile")
    return line


@op(0x49)
def _int(m: Machine) -> None:
    line = _text_number(m)
    m.stack.append({b"00": False, b"01": True}.get(line, _parse(m, line)))


@op(0x4C)
def _long(m: Machine) -> None:
    m.stack.append(_parse(m, _text_number(m).rstrip(b"L")))


def _parse(m: Machine, line: bytes) -> int:
    try:
        return int(line)
    except ValueError:
        raise m.fail("pickle-broken", "its pickle has text where a number belongs") from None


@op(0x46)
def _float(m: Machine) -> None:
    try:
        m.stack.append(float(_text_number(m)))
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
    if size > len(m.data) - m.pos:
        raise m.fail("pickle-cut", "its pickle ends in the middle of a value")
    m.pos += size
    m.stack.append(Blob(kind, size))


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
    size = int.from_bytes(m.data[m.pos : start], "little")
    if size > _SHORT or start + size > len(m.data):
        _text(m, _length(m, 4))
        return
    m.pos = start
    m.stack.append(_decoded(m, m.take(size)))


@op(0x8C)
def _short_binunicode(m: Machine) -> None:
    _text(m, m.take(1)[0])


@op(0x8D)
def _binunicode8(m: Machine) -> None:
    _text(m, _length(m, 8))


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
    size = _length(m, 4)
    if size > m.limits.string:
        _blob(m, "bytes", size)
    else:
        _old_text(m, m.take(size))


@op(0x55)
def _short_binstring(m: Machine) -> None:
    _old_text(m, m.take(m.take(1)[0]))


@op(0x42)
def _binbytes(m: Machine) -> None:
    _raw(m, _length(m, 4))


@op(0x43)
def _short_binbytes(m: Machine) -> None:
    _raw(m, m.take(1)[0])


@op(0x8E)
def _binbytes8(m: Machine) -> None:
    _raw(m, _length(m, 8))


@op(0x96)
def _bytearray8(m: Machine) -> None:
    _raw(m, _length(m, 8), "bytearray")


@op(0x97)
def _next_buffer(m: Machine) -> None:
    m.stack.append(Blob("buffer", 0))


@op(0x98)
def _readonly_buffer(m: Machine) -> None:
    m.stack[-1] = m.stack[-1]


# --- containers


@op(0x5D)
def _empty_list(m: Machine) -> None:
    m.stack.append([])


@op(0x7D)
def _empty_dict(m: Machine) -> None:
    m.stack.append(Dict())


@op(0x29)
def _empty_tuple(m: Machine) -> None:
    m.stack.append(())


@op(0x8F)
def _empty_set(m: Machine) -> None:
    m.stack.append(Bag())


@op(0x6C)
def _list(m: Machine) -> None:
    m.stack.append(m.since_mark())


@op(0x74)
def _tuple(m: Machine) -> None:
    m.stack.append(tuple(m.since_mark()))


@op(0x85)
def _tuple1(m: Machine) -> None:
    m.stack[-1] = (m.stack[-1],)


@op(0x86)
def _tuple2(m: Machine) -> None:
    last = m.stack.pop()
    m.stack[-1] = (m.stack[-1], last)


@op(0x87)
def _tuple3(m: Machine) -> None:
    last, middle = m.stack.pop(), m.stack.pop()
    m.stack[-1] = (m.stack[-1], middle, last)


@op(0x64)
def _dict(m: Machine) -> None:
    pairs = Dict()
    items = m.since_mark()
    _set_pairs(m, pairs, items)
    m.stack.append(pairs)


@op(0x91)
def _frozenset(m: Machine) -> None:
    members = m.since_mark()
    for member in members:
        m.check_key(member)
    m.stack.append(FrozenBag(members))


def _set_pairs(m: Machine, pairs: Dict, items: list[object]) -> None:
    if len(items) % 2:
        raise m.fail("pickle-broken", "a dict in its pickle has a key without a value")
    for key in items[::2]:
        if type(key) is not str:
            m.check_key(key)
    pairs.extend(zip(items[::2], items[1::2], strict=True))


def _pairs_of(m: Machine, target: object) -> Dict:
    if isinstance(target, Dict):
        return target
    if isinstance(target, Object):
        if target.pairs is None:
            target.pairs = Dict()
        return target.pairs
    raise m.fail("pickle-broken", "its pickle sets an item on something that has none")


def _items_of(m: Machine, target: object) -> list[object]:
    if type(target) is list or isinstance(target, Bag):
        return target
    if isinstance(target, Object):
        if target.items is None:
            target.items = []
        return target.items
    raise m.fail("pickle-broken", "its pickle appends to something that is no list")


@op(0x73)
def _setitem(m: Machine) -> None:
    value, key = m.stack.pop(), m.stack.pop()
    m.check_key(key)
    _pairs_of(m, m.stack[-1]).append((key, value))


@op(0x75)
def _setitems(m: Machine) -> None:
    items = m.since_mark()
    _set_pairs(m, _pairs_of(m, m.stack[-1]), items)


@op(0x61)
def _append(m: Machine) -> None:
    value = m.stack.pop()
    _items_of(m, m.stack[-1]).append(value)


@op(0x65)
def _appends(m: Machine) -> None:
    items = m.since_mark()
    _items_of(m, m.stack[-1]).extend(items)


@op(0x28)
def _mark(m: Machine) -> None:
    # The machine's loop takes every MARK below the limit itself.
    text = "its pickle nests deeper than anything a writer makes"
    raise m.fail("hostile-depth", text, "hostile")


@op(0x90)
def _additems(m: Machine) -> None:
    items = m.since_mark()
    for member in items:
        m.check_key(member)
    _items_of(m, m.stack[-1]).extend(items)


# --- stack and memo


@op(0x30)
def _pop(m: Machine) -> None:
    if m.marks and m.marks[-1] == len(m.stack):
        m.marks.pop()
    else:
        m.stack.pop()


@op(0x31)
def _pop_mark(m: Machine) -> None:
    m.since_mark()


@op(0x32)
def _dup(m: Machine) -> None:
    m.stack.append(m.stack[-1])


@op(0x70)
def _put(m: Machine) -> None:
    m.remember(_slot(m))


@op(0x72)
def _long_binput(m: Machine) -> None:
    m.remember(_length(m, 4))


@op(0x94)
def _memoize(m: Machine) -> None:
    m.memo[len(m.memo)] = m.stack[-1]


@op(0x67)
def _get(m: Machine) -> None:
    m.stack.append(m.memo[_slot(m)])


@op(0x6A)
def _long_binget(m: Machine) -> None:
    m.stack.append(m.memo[_length(m, 4)])


def _slot(m: Machine) -> int:
    index = _parse(m, _text_number(m))
    if index < 0:
        raise m.fail("pickle-broken", "its pickle uses a memo slot below zero")
    return index


# --- globals, calls, persistent ids


def _global_text(m: Machine, raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise m.fail("pickle-broken", "a name in its pickle is not text") from None


def _named(m: Machine, module: str, name: str) -> Global:
    """A global, under Python 3's name for it where an old protocol uses Python 2's."""
    if m.protocol < 3:
        pair = (module, name)
        module, name = _compat_pickle.NAME_MAPPING.get(pair, pair)
        module = _compat_pickle.IMPORT_MAPPING.get(module, module)
    return m.name(module, name)


@op(0x63)
def _global(m: Machine) -> None:
    module = _global_text(m, m.line())
    m.stack.append(_named(m, module, _global_text(m, m.line())))


@op(0x93)
def _stack_global(m: Machine) -> None:
    name, module = m.stack.pop(), m.stack.pop()
    if not isinstance(name, str) or not isinstance(module, str):
        raise m.fail("pickle-broken", "its pickle names a global by something that is no text")
    m.stack.append(_named(m, module, name))


def _extension(m: Machine, width: int) -> None:
    # copyreg's extension registry: codes mean what the reader's process registered.
    m.stack.append(m.name("copyreg", f"extension_{_length(m, width)}"))


@op(0x82)
def _ext1(m: Machine) -> None:
    _extension(m, 1)


@op(0x83)
def _ext2(m: Machine) -> None:
    _extension(m, 2)


@op(0x84)
def _ext4(m: Machine) -> None:
    _extension(m, 4)


@op(0x52)
def _reduce(m: Machine) -> None:
    args = m.stack.pop()
    m.stack[-1] = m.call(m.stack[-1], args)


HANDLERS[0x81] = _reduce  # NEWOBJ: the class where REDUCE has the callable


@op(0x92)
def _newobj_ex(m: Machine) -> None:
    keywords, args = m.stack.pop(), m.stack.pop()
    node = m.call(m.stack[-1], args)
    if isinstance(node, Object) and isinstance(keywords, Dict) and keywords:
        node.state = keywords
    m.stack[-1] = node


@op(0x69)
def _inst(m: Machine) -> None:
    module = _global_text(m, m.line())
    called = _named(m, module, _global_text(m, m.line()))
    m.stack.append(m.call(called, tuple(m.since_mark())))


@op(0x6F)
def _obj(m: Machine) -> None:
    items = m.since_mark()
    m.stack.append(m.call(items[0], tuple(items[1:])))


@op(0x62)
def _build(m: Machine) -> None:
    state = m.stack.pop()
    target = m.stack[-1]
    if isinstance(target, Object):
        target.state = state


@op(0x50)
def _persid(m: Machine) -> None:
    m.stack.append(m.persistent(_global_text(m, m.line())))


@op(0x51)
def _binpersid(m: Machine) -> None:
    m.stack[-1] = m.persistent(m.stack[-1])


# --- framing


@op(0x80)
def _proto(m: Machine) -> None:
    protocol = m.take(1)[0]
    if protocol > 5:
        raise m.fail("pickle-broken", f"its pickle claims protocol {protocol}; 5 is the highest")
    m.protocol = max(m.protocol, protocol)


@op(0x95)
def _frame(m: Machine) -> None:
    m.take(8)  # frames only help readers to fetch ahead
