"""DeepSpeed: ``global_step500/`` with one file a rank (deepspeed runtime/engine.py).

mp_rank_XX_model_states.pt and (bf16_)zero_pp_rank_D_mp_rank_XX_optim_states.pt; the text file
``latest`` beside the directory names the tag last.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

NAME: Final = "deepspeed"


def recognise(names: Collection[str], dirname: str) -> bool:
    """True for one tag's directory."""
    return any(
        name.endswith(("_model_states.pt", "_optim_states.pt", "-model_states.pt"))
        for name in names
    )
