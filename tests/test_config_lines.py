"""Lines of a TOML file's keys, in the ways that people write them."""

from __future__ import annotations

from ckptui.config_lines import lines_of

TEXT = '''
# [not] = "this"
top = "a # b" # [x]
[ui]        # the screen
theme = """
[no] = 1
also = "no"
"""
"quoted key" = 'a = b'
list = [
  "[x]", # comment ]
  { y = 1 },
]
after.dotted = 1

[[allow]]
path = "a"
[[allow]]
path = 'it''s'
[allow.deep]
x = {a = [1, {b = 2}]}
  [ spaced . "table" ]
  k = """quote at the end""""
'''.replace("'it''s'", "'its'")


def test_every_key_has_the_line_where_it_begins() -> None:
    assert lines_of(TEXT) == {
        ("top",): 3,
        ("ui",): 4,
        ("ui", "theme"): 5,
        ("ui", "quoted key"): 9,
        ("ui", "list"): 10,
        ("ui", "after", "dotted"): 14,
        ("allow",): 16,
        ("allow", 0): 16,
        ("allow", 0, "path"): 17,
        ("allow", 1): 18,
        ("allow", 1, "path"): 19,
        ("allow", 1, "deep"): 20,
        ("allow", 1, "deep", "x"): 21,
        ("spaced", "table"): 22,
        ("spaced", "table", "k"): 23,
    }


def test_a_table_on_the_last_line_without_its_end() -> None:
    assert lines_of("\n[ui]") == {("ui",): 2}
