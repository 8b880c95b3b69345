"""What is remembered of a run directory from one opening to the next: how it was looked at.

Nothing but names that were on the screen: no content, no path beside the directory's own. The file
may be damaged, foreign or hostile; what makes no sense is left out, field by field.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_log = logging.getLogger("ckptui")
VERSION: Final = 1
MOST_BYTES: Final = 64 * 1024
"""Of a file; a longer one is not ours, or no longer worth its while."""
_MOST_VIEWS: Final = 20
_MOST_FIELDS: Final = 20
_MOST_NAMES: Final = 1_000
_LONGEST: Final = 4_096


@dataclass(frozen=True, slots=True)
class Session:
    """How one run directory was looked at.

    Attributes:
        view: Id of the view that was open; empty where nothing is known.
        placement: Where the detail stood, likewise.
        views: View id → what that view's ``remembered`` told.
    """

    view: str = ""
    placement: str = ""
    views: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    def to_bytes(self, path: str) -> bytes:
        """The file's content.

        Args:
            path: Of the run directory, without symlinks.
        """
        for views in (self.views, _without_opened(self.views)):
            document = {
                "version": VERSION,
                "path": path,
                "view": self.view,
                "placement": self.placement,
                "views": views,
            }
            data = json.dumps(document, ensure_ascii=True).encode("ascii") + b"\n"
            if len(data) <= MOST_BYTES:
                break
        return data


def _without_opened(views: Mapping[str, Mapping[str, object]]) -> dict[str, dict[str, object]]:
    return {
        view: {name: value for name, value in fields.items() if name != "opened"}
        for view, fields in views.items()
    }


def file_name(path: str) -> str:
    """Name of the file that remembers a run directory."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:32] + ".json"


def session_in(data: bytes, path: str) -> Session:
    """Read a file's content; an empty session where it is not about this run directory."""
    if len(data) > MOST_BYTES:
        _log.debug("the session of %r is too large; it is left out of account", path)
        return Session()
    try:
        document: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        _log.debug("the session of %r cannot be read: %s", path, error)
        return Session()
    if not isinstance(document, dict) or document.get("version") != VERSION:
        _log.debug("the session of %r is of another version", path)
        return Session()
    if document.get("path") != path:
        return Session()
    views = document.get("views")
    known = list(views.items())[:_MOST_VIEWS] if isinstance(views, dict) else []
    return Session(
        view=_text(document.get("view")),
        placement=_text(document.get("placement")),
        views={_text(view): _fields(fields) for view, fields in known},
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= _LONGEST else ""


def _fields(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        return {}
    known = list(value.items())[:_MOST_FIELDS]
    return {_text(name): _tame(each) for name, each in known}


def _tame(value: object) -> object:
    """A word, yes or no, or a list of them; None for all else."""
    if isinstance(value, list):
        return [each for each in value[:_MOST_NAMES] if isinstance(each, bool) or _text(each)]
    return value if isinstance(value, bool) else _text(value) or None
