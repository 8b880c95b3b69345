"""Opcodes that build, remember and call (protocols 0–5; standard library, pickletools)."""

from __future__ import annotations

import _compat_pickle
from struct import Struct

from ckptui.formats.pickle_nodes import Bag, Dict, FrozenBag, Global, Object
from ckptui.formats.pickle_values import parse, text_number
from ckptui.formats.pickle_vm import HANDLERS, Machine, length, op

_U4 = Struct("<I").unpack_from

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
    index = _U4(m.data, m.pos)[0]
    if index > m.limits.memo_index:
        m.remember(index)  # says what is wrong with it
    m.memo[index] = m.stack[-1]
    m.pos += 4


@op(0x94)
def _memoize(m: Machine) -> None:
    m.memo[len(m.memo)] = m.stack[-1]


@op(0x67)
def _get(m: Machine) -> None:
    m.stack.append(m.memo[_slot(m)])


@op(0x6A)
def _long_binget(m: Machine) -> None:
    m.stack.append(m.memo[_U4(m.data, m.pos)[0]])
    m.pos += 4


def _slot(m: Machine) -> int:
    index = parse(m, text_number(m))
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
    m.stack.append(m.name("copyreg", f"extension_{length(m, width)}"))


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
        if m.wraps:
            _pass_array(m, target)


def _pass_array(m: Machine, target: Object) -> None:
    """Say so where an array's bytes follow, as joblib writes them."""
    from ckptui.formats.joblib_arrays import array_behind, is_wrapper

    if is_wrapper(target):
        array = array_behind(target)
        if array is None:
            text = "it holds a joblib array of a type that is not read here, nor what follows it"
            raise m.fail("reader-limit", text, "limit")
        raise array


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
