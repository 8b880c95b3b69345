"""What the names, sizes and small files of a checkpoint directory say. Facts, never a judgement."""

from __future__ import annotations

from dataclasses import dataclass, field

from ckptui.formats.sharded_index import ShardIndex


@dataclass(frozen=True, slots=True)
class Missing:
    """A part that should be there.

    Attributes:
        name: Relative to the directory; a pattern where several are meant.
        why: A clause that says how one knows, ``written last``; or empty.
    """

    name: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """Something in a small file, or between files, that cannot be so.

    Attributes:
        name: The part that it was seen in.
        text: One sentence without the path.
        kind: ``damaged`` (bytes wrong or missing), ``unfinished`` (the save did not end),
            ``odd`` (worth a warning) or ``unknown`` (whole as far as can be told).
        level: Level at which it counts: 2 structure, 4 what the parts say of each other.
    """

    name: str
    text: str
    kind: str = "damaged"
    level: int = 2


@dataclass(frozen=True, slots=True)
class Slice:
    """One archive inside a ``.distcp`` file, bytes from its start.

    Attributes:
        name: Tensor or value that it holds.
        offset: Where it begins in the file.
        length: Bytes.
        shape: Sizes of the tensor's chunk; None for a value that is no tensor.
    """

    name: str
    offset: int
    length: int
    shape: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Sharding:
    """An index, and the directory that its files are relative to (``""`` or ``sub/``)."""

    name: str
    index: ShardIndex
    prefix: str = ""


@dataclass(slots=True)
class Reading:
    """What one layout says about a directory; filled in by its module.

    Attributes:
        layout: Its name.
        needed: Parts that a resume reads: each is checked as a file.
        side: Parts that nobody needs to go on (``training_args.bin``): looked at, never decisive.
        written: Name → what wrote it, for files checked here already (JSON, text).
        missing: Parts that should be there.
        broken: What cannot be so.
        slices: ``.distcp`` file → its archives in order.
        shardings: Indexes, for their shards' headers to be compared with.
        step, epoch: As the content says, else as the name does.
        step_note: Where the two differ.
        writer: Framework and version, in words.
        untold: Why its completeness cannot be told; empty where it can.
        notes: Sentences worth showing that are no problem.
        training: True where a job can go on from it; weights alone are for other uses.
    """

    layout: str
    needed: list[str] = field(default_factory=list)
    side: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    slices: dict[str, list[Slice]] = field(default_factory=dict)
    shardings: list[Sharding] = field(default_factory=list)
    step: int | None = None
    epoch: int | None = None
    step_note: str = ""
    writer: str = ""
    untold: str = ""
    notes: list[str] = field(default_factory=list)
    training: bool = True

    def miss(self, name: str, why: str = "") -> None:
        """Note a part that is not there, once."""
        if all(each.name != name for each in self.missing):
            self.missing.append(Missing(name, why))

    def need(self, *names: str) -> None:
        """Note parts that a resume reads, each once."""
        self.needed += [name for name in names if name not in self.needed]
