"""What a pipeline is made of: stages, the pipeline, and the flags of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from ckptui.input_hash import Inputs

if TYPE_CHECKING:
    from ckptui.pipeline.run import Run

StageFunction: TypeAlias = "Callable[[Run], None]"
CheckFunction: TypeAlias = "Callable[[Run], str]"
InputsFunction: TypeAlias = "Callable[[Run], tuple[Inputs, ...]]"


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a pipeline: a plain function that is given the :class:`Run`.

    Attributes:
        name: Short and unique in its pipeline; the name in the state and on screen.
        function: Does the work; what it writes through the Run is recorded as the stage's outputs.
        optional: True where its failure warns, lets the run go on and ends it with exit code 2.
        inputs: Gives what the stage depends on, seen from the beginning of the pipeline; None
            means all inputs of the pipeline. A change there makes the stage stale.
        outputs: Globs relative to the run directory of everything the stage may have written.
            When the stage is stale their markers are taken away before anything is done anew.
        params: Names of the parameters that shape what it makes, seen from the beginning of the
            pipeline; None means all of them. Another value makes the stage begin anew.
        check: Looks at the outputs of a stage that is recorded as completed, and says in one
            sentence why it must go on after all; ``""`` where they are sound.

    Example:
        >>> def count(run):
        ...     run.write("count.txt", str(len(run.input_files())).encode())
        >>> Stage("count", count, outputs=("count.txt",)).optional
        False
    """

    name: str
    function: StageFunction
    optional: bool = False
    inputs: InputsFunction | None = None
    outputs: tuple[str, ...] = ()
    params: tuple[str, ...] | None = None
    check: CheckFunction | None = None

    def params_of(self, params: Mapping[str, object]) -> dict[str, object]:
        """Those of the parameters that it depends on."""
        return {
            name: value
            for name, value in params.items()
            if self.params is None or name in self.params
        }


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Stages in order, under a name."""

    name: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Flags:
    """How to treat what an earlier run has left.

    Attributes:
        no_resume: Begin anew: no marker and no state of an earlier run counts.
        force_resume: Skip bad checkpoints, go on with the rest, and log them.
        skip_checkpoint_validation: Do not check checkpoints before they are used.
    """

    no_resume: bool = False
    force_resume: bool = False
    skip_checkpoint_validation: bool = False

    def to_arguments(self) -> list[str]:
        """The flags as a recorded command repeats them: all but ``--no-resume``."""
        flags = {
            "--force-resume": self.force_resume,
            "--skip-checkpoint-validation": self.skip_checkpoint_validation,
        }
        return [name for name, on in flags.items() if on]


@dataclass(frozen=True, slots=True)
class Job:
    """One pipeline with everything that a run of it needs.

    Attributes:
        pipeline: What to run.
        run_dir: Absolute path; made where it does not exist.
        inputs: Absolute paths of files and directories.
        params: Everything that shapes the result; a change means a fresh start.
        pace: Seconds to wait after each unit, so that a person can watch.
        command: argv that carries the run on, recorded for ``ckptui resume``; empty records none.
    """

    pipeline: Pipeline
    run_dir: str
    inputs: tuple[str, ...] = ()
    params: Mapping[str, object] = field(default_factory=dict)
    flags: Flags = field(default_factory=Flags)
    pace: float = 0.0
    command: tuple[str, ...] = ()
