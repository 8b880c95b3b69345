"""The light dataclasses behave as the standard library's do, and keep the way to a header light."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys

import pytest

from ckptui.formats.model import Header, Problem, StorageInfo, TensorInfo
from ckptui.light import dataclass, field


@dataclass(frozen=True, slots=True)
class Light:
    """A light one."""

    name: str
    size: int = 3
    parts: list[int] = field(default_factory=list)

    @property
    def double(self) -> int:
        """Twice its size."""
        return 2 * self.size


@dataclasses.dataclass(frozen=True, slots=True)
class Real:
    """The same by the standard library."""

    name: str
    size: int = 3
    parts: list[int] = dataclasses.field(default_factory=list)


@dataclass(slots=True)
class Open:
    """One that may change."""

    count: int = 0
    names: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Quiet:
    """One with a field that does not count."""

    name: str
    notes: dict[str, int] = field(default_factory=dict, compare=False, repr=False)


def test_a_field_may_be_left_out_of_comparing_and_showing() -> None:
    one, other = Quiet("a", {"x": 1}), Quiet("a")
    assert one == other
    assert hash(one) == hash(other)
    assert repr(one) == "Quiet(name='a')"
    assert one != Quiet("b", {"x": 1})
    assert dataclasses.replace(one, name="b").notes == {"x": 1}
    assert pickle.loads(pickle.dumps(one)).notes == {"x": 1}
    assert [each.compare for each in dataclasses.fields(Quiet)] == [True, False]


def test_it_is_made_shown_and_compared_like_a_real_one() -> None:
    light, real = Light("a", parts=[1]), Real("a", parts=[1])
    assert repr(light) == repr(real).replace("Real", "Light")
    assert light == Light("a", 3, [1])
    assert light != Light("b", 3, [1])
    assert light.__eq__(real) is NotImplemented
    assert light.double == 6
    assert Light("a").parts is not Light("a").parts
    for wrong in ({}, {"name": "a", "colour": 1}):
        with pytest.raises(TypeError):
            Light(**wrong)  # type: ignore[arg-type]


def test_a_frozen_one_cannot_be_changed_and_can_be_a_key() -> None:
    problem = Problem("a", "b")
    with pytest.raises(dataclasses.FrozenInstanceError):
        problem.code = "c"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del problem.code
    assert {problem: 1}[Problem("a", "b")] == 1
    with pytest.raises(TypeError):
        hash(Open())


def test_an_open_one_can_be_changed_within_its_fields() -> None:
    one = Open()
    one.count += 1
    one.names.append("x")
    assert one == Open(1, ["x"])
    with pytest.raises(AttributeError):
        one.other = 1  # type: ignore[attr-defined]


def test_the_standard_librarys_own_tools_take_it() -> None:
    tensor = TensorInfo("w", "float32", (2, 3))
    assert dataclasses.is_dataclass(tensor)
    assert [f.name for f in dataclasses.fields(TensorInfo)][:3] == ["name", "dtype", "shape"]
    assert dataclasses.replace(tensor, bytes=24) == TensorInfo("w", "float32", (2, 3), bytes=24)
    assert dataclasses.asdict(StorageInfo("0", "int8", 1, 1))["device"] == "cpu"
    assert dataclasses.replace(Header("zip", 3), notes=("x",)).top == {}


def test_it_survives_pickling_and_copying() -> None:
    header = Header("zip", 3, problems=(Problem("a", "b", 1),), top={"step": 3})
    for again in (pickle.loads(pickle.dumps(header)), copy.copy(header), copy.deepcopy(header)):
        assert again == header


HEAVY = ("dataclasses", "typing", "re", "enum", "inspect", "collections", "functools", "numpy")


def test_the_way_to_a_header_imports_nothing_heavy(tmp_path: object) -> None:
    """What makes a new process fast: no clock, but what it has loaded in the end."""
    path = f"{tmp_path}/a.pt"
    write = "import torch, sys; torch.save({'w': torch.ones(3)}, sys.argv[1])"
    subprocess.run([sys.executable, "-c", write, path], check=True)
    code = (
        "import sys; before = set(sys.modules)\n"
        "import ckptui; info = ckptui.get_checkpoint_info(sys.argv[1])\n"
        "assert type(info) is dict and info['parameters'] == 3 and info['is_valid_zip']\n"
        "print('\\n'.join(set(sys.modules) - before))"
    )
    # Without site, whose hooks load what they like; the search path is this process's.
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, path],
        check=True, capture_output=True, text=True,
        env={"PYTHONPATH": ":".join(part for part in sys.path if part)},
    )  # fmt: skip
    assert not set(done.stdout.split()) & set(HEAVY)
