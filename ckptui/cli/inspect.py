"""``ckptui inspect``: what one file's header says. Runs nothing of it."""

from __future__ import annotations

from collections.abc import Mapping

import click

from ckptui.cli.asking import ask
from ckptui.cli.common import put, put_json, say
from ckptui.cli.places import AnyPath, is_checkpoint, look
from ckptui.errors import CkptuiError
from ckptui.present.inspection import directory_lines, inspection_lines
from ckptui.terms import CHECKPOINT_EXIT_CODE, EXIT_OK, TROUBLE, Category
from ckptui.validation.inspect import inspect_directory, inspect_document


@click.command("inspect")
@click.argument("file", type=AnyPath())
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def inspect_command(file: str, as_json: bool) -> int:
    """Show the header of FILE: version, status, step, keys, tensors, and the globals it names.

    Of a checkpoint directory, its parts: what is there, what is missing, what is not whole.

    Reads the directory and the pickle only, whatever the file's size, with a reader that runs
    nothing. Exits 3 where the bytes contradict the format.
    """
    found = look(file)
    if isinstance(found, str):
        raise CkptuiError(found)
    if found.is_directory and not is_checkpoint(file):
        raise CkptuiError(f"{file}: a directory, where a file is meant; try ckptui status on it")
    if found.is_directory:
        return _directory(file, as_json=as_json)
    # In a process of its own: it cannot freeze this one, whatever the file and its disk do.
    document = ask(lambda: inspect_document(file), file)
    assert isinstance(document, dict)  # noqa: S101  (ours)
    if as_json:
        put_json(document, indent=2)
    else:
        for line in inspection_lines(document):
            put(line)
    problems = _problems(document)
    for problem in problems:
        say(f"{file}: {problem}")
    return CHECKPOINT_EXIT_CODE if problems else EXIT_OK


def _directory(path: str, *, as_json: bool) -> int:
    document = ask(lambda: inspect_directory(path), path)
    assert isinstance(document, dict)  # noqa: S101  (ours)
    if as_json:
        put_json(document, indent=2)
    else:
        for line in directory_lines(document):
            put(line)
    bad = Category(str(document["category"])) in TROUBLE
    if bad:
        say(f"{path}: {document['reason']}")
    return CHECKPOINT_EXIT_CODE if bad else EXIT_OK


def _problems(document: Mapping[str, object]) -> list[str]:
    metadata = document.get("metadata")
    found = metadata.get("problems") if isinstance(metadata, dict) else None
    return [str(each) for each in found] if isinstance(found, list) else []
