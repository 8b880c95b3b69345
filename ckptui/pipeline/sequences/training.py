"""Stage 5: train on the labelled sequences, saving a series of checkpoints to resume from.

What a step does depends on nothing but the seed, the step and the data, so that a training that was
killed and resumed gives the same weights, bit for bit, as one that was not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from ckptui.errors import PipelineError
from ckptui.pipeline.origin import inputs_of
from ckptui.pipeline.run import Run, Unit
from ckptui.pipeline.sequences.chunking import read_manifests
from ckptui.pipeline.sequences.config import SequencesConfig
from ckptui.pipeline.sequences.merging import Table, read_table
from ckptui.pipeline.sequences.network import KEYS, build, state_of
from ckptui.pipeline.sequences.series import checkpoint_path, newest_good, problem_of
from ckptui.pipeline.talk import log

if TYPE_CHECKING:
    import torch

    from ckptui.input_hash import Inputs

_BATCH: Final = 32
_LEARNING_RATE: Final = 0.01
_STEPS_A_SEED: Final = 1_000_003


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What is trained on: standardised features, class numbers, and how to get there."""

    features: torch.Tensor
    targets: torch.Tensor
    classes: list[str]
    mean: torch.Tensor
    scale: torch.Tensor


def training_inputs(config: SequencesConfig, run: Run) -> tuple[Inputs, ...]:
    """Only the files with labels: other sequences may change without a new training."""
    paths = [source.path for source in config.sources if source.for_training]
    return inputs_of([*paths, *([config.labels] if config.labels else [])], run.run_dir)


def unsound(config: SequencesConfig, run: Run) -> str:
    """Why a completed training must go on after all: its last checkpoint is bad."""
    return problem_of(run, checkpoint_path(config.steps))


def train(config: SequencesConfig, run: Run) -> None:
    """Train to the last step, from the newest good checkpoint where there is one.

    Raises:
        PipelineError: There are fewer than two labels.
        CheckpointError: There are checkpoints and none is good.
    """
    import torch

    torch.set_num_threads(1)  # sums over threads come in any order, and differ in the last bit
    data = _training_data(config, read_table(run), run)
    trainer = Trainer(config, data)
    start = newest_good(run, config.steps)
    if start is not None:
        trainer.restore(start, run)
        log.info("  resumed from step %d", trainer.step)
        run.outputs = [checkpoint_path(trainer.step)]
    while trainer.step < config.steps:
        target = trainer.step + trainer.steps_to_checkpoint()
        segment = partial(_segment, run, trainer)
        run.execute(f"step {target}", checkpoint_path(target), segment, record=False)
        # The series is no set of units: the stage's output is the last of it.
        run.outputs = [checkpoint_path(target)]
        run.progress(target, config.steps, f"training step {target} of {config.steps}")


def _segment(run: Run, trainer: Trainer, unit: Unit) -> None:
    """The steps up to the next checkpoint, and the checkpoint."""
    for _ in range(trainer.steps_to_checkpoint()):
        run.check()
        trainer.advance()
    unit.save(trainer.document(), KEYS)


class Trainer:
    """A network on its way through the steps."""

    def __init__(self, config: SequencesConfig, data: TrainingData) -> None:
        import torch

        self._config = config
        self._data = data
        self.step = 0
        self._network = build(data.features.shape[1], len(data.classes), config.seed)
        self._optimizer = torch.optim.Adam(self._network.parameters(), lr=_LEARNING_RATE)
        self._loss = torch.nn.CrossEntropyLoss()

    def steps_to_checkpoint(self) -> int:
        """Steps until the next multiple of ``save_every``, or the end."""
        done = self.step % self._config.save_every
        return min(self._config.save_every - done, self._config.steps - self.step)

    def advance(self) -> None:
        """One step."""
        rows = self._batch()
        self._optimizer.zero_grad()
        scores = self._network(self._data.features[rows])
        loss: torch.Tensor = self._loss(scores, self._data.targets[rows])
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        self.step += 1

    def _batch(self) -> torch.Tensor:
        import torch

        generator = torch.Generator().manual_seed(self._config.seed * _STEPS_A_SEED + self.step)
        return torch.randint(len(self._data.targets), (_BATCH,), generator=generator)

    def document(self) -> dict[str, object]:
        """What a checkpoint holds."""
        import torch

        return {
            "model": self._network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "step": self.step,
            "epoch": self.step * _BATCH // len(self._data.targets),
            "classes": self._data.classes,
            "mean": self._data.mean,
            "scale": self._data.scale,
            "rng": torch.get_rng_state(),
        }

    def restore(self, document: Mapping[str, object], run: Run) -> None:
        """Go on from a checkpoint."""
        step = cast("int", document["step"])
        path = run.path(checkpoint_path(step))
        self._network.load_state_dict(state_of(document, "model", path))
        self._optimizer.load_state_dict(cast("dict[str, object]", document["optimizer"]))
        self.step = step


def _training_data(config: SequencesConfig, table: Table, run: Run) -> TrainingData:
    import torch

    labels = _labels(config, run)
    places = zip(table.sources, table.ordinals(), strict=True)
    found = [(row, labels[place]) for row, place in enumerate(places) if place in labels]
    classes = sorted({label for _, label in found})
    if len(classes) < 2:
        has = f"only {classes[0]!r}" if classes else "none"
        raise PipelineError(f"training needs sequences with at least two labels; there is {has}.")
    features = table.features[[row for row, _ in found]]
    mean, deviation = features.mean(dim=0), features.std(dim=0, correction=0)
    scale = torch.where(deviation > 0, deviation, torch.ones_like(deviation))
    targets = torch.tensor([classes.index(label) for _, label in found])
    return TrainingData((features - mean) / scale, targets, classes, mean, scale)


def _labels(config: SequencesConfig, run: Run) -> dict[tuple[str, int], str]:
    """(source, ordinal) → label, of what may be trained on."""
    wanted = {source.name for source in config.sources if source.for_training}
    return {
        (manifest.source, member.ordinal): member.label
        for manifest in read_manifests(config, run)
        for member in manifest.sequences
        if manifest.source in wanted and member.label is not None
    }
