"""``ckptui run``: the pipelines that ship, and one's own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import ParamSpec

import click

from ckptui import pipeline
from ckptui.present.safe import plain

P = ParamSpec("P")

_RUN_DIR = click.option(
    "--run-dir", required=True, type=click.Path(), help="The run directory; made if missing."
)
_NO_RESUME = click.option("--no-resume", is_flag=True, help="Begin anew; ignore what is done.")
_PACE = click.option(
    "--pace", type=click.FloatRange(min=0), default=0.0, metavar="SECONDS", help="Wait a unit."
)


def _flags(function: Callable[P, int]) -> Callable[P, int]:
    """The three flags of every pipeline with file-level checkpoints."""
    function = click.option(
        "--skip-checkpoint-validation", is_flag=True, help="Use checkpoints without checking them."
    )(function)
    function = click.option(
        "--force-resume", is_flag=True, help="Skip bad checkpoints, go on with the rest, log them."
    )(function)
    return _NO_RESUME(function)


class Pipelines(click.Group):
    """The shipped pipelines by name; anything with a colon is FILE.py:NAME."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A shipped pipeline, or the command that runs the user's own."""
        if ":" in cmd_name:
            return _own(cmd_name)
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say which pipelines there are where the name is unknown."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise click.UsageError(
                f"{args[0]}: no such pipeline; sequences and qa ship, FILE.py:NAME runs your own",
                ctx,
            )
        return super().resolve_command(ctx, args)


class ManyInputs(click.Command):
    """Takes several values after one ``--input``, as a shell's ``*.fa`` gives them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat the option's name before each value that follows it."""
        spread: list[str] = []
        after_input = False
        for word in args:
            value = not word.startswith("-") or word == "-"
            if value and after_input and spread[-1] != "--input":
                spread.append("--input")
            after_input = word == "--input" or (value and after_input)
            spread.append(word)
        return super().parse_args(ctx, spread)


def _harmless(record: logging.LogRecord) -> bool:
    """Names from disk in what a pipeline says cannot reach the terminal as escapes."""
    record.msg = "\n".join(plain(line) for line in record.getMessage().split("\n"))
    record.args = ()
    return True


@click.group("run", cls=Pipelines, subcommand_metavar="PIPELINE [OPTIONS]")
def run_command() -> None:
    """Run a pipeline that survives being killed: sequences, qa, or FILE.py:NAME for your own.

    What is done is not done again: run the same command once more, or ckptui resume RUN.
    Exits 0 when all is done, 2 when an optional stage failed, 1 on failure, 3 on bad checkpoints.
    """
    for name in ("ckptui", "ckptui.pipeline"):
        logging.getLogger(name).addFilter(_harmless)


@run_command.command("sequences", cls=ManyInputs)
@click.option("--input", "inputs", multiple=True, required=True, help="FASTA files, gzip or not.")
@_RUN_DIR
@click.option("--train", multiple=True, help="FASTA to train on alone, label=… in its headers.")
@click.option("--labels", help="A table sequence<TAB>label instead of labels in headers.")
@click.option("--model", help="A trained checkpoint to predict with; nothing is trained then.")
@click.option("--chunk-size", type=click.IntRange(3), default=500, show_default=True, help="Bases.")
@click.option("--chunks-per-file", type=click.IntRange(1), default=20, show_default=True)
@click.option("--kmer", type=click.IntRange(1, 6), default=3, show_default=True, help="Bases.")
@click.option("--steps", type=click.IntRange(1), default=600, show_default=True, help="Training.")
@click.option("--save-every", type=click.IntRange(1), default=100, show_default=True, help="Steps.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--generate-qa", is_flag=True, help="Join the qa pipeline on as an optional stage.")
@click.option("--qa-input", help="Its folder of Markdown; the run's own report if not given.")
@_PACE
@_flags
def _sequences(
    inputs: tuple[str, ...],
    run_dir: str,
    train: tuple[str, ...],
    labels: str | None,
    model: str | None,
    chunk_size: int,
    chunks_per_file: int,
    kmer: int,
    steps: int,
    save_every: int,
    seed: int,
    generate_qa: bool,
    qa_input: str | None,
    pace: float,
    no_resume: bool,
    force_resume: bool,
    skip_checkpoint_validation: bool,
) -> int:
    """FASTA → chunks → six-frame translation → features per file → merge → prediction."""
    return pipeline.run_sequences(
        inputs=inputs,
        run_dir=run_dir,
        train=train,
        labels=labels,
        model=model,
        chunk_size=chunk_size,
        chunks_per_file=chunks_per_file,
        kmer=kmer,
        steps=steps,
        save_every=save_every,
        seed=seed,
        pace=pace,
        no_resume=no_resume,
        force_resume=force_resume,
        skip_checkpoint_validation=skip_checkpoint_validation,
        generate_qa=generate_qa,
        qa_input=qa_input,
    )


@run_command.command("qa")
@click.option("--input", "documents", required=True, help="Folder of Markdown files.")
@_RUN_DIR
@_PACE
@_NO_RESUME
def _qa(documents: str, run_dir: str, pace: float, no_resume: bool) -> int:
    """A folder of Markdown → index → questions → answers → validate → export as JSON lines."""
    return pipeline.run_qa(documents=documents, run_dir=run_dir, pace=pace, no_resume=no_resume)


def _own(spec: str) -> click.Command:
    @click.command(spec, cls=ManyInputs)
    @click.option("--input", "inputs", multiple=True, help="Files or directories it reads.")
    @_RUN_DIR
    @click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="For run.params.")
    @_PACE
    @_flags
    def command(
        inputs: tuple[str, ...],
        run_dir: str,
        params: tuple[str, ...],
        pace: float,
        no_resume: bool,
        force_resume: bool,
        skip_checkpoint_validation: bool,
    ) -> int:
        """Run the pipeline NAME that FILE.py defines."""
        return pipeline.run_file(
            spec,
            run_dir=run_dir,
            inputs=inputs,
            params=_pairs(params),
            pace=pace,
            no_resume=no_resume,
            force_resume=force_resume,
            skip_checkpoint_validation=skip_checkpoint_validation,
        )

    return command


def _pairs(params: tuple[str, ...]) -> dict[str, str]:
    wrong = [each for each in params if "=" not in each]
    if wrong:
        raise click.BadParameter(f"{wrong[0]}: write it as NAME=VALUE", param_hint="--param")
    return {name: value for name, _, value in (each.partition("=") for each in params)}
