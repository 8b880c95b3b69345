"""Random opcodes, bytes and JSON: an answer always, an exception never, bounded always.

Damage to real files: tests/workshop/test_properties.py.
"""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ckptui.formats.pickle_vm import run
from ckptui.formats.reader import read_header_from
from ckptui.formats.recognise import recognise
from ckptui.formats.states import KINDS, read_state
from ckptui.formats.window import BytesSource


def test_a_file_that_shrinks_while_it_is_read(good_files: dict[str, str]) -> None:
    with open(good_files["larger_than_a_window"], "rb") as file:
        data = file.read()
    for left in (0, 10, 1000, len(data) // 2, len(data) - 5):
        assert read_header_from(BytesSource(data[:left]), len(data)).size == len(data)


_OPCODES = st.sampled_from([bytes([i]) for i in range(256)])
_PIECES = st.one_of(
    _OPCODES,
    st.binary(max_size=8),
    st.sampled_from(
        [b"ctorch._utils\n_rebuild_tensor_v2\n", b"ccollections\nOrderedDict\n", b"]", b"}", b"(",
         b"ctorch\nFloatStorage\n", b"X\x01\0\0\0a", b"K\x01", b"t", b"R", b"Q", b"s", b"u", b"e",
         b"b", b"q\x00", b"h\x00", b"\x85", b"\x86", b"\x87", b")", b"N", b"a", b"\x93", b"\x81"]
    ),
)  # fmt: skip


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_PIECES, max_size=60))
def test_the_machine_survives_any_opcodes(pieces: list[bytes]) -> None:
    from ckptui.formats.limits import DEFAULT
    from ckptui.formats.pickle_table import make_table

    tree = run(b"\x80\x02" + b"".join(pieces))
    make_table(tree.root, DEFAULT)
    assert tree.finished or tree.problems


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", b"\x80\x02", b"PK\x05\x06"]))
def test_any_bytes_have_a_header(data: bytes, start: bytes) -> None:
    raw = start + data
    assert isinstance(recognise(raw, len(raw)), str)
    assert read_header_from(BytesSource(raw), len(raw), full=True).size == len(raw)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["stage", "stages", "input_hash", "inputs", "outputs", "files", "completed_stages",
             "project_id", "current_step", "status", "error", "duration_seconds", "version"]
        ),
        inner,
        max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(_JSON, st.sampled_from(KINDS))
def test_any_json_is_read_or_refused_in_words(document: object, kind: str) -> None:
    import json

    state = read_state(kind, "run/.checkpoints/a_files.json", json.dumps(document).encode())
    assert state.problem is None or state.problem
