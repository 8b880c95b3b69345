"""What an action says about one path: the steps it would take, or why it will not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ckptui.errors import RepairError
from ckptui.repair.guards import check_folder, in_use
from ckptui.repair.model import Step
from ckptui.repair.operations import Operation
from ckptui.repair.site import Site, trash_path
from ckptui.validation.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Context:
    """What every draft may look at.

    Attributes:
        site: The run directory.
        undo_id: Name of the trash folder, as planned.
        last_good: The last good checkpoint, relative, or None.
        writers: Files that are open for writing, and by whom.
        settle: Seconds for which a change counts as just now.
        output: Final name for ``promote``, where the user gave one.
    """

    site: Site
    undo_id: str
    last_good: str | None = None
    writers: Mapping[str, str] = field(default_factory=dict)
    settle: float = 0.0
    output: str | None = None

    def trash(self, path: str, note: str = "") -> Step:
        """The step that moves something to the trash."""
        size = self.site.bytes(path)
        return Step("move", path, trash_path(self.undo_id, path), size, note)

    def at_rest(self, path: str) -> None:
        """Refuse what stands in a closed folder or what someone is at work on.

        Raises:
            RepairError: With the reason.
        """
        check_folder(self.site, path)
        busy = in_use(self.site, path, self.writers, settle=self.settle)
        if busy:
            raise RepairError(busy)

    def exists(self, path: str) -> None:
        """Refuse what is not there.

        Raises:
            RepairError: It is not there.
        """
        if self.site.look(path) is None:
            raise RepairError(f"{path}: no such file in {self.site.root}; check the name")


@dataclass(frozen=True, slots=True)
class Draft:
    """Steps for one path, and what must be read before saying yes."""

    steps: tuple[Step, ...]
    warnings: tuple[str, ...] = ()
    confirm: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a check's verdict means for the repair.

    Attributes:
        go: True where the planned steps that follow may be done.
        said: One sentence, without the path.
        operations: Further operations that only the verdict could decide.
    """

    go: bool
    said: str
    operations: tuple[Operation, ...] = ()


Drafter: TypeAlias = Callable[[Context, str], Draft]
Decider: TypeAlias = Callable[[Site, str, Verdict, str], Decision]
"""(site, path, verdict, undo id) → decision."""
