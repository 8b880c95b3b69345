"""``ckptui inspect``: what one file's header says. Runs nothing of it."""

from __future__ import annotations

import os

import click

from ckptui.cli.common import look, put, put_json, say
from ckptui.errors import CkptuiError
from ckptui.formats import read_header
from ckptui.formats.model import Header
from ckptui.present import units
from ckptui.present.documents import inspect_document, to_json
from ckptui.present.safe import plain
from ckptui.terms import CHECKPOINT_EXIT_CODE, EXIT_OK
from ckptui.validation.facts import facts_of


@click.command("inspect")
@click.argument("file", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def inspect_command(file: str, as_json: bool) -> int:
    """Show the header of FILE: version, status, step, keys, tensors, and the globals it names.

    Reads the directory and the pickle only, whatever the file's size, with a reader that runs
    nothing. Exits 3 where the bytes contradict the format.
    """
    found = look(file)
    if isinstance(found, str):
        raise CkptuiError(found)
    header = read_header(file)
    if as_json:
        document = inspect_document(file, header, facts_of(header, os.path.basename(file)))
        put_json(to_json(document), indent=2)
    else:
        _print(file, header)
    for problem in header.problems:
        say(f"{file}: {problem.text}")
    return CHECKPOINT_EXIT_CODE if any(p.kind == "damaged" for p in header.problems) else EXIT_OK


def _print(file: str, header: Header) -> None:
    facts = facts_of(header, os.path.basename(file))
    rows: list[tuple[str, object]] = [
        ("file", file),
        ("format", header.format or "not recognised"),
        ("size", f"{units.size(header.size)} ({units.exact(header.size)} bytes)"),
        ("saved as", header.root_name),
        ("version", facts.version),
        ("status", facts.status),
        ("step", facts.step),
        ("epoch", facts.epoch),
        ("keys", ", ".join(header.keys)),
        ("parameters", units.exact(header.parameters) if header.tensors else ""),
        ("globals", ", ".join(header.globals)),
    ]
    for name, value in rows:
        if value not in (None, ""):
            put(f"{name:<11} {plain(str(value))}")
    for tensor in header.tensors:
        shape = "×".join(str(size) for size in tensor.shape) or "scalar"
        text = f"{tensor.name or '(the tensor)'}  {tensor.dtype}  {shape}  {units.size(tensor.bytes)}"
        put("  " + plain(text))
