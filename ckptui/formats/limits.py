"""How much of a file's header is read at most. Hostile files end here, honest ones far below."""

from __future__ import annotations

from ckptui.light import TYPE_CHECKING, dataclass

if TYPE_CHECKING:
    from typing import Final


KIB: Final = 1024
MIB: Final = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the header reader; sizes in bytes, the rest are counts.

    The defaults keep every answer under two seconds and 300 MB on any input
    (tests/formats/test_hostile.py), and lie a factor of ten above what large real checkpoints
    need: a state of 2.5 GB in 784 tensors has 0.1 MB of pickle and 24,000 opcodes.

    Attributes:
        pickle: Largest pickle that is read.
        opcodes: Opcodes executed in one pickle.
        marks: Open MARKs at a time, that is nesting while it is being built.
        string: Longest string or bytes kept as a value; longer ones stay opaque.
        integer: Longest integer.
        key_depth: Deepest tuple allowed as a dict key or set member.
        key_nodes: Largest such tuple, counted over all its levels.
        big_keys: Integer dict keys beyond 2**61, which can be made to collide.
        memo_index: Highest memo slot; real picklers count from 0.
        depth: Levels of nesting that the tensor table descends into.
        visits: Values visited while the table is made.
        table: Tensors and top-level keys listed.
        records: Records listed of one container.
        directory: Largest zip directory that is read.
        json: Largest safetensors header that is parsed.
    """

    pickle: int = 64 * MIB
    opcodes: int = 1_500_000
    marks: int = 20_000
    string: int = MIB
    integer: int = 256
    key_depth: int = 8
    key_nodes: int = 64
    big_keys: int = 1_000
    memo_index: int = 1 << 26
    depth: int = 64
    visits: int = 1_000_000
    table: int = 200_000
    records: int = 100_000
    directory: int = 64 * MIB
    json: int = 16 * MIB


DEFAULT: Final = Limits()
