"""What a file's content is good for, by keys and names alone."""

from __future__ import annotations

import pickle

import pytest

from ckptui.formats.model import Header, Opaque, TensorInfo
from ckptui.formats.reader import read_header_from
from ckptui.formats.role import Role, role_of
from ckptui.formats.window import BytesSource


def _dict(*keys: str, tensors: tuple[str, ...] = ()) -> Header:
    return Header(
        "torch-zip",
        1,
        top_type="dict",
        keys=keys,
        top=dict.fromkeys(keys, Opaque("dict")),
        tensors=tuple(TensorInfo(name, "float32", (1,)) for name in tensors),
    )


@pytest.mark.parametrize(
    ("keys", "tensors", "role"),
    [
        (("epoch", "arch", "state_dict", "best_acc1", "optimizer"), (), Role.TRAINING),
        (("args", "model", "last_optimizer_state", "extra_state"), (), Role.TRAINING),
        (("epoch", "global_step", "state_dict", "optimizer_states", "loops"), (), Role.TRAINING),
        (("epoch", "global_step", "state_dict", "loops"), (), Role.WEIGHTS),
        (("dims", "model_state_dict"), (), Role.WEIGHTS),
        (("0.weight", "0.bias"), ("0.weight", "0.bias"), Role.WEIGHTS),
        (("weight", "bias"), ("weight", "bias"), Role.WEIGHTS),
        (("step", "w"), ("w",), Role.WEIGHTS),
        (("state", "param_groups"), (), Role.PART),
        (("last_epoch", "_step_count", "base_lrs"), (), Role.PART),
        (("scale", "growth_factor", "_growth_tracker"), (), Role.PART),
        (("python", "numpy", "cpu", "cuda"), ("cpu",), Role.PART),
        (("x", "y"), ("x",), Role.DATA),
        (("input_ids", "attention_mask"), ("input_ids", "attention_mask"), Role.DATA),
        (("version", "status", "ids", "data"), ("data",), Role.DATA),
        (("vocab_size", "itos", "stoi"), (), Role.DATA),
    ],
)
def test_keys_tell(keys: tuple[str, ...], tensors: tuple[str, ...], role: Role) -> None:
    assert role_of(_dict(*keys, tensors=tensors)) is role


@pytest.mark.parametrize("kind", ["tensor", "list", "tuple", "str", "int", "None"])
def test_what_is_no_dict_is_data(kind: str) -> None:
    assert role_of(Header("torch-zip", 1, top_type=kind)) is Role.DATA


def test_objects() -> None:
    tensors = (TensorInfo("0.weight", "float32", (1,)),)
    module = "torch.nn.modules.container.Sequential"
    assert role_of(Header("torch-zip", 1, top_type=module, tensors=tensors)) is Role.WEIGHTS
    settings = "transformers.training_args.TrainingArguments"
    assert role_of(Header("torch-zip", 1, top_type=settings)) is Role.DATA
    # Older language models saved [model, criterion, optimizer].
    assert role_of(Header("torch-zip", 1, top_type="list", tensors=tensors)) is Role.WEIGHTS


def test_what_was_not_read_has_no_role() -> None:
    assert role_of(Header("hdf5", 1)) is Role.UNKNOWN
    assert role_of(Header("torch-zip", 1)) is Role.UNKNOWN
    assert role_of(Header("", 1)) is Role.UNKNOWN


def test_joblib_writes_arrays_into_the_stream() -> None:
    # The pickle up to the wrapper, then the array's own bytes: no opcodes.
    front = b"\x80\x04cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}b"
    data = front + b"\xff\xff" + bytes(range(200, 256)) * 20 + pickle.dumps(1, 4)[2:]
    header = read_header_from(BytesSource(data), len(data), "model.pkl")
    assert header.format == "pickle"
    assert [problem.kind for problem in header.problems] == ["limit"]  # and no damage
    assert "joblib" in header.problems[0].text
    other = data.replace(b"joblib.numpy_pickle", b"another.numpy_pickl")
    assert read_header_from(BytesSource(other), len(other), "model.pkl").problems
