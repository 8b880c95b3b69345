"""torch distributed checkpoint: ``__<rank>_<n>.distcp`` and ``.metadata``, written last.

torch/distributed/checkpoint/filesystem.py (2.13). ``.metadata`` is a plain pickle.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

NAME: Final = "dcp"


def recognise(names: Collection[str], dirname: str) -> bool:
    """True for a DCP directory, also where ``.metadata`` was never written."""
    return any(name.endswith(".distcp") for name in names)
