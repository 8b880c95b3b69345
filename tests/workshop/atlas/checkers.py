"""The checkers that the atlas compares, each a function of a path.

Run as a program it is the process that asks one of them: ``python -m
tests.workshop.atlas.checkers NAME`` reads paths as lines of JSON and answers each with one.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from typing import Final

ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"


def _torch(path: str, *, mmap: bool) -> str:
    import torch

    try:
        torch.load(path, map_location="cpu", mmap=mmap)
    except Exception:  # noqa: BLE001  (whatever it raises, it has refused)
        return REFUSED
    return ACCEPTED


def torch_load(path: str) -> str:
    """``torch.load`` as it comes: ``weights_only=True``."""
    return _torch(path, mmap=False)


def torch_mmap(path: str) -> str:
    """``torch.load(mmap=True)``."""
    return _torch(path, mmap=True)


def testzip(path: str) -> str:
    """``zipfile.ZipFile.testzip``, as ``python -m zipfile -t`` and many scripts do."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            return REFUSED if archive.testzip() else ACCEPTED
    except Exception:  # noqa: BLE001  (likewise)
        return REFUSED


def header(path: str) -> str:
    """ckptui's header check: what ``status`` and ``latest`` run."""
    from ckptui.validation.check import check_file

    return str(check_file(path, level=4, header_only=True).category)


def level_5(path: str) -> str:
    """ckptui to level 5, without torch."""
    from ckptui.validation.check import check_file

    return str(check_file(path, level=5).category)


def level_6(path: str) -> str:
    """ckptui to level 6, without torch; ``warn`` where a number is odd."""
    from ckptui.terms import Level, Result
    from ckptui.validation.check import check_file

    verdict = check_file(path, level=6)
    values = verdict.checks.get(Level.VALUES)
    warned = values is not None and values.result is Result.WARN
    return f"{verdict.category}{', warns' if warned else ''}"


CHECKERS: Final[dict[str, tuple[str, Callable[[str], str]]]] = {
    "torch": ("torch.load", torch_load),
    "mmap": ("torch.load, mmap", torch_mmap),
    "testzip": ("zipfile.testzip", testzip),
    "header": ("ckptui, header", header),
    "level5": ("ckptui, level 5", level_5),
    "level6": ("ckptui, level 6", level_6),
}
"""Name → heading, and the checker."""


def accepts(answer: str) -> bool:
    """True where a checker has let a file pass."""
    return answer == ACCEPTED or answer.partition(",")[0] in {"valid", "unchecked"}


def main(name: str) -> None:
    """Answer path after path until there are no more."""
    warnings.simplefilter("ignore")
    check = CHECKERS[name][1]
    if name in {"torch", "mmap"}:
        import torch

        torch.set_num_threads(1)
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        print(json.dumps(check(json.loads(line))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
