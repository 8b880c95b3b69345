"""Markdown as people write it."""

from __future__ import annotations

from ckptui.pipeline.qa.markdown import Section, read_sections, split_sentences


def test_both_kinds_of_headings_and_their_nesting() -> None:
    text = "# One #\n\nA b.\n\n### Deep\nC d.\n\nTwo\n---\n\nE f.\n"
    assert read_sections(text) == [
        Section(("One",), ("A b.",)),
        Section(("One", "Deep"), ("C d.",)),
        Section(("One", "Two"), ("E f.",)),
    ]


def test_wrapped_lines_lists_and_quotes_are_sentences() -> None:
    text = "# T\n> A quote\n> goes on.\n\n* first item\n  goes on.\n* Second item.\n1. Third.\n"
    assert read_sections(text)[0].sentences == (
        "A quote goes on.",
        "first item goes on.",
        "Second item.",
        "Third.",
    )


def test_links_emphasis_code_and_tags_leave_their_words() -> None:
    text = "# T\nSee **[the page](http://x.y/z)** and `code` <b>now</b> ![a picture](p.png).\n"
    assert read_sections(text)[0].sentences == ("See the page and code now a picture.",)


def test_code_front_matter_tables_and_html_are_left_out() -> None:
    text = (
        "---\ntitle: x\n---\n# T\n```py\n# no heading\nx = 1\n```\nA b.\n\n"
        "| a | b |\n|---|---|\n\n<div>\n\n~~~\nmore\n~~~\n"
    )
    assert read_sections(text) == [Section(("T",), ("A b.",))]


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    assert read_sections("\ufeff# T\r\n\r\nA b.\r\n") == [Section(("T",), ("A b.",))]


def test_nothing_gives_nothing() -> None:
    assert read_sections("") == []
    assert read_sections("# Only a heading\n") == []


def test_sentences_end_where_a_new_one_begins() -> None:
    assert split_sentences('He said "no." Then e.g. this. 3 more! Why?') == [
        'He said "no.',
        "Then e.g. this.",
        "3 more!",
        "Why?",
    ]
