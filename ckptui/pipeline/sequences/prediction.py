"""Stage 6: a class for every sequence, as a table and as a readable report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ckptui.pipeline.origin import single_file
from ckptui.pipeline.run import Run, writing
from ckptui.pipeline.sequences.chunking import Manifest, Member, read_manifests
from ckptui.pipeline.sequences.config import SequencesConfig
from ckptui.pipeline.sequences.merging import Table, load, read_table
from ckptui.pipeline.sequences.network import MODEL_KEYS, Predictor
from ckptui.pipeline.sequences.series import checkpoint_path
from ckptui.pipeline.sequences.training import training_inputs

if TYPE_CHECKING:
    import torch

    from ckptui.input_hash import Inputs

PREDICTIONS: Final = "predictions.tsv"
OUTPUTS: Final = (PREDICTIONS, "report/*.md")
_HEADER: Final = "source\tsequence\tname\tbases\tchunks\tclass\tprobability\n"


@dataclass(frozen=True, slots=True)
class Prediction:
    """The class of one sequence, and the mean probability of it over the sequence's chunks."""

    source: str
    member: Member
    chunks: int
    label: str
    probability: float


def prediction_inputs(config: SequencesConfig, run: Run) -> tuple[Inputs, ...]:
    """The sequences, and what the model comes from."""
    if config.model is not None:
        return (*run.inputs, single_file(config.model))
    known = set(run.inputs)
    return (*run.inputs, *(one for one in training_inputs(config, run) if one not in known))


def predict(config: SequencesConfig, run: Run) -> None:
    """Write ``predictions.tsv`` and ``report/<source>.md``.

    Raises:
        CheckpointError: The model cannot be used.
    """
    import torch

    torch.set_num_threads(1)
    table = read_table(run)
    predictor = _predictor(config, run, table.features.shape[1])
    wanted = {source.name for source in config.sources if source.for_prediction}
    manifests = [one for one in read_manifests(config, run) if one.source in wanted]
    found = _predictions(manifests, table, predictor)
    for number, manifest in enumerate(manifests, start=1):
        mine = [one for one in found if one.source == manifest.source]
        page = writing(_report(manifest.source, mine))
        run.do(manifest.source, f"report/{manifest.source}.md", page)
        run.progress(number, len(manifests), f"prediction {number} of {len(manifests)} files")
    text = _HEADER + "".join(_row(one) for one in found)
    run.do("all sequences", PREDICTIONS, writing(text.encode("utf-8", "surrogateescape")))


def _predictor(config: SequencesConfig, run: Run, width: int) -> Predictor:
    path = config.model or run.path(checkpoint_path(config.steps))
    document = load(run, path, MODEL_KEYS)
    return Predictor(document, path, width)


def _predictions(manifests: list[Manifest], table: Table, predictor: Predictor) -> list[Prediction]:
    rows: dict[tuple[str, int], list[int]] = {}
    for row, place in enumerate(zip(table.sources, table.ordinals(), strict=True)):
        rows.setdefault(place, []).append(row)
    probabilities = predictor.probabilities(table.features)
    return [
        _of(manifest.source, member, probabilities[chunks], predictor)
        for manifest in manifests
        for member in manifest.sequences
        if (chunks := rows.get((manifest.source, member.ordinal)))
    ]


def _of(source: str, member: Member, chunks: torch.Tensor, predictor: Predictor) -> Prediction:
    mean = chunks.mean(dim=0)
    best = int(mean.argmax())
    return Prediction(source, member, len(chunks), predictor.classes[best], float(mean[best]))


def _row(one: Prediction) -> str:
    member = one.member
    fields = (one.source, member.ordinal, member.name, member.length, one.chunks, one.label)
    return "\t".join(str(field) for field in fields) + f"\t{one.probability:.9g}\n"


def _report(source: str, found: list[Prediction]) -> bytes:
    """A page on one source, in sentences; ``--generate-qa`` can make questions of it."""
    counts = Counter(one.label for one in found).most_common()
    lines = [f"# Predictions for {source}", ""]
    lines += [f"{source} is a source of {len(found)} sequences with a prediction.", ""]
    for label, count in counts:
        mine = [one for one in found if one.label == label]
        surest = max(mine, key=lambda one: one.probability)
        lines += [f"## Sequences predicted as {label}", ""]
        lines += [f"{count} of {len(found)} sequences are predicted as {label}."]
        lines += [f"The surest is {surest.member.name} with {surest.probability:.2f}.", ""]
    return "\n".join(lines).encode("utf-8", "surrogateescape")
