"""The trash: what repairs moved away, as the journal knows it and as it lies there."""

from __future__ import annotations

import os

from ckptui.errors import RepairError
from ckptui.marker import MARKER_SUFFIX
from ckptui.repair import journal
from ckptui.repair.model import TrashItem
from ckptui.repair.site import QUARANTINED, TRASH, Site


def list_trash(root: str) -> list[TrashItem]:
    """What lies in the trash, the oldest first.

    Args:
        root: Absolute run directory.

    Raises:
        OSError: The journal cannot be read.
    """
    return _items(Site(root))


def _items(site: Site) -> list[TrashItem]:
    items: dict[str, TrashItem] = {}
    for record in journal.records(site):
        for each in record.operations:
            to = each.to or ""
            if each.do == "move" and to.startswith(TRASH + "/") and site.look(to) is not None:
                size = site.bytes(to)
                items[to] = TrashItem(to.split("/")[2], to, each.path, size, record.at)
    for item in _unknown(site, items):
        items[item.path] = item
    return list(items.values())


def _unknown(site: Site, known: dict[str, TrashItem]) -> list[TrashItem]:
    """What lies in the trash though the journal (lost, or cut short) does not tell of it."""
    found: list[TrashItem] = []
    for folder, folders, names in os.walk(site.full(TRASH)):
        for name in sorted([*names, *folders]):
            if not name.endswith(QUARANTINED):
                continue
            path = os.path.relpath(os.path.join(folder, name), site.root)
            if path not in known:
                _, _, undo_id, *rest = path.split("/")
                original = "/".join(rest)[: -len(QUARANTINED)]
                found.append(TrashItem(undo_id, path, original, site.bytes(path), ""))
        folders[:] = [name for name in folders if not name.endswith(QUARANTINED)]
    return found


def find_in_trash(site: Site, path: str) -> list[TrashItem]:
    """The trash items that a name means: the file that was moved last, and then its marker.

    Args:
        site: The run directory.
        path: Where it stood, or where it lies in the trash.

    Raises:
        RepairError: Nothing in the trash has that name.
    """
    items = _items(site)
    plain = os.path.normpath(path)
    hits = [item for item in items if plain in (item.original, item.path)]
    if not hits:
        raise RepairError(
            f"{path}: not in the trash of {site.root}; ckptui trash lists what lies there"
        )
    item = hits[-1]
    marker = item.original + MARKER_SUFFIX
    return [item] + [
        other for other in items if other.undo_id == item.undo_id and other.original == marker
    ]
