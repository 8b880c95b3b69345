"""Names of directories beside each other: short, and never the same twice."""

from __future__ import annotations

import pytest

from ckptui.present.short_names import short_names


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["/runs/a"], ["a"]),
        (["/runs/a", "/runs/b"], ["a", "b"]),
        (["/x/run/out", "/y/run/out", "/z"], ["x/run/out", "y/run/out", "z"]),
        (["/a/b", "/x/a/b"], ["/a/b", "x/a/b"]),
        (["/", "/a"], ["/", "a"]),
        (["/r/e\x1b[2Jvil", "/r/\udcff"], ["e\\x1b[2Jvil", "\\udcff"]),
    ],
)
def test_each_is_as_short_as_it_can_be(paths: list[str], names: list[str]) -> None:
    assert short_names(paths) == names
