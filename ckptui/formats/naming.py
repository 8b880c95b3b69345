"""What names say: which files may be checkpoints, and the step, epoch and series in a name.

The name only nominates; content decides (see :mod:`ckptui.formats.recognise`).
"""

from __future__ import annotations

import re
from typing import Final

SUFFIXES: Final = (
    ".pt", ".pth", ".ckpt", ".bin", ".pkl", ".tar", ".safetensors", ".distcp", ".npz", ".gguf",
    ".h5",
)  # fmt: skip
"""Endings that nominate a file, in lower case."""

AMBIGUOUS: Final = (".bin", ".pkl", ".tar")
"""Endings that other files have as well: without a checkpoint's content, no row."""

_SKIPPED: Final = frozenset(
    {
        ".git", ".hg", ".svn", ".bzr", "CVS", ".venv", "venv", ".conda", "conda-meta",
        "site-packages", "__pycache__", "node_modules", ".tox", ".nox", ".mypy_cache",
        ".pytest_cache", ".ruff_cache", ".ipynb_checkpoints", ".snapshot", ".snapshots", ".zfs",
        "lost+found",
    }
)  # fmt: skip
_SKIPPED_PREFIXES: Final = (".ckptui", ".nfs", ".Trash")
# A letter behind the digits makes it no count: "model_7b", "step_3k".
_NUMBER: Final = r"(\d{1,18})(?![\dA-Za-z])"
# (?<![A-Za-z]) keeps "timestep" and "footstep" out; "global_step" is wanted and starts with g.
_STEP: Final = re.compile(
    r"(?<![A-Za-z])(?:global[-_]?step|steps?|iteration|iters?|it|ckpt|checkpoint|model|chkpt|update)"
    r"[-_=.]?" + _NUMBER,
    re.IGNORECASE,
)
_SHARD: Final = re.compile(r"[-_]\d{4,6}[-_]of[-_]\d{4,6}", re.IGNORECASE)
_EPOCH: Final = re.compile(r"(?<![A-Za-z])(?:epochs?|ep)[-_=.]?" + _NUMBER, re.IGNORECASE)
# fairseq: checkpoint_<epoch>_<updates>.pt (checkpoint_utils.py).
_EPOCH_UPDATES: Final = re.compile(r"^checkpoint_(\d{1,18})_(\d{1,18})$")
_CHECKPOINT_WORD: Final = re.compile(
    r"(?<![A-Za-z])(?:checkpoints?|ckpts?|chkpt|models?|weights?|state|snapshot|network|adapter|"
    r"optim|optimizer|scheduler|scaler|epoch|last|latest|best|final|net|ema)(?![a-z])|"
    r"pytorch_model|training_args",
    re.IGNORECASE,
)
_BEST: Final = re.compile(r"(?<![A-Za-z])best(?![a-z])", re.IGNORECASE)
_BARE: Final = re.compile(r"^[-_]?(\d{1,18})$")
_DIGITS: Final = re.compile(r"\d+")


def is_candidate(name: str) -> bool:
    """True where a file's name nominates it as a checkpoint.

    Args:
        name: The file's name without directories.
    """
    if name.startswith((*_SKIPPED_PREFIXES, "._")):  # "._x": what macOS leaves on other disks
        return False
    return name.lower().endswith(SUFFIXES)


def skip_directory(name: str) -> bool:
    """True for directories that a scan does not enter: ours, version control, environments."""
    return name in _SKIPPED or name.startswith(_SKIPPED_PREFIXES)


def stem(name: str) -> str:
    """A name without its checkpoint endings: ``a.pth.tar`` → ``a``."""
    shorter = name
    while True:
        base, dot, ending = shorter.rpartition(".")
        if not dot or not base or f".{ending.lower()}" not in SUFFIXES:
            return shorter
        shorter = base


def step_from_name(name: str) -> int | None:
    """The step that a file's or directory's name states, or None.

    Example:
        >>> step_from_name("epoch=3-step=4500.ckpt"), step_from_name("iter_0000500")
        (4500, 500)
    """
    base = _SHARD.sub("", stem(name))
    pair = _EPOCH_UPDATES.match(base)
    if pair:
        return int(pair.group(2))
    found = _STEP.findall(base)
    if found:
        return int(found[-1])
    bare = _BARE.match(base)
    return int(bare.group(1)) if bare else None


def epoch_from_name(name: str) -> int | None:
    """The epoch that a name states, or None; ``epoch=3-step=4500.ckpt`` → 3."""
    base = _SHARD.sub("", stem(name))
    pair = _EPOCH_UPDATES.match(base)
    if pair:
        return int(pair.group(1))
    found = _EPOCH.findall(base)
    return int(found[-1]) if found else None


def counts_progress(name: str) -> bool:
    """True where a name says of which step or epoch it is; a number alone says too little.

    Example:
        >>> counts_progress("step_300.pt"), counts_progress("00300.pt")
        (True, False)
    """
    base = _SHARD.sub("", stem(name))
    return bool(_STEP.search(base) or _EPOCH.search(base))


def suggests_checkpoint(name: str) -> bool:
    """True where a name is one that people give to checkpoints and not to other data.

    Example:
        >>> suggests_checkpoint("pytorch_model.bin"), suggests_checkpoint("train.bin")
        (True, False)
    """
    return counts_progress(name) or bool(_CHECKPOINT_WORD.search(name))


def is_best(relpath: str) -> bool:
    """True for a copy of the best save so far: the file or its directory is called so."""
    return any(_BEST.search(part) for part in relpath.split("/")[-2:])


def series_key(relpath: str) -> str:
    """What the successive saves of one job have in common: runs of digits become ``#``.

    Only the last component counts as varying: ``a1/step_10.pt`` and ``a2/step_10.pt`` are saves
    of two jobs.

    Args:
        relpath: Path relative to the run directory, ``/``-separated.
    """
    folder, slash, name = relpath.rpartition("/")
    return folder + slash + _DIGITS.sub("#", name)
