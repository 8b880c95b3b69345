"""allow-globals: write the names that a checkpoint's pickle needs into the run's ckptui.toml.

Everything else in the file stays byte for byte: the text is edited, not written anew, and what
comes out is read back before anything is planned.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from typing import Final

from ckptui.config import CONFIG_NAME, RunConfig, parse_run_config
from ckptui.errors import ConfigError, RepairError
from ckptui.repair.draft import Context, Draft
from ckptui.repair.guards import check_folder
from ckptui.repair.model import Step
from ckptui.repair.site import subject
from ckptui.user_config import load_user_config
from ckptui.validation.check import check_file
from ckptui.validation.known_globals import split_globals

_HEADER: Final = re.compile(r"^[ \t]*\[[ \t]*allow[ \t]*\][ \t]*(?:#[^\n]*)?\r?$", re.MULTILINE)
_ANY_HEADER: Final = re.compile(r"^[ \t]*\[", re.MULTILINE)
_GLOBALS: Final = re.compile(r"^[ \t]*globals[ \t]*=[ \t]*\[", re.MULTILINE)
_INSIDE: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|\]|,|[^\s]')
_LARGEST: Final = 1 << 20
_BY_HAND: Final = "write them by hand: [allow] globals = [...]"


def draft_allow(context: Context, paths: Iterable[str]) -> Draft:
    """One change of ckptui.toml for all paths.

    Raises:
        RepairError: Nothing is to be allowed, what is needed is dangerous, or the file cannot be
            edited without touching more of it.
    """
    check_folder(context.site, CONFIG_NAME)
    old = _text(context)
    allowed = _parsed(old, context).allow_globals if old is not None else ()
    names = _needed(context, paths, allowed)
    new = with_globals(old or "", names)
    size = len(new.encode("utf-8"))
    steps = [Step("write", CONFIG_NAME, None, size, f"allows {', '.join(names)}", new)]
    if old is not None:
        steps.insert(0, context.trash(CONFIG_NAME, "the old one"))
    warning = "A checkpoint that names these loads from now on: do it only if you trust its writer."
    return Draft(tuple(steps), (warning,))


def _text(context: Context) -> str | None:
    try:
        with open(context.site.full(CONFIG_NAME), "rb") as file:
            return file.read(_LARGEST).decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise RepairError(f"{CONFIG_NAME}: not UTF-8 text; {_BY_HAND}") from error


def _parsed(text: str, context: Context) -> RunConfig:
    try:
        return parse_run_config(text, context.site.full(CONFIG_NAME))
    except ConfigError as error:
        raise RepairError(str(error)) from error


def _needed(context: Context, paths: Iterable[str], allowed: Sequence[str]) -> list[str]:
    """The names that the checkpoints' pickles need and nobody allows yet."""
    user, names = load_user_config(), dict[str, None]()
    for path in paths:
        name = subject(context.site.inside(path))
        context.exists(name)
        full = context.site.full(name)
        facts = check_file(full, header_only=True, settle=False).facts
        split = split_globals(facts.globals, user.allowed_for(full, allowed))
        if split.dangerous:
            raise RepairError(
                f"{name}: its pickle names {split.dangerous[0]}, which can run anything and stays "
                "refused; quarantine it"
            )
        names.update(dict.fromkeys(split.unknown))
    if not names:
        raise RepairError("nothing to allow: what is named there is harmless, or allowed already")
    return list(names)


def with_globals(text: str, names: Sequence[str]) -> str:
    """A ckptui.toml with more allowed globals, all else as it was.

    Args:
        text: The file; ``""`` where there is none.
        names: ``module.name``, not in it yet.

    Raises:
        RepairError: The file cannot be edited so; the sentence says what to write by hand.

    Example:
        >>> print(with_globals("# mine\\n", ["a.B"]), end="")
        # mine
        <BLANKLINE>
        [allow]
        globals = ["a.B"]
    """
    listed = ", ".join(json.dumps(name, ensure_ascii=False) for name in names)
    found = _HEADER.search(text)
    if found is None:
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        new = f"{text}{gap}[allow]\nglobals = [{listed}]\n"
    else:
        new = _into_table(text, found.end(), listed)
    _require_only_that(text, new, names)
    return new


def _into_table(text: str, start: int, listed: str) -> str:
    following = _ANY_HEADER.search(text, start)
    end = following.start() if following else len(text)
    array = _GLOBALS.search(text, start, end)
    if array is None:
        return f"{text[:start]}\nglobals = [{listed}]{text[start:]}"
    last = ""
    after = array.end()
    for token in _INSIDE.finditer(text, array.end(), end):
        if token[0] == "]":
            comma = ", " if last not in ("", ",") else " " if last == "," else ""
            return f"{text[:after]}{comma}{listed}{text[after:]}"
        if not token[0].startswith("#"):
            last, after = token[0], token.end()
    raise RepairError(f"{CONFIG_NAME}: its list of globals has no end; {_BY_HAND}")


def _require_only_that(old: str, new: str, names: Sequence[str]) -> None:
    """The new text says what the old one said, and allows these names, and no more.

    Raises:
        RepairError: It does not.
    """
    try:
        before: dict[str, object] = tomllib.loads(old)
        after: dict[str, object] = tomllib.loads(new)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RepairError(f"{CONFIG_NAME}: {error}; {_BY_HAND}") from error
    table = before.get("allow", {})
    had = table.get("globals", []) if isinstance(table, dict) else None
    if not isinstance(had, list) or not isinstance(table, dict):
        raise RepairError(f"{CONFIG_NAME}: its [allow] is none that can be added to; {_BY_HAND}")
    before["allow"] = {**table, "globals": [*had, *names]}
    if after != before:
        raise RepairError(f"{CONFIG_NAME}: written in a way that is not edited here; {_BY_HAND}")
