"""The index of a model in several files, read from what real writers write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ckptui.formats.model import Header
from ckptui.formats.reader import read_header
from ckptui.formats.sharded_index import (
    ShardIndex,
    outside,
    parse_index,
    read_index,
    shard_problems,
)
from ckptui.terms import Category
from ckptui.validation.check import check_file

INDEX = "model.safetensors.index.json"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A directory with two shards and their index, as transformers lays them out."""
    weights: dict[str, str] = {}
    for number in (1, 2):
        file = f"model-{number:05}-of-00002.safetensors"
        tensors = {f"layers.{number}.{name}": torch.randn(4, 4) for name in ("weight", "bias")}
        save_file(tensors, tmp_path / file, metadata={"format": "pt"})
        weights |= dict.fromkeys(tensors, file)
    document = {"metadata": {"total_size": 4 * 64}, "weight_map": weights}
    (tmp_path / INDEX).write_text(json.dumps(document, indent=2, sort_keys=True) + "\n")
    return tmp_path


def _headers(index: ShardIndex, directory: Path) -> dict[str, Header | None]:
    found = {name: directory / name for name in index.files}
    return {name: read_header(str(p)) if p.exists() else None for name, p in found.items()}


def _codes(directory: Path) -> list[tuple[str, str]]:
    index = read_index(str(directory / INDEX))
    return [(p.code, p.kind) for p in shard_problems(index, _headers(index, directory))]


def _rewrite(directory: Path, **changes: object) -> None:
    document = json.loads((directory / INDEX).read_text())
    (directory / INDEX).write_text(json.dumps(document | changes))


def test_a_whole_model_has_no_problems(model: Path) -> None:
    index = read_index(str(model / INDEX))
    assert index.problems == ()
    assert index.total_size == 256
    assert index.files == ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    assert _codes(model) == []


def test_a_missing_shard_is_named_with_what_was_in_it(model: Path) -> None:
    (model / "model-00002-of-00002.safetensors").unlink()
    index = read_index(str(model / INDEX))
    problem = shard_problems(index, _headers(index, model))[0]
    assert problem.code == "missing-shard"
    assert "model-00002-of-00002.safetensors" in problem.text
    assert "2 tensors" in problem.text


def test_a_shard_without_a_tensor_of_the_index_is_told(model: Path) -> None:
    save_file({"layers.2.weight": torch.randn(4, 4)}, model / "model-00002-of-00002.safetensors")
    assert _codes(model) == [("shard-tensor-missing", "damaged"), ("total-size", "odd")]


def test_more_tensors_than_listed_lose_nothing(model: Path) -> None:
    tensors = {f"layers.2.{name}": torch.randn(4, 4) for name in ("weight", "bias", "more")}
    save_file(tensors, model / "model-00002-of-00002.safetensors")
    assert _codes(model) == [("shard-tensor-extra", "odd"), ("total-size", "odd")]


def test_a_cut_shard_is_damaged(model: Path) -> None:
    shard = model / "model-00002-of-00002.safetensors"
    shard.write_bytes(shard.read_bytes()[:-5])
    assert ("bad-shard", "damaged") in _codes(model)


def test_a_pointer_in_place_of_a_shard_is_told(model: Path) -> None:
    shard = model / "model-00001-of-00002.safetensors"
    shard.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    index = read_index(str(model / INDEX))
    assert "git-lfs pointer" in shard_problems(index, _headers(index, model))[0].text


def test_torch_shards_are_compared_by_their_keys(tmp_path: Path) -> None:
    torch.save({"a.weight": torch.randn(2), "b": torch.randn(3)}, tmp_path / "one.bin")
    weights = {"a.weight": "one.bin", "b": "one.bin"}
    (tmp_path / INDEX).write_text(
        json.dumps({"metadata": {"total_size": 20.0}, "weight_map": weights})
    )
    assert _codes(tmp_path) == []
    _rewrite(tmp_path, weight_map=weights | {"c": "one.bin"})
    assert _codes(tmp_path) == [("shard-tensor-missing", "damaged")]


@pytest.mark.parametrize(
    ("data", "code", "kind"),
    [
        (b"", "cut-short", "damaged"),
        (b'{"metadata": {"total_size": 3}, "weight_map": {"a"', "cut-short", "damaged"),
        (b'{"weight_map": {"a": "b" "c"}}', "bad-index", "damaged"),
        (b'{"weight_map": ["a"]}', "bad-index", "damaged"),
        (b'{"weight_map": {"a": 3}}', "bad-index", "damaged"),
        (b'{"weight_map": {"a": ""}}', "bad-index", "damaged"),
        (b'{"weight_map": {"a": "x\\u0000"}}', "bad-index", "damaged"),
        (b'{"weight_map": \xff}', "bad-index", "damaged"),
        (b'{"weight_map": {"a": "../b.safetensors"}}', "shard-outside", "limit"),
        (b"[" * 20_000, "reader-limit", "limit"),
        (b'{"a":' * 5_000, "bad-index", "damaged"),
        (b'{"weight_map": {"a": ' + b"9" * 5_000 + b"}}", "bad-index", "damaged"),
        (b'{"a": "' + b"x" * (33 << 20), "reader-limit", "limit"),
        (b'{"a": "' + "ü".encode() * (5 << 20), "reader-limit", "limit"),
    ],
)
def test_bad_indexes_are_problems_and_never_errors(data: bytes, code: str, kind: str) -> None:
    found = parse_index(data)
    assert [(p.code, p.kind) for p in found.problems] == [(code, kind)]


def test_an_index_of_many_tensors_is_read() -> None:
    weights = {f"model.layers.{n}.mlp.weight": f"{n % 160}.safetensors" for n in range(150_000)}
    index = parse_index(json.dumps({"weight_map": weights}).encode())
    assert (len(index.weight_map), len(index.files), index.total_size) == (150_000, 160, None)


def test_names_that_lead_away_are_seen() -> None:
    assert all(outside(name) for name in ("/etc/passwd", "../a", "a/../../b", "..\\a"))
    assert not any(outside(name) for name in ("a..safetensors", "sub/a.safetensors"))


def test_an_index_named_as_a_file_is_judged_with_its_shards(model: Path) -> None:
    verdict = check_file(model / INDEX, level=4, settle=False)
    assert (verdict.category, verdict.facts.format) == (Category.VALID, "sharded-index")
    (model / "model-00002-of-00002.safetensors").unlink()
    verdict = check_file(model / INDEX, level=4, settle=False)
    assert verdict.category is Category.INCOMPLETE
    assert "model-00002-of-00002.safetensors" in verdict.reason
    shard = model / "model-00001-of-00002.safetensors"
    shard.write_bytes(shard.read_bytes()[:-5])
    assert check_file(model / INDEX, level=4, settle=False).category is Category.CORRUPTED
