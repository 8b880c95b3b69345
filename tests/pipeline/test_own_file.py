"""A pipeline of one's own: ``FILE.py:NAME``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ckptui.pipeline import run_file

SOURCE = """
from ckptui.pipeline import Pipeline, Run, Stage

def greet(run: Run) -> None:
    run.write("greeting.txt", f"hello {run.params['name']}".encode())

pipeline = Pipeline("greet", (Stage("greet", greet, outputs=("greeting.txt",)),))
number = 3
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(SOURCE)
    return path


@pytest.mark.parametrize("name", [":pipeline", ""])
def test_it_runs_and_records_how_to_run_it_again(own: Path, tmp_path: Path, name: str) -> None:
    run_dir = tmp_path / "run"
    assert run_file(f"{own}{name}", run_dir=str(run_dir), params={"name": "you"}) == 0
    assert (run_dir / "greeting.txt").read_text() == "hello you"
    command = json.loads((run_dir / ".ckptui" / "command.json").read_text())
    assert command["argv"] == [
        sys.executable,
        *["-m", "ckptui", "run", f"{own}:pipeline", "--run-dir", str(run_dir)],
        *["--param", "name=you"],
    ]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("nothing", "no such pipeline"),
        ("none.py:pipeline", "no such pipeline"),
        ("own.py:missing", "holds no 'missing'"),
        ("own.py:number", "holds a int as 'number'"),
        ("broken.py", "cannot be imported: SyntaxError"),
    ],
)
def test_what_is_no_pipeline_gets_one_sentence(
    own: Path, tmp_path: Path, said: Callable[[], str], spec: str, words: str
) -> None:
    (tmp_path / "broken.py").write_text("def\n")
    assert run_file(str(tmp_path / spec), run_dir=str(tmp_path / "run")) == 1
    text = said()
    assert words in text
    assert "Traceback" not in text
    assert not (tmp_path / "run").exists()
