"""Level 6 against the previous save: what training never does is said, what it does is not."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from ckptui.terms import Category, Level, Result
from ckptui.validation import validate_checkpoint, validate_checkpoint_batch
from ckptui.validation.check import check_file
from ckptui.validation.pool import Done, Pool, Request
from ckptui.validation.previous import previous_beside
from ckptui.validation.verdict import Verdict
from tests.validation.conftest import make_old, run_python

_WRITE = """
import math, sys, torch
folder = sys.argv[1]
torch.manual_seed(4)
def save(step, **more):
    weights = {"w": torch.randn(40, 50), "b": torch.randn(64)}
    weights["mask"] = torch.full((9, 9), -math.inf)
    torch.save({"step": step, "model": {**weights, **more}}, f"{folder}/step_{step}.pt")
save(100)
save(200)
w = torch.randn(40, 50); w[3, 7] = 1e38
save(300, w=w)
save(400, w=torch.zeros(40, 50))
b = torch.randn(64); b[5] = math.nan
save(500, b=b, w=torch.randn(40, 50) * math.inf)
save(600, w=torch.randn(50, 40) * 1e30)
"""


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("series")
    run_python(_WRITE, str(folder))
    for path in folder.iterdir():
        make_old(path)
    return folder


def _note(verdict: Verdict) -> str:
    return verdict.checks[Level.VALUES].detail


def _compared(series: Path, step: int, before: int) -> Verdict:
    return check_file(series / f"step_{step}.pt", level=6, previous=f"{series}/step_{before}.pt")


def test_the_usual_is_not_worth_a_word(series: Path) -> None:
    verdict = _compared(series, 200, 100)
    assert (verdict.category, verdict.level) == (Category.VALID, 6)
    # The mask holds -Inf as it always did; that is said, and not as news.
    assert _note(verdict) == "Inf in `model.mask`"
    assert "compared with those of step_100.pt" in verdict.detail


def test_a_jump_names_the_tensor_and_both_values(series: Path) -> None:
    verdict = _compared(series, 300, 200)
    assert verdict.category is Category.VALID
    assert verdict.checks[Level.VALUES].result is Result.WARN
    was = check_file(series / "step_200.pt", level=6).values["model.w"]
    assert 3 < was < 5
    news = f"since step_200.pt: `model.w` went from a largest magnitude of {was:.3g} to 1e+38"
    assert _note(verdict) == f"{news}; Inf in `model.mask`"


def test_becoming_all_zero_is_said(series: Path) -> None:
    note = _note(_compared(series, 400, 200))
    assert "`model.w` became all zero, where its largest magnitude was" in note
    assert "all zero: " not in note


def test_new_nan_and_inf_are_said_of_their_tensors(series: Path) -> None:
    note = _note(_compared(series, 500, 200))
    assert "`model.b` holds NaN, where its largest magnitude was" in note
    assert "`model.w` holds" in note
    assert note.endswith("; Inf in `model.mask`")


def test_other_shapes_are_not_compared(series: Path) -> None:
    assert _note(_compared(series, 600, 200)) == "Inf in `model.mask`"


def test_known_values_are_taken_instead_of_reading(series: Path) -> None:
    """They differ from what the file holds, so that one sees which were used."""
    path, before = series / "step_200.pt", series / "step_100.pt"
    read: list[int] = []
    verdict = check_file(
        path, level=6, previous=str(before), previous_values={"model.w": 1e-9, "model.b": 2.0},
        on_progress=lambda done, _: read.append(done),
    )  # fmt: skip
    assert _note(verdict) == "Inf in `model.mask`"
    known = {"model.w": 0.25, "model.b": float("nan")}
    verdict = check_file(
        series / "step_300.pt", level=6, previous=str(before), previous_values=known
    )
    assert "from a largest magnitude of 0.25 to 1e+38" in _note(verdict)
    assert read[-1] == path.stat().st_size


def test_progress_counts_both_files(series: Path) -> None:
    path, before = series / "step_200.pt", series / "step_100.pt"
    seen: list[tuple[int, int]] = []
    check_file(path, level=6, previous=str(before), on_progress=lambda *at: seen.append(at))
    assert seen[-1] == (path.stat().st_size + before.stat().st_size,) * 2
    assert seen == sorted(seen)


def test_a_damaged_previous_one_is_not_compared_with(series: Path, tmp_path: Path) -> None:
    before = tmp_path / "step_200.pt"
    data = bytearray((series / "step_200.pt").read_bytes())
    data[len(data) // 2] ^= 1
    for content in (bytes(data), bytes(data[:3000]), b""):
        before.write_bytes(content)
        verdict = check_file(series / "step_300.pt", level=6, previous=str(make_old(before)))
        assert _note(verdict) == "Inf in `model.mask`"
        assert "not compared with step_200.pt" in verdict.detail
    verdict = check_file(series / "step_300.pt", level=6, previous=str(tmp_path / "gone.pt"))
    assert "not compared with gone.pt: it cannot be read" in verdict.detail


_TRAIN = """
import sys, torch
folder = sys.argv[1]
torch.manual_seed(5)
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm = torch.nn.Linear(16, 32), torch.nn.BatchNorm1d(32)
        self.last = torch.nn.Linear(32, 4)
        self.a = torch.nn.Parameter(torch.randn(8, 32))
        self.b = torch.nn.Parameter(torch.zeros(4, 8))
        self.register_buffer("seen", torch.zeros(4))
    def forward(self, x):
        hidden = self.norm(self.first(x)).relu()
        return self.last(hidden) + hidden @ self.a.t() @ self.b.t()
