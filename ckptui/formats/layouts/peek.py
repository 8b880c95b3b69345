"""Bounded looks into the small files of a checkpoint directory: JSON, text, pickles."""

from __future__ import annotations

import json
import os
import re
from typing import Final

from ckptui.formats.layouts.folder import SMALL, Folder
from ckptui.formats.layouts.reading import Broken, Reading
from ckptui.formats.layouts.walk import TO_LIST
from ckptui.formats.limits import DEFAULT
from ckptui.formats.model import Header
from ckptui.formats.naming import series_key
from ckptui.formats.pickle_nodes import Dict, Object
from ckptui.formats.pickle_vm import PickleTree, run
from ckptui.formats.window import FdSource, Window

_SIBLINGS: Final = 50
_NEIGHBOURS: Final = 4
_MOST_BRACKETS: Final = 400_000


def json_of(folder: Folder, name: str, said: Reading, *, last: bool = False) -> object:
    """A JSON file's content; what is wrong with it joins the reading.

    Args:
        folder: The directory.
        name: File in it.
        said: Where problems go.
        last: True for what is written last: cut short, it shows that the save was not finished.

    Returns:
        The document, or None where it is missing, damaged or too large to be read.
    """
    data = folder.read(name)
    if data is None:
        return None
    said.written.append(name)
    if len(data) >= SMALL or data.count(b"[") + data.count(b"{") > _MOST_BRACKETS:
        said.notes.append(f"{name} is too large to be read here")
        return None
    try:
        document: object = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        said.broken.append(Broken(name, f"{name} is no text at byte {error.start:,}"))
    except json.JSONDecodeError as error:
        said.broken.append(_broken_json(name, data, error, last=last))
    except (RecursionError, ValueError):
        said.broken.append(Broken(name, f"{name} is no JSON that its writer makes"))
    else:
        return document
    return None


def _broken_json(name: str, data: bytes, error: json.JSONDecodeError, *, last: bool) -> Broken:
    cut = not data.strip() or error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterm")
    kind = "unfinished" if cut and last else "damaged"
    ending = ", which is written last," if last else ""
    if not data:
        return Broken(name, f"{name}{ending} is empty: it has 0 bytes", kind)
    if cut:
        return Broken(name, f"{name}{ending} is cut short at byte {len(data):,}", kind)
    if not data.strip(b"\0"):
        return Broken(name, f"{name} is all zeros: never written, or lost")
    return Broken(name, f"{name} is damaged: its JSON breaks at character {error.pos:,}")


def text_of(folder: Folder, name: str, most: int = 4096) -> str | None:
    """A small text file's content without white space around it, None where there is none."""
    data = folder.read(name, most)
    return None if data is None else data.decode("utf-8", "surrogateescape").strip()


def header_of(folder: Folder, name: str) -> Header | None:
    """A part's header, None where it cannot be read."""
    from ckptui.formats.reader import read_header_from

    try:
        fd, size = folder.open(name)
    except OSError:
        return None
    try:
        return read_header_from(FdSource(fd), size, os.path.join(folder.path, name))
    except OSError:
        return None
    finally:
        os.close(fd)


def tree_of(folder: Folder, name: str) -> PickleTree | None:
    """What the pickle of a torch zip would build, None where there is none that can be read."""
    from ckptui.formats.torch_zip import find_root
    from ckptui.formats.zip_container import read_record, read_window

    try:
        fd, size = folder.open(name)
    except OSError:
        return None
    try:
        window = Window(FdSource(fd), size)
        container = read_window(window, local_headers=False, limits=DEFAULT)
        root = find_root(container.records)
        records = {record.name: record for record in container.records}
        record = records.get(f"{root}/data.pkl")
        if record is None or record.size > DEFAULT.pickle:
            return None
        data = read_record(window, record, DEFAULT.pickle)
    except OSError:
        return None
    finally:
        os.close(fd)
    return None if data is None else run(data, DEFAULT)


def item(node: object, *keys: str) -> object:
    """A value deep in a tree, by the keys that lead to it; None where there is none.

    Sees through dicts and through the attributes of objects that were not built.
    """
    for key in keys:
        pairs = _pairs(node)
        node = next((value for name, value in reversed(pairs) if _is(name, key)), None)
    return node


def _pairs(node: object) -> list[tuple[object, object]]:
    if isinstance(node, Dict):
        return node
    if isinstance(node, Object):
        return node.state if isinstance(node.state, Dict) else (node.pairs or [])
    return []


def _is(name: object, key: str) -> bool:
    return isinstance(name, str) and name == key


def sibling_has(folder: Folder, name: str, called: re.Pattern[str]) -> bool:
    """True where another directory beside this one, called alike, holds a file of that name.

    Its framework is known by it then, also where this one holds little yet.
    """
    above = os.path.dirname(os.path.abspath(folder.path))
    folder.pause(TO_LIST)
    try:
        names = sorted(os.listdir(above), reverse=True)
    except OSError:
        return False
    alike = [each for each in names if called.search(each) and each != folder.name]
    return any(folder.is_beside(each, name) for each in alike[:_SIBLINGS])


def holds_as_much(folder: Folder) -> bool:
    """True where the other saves of its series hold no name that it does not hold.

    False where there are none beside it.
    """
    above = os.path.dirname(os.path.abspath(folder.path))
    key = series_key(folder.name)
    try:
        others = [n for n in os.listdir(above) if series_key(n) == key and n != folder.name]
    except OSError:
        return False
    others = sorted(others, key=lambda name: (len(name), name), reverse=True)[:_NEIGHBOURS]
    names: set[str] = set()
    for other in others:
        try:
            names.update(os.listdir(os.path.join(above, other)))
        except OSError:
            continue
    return bool(names) and names <= folder.top()


def whole(value: object) -> int | None:
    """A whole number that counts something, else None."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < 1 << 63 else None
