"""Loading a pipeline that a user wrote: ``FILE.py:NAME``."""

from __future__ import annotations

import importlib.util
import os
import sys
from types import ModuleType

from ckptui.errors import PipelineError
from ckptui.pipeline.model import Pipeline


def load_pipeline(spec: str) -> tuple[str, Pipeline]:
    """Import the file and take the pipeline out of it.

    Args:
        spec: ``FILE.py:NAME``; NAME is ``pipeline`` where it is left out.

    Returns:
        The spec with the absolute path, and the pipeline.

    Raises:
        PipelineError: There is no such file or name, it is no pipeline, or the file cannot be
            imported.
    """
    file, _, name = spec.rpartition(":") if ".py:" in spec else (spec, "", "")
    path, name = os.path.abspath(file), name or "pipeline"
    if not path.endswith(".py") or not os.path.isfile(path):
        raise PipelineError(
            f"{spec}: no such pipeline; give sequences, qa, or FILE.py:NAME with a Pipeline in it."
        )
    found: object = getattr(_import(path), name, None)
    if not isinstance(found, Pipeline):
        what = "holds no" if found is None else f"holds a {type(found).__name__} as"
        raise PipelineError(f"{path}: {what} {name!r}; it must be a ckptui.pipeline.Pipeline.")
    return f"{path}:{name}", found


def _import(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("ckptui_user_pipeline", path)
    if spec is None or spec.loader is None:
        raise PipelineError(f"{path}: is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pickles in it look their module up
    sys.path.insert(0, os.path.dirname(path))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise PipelineError(
            f"{path}: cannot be imported: {type(error).__name__}: {error}"
        ) from error
    return module
