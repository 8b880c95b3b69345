"""The index of a model in several files: ``model.safetensors.index.json``, ``*.bin.index.json``.

Hugging Face's format (transformers, modeling_utils.py ``save_pretrained``; huggingface_hub,
serialization/_base.py ``StateDictSplit``): ``{"metadata": {"total_size": bytes}, "weight_map":
{tensor: file}}``, the files lying beside the index. The total counts tied weights once or twice,
depending on the writer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ckptui.formats.limits import MIB, Limits
from ckptui.formats.model import Header, Problem
from ckptui.formats.recognise import describe
from ckptui.formats.window import FdSource, Window, open_regular

LARGEST: Final = 32 * MIB
"""Bytes of the largest index that is read; that of a model of 140,000 tensors has 15 MB."""
_LARGEST_UNICODE: Final = 8 * MIB  # other text takes four times its size in memory
_MOST_TENSORS: Final = 500_000
_MOST_BRACKETS: Final = 10_000  # an index has four or six
_TOLD: Final = 20


@dataclass(frozen=True, slots=True)
class ShardIndex:
    """What an index says.

    Attributes:
        weight_map: Tensor → file name relative to the directory of the index, ``/``-separated.
        total_size: Bytes of all tensors as declared, or None.
        problems: What is wrong with the index itself; where it could not be read, the map is
            empty.
        metadata: Its other metadata, as text.
    """

    weight_map: Mapping[str, str] = field(default_factory=dict)
    total_size: int | None = None
    problems: tuple[Problem, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> tuple[str, ...]:
        """The files it names, each once, sorted."""
        return tuple(sorted(set(self.weight_map.values())))

    def tensors_of(self) -> dict[str, list[str]]:
        """File → the tensors that should be in it."""
        found: dict[str, list[str]] = {}
        for tensor, file in self.weight_map.items():
            found.setdefault(file, []).append(tensor)
        return found


def read_index(path: str) -> ShardIndex:
    """Read an index in bounded memory.

    Args:
        path: Surrogate-escaped path of the ``*.index.json``.

    Returns:
        The index; damaged, foreign or huge content is a problem in it, never an exception.

    Raises:
        OSError: The file cannot be opened or read, or is not a regular file.

    Example:
        >>> read_index("model.safetensors.index.json").files  # doctest: +SKIP
        ('model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors')
    """
    fd, size = open_regular(path)
    try:
        return parse_index(FdSource(fd).pread(min(size, LARGEST + 1), 0))
    finally:
        os.close(fd)


def read_header_of(window: Window, limits: Limits, full: bool) -> Header:
    """The index as a file of its own: its tensors' names, and no tensor.

    Raises:
        OSError: A read failed.
    """
    index = parse_index(window.pread(min(window.size, LARGEST + 1), 0))
    facts = {"shards": str(len(index.files))}
    if index.total_size is not None:
        facts["total_size"] = str(index.total_size)
    return Header(
        "sharded-index",
        window.size,
        top_type="dict",
        keys=tuple(index.weight_map)[: limits.table],
        metadata={**index.metadata, **facts},
        problems=index.problems,
        truncated_table=len(index.weight_map) > limits.table,
    )


def parse_index(data: bytes) -> ShardIndex:
    """The index in these bytes; at most :data:`LARGEST` of them are looked at."""
    problem = _too_large(data)
    if problem is not None:
        return ShardIndex(problems=(problem,))
    try:
        document: object = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return _broken(f"it is no text at byte {error.start:,}", error.start)
    except json.JSONDecodeError as error:
        if error.pos >= len(error.doc.rstrip()) or not data.strip():
            text = f"it is cut short at byte {len(data):,}, inside its JSON"
            return ShardIndex(problems=(Problem("cut-short", text, len(data)),))
        return _broken(f"its JSON breaks at character {error.pos:,}", error.pos)
    except (RecursionError, ValueError):
        return _broken("its JSON is none that a writer makes", 0)
    return _index(document)


def shard_problems(index: ShardIndex, shards: Mapping[str, Header | None]) -> list[Problem]:
    """What does not fit between an index and the shards beside it.

    Args:
        index: As read.
        shards: File name as the index has it → its header, None where the file is not there. A
            file that is left out was not looked at, and is not judged.

    Returns:
        Problems, missing files first; ``kind`` is ``odd`` where nothing is lost.
    """
    wanted = index.tensors_of()
    missing = [name for name in wanted if name in shards and shards[name] is None]
    problems = [Problem("missing-shard", _missing_text(missing, wanted))] if missing else []
    total = 0
    known = not missing
    for name, header in shards.items():
        if header is None or name not in wanted:
            continue
        problems += _compare(name, wanted[name], header)
        total += sum(tensor.bytes for tensor in header.tensors)
        known &= header.format == "safetensors" and not header.truncated_table
    if known and len(shards) == len(wanted) and index.total_size not in {None, total}:
        text = f"its index says {index.total_size:,} bytes in all, its shards hold {total:,}"
        problems.append(Problem("total-size", text, None, "odd"))
    return problems


def outside(name: str) -> bool:
    """True for a file name that leads out of the directory of the index; it is not followed."""
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/")


def _too_large(data: bytes) -> Problem | None:
    brackets = data.count(b"{") + data.count(b"[")
    if (
        len(data) > (LARGEST if data.isascii() else _LARGEST_UNICODE)
        or brackets > _MOST_BRACKETS
        or data.count(b",") > _MOST_TENSORS
    ):
        return Problem("reader-limit", "its index is larger than the reader goes", 0, "limit")
    return None


def _broken(text: str, at: int) -> ShardIndex:
    return ShardIndex(problems=(Problem("bad-index", f"its index is damaged: {text}", at),))


def _index(document: object) -> ShardIndex:
    weights = document.get("weight_map") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(weights, dict):
        return _broken("it has no weight_map", 0)
    files = set(weights.values()) if all(isinstance(v, str) for v in weights.values()) else None
    if files is None or any(not name or "\0" in name for name in files):
        return _broken("its weight_map does not lead from names to names", 0)
    problems = _beyond(files)
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    total = metadata.get("total_size")
    return ShardIndex(
        weights,
        # Some writers divide, and write a float.
        int(total) if isinstance(total, int | float) and 0 <= total < 1 << 62 else None,
        tuple(problems),
        {str(k)[:200]: str(v)[:200] for k, v in metadata.items() if isinstance(v, str | int)},
    )


def _beyond(files: Iterable[str]) -> list[Problem]:
    away = sorted(name for name in files if outside(name))
    if not away:
        return []
    text = f"its index names files outside its own directory, first {away[0][:80]}; not looked at"
    return [Problem("shard-outside", text, None, "limit")]


def _missing_text(missing: list[str], wanted: Mapping[str, list[str]]) -> str:
    shown = ", ".join(sorted(missing)[:3]) + (" …" if len(missing) > 3 else "")
    tensors = sum(len(wanted[name]) for name in missing)
    return (
        f"{len(missing):,} of its {len(wanted):,} shards "
        f"{'is' if len(missing) == 1 else 'are'} missing: {shown} ({tensors:,} tensors)"
    )


def _compare(name: str, wanted: list[str], header: Header) -> list[Problem]:
    if header.format.startswith("foreign:") or not header.format:
        text = f"its shard {name[:80]} is no checkpoint: {describe(header.format)}"
        return [Problem("bad-shard", text)]
    damaged = [p for p in header.problems if p.kind in {"damaged", "hostile"}]
    if damaged:
        return [Problem("bad-shard", f"its shard {name[:80]} is damaged: {damaged[0].text}")]
    if header.truncated_table or any(p.kind == "limit" for p in header.problems):
        return [Problem("shard-limit", f"its shard {name[:80]} was not read whole", None, "limit")]
    held = set(header.keys)
    lost = [tensor for tensor in wanted if tensor not in held]
    more = len(held) - (len(wanted) - len(lost))
    problems = []
    if lost:
        text = f"{len(lost):,} of the tensors that its index puts into {name[:80]} are not there"
        problems.append(Problem("shard-tensor-missing", f"{text}, first {lost[0][:80]}"))
    if more:
        first = next(iter(held.difference(wanted)))
        text = (
            f"its shard {name[:80]} holds {more:,} more than its index lists, such as {first:.80}"
        )
        problems.append(Problem("shard-tensor-extra", text, None, "odd"))
    return problems[:_TOLD]
