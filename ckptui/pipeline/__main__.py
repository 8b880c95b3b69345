"""``python -m ckptui.pipeline``: the runner without the command line around it.

It takes the same words as ``ckptui run``, and needs neither click nor a terminal.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from ckptui.pipeline.entry import run_file, run_qa, run_sequences
from ckptui.terms import EXIT_FAILURE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one pipeline.

    Args:
        arguments: Without the program's name; ``sys.argv[1:]`` if None.

    Returns:
        The exit code.
    """
    words = _parser().parse_args(arguments)
    match words.pipeline:
        case "sequences":
            return _sequences(words)
        case "qa":
            return run_qa(
                documents=words.input[0],
                run_dir=words.run_dir,
                pace=words.pace,
                no_resume=words.no_resume,
            )
        case spec:
            return run_file(
                spec,
                run_dir=words.run_dir,
                inputs=words.input or (),
                params=dict(pair.split("=", 1) for pair in words.param),
                pace=words.pace,
                no_resume=words.no_resume,
                force_resume=words.force_resume,
                skip_checkpoint_validation=words.skip_checkpoint_validation,
            )


def _sequences(words: argparse.Namespace) -> int:
    return run_sequences(
        inputs=words.input,
        run_dir=words.run_dir,
        train=words.train,
        labels=words.labels,
        model=words.model,
        chunk_size=words.chunk_size,
        chunks_per_file=words.chunks_per_file,
        kmer=words.kmer,
        steps=words.steps,
        save_every=words.save_every,
        seed=words.seed,
        pace=words.pace,
        no_resume=words.no_resume,
        force_resume=words.force_resume,
        skip_checkpoint_validation=words.skip_checkpoint_validation,
        generate_qa=words.generate_qa,
        qa_input=words.qa_input,
    )


class _Parser(argparse.ArgumentParser):
    """argparse ends with 2 on a usage error, which means "finished in part" here."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(EXIT_FAILURE, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m ckptui.pipeline")
    add = parser.add_argument
    add("pipeline", help="sequences, qa, or FILE.py:NAME")
    add("--input", nargs="+", action="extend", default=[])
    add("--run-dir", required=True)
    add("--train", nargs="+", action="extend", default=[])
    add("--param", action="append", default=[], metavar="NAME=VALUE")
    for name in ("--labels", "--model", "--qa-input"):
        add(name)
    numbers = {"chunk-size": 500, "chunks-per-file": 20, "kmer": 3}
    for name, value in {**numbers, "steps": 600, "save-every": 100, "seed": 0}.items():
        add(f"--{name}", type=int, default=value)
    add("--pace", type=float, default=0.0)
    for flag in ("no-resume", "force-resume", "skip-checkpoint-validation", "generate-qa"):
        add(f"--{flag}", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
