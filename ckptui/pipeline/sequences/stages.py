"""The sequences pipeline, put together."""

from __future__ import annotations

from functools import partial
from typing import Final

from ckptui.pipeline.model import Pipeline, Stage
from ckptui.pipeline.sequences import chunking, features, merging, prediction, series, training
from ckptui.pipeline.sequences.config import SequencesConfig

NAME: Final = "sequences"
_CHUNKS: Final = ("chunk_size", "chunks_per_file")
_FEATURES: Final = (*_CHUNKS, "kmer")
_TRAINING: Final = (*_FEATURES, "seed")
"""Not the number of steps: more of them carry a training on, and begin none."""


def sequences_pipeline(config: SequencesConfig, *more: Stage) -> Pipeline:
    """FASTA → chunks → six-frame translation → features → merge → (training) → prediction.

    Args:
        config: What to work on and how; with a model there is no training.
        more: Stages after these, such as qa.
    """
    stages = [
        Stage(
            "chunking",
            partial(chunking.chunk_sequences, config),
            outputs=chunking.OUTPUTS,
            params=_CHUNKS,
        ),
        Stage(
            "translation",
            partial(features.translate_parts, config),
            outputs=features.TRANSLATED,
            params=_CHUNKS,
        ),
        Stage(
            "features",
            partial(features.extract_features, config),
            outputs=features.FEATURES,
            params=_FEATURES,
        ),
        Stage(
            "merge",
            partial(merging.merge_features, config),
            outputs=(merging.MERGED,),
            params=_FEATURES,
        ),
        _training(config),
        Stage(
            "prediction",
            partial(prediction.predict, config),
            inputs=partial(prediction.prediction_inputs, config),
            outputs=prediction.OUTPUTS,
        ),
    ]
    return Pipeline(NAME, (*(stage for stage in stages if stage is not None), *more))


def _training(config: SequencesConfig) -> Stage | None:
    if config.model is not None:
        return None
    return Stage(
        "training",
        partial(training.train, config),
        inputs=partial(training.training_inputs, config),
        outputs=series.OUTPUTS,
        params=_TRAINING,
        check=partial(training.unsound, config),
    )
