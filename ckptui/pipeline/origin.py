"""Where the inputs of a run lie, and what an output says about the inputs it was made from."""

from __future__ import annotations

import glob
import hashlib
import json
import os
from collections.abc import Iterable, Mapping

from ckptui.errors import PipelineError
from ckptui.formats.reader import read_header
from ckptui.input_hash import Inputs, list_inputs


def inputs_of(paths: Iterable[str], run_dir: str) -> tuple[Inputs, ...]:
    """List what the given files and directories hold now.

    Args:
        paths: Absolute paths.
        run_dir: Left out where it lies inside one of the directories.

    Raises:
        PipelineError: One of them is not there, or is neither a file nor a directory.
    """
    return tuple(_listed(path, run_dir) for path in paths)


def _listed(path: str, run_dir: str) -> Inputs:
    if os.path.isdir(path):
        return list_inputs(path, exclude=(run_dir,))
    return single_file(path)


def single_file(path: str) -> Inputs:
    """The inputs that are one file; its folder, which may be somebody's home, is not walked.

    Raises:
        PipelineError: It is not there or is no regular file.
    """
    if not os.path.isfile(path):
        what = "is neither a file nor a directory" if os.path.exists(path) else "does not exist"
        raise PipelineError(f"{path}: {what}; give the path of an input.")
    folder, name = os.path.split(os.path.abspath(path))
    return Inputs(folder, glob.escape(name), ((name, os.path.getsize(path)),))


def hash_params(params: Mapping[str, object]) -> str:
    """Fingerprint of everything that shapes the result besides the inputs."""
    text = json.dumps(params, sort_keys=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def origin_of(path: str) -> tuple[str | None, str | None]:
    """What a torch file says it was made from: (input hash, hash of the parameters).

    Only the header is read. None stands for what the file does not say.
    """
    top = read_header(path).top
    return _text(top.get("input_hash")), _text(top.get("params_hash"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
