"""Stage 4: one table of all features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from ckptui.checkpoint.load import load_with_compatibility
from ckptui.errors import CheckpointError
from ckptui.pipeline.run import Run, Unit
from ckptui.pipeline.sequences.chunking import Manifest, read_manifests
from ckptui.pipeline.sequences.config import SequencesConfig
from ckptui.pipeline.sequences.features import KEYS as PART_KEYS
from ckptui.pipeline.sequences.features import features_path

if TYPE_CHECKING:
    import torch

MERGED: Final = "merged/features.pt"
KEYS: Final = ("ids", "sources", "features")


@dataclass(frozen=True, slots=True)
class Table:
    """All chunks of a run.

    Attributes:
        sources: Name of the source of each row.
        ids: ``<ordinal>.<chunk>`` of each row.
        features: float32, one row a chunk.
    """

    sources: list[str]
    ids: list[str]
    features: torch.Tensor

    def ordinals(self) -> list[int]:
        """Ordinal of the sequence that each row belongs to."""
        return [int(name.partition(".")[0]) for name in self.ids]


def merge_features(config: SequencesConfig, run: Run) -> None:
    """Write ``merged/features.pt``.

    Raises:
        CheckpointError: Feature files are bad, and ``force_resume`` was not given.
    """
    run.do("all features", MERGED, partial(_merge, config, run), required_keys=KEYS)


def _merge(config: SequencesConfig, run: Run, unit: Unit) -> None:
    import torch

    sources: list[str] = []
    ids: list[str] = []
    blocks: list[torch.Tensor] = []
    bad: list[CheckpointError] = []
    for manifest, part in _all_parts(read_manifests(config, run)):
        run.check()
        try:
            names, block = read_features(run, run.path(features_path(part)))
        except CheckpointError as error:
            bad.append(error)
            continue
        sources += [manifest.source] * len(names)
        ids += names
        blocks.append(block)
    run.leave_out(bad)
    if not blocks:
        raise bad[0]
    unit.save({"ids": ids, "sources": sources, "features": torch.cat(blocks)}, KEYS)


def _all_parts(manifests: Sequence[Manifest]) -> list[tuple[Manifest, str]]:
    return [(manifest, part) for manifest in manifests for part in manifest.parts]


def read_features(run: Run, path: str) -> tuple[list[str], torch.Tensor]:
    """Read the ids and the features of one file.

    Raises:
        CheckpointError: It is bad, or what it holds does not fit together.
    """
    document = load(run, path, PART_KEYS)
    ids, features = _texts(document["ids"], path), _matrix(document["features"], path)
    if len(ids) != len(features):
        message = f"holds {len(ids)} ids and {len(features)} rows of features"
        raise CheckpointError(path, "incompatible", message)
    return ids, features


def read_table(run: Run) -> Table:
    """Read the merged table."""
    path = run.path(MERGED)
    document = load(run, path, KEYS)
    return Table(
        _texts(document["sources"], path),
        _texts(document["ids"], path),
        _matrix(document["features"], path),
    )


def load(run: Run, path: str, keys: Sequence[str]) -> Mapping[str, object]:
    """Load a checkpoint as the flags of the run say; its keys are looked for in any case."""
    skip = run.flags.skip_checkpoint_validation
    document = load_with_compatibility(path, skip_validation=skip, required_keys=list(keys))
    missing = [key for key in keys if key not in document]
    if missing:
        raise CheckpointError(path, "incompatible", f"lacks {', '.join(missing)}")
    return document


def _texts(value: object, path: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise CheckpointError(path, "incompatible", "its ids are no list of texts")
    return value


def _matrix(value: object, path: str) -> torch.Tensor:
    import torch

    if not isinstance(value, torch.Tensor) or value.dim() != 2:
        raise CheckpointError(path, "incompatible", "its features are no matrix")
    return value
