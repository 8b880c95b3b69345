"""What every verb shares: talk on stderr, data on stdout."""

from __future__ import annotations

import json
import os
import sys

from ckptui.present.safe import plain


def say(text: str) -> None:
    """Write one line of talk to stderr; names from disk in it are made harmless."""
    stream = sys.stderr
    try:
        stream.write("ckptui: " + plain(text) + "\n")
        stream.flush()
    except (BrokenPipeError, ValueError):
        pass


def talk(text: str) -> None:
    """Write lines that are already made of safe text to stderr, without the program's name."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except (BrokenPipeError, ValueError):
        pass


def put(text: str) -> None:
    """Write one line of data to stdout."""
    sys.stdout.write(text + "\n")


def put_path(path: str) -> None:
    """Write a path to stdout: exactly its bytes for a program, harmless for a terminal."""
    if sys.stdout.isatty():
        put(plain(path))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(os.fsencode(path) + b"\n")
    sys.stdout.buffer.flush()


def put_json(document: object, *, indent: int | None = None) -> None:
    """Write one JSON document to stdout in plain ASCII."""
    put(json.dumps(document, indent=indent, ensure_ascii=True))
