"""What the demo broke, and what ckptui should say about it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Final

from ckptui.durable import atomic_write_json
from ckptui.errors import CkptuiError
from ckptui.terms import Action, Category

REPORT_NAME: Final = ".ckptui-demo.json"
"""Says that a directory is a demo; a scan skips it by its name."""


class DemoError(CkptuiError):
    """The demo cannot be made here."""


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that was broken.

    Attributes:
        path: What it shows at, relative to the run directory; a stage by its state and name.
        what: What was done to it, in words.
        category: What ckptui should call the checkpoint; None where it is a stage that shows it.
        remedy: The repair that ckptui should recommend.
        stage: The stage that shows it, where it is no checkpoint.
    """

    path: str
    what: str
    category: Category | None
    remedy: Action
    stage: str = ""


@dataclass(frozen=True, slots=True)
class DemoReport:
    """A damaged run.

    Attributes:
        directory: Absolute path of the run directory.
        last_good: The checkpoint that ``ckptui latest`` should name, relative to it.
        exit_code: How the pipeline itself ended: 2, finished in part.
        breaks: What was broken.
    """

    directory: str
    last_good: str
    exit_code: int
    breaks: tuple[Break, ...]

    def to_lines(self) -> list[str]:
        """What is broken and how to look, for people."""
        width = max(len(_where(one)) for one in self.breaks)
        lines = [f"A damaged run is in {self.directory}. What is wrong with it:", ""]
        lines += [f"  {_where(one):{width}}  {one.what}" for one in self.breaks]
        lines += [
            "",
            f"The last good checkpoint is {self.last_good}. Look at it with",
            "",
            f"  ckptui {self.directory}",
            f"  ckptui status {self.directory}",
            f"  ckptui validate {self.directory}",
            f"  ckptui latest {self.directory}",
            f"  ckptui resume {self.directory}",
        ]
        return lines

    def save(self) -> None:
        """Leave the report in the directory."""
        breaks = [[one.path, one.what, one.category, one.remedy, one.stage] for one in self.breaks]
        document = {
            "last_good": self.last_good,
            "exit_code": self.exit_code,
            "breaks": breaks,
        }
        atomic_write_json(os.path.join(self.directory, REPORT_NAME), document, indent=1)


def load_report(directory: str) -> DemoReport:
    """Read the report that :meth:`DemoReport.save` left.

    Raises:
        DemoError: There is none, or it is damaged.
    """
    path = os.path.join(directory, REPORT_NAME)
    try:
        with open(path, encoding="ascii") as file:
            document = json.load(file)
        breaks = tuple(
            Break(where, what, Category(category) if category else None, Action(remedy), stage)
            for where, what, category, remedy, stage in document["breaks"]
        )
        return DemoReport(directory, document["last_good"], document["exit_code"], breaks)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DemoError(f"{path}: is no report of a demo; make a new one elsewhere.") from error


def _where(one: Break) -> str:
    return f"stage {one.stage}" if one.stage else one.path
