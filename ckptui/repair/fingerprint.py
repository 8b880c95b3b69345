"""A plan's fingerprint: what was shown to a person is what is applied, or nothing is.

Between a preview and its yes, a save may have replaced the file and another ckptui may have made a
repair. Whoever applies a plan in another process than the one that showed it says its fingerprint.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

from ckptui.errors import RepairError
from ckptui.repair.model import Plan, Step
from ckptui.repair.site import TRASH, Signature

_OWN: Final = re.compile(rf"^{re.escape(TRASH)}/[^/]+/")
"""Where things go in the trash is named anew each time that a plan is made."""


def plan_fingerprint(plan: Plan) -> str:
    """The fingerprint of a repair's plan: its steps, and the files as it found them."""
    return fingerprint(plan.action, plan.steps, plan.signatures, plan.confirm)


def fingerprint(
    action: str,
    steps: Iterable[Step],
    signatures: Mapping[str, Signature | None] | None = None,
    asked: str = "",
) -> str:
    """A short text that differs where another thing would be done, or to another file.

    Args:
        action: The repair, or ``undo`` with the id of what it takes back.
        steps: In order.
        signatures: Relative path → what stands there; paths in the trash are left to the steps.
        asked: What needs a second confirmation.
    """
    done = [
        (each.do, each.path, _OWN.sub(f"{TRASH}/", each.to or ""), each.bytes, each.text)
        for each in steps
    ]
    seen = {path: found for path, found in (signatures or {}).items() if found is not None}
    said = json.dumps([action, done, sorted(seen.items()), asked])
    return hashlib.sha256(said.encode("ascii")).hexdigest()[:16]


def still(shown: str, now: str) -> None:
    """Refuse where the plan is another than the one that was shown.

    Args:
        shown: Fingerprint of the plan that a person saw; empty where none is to be held to.
        now: That of the plan as it would be applied.

    Raises:
        RepairError: They differ.
    """
    if shown and shown != now:
        raise RepairError(
            "something changed since the preview, so nothing was done; look at it again"
        )
