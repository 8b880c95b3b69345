"""What names say, and what they do not."""

from __future__ import annotations

import pytest

from ckptui.formats.model import Header
from ckptui.formats.naming import (
    counts_progress,
    epoch_from_name,
    is_best,
    is_candidate,
    series_key,
    skip_directory,
    step_from_name,
    suggests_checkpoint,
)
from ckptui.formats.steps import step_of


@pytest.mark.parametrize(
    "name",
    ["a.pt", "a.PTH", "a.ckpt", "pytorch_model.bin", "a.pkl", "a.pth.tar", "a.safetensors",
     "__0_0.distcp", "a.npz", "a.gguf", "a.h5", ".hidden.pt", "a b.pt", "\udcff.pt"],
)  # fmt: skip
def test_candidates(name: str) -> None:
    assert is_candidate(name)


@pytest.mark.parametrize(
    "name",
    ["a.pt.done", "a.txt", "pt", "a.json", ".nfs000012.pt", ".ckptui-x.pt", "._a.pt", "a.pt.tmp",
     "a.pt.quarantined", "a.ptx"],
)  # fmt: skip
def test_no_candidates(name: str) -> None:
    assert not is_candidate(name)


def test_directories_that_a_scan_skips() -> None:
    for name in (".ckptui", ".ckptui-old", ".nfs0001", ".git", ".venv", "node_modules",
                 "__pycache__", ".ipynb_checkpoints"):  # fmt: skip
        assert skip_directory(name), name
    for name in ("checkpoints", ".checkpoints", "run.git", "checkpoint-500", "env_3", "lightning"):
        assert not skip_directory(name), name


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("ckpt_4500.pt", 4500), ("step-4500", 4500), ("epoch=3-step=4500.ckpt", 4500),
        ("checkpoint-500", 500), ("model_000100.pth", 100), ("iter_0000500", 500),
        ("global_step1200", 1200), ("global_step_7.pt", 7), ("model-step12.pt", 12),
        ("4500.pt", 4500), ("checkpoint_12.pth.tar", 12), ("run2_step_30.pt", 30),
        ("ckpt-0001000.safetensors", 1000), ("STEP=5.ckpt", 5), ("iteration_8.pt", 8),
        ("steps_10_final.pt", 10),
        ("resnet50.pt", None), ("model.pt", None), ("final.ckpt", None), ("epoch_3.pt", None),
        ("timestep_3.pt", None), ("unit_0007.pt", None), ("output_1_merged.pt", None),
        ("model-00001-of-00002.safetensors", None), ("llama-7b.pt", None), ("model_7b.pt", None),
        ("v2.1.pt", None), ("fit_3.pt", None), ("a" * 300 + ".pt", None),
        ("step_" + "9" * 400 + ".pt", None),
    ],
)  # fmt: skip
def test_the_step_in_a_name(name: str, step: int | None) -> None:
    assert step_from_name(name) == step


@pytest.mark.parametrize(
    ("name", "epoch"),
    [("epoch=3-step=4500.ckpt", 3), ("epoch_12.pt", 12), ("model-ep7.pth", 7), ("epochs-2.pt", 2),
     ("step_3.pt", None), ("rep3.pt", None)],
)  # fmt: skip
def test_the_epoch_in_a_name(name: str, epoch: int | None) -> None:
    assert epoch_from_name(name) == epoch


def test_a_number_alone_counts_nothing() -> None:
    counting = ("step_3.pt", "epoch=3.ckpt", "checkpoint3.pt", "checkpoint_1_200.pt")
    assert all(counts_progress(name) for name in counting)
    assert not any(counts_progress(n) for n in ("00012.pt", "12.pt", "data_3.pt", "timestep.pt"))


def test_fairseq_names_the_epoch_and_then_the_updates() -> None:
    name = "checkpoint_2_15000.pt"
    assert (epoch_from_name(name), step_from_name(name)) == (2, 15000)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("pytorch_model.bin", True), ("optimizer.bin", True), ("training_args.bin", True),
     ("model_best.pth.tar", True), ("network-snapshot-000100.pkl", True), ("ckpt.pkl", True),
     ("train.bin", False), ("val.bin", False), ("meta.pkl", False), ("shard-000001.tar", False),
     ("remodelled.bin", False), ("internet.bin", False)],
)  # fmt: skip
def test_names_that_people_give_to_checkpoints(name: str, meant: bool) -> None:
    assert suggests_checkpoint(name) is meant


def test_what_is_called_best() -> None:
    assert is_best("a/model_best.pth.tar")
    assert is_best("best/epoch=1.ckpt")
    assert not is_best("a/bestiary.pt")


def test_a_series_is_what_differs_in_digits_only() -> None:
    assert series_key("a/step_10.pt") == series_key("a/step_9.pt") == "a/step_#.pt"
    assert series_key("a1/step_10.pt") != series_key("a2/step_10.pt")
    assert series_key("epoch=1-step=20.ckpt") == "epoch=#-step=#.ckpt"


def test_content_wins_over_the_name_and_a_disagreement_is_said() -> None:
    header = Header("torch-zip", 1, top={"step": 4500, "epoch": 3})
    assert step_of(header, "final.pt") == (4500, 3, "")
    assert step_of(header, "step_4500.pt") == (4500, 3, "")
    step, epoch, note = step_of(header, "step_4000.pt")
    assert (step, epoch) == (4500, 3)
    assert "4,000" in note
    assert "4,500" in note
    assert step_of(header, "model_3.pt") == (4500, 3, "")  # the name counts epochs


def test_steps_of_every_writer() -> None:
    def step(**top: object) -> int | None:
        return step_of(Header("torch-zip", 1, top=top), "x.pt")[0]  # type: ignore[arg-type]

    assert step(global_step=7) == 7
    assert step(iteration=8, epoch=2) == 8
    assert step(global_step=9, step=1) == 9
    assert step(step=10.0) == 10
    assert step(step=10.5) is None
    assert step(step=True) is None
    assert step(step=-1) is None
    assert step(step="12") is None
    assert step_of(Header("torch-zip", 1, top={"epoch": 4}), "x.pt") == (None, 4, "")
    assert step_of(None, "checkpoint-500") == (500, None, "")
