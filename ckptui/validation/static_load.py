"""Level 3, load, as the bounded reader decides it: would torch's safe loader take this pickle?

Nothing is imported and nothing runs: the globals that the pickle names are looked up in lists.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ckptui.formats.model import Header, Problem
from ckptui.terms import Action, Category, Result
from ckptui.validation.container import LOADER_CODES
from ckptui.validation.finding import Finding, failed, passed, skipped
from ckptui.validation.globals_words import dangerous_lines, how_to_allow, unknown_lines
from ckptui.validation.known_globals import GlobalsSplit, split_globals

STATICALLY = "decided from the pickle, without torch"


def check_static_load(
    header: Header, problems: Sequence[Problem], allow: Collection[str] = ()
) -> Finding:
    """Judge the globals of the pickle against torch's safe loader and the lists."""
    hostile = [problem.text for problem in problems if problem.kind == "hostile"]
    if hostile:
        reason = f"its pickle is built to do harm: {hostile[0]}"
        # Nothing can be allowed here that would help.
        return Finding(
            Result.REFUSED, hostile[0], Category.UNSAFE, reason, remedy=Action.QUARANTINE
        )
    if header.format == "safetensors":
        return _by_its_reader(problems)
    barred = [problem.text for problem in problems if problem.code in LOADER_CODES]
    if barred:
        return failed(Category.INCOMPATIBLE, barred[0])
    if header.format == "torchscript":
        return Finding(
            Result.FAIL,
            "TorchScript, which torch.load(weights_only=True) refuses",
            Category.INCOMPATIBLE,
            "a TorchScript archive (a program, not a state): torch.jit.load reads it",
        )
    if header.format == "torch-tar":
        return _tar(split_globals(header.globals, allow))
    if header.format == "npz" and header.globals:
        return _objects(split_globals(header.globals, allow))
    if header.format in {"npz", "gguf", "hdf5", "sharded-index"}:
        return Finding(Result.NOT_APPLICABLE, "this format names no code")
    split = split_globals(header.globals, allow, header.called)
    if header.format == "pickle" and not (split.dangerous or split.unknown):
        return passed("names nothing that could do harm; decided without unpickling it")
    return _judge(split, header.called)


def _tar(split: GlobalsSplit) -> Finding:
    """torch loads such files only without its safe loader: that is not done here."""
    if split.dangerous or split.unknown:
        return _refused(split)
    return skipped(
        "a tar file by the oldest torch (0.1), which its safe loader refuses: it is never given "
        "to torch here; load it yourself if it is your own, and save it anew"
    )


def _objects(split: GlobalsSplit) -> Finding:
    """Arrays of objects are pickles, which numpy loads only where it is told to."""
    if split.dangerous or split.unknown:
        return _refused(split)
    return Finding(Result.WARN, "holds pickled objects: np.load needs allow_pickle=True")


def _by_its_reader(problems: Sequence[Problem]) -> Finding:
    """safetensors: what its library takes, it takes by rules that were gone through already."""
    newer = [problem.text for problem in problems if problem.code in LOADER_CODES]
    if newer:
        return failed(Category.INCOMPATIBLE, newer[0])
    return passed("decided by the rules of safetensors' own reader, without it")


def _judge(split: GlobalsSplit, called: Collection[str]) -> Finding:
    bad = (*split.dangerous, *split.unknown)
    if bad:
        return _refused(split, called)
    needed = (*split.harmless, *split.allowed)
    if needed:
        note = f"the safe loader needs {name_some(needed)} allowed; {STATICALLY}"
        return Finding(Result.WARN, note)
    return passed(STATICALLY)


def _refused(split: GlobalsSplit, called: Collection[str] = ()) -> Finding:
    bad = (*split.dangerous, *split.unknown)
    if split.dangerous:
        runs = "would run" if set(split.dangerous) & set(called) else "names"
        reason = f"its pickle {runs} {name_some(split.dangerous)}; loading it could do anything"
        if split.unknown:
            reason += f"; it also names {name_some(split.unknown)}"
        lines = dangerous_lines(split.dangerous, called)
    else:
        reason = (
            f"whole, but its pickle names {name_some(split.unknown)}, not known to be harmless; "
            "allow it if the file comes from your own code"
        )
        lines = [*unknown_lines(split.unknown), how_to_allow(split)]
    return Finding(
        Result.REFUSED,
        f"names {name_some(bad)}",
        Category.UNSAFE,
        reason,
        detail="\n".join(lines),
        # What is dangerous stays refused whatever is allowed.
        remedy=Action.QUARANTINE if split.dangerous else Action.ALLOW_GLOBALS,
    )


def name_some(names: Sequence[str], most: int = 4) -> str:
    """``a, b and 3 more``."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
