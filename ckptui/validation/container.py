"""Level 2, container: the format's own structure is whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ckptui.formats.model import Header, Problem
from ckptui.formats.recognise import describe
from ckptui.terms import Category, Result
from ckptui.validation.finding import Finding, failed, passed, skipped

READ_IN_FULL: Final = frozenset(
    {
        "torch-zip", "torchscript", "torch-legacy", "torch-tar", "safetensors", "npz", "gguf",
        "sharded-index", "pickle",
    }
)  # fmt: skip
"""Formats whose container is read whole; of the others, what can be said stands in their notes."""
ZIPS: Final = frozenset({"torch-zip", "torchscript", "npz", "zip"})
"""Formats that are zip archives."""

_HINTS: Final = {
    "foreign:html": ", as a failed download leaves behind",
    "foreign:git-lfs": "; `git lfs pull` fetches the file itself",
    "foreign:zlib": ", as joblib.dump with compress writes; joblib.load reads such files",
    "foreign:gzip": "; what it holds may be one: gunzip it",
}


TENSOR_CODES: Final = frozenset({"record-size", "tensor-bounds"})
"""Problems of tensors and storages: level 4's, the container around them is whole."""
INCOMPLETE_CODES: Final = frozenset({"missing-shard", "shard-tensor-missing", "open-for-writing"})
"""Problems that say: unfinished, or parts are missing. No byte that is there need be wrong."""
LOADER_CODES: Final = frozenset(
    {"newer-container", "newer-dtype", "two-roots", "encrypted", "unread-method"}
)
"""Problems that only matter to the loader, torch's or safetensors': level 3's."""


def check_container(header: Header, problems: Sequence[Problem]) -> Finding:
    """Judge the container by what the header reader and the container reader found."""
    other = _not_a_container(header)
    if other is not None:
        return other
    own = [p for p in problems if p.code not in TENSOR_CODES | LOADER_CODES]
    damaged = [problem for problem in own if problem.kind == "damaged"]
    if damaged:
        if all(problem.code in INCOMPLETE_CODES for problem in damaged):
            return failed(Category.INCOMPLETE, damaged[0].text, _rest(damaged[1:]))
        return failed(Category.CORRUPTED, _damage_sentence(damaged), _rest(damaged[1:]))
    if header.format not in READ_IN_FULL:
        unread = f"{describe(header.format)}: recognised, its structure is not judged"
        return skipped("; ".join(header.notes) or unread)
    if not header.records and header.format in ZIPS:
        return skipped("; ".join(header.notes) or "its records are not judged yet")
    limits = [problem for problem in own if problem.kind == "limit"]
    if limits:
        return skipped(_sentence(limits[0]))
    odd = [problem for problem in own if problem.kind == "odd"]
    if odd:
        return Finding(Result.WARN, odd[0].text, detail=_rest(odd[1:]))
    return passed()


def _not_a_container(header: Header) -> Finding | None:
    kind = header.format
    if kind == "empty":
        return failed(Category.CORRUPTED, "empty: it has 0 bytes; cause not known")
    if kind == "zeros":
        return failed(
            Category.CORRUPTED,
            "all zeros where its beginning should be: never written, or lost; cause not known",
        )
    if kind.startswith("foreign:"):
        hint = _HINTS.get(kind, "")
        return failed(Category.FOREIGN, f"not a checkpoint: it is {describe(kind)}{hint}")
    if kind == "zip" and any(note.startswith("it is a") for note in header.notes):
        # torch.export and torch.package write whole archives that torch.load does not read.
        return failed(Category.INCOMPATIBLE, "; ".join(header.notes))
    if kind == "zip":
        return failed(Category.FOREIGN, "not a checkpoint: a zip archive that torch did not write")
    if kind == "":
        return _unrecognised(header)
    return None


def _unrecognised(header: Header) -> Finding:
    damaged = [problem for problem in header.problems if problem.kind == "damaged"]
    if damaged:
        return failed(Category.CORRUPTED, _damage_sentence(damaged), _rest(damaged[1:]))
    return failed(
        Category.FOREIGN, "not a checkpoint: its first bytes belong to no format known here"
    )


def _damage_sentence(damaged: Sequence[Problem]) -> str:
    """The first problem's sentence. Why it came to that is not on the disk, so it says so."""
    first = next((p for p in damaged if p.code == "cut-short"), damaged[0])
    return f"{_sentence(first).removeprefix('it is ')}; cause not known"


def _sentence(problem: Problem) -> str:
    if problem.offset is None or f"{problem.offset:,}" in problem.text:
        return problem.text
    return f"{problem.text} (at byte {problem.offset:,})"


def _rest(problems: Sequence[Problem]) -> str:
    shown = [_sentence(problem) for problem in problems[:8]]
    if len(problems) > len(shown):
        shown.append(f"and {len(problems) - len(shown)} more of the kind")
    return "\n".join(shown)
