"""Megatron-LM: ``iter_0000500/`` (megatron/training/checkpointing.py).

Legacy: mp_rank_XX[_PPP]/model_optim_rng.pt. Distributed: *.distcp, .metadata, common.pt, and
metadata.json last. The text file latest_checkpointed_iteration.txt beside it names the newest.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

NAME: Final = "megatron"
_DIRECTORY: Final = re.compile(r"^(?:iter_\d{7,}|release)$")
_RANK: Final = re.compile(r"^mp_rank_\d{2,3}(?:_\d{3}){0,2}$")


def recognise(names: Collection[str], dirname: str) -> bool:
    """True for one iteration's directory."""
    if "common.pt" in names and any(
        name in {".metadata", "metadata.json"} or name.endswith(".distcp") for name in names
    ):
        return True
    return bool(_DIRECTORY.match(dirname)) and any(_RANK.match(name) for name in names)
