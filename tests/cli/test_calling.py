"""How the program is called: verbs, help, completion, usage errors, terminals, ctrl-C."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ckptui.cli.main import VERBS
from tests.cli.program import (
    PATIENCE,
    ckptui,
    documents,
    interrupt,
    on_terminal,
    sentence,
    started,
)


@pytest.mark.parametrize("verb", ["", *VERBS, "run sequences", "run qa", "run mine.py:pipeline"])
def test_every_verb_explains_itself(verb: str) -> None:
    said = ckptui(*verb.split(), "--help")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Usage: ckptui")


@pytest.mark.parametrize(
    ("call", "words", "see"),
    [
        ("nowhere", "nowhere: no such file or directory; check the path; it is no verb", ""),
        ("--bogus", "No such option", ""),
        ("status --bogus", "No such option", "status "),
        ("validate", "Missing argument 'PATHS...'", "validate "),
        ("validate --level 9 .", "9 is not in the range 1<=x<=6", "validate "),
        ("repair", "Missing argument 'ACTION'. Choose from: validate, ", "repair "),
        ("repair mend x.pt", "'mend' is not one of", "repair "),
        ("run nonsense --run-dir x", "nonsense: no such pipeline; sequences and qa ship", "run "),
        ("completion tcsh", "'tcsh' is not one of 'bash', 'zsh', 'fish'", "completion "),
    ],
)
def test_usage_errors_are_one_sentence_and_exit_1(
    call: str, words: str, see: str, tmp_path: Path
) -> None:
    said = ckptui(*call.split(), cwd=str(tmp_path))
    assert (said.code, said.out) == (1, "")
    first, second = said.err.splitlines()
    assert words in first
    assert second == f"ckptui: see ckptui {see}--help"
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_of_that_shell(shell: str) -> None:
    said = ckptui("completion", shell)
    assert said.code == 0
    assert "_CKPTUI_COMPLETE" in said.out
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=said.out.encode(), check=True)


def test_a_verb_wins_over_a_directory_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    said = ckptui("runs", cwd=str(tmp_path))
    assert said.err == "ckptui: no run was resumed here yet; ckptui resume starts one\n"
    said = ckptui("./runs", cwd=str(tmp_path))
    assert said.code == 0
    assert "no terminal here, so this is the status table" in said.err


def test_without_a_terminal_it_prints_the_table(demo: str) -> None:
    for arguments in ([demo], ["demo", demo]):
        said = ckptui(*arguments)
        assert said.code == 0
        assert "ckpt_0000400.pt" in said.out
        assert "no terminal here" in said.err
    code, shown = on_terminal(demo, TERM="dumb")
    assert code == 0
    assert b"ckpt_0000400.pt" in shown
    assert b"\x1b" not in shown


MODULES = """
import sys
from ckptui.cli.main import run
code = run(sys.argv[1:])
print(sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("verb", ["--help", "status", "latest", "inspect"])
def test_the_quick_verbs_import_nothing_heavy(run: str, verb: str) -> None:
    target = [] if verb == "--help" else [f"{run}/ckpt_0300.pt" if verb == "inspect" else run]
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import site; site.main()\n" + MODULES, verb, *target],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    modules = done.stderr.splitlines()[-1]
    assert "'click'" in modules
    for heavy in ("torch", "textual", "rich", "numpy", "pydantic", "watchdog"):
        assert f"'{heavy}'" not in modules


def test_watch_tells_events_until_control_c(own: str) -> None:
    with started("watch", own, "--json") as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.decode())
            if '"settled"' in lines[-1]:
                break
        os.unlink(os.path.join(own, "ckpt_0400.pt"))
        for line in process.stdout:
            lines.append(line.decode())
            if '"last_good"' in lines[-1]:
                break
        assert interrupt(process) == (130, b"\n")  # the prompt goes below the ^C
    events = documents("watch", "".join(lines))
    assert {each["event"] for each in events} >= {"changed", "settled", "last_good"}
    assert events[-1]["path"] == "ckpt_0300.pt"


def test_control_c_ends_a_validation_quietly(own: str, tmp_path: Path) -> None:
    # An interpreter that never answers: level 3 waits for it, so the validation cannot end before.
    python, began = tmp_path / "python", tmp_path / "began"
    python.write_text(f"#!/bin/sh\n: > {began}\nexec sleep 600\n")
    python.chmod(0o755)
    with started("validate", own, "--python", str(python)) as process:
        deadline = time.monotonic() + PATIENCE
        while not began.exists():
            assert time.monotonic() < deadline, "the interpreter was never asked"
            assert process.poll() is None, "the validation ended by itself"
            time.sleep(0.02)
        code, err = interrupt(process)
    assert code == 130
    assert err.startswith(b"ckptui: interrupted; so far: ")
    assert err.count(b"\n") == 1


def test_a_run_directory_that_goes_away_is_said(own: str) -> None:
    with started("watch", own, "--json") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if b'"settled"' in line:
                break
        shutil.rmtree(own)
        for line in process.stdout:
            if b'"problem"' in line:
                assert b"is not there (removed, renamed or unmounted)" in line
                break
        assert interrupt(process)[0] == 130


def test_a_path_is_never_a_verb_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    said = ckptui(str(tmp_path / "file"))
    assert "a file, where a run directory is meant" in sentence(said, 1)
