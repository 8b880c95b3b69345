"""The user's own keys: a set to begin with, ``keys.toml`` over it, and what is wrong in that.

.. code-block:: toml

    validate = "v, f2"
    quarantine = ""        # no key: the palette still has it
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from ckptui.config_file import ConfigFile, Problem, config_home, meant, read_text
from ckptui.errors import ConfigError
from ckptui.tui.keynames import HELD, caption, understood
from ckptui.tui.keys import EVERY, PLACES

_NONE: Final = "none"
"""Stands for no key with Textual, which takes an empty one for the default."""
KEYS_NAME: Final = "keys.toml"
NEEDED: Final = ("leave", "back", "yes", "quit-now")
"""Ids that must have a key, so that one can always go on."""

_SPELT: Final = ("comma", "up", "down", "left", "right", "shift+tab")
"""Keys that a file names, where the screen shows a sign."""

Keys: TypeAlias = "tuple[str, ...]"

VIM: Final = {
    "page-down": "ctrl+f,pagedown",
    "page-up": "ctrl+b,pageup",
    "text-page-down": "ctrl+f,pagedown,space",
    "text-page-up": "ctrl+b,pageup",
    "scroll-left": "h,left",
    "scroll-right": "l,right",
    "text-left": "h,left",
    "text-right": "l,right",
    "tree-fold": "h,left",
    "tree-unfold": "l,right",
    "log": "L",
}
"""What vim's users expect elsewhere than the default has it."""
PLAIN: Final = {
    "help": "f1,question_mark",
    "palette": "f2,colon,ctrl+p",
    "validate": "f3,v",
    "fix": "f4,f",
    "rescan": "f5,r",
    "sort": "f6,s",
    "filter": "f7,slash",
    "quarantine": "delete,x",
    "undo": "f8,z",
    "log": "f9,l",
    "quit": "f10,q",
    "mark-row": "insert,space",
    "row-down": "down",
    "row-up": "up",
    "first-row": "home",
    "last-row": "end",
    "line-down": "down",
    "line-up": "up",
    "text-top": "home",
    "text-end": "end",
    "page-down": "pagedown",
    "page-up": "pageup",
    "text-page-down": "pagedown,space",
    "text-page-up": "pageup",
}
"""For hands that know neither vim nor less: arrows, page keys and F-keys."""
SETS: Final[Mapping[str, Mapping[str, str]]] = {"default": {}, "vim": VIM, "plain": PLAIN}


@dataclass(frozen=True, slots=True)
class Keymap:
    """Which keys do what.

    Attributes:
        keys: Id → the terminal's names of its keys; none for no key.
        own: Ids that the user's file changes.
    """

    keys: Mapping[str, Keys]
    own: frozenset[str] = frozenset()

    @property
    def overrides(self) -> dict[str, str]:
        """For Textual, which asks nothing and tells nothing: only what is checked goes there."""
        return {
            key.id: ",".join(self.keys[key.id]) or _NONE
            for key in EVERY
            if ",".join(self.keys[key.id]) != key.keys
        }

    def clashes(self) -> Iterator[tuple[str, str, str, str]]:
        """(place, key, id, id) for each key that would mean two things in one place."""
        for place, ids in PLACES.items():
            taken: dict[str, str] = {}
            for key_id in ids:
                for name in self.keys[key_id]:
                    if taken.setdefault(name, key_id) != key_id:
                        yield place, name, taken[name], key_id


def keys_path() -> str:
    """Where the user's keymap stands."""
    return os.path.join(config_home(), KEYS_NAME)


def keymap_of(name: str) -> Keymap:
    """A set without anything of the user's own.

    Args:
        name: One of :data:`SETS`.
    """
    chosen = SETS[name]
    return Keymap({key.id: tuple(chosen.get(key.id, key.keys).split(",")) for key in EVERY})


def read_keymap(name: str, path: str | None = None) -> tuple[Keymap, tuple[Problem, ...]]:
    """The keymap in force: a set, and the user's file over it, as far as that is right.

    Args:
        name: Of the set.
        path: Of the file, if not :func:`keys_path`.

    Returns:
        The keymap, without any clash, and everything that is wrong in the file.
    """
    where = path or keys_path()
    try:
        text = read_text(where)
    except ConfigError as error:
        words = str(error).removeprefix(f"{where}: ")
        return keymap_of(name), (Problem(where, 0, "", words),)
    return parse_keymap(text or "", where, name)


def parse_keymap(text: str, path: str, name: str) -> tuple[Keymap, tuple[Problem, ...]]:
    """Read the text of a ``keys.toml``; see :func:`read_keymap`."""
    file = ConfigFile(path, text)
    base = keymap_of(name)
    own: dict[str, Keys] = {}
    for key_id in file.top.data:
        if key_id not in base.keys:
            file.top.wrong(key_id, f"there is no such action; {_meant(key_id)}")
        elif (keys := _keys(file, key_id)) is not None:
            own[key_id] = keys
    while (problem := _first_clash(file, base, own)) is not None:
        key_id, words = problem
        file.top.wrong(key_id, words)
        del own[key_id]
    return Keymap({**base.keys, **own}, frozenset(own)), file.found


def written(keys: Keys) -> str:
    """Keys as a line of the file gives them."""
    return ", ".join(name if name in _SPELT else caption(name) for name in keys)


def _meant(key_id: str) -> str:
    said = meant(key_id, [key.id for key in EVERY])
    return said if said.startswith("did") else "ckptui config show lists them"


def _keys(file: ConfigFile, key_id: str) -> Keys | None:
    """The keys that a line gives; None where it is wrong and its default holds."""
    value = file.top.data[key_id]
    if not isinstance(value, str):
        file.top.wrong(key_id, f'must be text such as "f, ctrl+x", not {value!r:.60}')
        return None
    if not value.strip():
        if key_id in NEEDED:
            file.top.wrong(key_id, "needs a key: nothing else does what it does")
            return None
        return ()
    found: dict[str, None] = {}
    for written in value.split(","):
        try:
            found[understood(written)] = None
        except ValueError as error:
            file.top.wrong(key_id, str(error))
            return None
    for name in found:
        if name in HELD:
            file.warn((key_id,), key_id, f"{caption(name)}: {HELD[name]}")
    return tuple(found)


def _first_clash(file: ConfigFile, base: Keymap, own: Mapping[str, Keys]) -> tuple[str, str] | None:
    """A line of the user's that cannot hold, and why."""
    wanted = Keymap({**base.keys, **own})
    for place, name, first, second in wanted.clashes():
        mine = [each for each in (second, first) if each in own]
        if not mine:
            continue
        guilty = max(mine, key=lambda each: file.line_of((each,)))
        other = first if guilty == second else second
        also = "" if other in own else f"; give {other} another key too, or none"
        return guilty, f"{caption(name)} means {other} {place} already{also}"
    confirming = set(wanted.keys["yes"])
    for key in EVERY:
        if key.changes and confirming & set(wanted.keys[key.id]):
            guilty = "yes" if "yes" in own else key.id
            return (
                guilty,
                f"the key that confirms must not be one that changes something ({key.id})",
            )
    return None