net = Net()
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
warm_up = torch.optim.lr_scheduler.LinearLR(optimizer, 1e-6, 1.0, total_iters=50)
def save(step):
    torch.save({"step": step, "model": net.state_dict(), "optimizer": optimizer.state_dict(),
     "warm_up": warm_up.state_dict()}, f"{folder}/step_{step}.pt")
save(0)
for step in range(1, 301):
    x = torch.randint(0, 65536, (32, 16)).float()
    loss = (net(x) - x[:, :4]).square().sum()
    optimizer.zero_grad(); loss.backward(); optimizer.step(); warm_up.step()
    net.seen += 32_000
    if step in (1, 2, 10, 300):
        save(step)
"""


def test_a_young_training_is_never_suspected(tmp_path: Path) -> None:
    """A real one at its worst: raw data, a summed loss, warm-up, LoRA's zeros, and counters."""
    run_python(_TRAIN, str(tmp_path))
    steps = [0, 1, 2, 10, 300]
    for before, step in pairwise(steps):
        path = make_old(tmp_path / f"step_{step}.pt")
        verdict = check_file(path, level=6, previous=f"{tmp_path}/step_{before}.pt")
        assert "compared with" in verdict.detail
        assert verdict.checks[Level.VALUES].result is Result.PASS, (step, _note(verdict))


def test_the_previous_one_is_the_next_lower_step_of_the_same_series(tmp_path: Path) -> None:
    names = ["step_9.pt", "step_10.pt", "step_100.pt", "step_100.pt.done", "best_99.pt", "x.pt",
             "step_99.ckpt", "step_98.json"]  # fmt: skip
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / "step_50.pt").mkdir()
    assert previous_beside(f"{tmp_path}/step_100.pt") == f"{tmp_path}/step_10.pt"
    assert previous_beside(f"{tmp_path}/step_10.pt") == f"{tmp_path}/step_9.pt"
    assert previous_beside(f"{tmp_path}/step_9.pt") == ""
    assert previous_beside(f"{tmp_path}/x.pt") == ""
    assert previous_beside("/nowhere/step_1.pt") == ""


def test_it_comes_through_the_pool(series: Path) -> None:
    request = Request(
        f"{series}/step_300.pt", level=6, load=False, previous=f"{series}/step_200.pt"
    )
    with Pool(1) as pool:
        pool.submit(request)
        while pool.pending:
            done = [event for event in pool.events(5.0) if isinstance(event, Done)]
    (verdict,) = [event.verdict for event in done]
    assert "1e+38" in _note(verdict)
    assert verdict.values["model.w"] == pytest.approx(1e38)
    assert verdict.values["model.mask"] == float("inf")


def test_the_library_looks_back_by_itself(series: Path, tmp_path: Path) -> None:
    verdict = validate_checkpoint(series / "step_300.pt", level=6, load=False)
    assert "since step_200.pt" in _note(verdict)
    (verdict,) = validate_checkpoint_batch([series / "step_300.pt"], level=6, load=False)
    assert "since step_200.pt" in _note(verdict)
    alone = tmp_path / "step_300.pt"
    shutil.copy2(series / "step_300.pt", alone)
    verdict = validate_checkpoint(alone, level=6, load=False)
    assert "since" not in _note(verdict)
