"""The resume preview, as the dialog and ``ckptui resume --dry-run`` show it."""

from __future__ import annotations

from ckptui.present.resuming import resume_lines
from ckptui.present.safe import cells
from ckptui.present.spans import text_of

DOCUMENT = {
    "from": "step 4500  ckpt_4500.pt  checked to level 5 (checksums); loses 500 steps",
    "passed_over": [f"step {n}  ckpt_{n}.pt  corrupted: cut short at byte 7" for n in range(6)],
    "command": ["python", "train.py", "--name", "two words"],
    "where": "gpu-07",
    "checks": [
        {"state": "ok", "sentence": "free 41G"},
        {"state": "warn", "sentence": "stage merge is done again: 2 added"},
    ],
    "blocked": "claimed by\x1b[2J run 7",
}


def test_the_preview_reads_as_it_should() -> None:
    lines = [text_of(each).rstrip() for each in resume_lines(DOCUMENT, width=60)]
    assert lines == [
        "from     step 4500  ckpt_4500.pt  checked to level 5",
        "         (checksums); loses 500 steps",
        "passed   step 0  ckpt_0.pt  corrupted: cut short at byte 7",
        "         step 1  ckpt_1.pt  corrupted: cut short at byte 7",
        "         step 2  ckpt_2.pt  corrupted: cut short at byte 7",
        "         step 3  ckpt_3.pt  corrupted: cut short at byte 7",
        "         and 2 more",
        "run      python train.py --name 'two words'",
        "where    gpu-07",
        "checks   ✓ free 41G",
        "         ! stage merge is done again: 2 added",
        "",
        r"claimed by\x1b[2J run 7",
    ]


def test_a_reason_takes_one_line_and_no_line_is_too_long() -> None:
    long = {**DOCUMENT, "passed_over": ["step 1  a.pt  corrupted: " + "very " * 40]}
    lines = [text_of(each) for each in resume_lines(long, width=50)]
    assert max(cells(each) for each in lines) <= 50
    assert sum("very" in each for each in lines) == 1


def test_an_unknown_command_is_said() -> None:
    lines = [text_of(each) for each in resume_lines({"command": []}, width=60)]
    assert "run      no command is known yet" in lines
