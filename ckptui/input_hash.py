"""Fingerprints of a stage's inputs, and the list behind them that says what changed.

``sha256:`` is taken over sorted lines ``posix-path NUL size LF``: it costs one stat a file and
sees files added, removed, renamed and resized. ``content-sha256:`` has lines
``posix-path NUL size NUL sha256-of-content LF`` and sees every edit, at the price of reading.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from ckptui.durable import StrPath, is_temporary
from ckptui.globs import matches
from ckptui.light import dataclass

_MARKER_SUFFIX: Final = ".done"  # marker.py owns it; the two stand on one floor
_PREFIX: Final = "sha256:"
_CONTENT_PREFIX: Final = "content-sha256:"
_NAMES_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of a stage at one moment.

    Attributes:
        root: Absolute directory.
        pattern: Which files below it, for example ``**/*.md``, or the name of a single file.
        files: (path relative to ``root``, ``/``-separated; size in bytes), sorted.
        content: True where the hash covers what is in the files.
        digests: SHA-256 of each file's content, hexadecimal, in the order of ``files``;
            empty unless ``content``.
        exclude: Directories below ``root`` that were left out, relative to it: the run directory.
    """

    root: str
    pattern: str
    files: tuple[tuple[str, int], ...]
    content: bool = False
    digests: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The JSON form that states keep beside the hash."""
        rows: list[list[str | int]] = [[path, size] for path, size in self.files]
        for row, digest in zip(rows, self.digests, strict=False):
            row.append(digest)
        document: dict[str, object] = {
            "root": self.root,
            "pattern": self.pattern,
            "files": rows,
            "content": self.content,
        }
        if self.exclude:
            document["exclude"] = list(self.exclude)
        return document

    @classmethod
    def from_json(cls, document: object) -> Inputs:
        """Read the form of :meth:`to_json`.

        Raises:
            ValueError: A field is missing or of the wrong type; the message names it.
        """
        if not isinstance(document, Mapping):
            raise ValueError("inputs: must be an object with root, pattern and files")
        rows = [_row(item) for item in _sequence(document.get("files"), "files")]
        exclude = _sequence(document.get("exclude", []), "exclude")
        digests = tuple(digest for _, _, digest in rows if digest)
        return cls(
            root=_text(document.get("root"), "root"),
            pattern=_text(document.get("pattern"), "pattern"),
            files=tuple((path, size) for path, size, _ in rows),
            content=document.get("content") is True,
            digests=digests if len(digests) == len(rows) else (),
            exclude=tuple(_text(item, "exclude") for item in exclude),
        )


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"inputs.{name}: must be text, not {value!r:.60}")
    return value


def _sequence(value: object, name: str) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"inputs.{name}: must be a list, not {value!r:.60}")
    return value


def _row(value: object) -> tuple[str, int, str]:
    match value:
        case [str(path), int(size)]:
            return path, size, ""
        case [str(path), int(size), str(digest)]:
            return path, size, digest
    raise ValueError(f"inputs.files: each must be [path, size], not {value!r:.60}")


def list_inputs(
    directory: StrPath,
    pattern: str = "**/*",
    *,
    content: bool = False,
    exclude: Iterable[StrPath] = (),
) -> Inputs:
    """List the inputs of a stage as they are now.

    Left out are markers, temporary files, ``.ckptui*`` and what ``exclude`` names. Symlinks are
    followed, each directory once.

    Args:
        directory: Where the inputs lie.
        pattern: Which files below it (see :mod:`ckptui.globs`), or the name of one file.
        content: True also reads the files.
        exclude: Directories to leave out, such as the run directory where it lies inside;
            absolute, or relative to ``directory``.

    Returns:
        The list; :func:`hash_inputs` turns it into the hash.

    Raises:
        OSError: A directory or, with ``content``, a file cannot be read.

    Example:
        >>> import tempfile; d = tempfile.mkdtemp()
        >>> _ = open(f"{d}/a.md", "w").write("hello")
        >>> list_inputs(d, "*.md").files
        (('a.md', 5),)
    """
    root = os.path.abspath(os.fspath(directory))
    left_out = tuple(sorted(_below(root, exclude)))
    found = _Walk(root, pattern, left_out).files("")
    files = tuple(sorted(found, key=lambda item: os.fsencode(item[0])))
    digests = tuple(_digest(os.path.join(root, path)) for path, _ in files) if content else ()
    return Inputs(root, pattern, files, content, digests, left_out)


def relist_inputs(inputs: Inputs) -> Inputs:
    """List the same inputs as they are now (root, pattern, content and exclusions as recorded)."""
    return list_inputs(inputs.root, inputs.pattern, content=inputs.content, exclude=inputs.exclude)


def _below(root: str, directories: Iterable[StrPath]) -> Iterator[str]:
    """The directories that lie strictly below the root, relative to it."""
    for directory in directories:
        absolute = os.path.normpath(os.path.join(root, os.fspath(directory)))
        relative = os.path.relpath(absolute, root)
        if relative != "." and not relative.startswith(".."):
            yield relative


class _Walk:
    """Files below a root that fit a pattern, each directory once.

    A pattern without ``**`` fits at one depth only: nothing deeper is looked into, and there only
    what fits is asked for its size. One file in a large home directory costs one listing.
    """

    def __init__(self, root: str, pattern: str, left_out: Sequence[str]) -> None:
        self._root, self._pattern, self._left_out = root, pattern, left_out
        self._depth = None if "**" in pattern else pattern.removeprefix("./").count("/")
        self._seen: set[tuple[int, int]] = set()

    def files(self, folder: str) -> Iterator[tuple[str, int]]:
        """Relative path and size in bytes of each."""
        place = os.path.join(self._root, folder)
        here = os.stat(place)
        if (here.st_dev, here.st_ino) in self._seen:
            return
        self._seen.add((here.st_dev, here.st_ino))
        deepest = self._depth is not None and (folder.count("/") + bool(folder)) >= self._depth
        for name in sorted(os.listdir(place), key=os.fsencode):
            relative = f"{folder}/{name}" if folder else name
            fits = matches(relative, self._pattern)
            if _ignored(name) or relative in self._left_out or (deepest and not fits):
                continue
            try:
                info = os.stat(os.path.join(self._root, relative))
            except FileNotFoundError:  # gone since the listing, or a symlink to nothing
                continue
            if stat.S_ISDIR(info.st_mode):
                yield from () if deepest else self.files(relative)
            elif fits and stat.S_ISREG(info.st_mode):
                yield relative, info.st_size


def _ignored(name: str) -> bool:
    if name.startswith((".ckptui", ".nfs")):
        return True
    return name.endswith(_MARKER_SUFFIX) or is_temporary(name)


def _digest(path: str) -> str:
    import hashlib

    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_inputs(inputs: Inputs) -> str:
    """The hash of a list of inputs; the disk is not touched.

    Returns:
        ``sha256:…`` or, where the list was made with ``content``, ``content-sha256:…``.

    Raises:
        ValueError: The list says ``content`` and holds no digests.

    Example:
        >>> hash_inputs(Inputs("/data", "*", (("a", 1),)))[:14]
        'sha256:ce3581a'
    """
    if inputs.content and len(inputs.digests) != len(inputs.files):
        raise ValueError(f"{inputs.root}: the list of inputs holds no digests of their content")
    lines = [os.fsencode(path) + b"\0%d" % size for path, size in inputs.files]
    if inputs.content:
        lines = [
            line + b"\0" + digest.encode()
            for line, digest in zip(lines, inputs.digests, strict=True)
        ]
    total = _sha256(b"".join(line + b"\n" for line in sorted(lines)))
    return (_CONTENT_PREFIX if inputs.content else _PREFIX) + total


def hash_all_inputs(lists: Sequence[Inputs]) -> str | None:
    """One hash for a stage with several lists of inputs, in their order.

    Returns:
        The hash of the only list; for several, ``sha256:…`` over their hashes, one a line (with
        ``content`` anywhere, ``content-sha256:…``); None where there is no list.
    """
    if len(lists) < 2:
        return hash_inputs(lists[0]) if lists else None
    prefix = _CONTENT_PREFIX if any(inputs.content for inputs in lists) else _PREFIX
    text = "".join(hash_inputs(inputs) + "\n" for inputs in lists)
    return prefix + _sha256(text.encode())


def _sha256(data: bytes) -> str:
    import hashlib  # it brings OpenSSL in: only where something is hashed

    return hashlib.sha256(data).hexdigest()


def compute_input_hash(
    directory: StrPath,
    pattern: str = "**/*",
    content: bool = False,
    *,
    exclude: Iterable[StrPath] = (),
) -> str:
    """Fingerprint the inputs of a stage.

    Args:
        directory: Where the inputs lie.
        pattern: Which files below it.
        content: True covers what is in the files, not only their names and sizes.
        exclude: Directories to leave out, such as the run directory where it lies inside.

    Returns:
        ``sha256:…`` over sorted ``posix-path NUL size LF``, or ``content-sha256:…``.

    Raises:
        OSError: A directory or, with ``content``, a file cannot be read.

    Example:
        >>> import tempfile
        >>> compute_input_hash(tempfile.mkdtemp())[:19]
        'sha256:e3b0c44298fc'
    """
    return hash_inputs(list_inputs(directory, pattern, content=content, exclude=exclude))


@dataclass(frozen=True, slots=True)
class InputChanges:
    """What differs between two lists of inputs; sizes are bytes.

    Attributes:
        added, removed: (path, size).
        resized: (path, recorded size, size now).
        edited: Paths of the same size whose content differs.
    """

    added: tuple[tuple[str, int], ...] = ()
    removed: tuple[tuple[str, int], ...] = ()
    resized: tuple[tuple[str, int, int], ...] = ()
    edited: tuple[str, ...] = ()


def input_changes(recorded: Inputs, current: Inputs) -> InputChanges:
    """What was added, removed, resized or edited.

    Example:
        >>> input_changes(Inputs("/d", "*", (("a", 7),)), Inputs("/d", "*", (("a", 9),))).resized
        (('a', 7, 9),)
    """
    before, after = dict(recorded.files), dict(current.files)
    old, new = _digests_by_path(recorded), _digests_by_path(current)
    same = [path for path, size in before.items() if after.get(path) == size]
    return InputChanges(
        added=tuple((path, size) for path, size in after.items() if path not in before),
        removed=tuple((path, size) for path, size in before.items() if path not in after),
        resized=tuple(
            (path, size, after[path])
            for path, size in before.items()
            if path in after and after[path] != size
        ),
        edited=tuple(p for p in same if p in old and p in new and old[p] != new[p]),
    )


def compare_inputs(recorded: Inputs, current: Inputs) -> str:
    """Say in words what changed between two lists of inputs.

    Returns:
        For example ``2 added (a.fa, b.fa), 1 resized (c.fa)``; empty where nothing changed.

    Example:
        >>> compare_inputs(Inputs("/d", "*", ()), Inputs("/d", "*", (("a.fa", 7),)))
        '1 added (a.fa)'
    """
    found = input_changes(recorded, current)
    groups = {
        "added": [path for path, _ in found.added],
        "removed": [path for path, _ in found.removed],
        "resized": [path for path, _, _ in found.resized],
        "edited": list(found.edited),
    }
    return ", ".join(_group(word, paths) for word, paths in groups.items() if paths)


def _digests_by_path(inputs: Inputs) -> dict[str, str]:
    return dict(zip((path for path, _ in inputs.files), inputs.digests, strict=False))


def _group(word: str, paths: list[str]) -> str:
    shown = ", ".join(paths[:_NAMES_SHOWN])
    more = f" and {len(paths) - _NAMES_SHOWN} more" if len(paths) > _NAMES_SHOWN else ""
    return f"{len(paths)} {word} ({shown}{more})"


def known_prefix(value: str) -> bool:
    """True where ckptui knows how the hash was made; any other is "unknown", never stale.

    Example:
        >>> known_prefix("sha256:00"), known_prefix("9ef5f4af")
        (True, False)
    """
    return value.startswith((_PREFIX, _CONTENT_PREFIX))
