"""Runs of people who never heard of ckptui: what is a checkpoint, and which one is the last."""

from __future__ import annotations

import os
import pickle
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.package.package_exporter import PackageExporter

from ckptui.terms import Category
from ckptui.watch.look_once import look_once
from ckptui.watch.model import Snapshot

STATE = {"0.weight": torch.ones(4, 4), "0.bias": torch.ones(4)}
TRAINING = {"model": STATE, "optimizer": {"state": {}, "param_groups": [{"lr": 0.1}]}}


class Folder:
    """A run directory in which each file is a minute younger than the one before."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = 1_700_000_000.0

    def settle(self, path: Path) -> Path:
        self.clock += 60
        os.utime(path, (self.clock, self.clock))
        return path

    def save(self, name: str, value: object) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(value, path)
        return self.settle(path)

    def write(self, name: str, data: bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return self.settle(path)

    def cut(self, path: Path) -> Path:
        os.truncate(path, path.stat().st_size - 300)
        return self.settle(path)

    def look(self) -> Snapshot:
        shown = look_once(self.root, timeout=60)
        assert shown.settled
        return shown

    def latest(self) -> tuple[str | None, list[str]]:
        shown = self.look()
        if shown.last_good is None:
            return None, [each.path for each in shown.last_good_none]
        return shown.last_good.path, [each.path for each in shown.last_good.passed_over]


@pytest.fixture
def run(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_the_cache_of_a_data_set_is_never_the_last_checkpoint(run: Folder) -> None:
    run.save("step_100.pt", {"step": 100, **TRAINING})
    for index in range(25):
        run.save(f"cache/{index:05d}.pt", torch.ones(3))
    for index in range(3):
        run.save(f"few/{index}.pt", {"x": torch.ones(3), "y": index})
    run.save("train.pt", [torch.ones(3), torch.zeros(3)])
    shown = run.look()
    assert shown.last_good is not None
    assert shown.last_good.path == "step_100.pt"
    assert shown.checkpoints["cache/00003.pt"].unit
    assert not shown.checkpoints["step_100.pt"].unit


def test_data_does_not_stand_in_for_a_damaged_checkpoint(run: Folder) -> None:
    run.cut(run.save("model.pt", STATE))
    run.save("data/train.pt", torch.ones(9))
    assert run.latest() == (None, ["model.pt"])


def test_weights_without_a_step_come_before_younger_data(run: Folder) -> None:
    run.save("model.pt", STATE)
    run.save("optimizer.pt", {"state": {}, "param_groups": []})
    run.save("data/val.pt", torch.ones(9))
    run.write("data/features.npz", _npz(run.root / "x.npz"))
    assert run.latest()[0] == "model.pt"


def test_features_that_say_complete_are_features_still(run: Folder) -> None:
    run.save("model.pth", STATE)
    for index in range(5):
        unit = {"version": "1.0", "status": "complete", "ids": ["a"], "data": torch.ones(9)}
        run.save(f"merged/sample_{index}.pt", unit)
    assert run.latest()[0] == "model.pth"


def _npz(path: Path) -> bytes:
    np.savez(path, a=np.arange(3))
    data = path.read_bytes()
    path.unlink()
    return data


def test_what_no_checkpoint_is_left_out_by_content(run: Folder) -> None:
    run.save("ckpt.pt", {"iter_num": 2000, "best_val_loss": 1.0, **TRAINING})
    run.write("data/meta.pkl", pickle.dumps({"vocab_size": 65, "itos": {0: "a"}}))
    run.write("data/train.bin", bytes(5000))
    run.write("data/empty.bin", b"")
    run.write("data/ids.pkl", pickle.dumps(list(range(100))))
    run.write("data/cut.pkl", pickle.dumps(list(range(100)))[:-20])
    run.write("optimizer.bin", b"")
    shown = run.look()
    assert set(shown.checkpoints) == {"ckpt.pt", "optimizer.bin"}
    assert shown.checkpoints["ckpt.pt"].step == 2000
    assert shown.last_good is not None
    assert shown.last_good.path == "ckpt.pt"


def test_pickles_that_are_checkpoints_stay(run: Folder) -> None:
    run.write("a.pkl", pickle.dumps({"epoch": 4, "params": [1.0]}))
    run.write("b.pkl", b"cos\nsystem\n(S'true'\ntR.")
    run.save("pytorch_model.bin", STATE)
    shown = run.look()
    assert set(shown.checkpoints) == {"a.pkl", "b.pkl", "pytorch_model.bin"}
    assert shown.checkpoints["b.pkl"].category is Category.UNSAFE


def test_the_best_yields_to_the_latest_whatever_their_times(run: Folder) -> None:
    for epoch in (1, 2, 3):
        run.save(f"checkpoint-{epoch}.pth.tar", {"epoch": epoch, **TRAINING})
    run.save("model_best.pth.tar", {"epoch": 1, **TRAINING})  # a copy reorders times
    assert run.latest() == ("checkpoint-3.pth.tar", [])


def test_a_folder_of_best_ones_yields_to_its_siblings(run: Folder) -> None:
    run.save("every/epoch=3-step=30.ckpt", {"epoch": 3, "global_step": 30, **TRAINING})
    run.save("best/epoch=1-step=10.ckpt", {"epoch": 1, "global_step": 10, **TRAINING})
    assert run.latest()[0] == "every/epoch=3-step=30.ckpt"


def test_weights_alone_yield_to_the_training_state_of_the_same_step(run: Folder) -> None:
    run.save("ckpt_step_10.pt", {"step": 10, **TRAINING})
    run.save("ema_step_10.pt", STATE)
    assert run.latest()[0] == "ckpt_step_10.pt"


def test_one_name_saved_in_place_and_cut_short(run: Folder) -> None:
    run.save("best.pt", {"epoch": 5, **TRAINING})
    run.cut(run.save("last.pt", {"epoch": 9, **TRAINING, "more": torch.ones(900)}))
    assert run.latest() == ("best.pt", ["last.pt"])


def test_a_name_without_a_step_that_was_cut_is_named(run: Folder) -> None:
    run.save("model_best.pth.tar", {"epoch": 5, **TRAINING})
    path = run.save("checkpoint.pth.tar", {"epoch": 9, **TRAINING})
    os.truncate(path, 200)
    run.settle(path)
    assert run.latest() == ("model_best.pth.tar", ["checkpoint.pth.tar"])


def test_another_numbered_series_never_stands_in(run: Folder) -> None:
    run.save("G_100.pt", {"step": 100, "model": STATE})
    run.cut(run.save("D_100.pt", {"step": 100, "model": STATE, "more": torch.ones(900)}))
    assert run.latest() == (None, ["D_100.pt"])


def test_a_file_stands_in_for_a_directory_whose_save_was_cut_off_and_says_so(run: Folder) -> None:
    run.save("final.ckpt", {"global_step": 5, **TRAINING})
    run.save("checkpoint-40/optimizer.pt", {"state": {}, "param_groups": []})
    run.write("checkpoint-40/trainer_state.json", b'{"global_step": 40}')
    run.settle(run.root / "checkpoint-40")
    assert run.latest() == ("final.ckpt", ["checkpoint-40"])


def test_updates_count_before_epochs_in_names_of_fairseq(run: Folder) -> None:
    for updates in (3000, 1000, 2000):
        run.save(f"checkpoint_1_{updates}.pt", TRAINING)
    assert run.latest()[0] == "checkpoint_1_3000.pt"


def test_safetensors_whose_length_looks_like_a_pickle(run: Folder) -> None:
    # A header of 640 bytes: 80 02 00 …, as a pickle of protocol 2 begins.
    text = b'{"0.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.ljust(640)
    run.write("model_step1.safetensors", struct.pack("<Q", 640) + text + bytes(4))
    row = run.look().checkpoints["model_step1.safetensors"]
    assert (row.format, row.category) == ("safetensors", Category.UNCHECKED)


def test_what_torch_packed_for_other_readers_is_whole_and_left_alone(run: Folder) -> None:
    path = run.root / "package.pt"
    with PackageExporter(str(path)) as exporter:
        exporter.save_pickle("model", "model.pkl", {"a": 1})
    run.settle(path)
    row = run.look().checkpoints["package.pt"]
    assert (row.category, row.remedy) == (Category.INCOMPATIBLE, None)
    assert "torch.package" in row.reason


@pytest.mark.parametrize("keep_times", [True, False])
def test_a_run_that_was_copied_keeps_its_last_good_one(run: Folder, keep_times: bool) -> None:
    for step in (100, 200, 300):
        path = run.save(f"run/step_{step}.pt", {"step": step, **TRAINING})
        marker = Path(f"{path}.done")
        marker.touch()
        run.settle(marker)
    copy = run.root / "copy"
    how = shutil.copy2 if keep_times else shutil.copy
    shutil.copytree(run.root / "run", copy, copy_function=how)
    for name, age in (("step_100.pt", 50), ("step_300.pt", 90), ("step_200.pt", 70)):
        if not keep_times:  # the order in which a directory lists its entries is any order
            os.utime(copy / name, (2e9 - age, 2e9 - age))
            os.utime(copy / f"{name}.done", (2e9 - 95, 2e9 - 95))
    shown = look_once(copy, timeout=60)
    assert shown.last_good is not None
    assert shown.last_good.path == "step_300.pt"
    for row in shown.checkpoints.values():
        assert row.category in (Category.VALID, Category.UNCHECKED)
        assert row.remedy is None or row.remedy.value == "renew-marker"


def test_an_optimizers_shards_are_no_checkpoint_by_themselves(run: Folder) -> None:
    part = {"state": {}, "param_groups": [{"lr": 0.1}]}
    for step in (100, 200):
        run.save(f"step_{step}.pt", {"step": step, "model": STATE})
        for rank in range(3):
            run.save(f"step_{step}_optim_rank{rank}.pt", part)
    assert run.latest() == ("step_200.pt", [])


def test_fairseqs_last_is_found_by_its_updates(run: Folder) -> None:
    def save(name: str, updates: int) -> None:
        history = [{"optimizer_name": "Adam", "num_updates": 1}, {"num_updates": updates}]
        run.save(name, {"model": STATE, "optimizer_history": history, "extra_state": {}})

    for epoch in (1, 2, 3):
        save(f"checkpoint_{epoch}_{epoch * 100 - 50}.pt", epoch * 100 - 50)
        save(f"checkpoint{epoch}.pt", epoch * 100)
    save("checkpoint_best.pt", 200)
    rows = run.look().checkpoints
    assert {rows[f"checkpoint{n}.pt"].step for n in (1, 2, 3)} == {100, 200, 300}
    assert not any(row.reason for row in rows.values())
    assert run.latest() == ("checkpoint3.pt", [])


def test_mmengine_counts_one_level_down(run: Folder) -> None:
    for epoch in (9, 10):
        run.save(f"epoch_{epoch}.pth", {"meta": {"epoch": epoch, "iter": epoch * 7}, **TRAINING})
    row = run.look().checkpoints["epoch_10.pth"]
    assert (row.step, row.epoch, row.reason) == (70, 10, "")
