"""What the runner costs before a stage needs torch, and that it needs no command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_neither_torch_nor_numpy_nor_click_is_imported_to_load_the_pipelines() -> None:
    code = (
        "import sys, ckptui.pipeline.__main__, ckptui.pipeline.sequences.config, "
        "ckptui.pipeline.qa.stages\n"
        "print([name for name in ('torch', 'numpy', 'click', 'textual') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_usage_errors_end_with_1(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ckptui.pipeline", "sequences"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert "--run-dir" in done.stderr
