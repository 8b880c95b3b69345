r"""The filter language: what is typed after ``/`` and after ``--filter``.

========================  =========================================================================
``lora best``             all words occur: in path, category, reason, marker; in any case
``"two words"``           words with blanks; ``\"`` and ``\\`` inside
``~ck45``                 fuzzy: these characters in this order in the path
``cat:corrupted,unsafe``  a field begins with one of these; ``=`` instead of ``:`` is the whole
``step>1000 size<=200M``  comparisons; sizes in powers of 1024, times in s m h d w; ``10..20``
``name:ckpt_*``           texts: anywhere, or as a whole where there is ``*`` or ``?``
``-cat:valid  -word``     without what matches
========================  =========================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ckptui.present.filter_fields import CHECKPOINTS, Language, Row, Vocabulary
from ckptui.present.filter_kinds import Test, fold, nearest
from ckptui.watch.model import Checkpoint

_TOKEN: Final = re.compile(
    r"""(?P<minus>-?)
        (?:(?P<field>[A-Za-z_]+)(?P<sign>!=|>=|<=|:|=|>|<)|(?P<fuzzy>~?))
        (?P<value>(?:"(?:\\.|[^"\\])*\\?(?:"|\Z)|[^\s"])*)""",
    re.VERBOSE | re.DOTALL,
)
_PIECE: Final = re.compile(r'"((?:\\.|[^"\\])*\\?)(?:"|\Z)|([^"]+)', re.DOTALL)
_SPLIT: Final = re.compile(r'(?:"(?:\\.|[^"\\])*\\?(?:"|\Z)|[^,"])+', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """What cannot be understood, and where.

    Attributes:
        start, end: Its place in the text.
        sentence: ``siez: unknown field; did you mean size?``
    """

    start: int
    end: int
    sentence: str


@dataclass(frozen=True, slots=True)
class WordTerm:
    """A word without a field.

    Attributes:
        folded: The text as it is compared.
    """

    text: str
    fuzzy: bool = False
    negated: bool = False
    folded: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folded", fold(self.text))

    def __str__(self) -> str:
        bare = not self.text or self.text[0] in "-~" or _NAMES_FIELD.match(self.text)
        sign = ("-" if self.negated else "") + ("~" if self.fuzzy else "")
        return sign + (_quoted(self.text) if bare else _quoted_where_needed(self.text))


@dataclass(frozen=True, slots=True)
class FieldTerm:
    """A field against one value or several; one that fits is enough."""

    name: str
    sign: str
    values: tuple[str, ...]
    negated: bool = False
    tests: tuple[Test, ...] = field(default=(), compare=False, repr=False)

    def __str__(self) -> str:
        values = ",".join(_quoted_where_needed(value) for value in self.values)
        return f"{'-' if self.negated else ''}{self.name}{self.sign}{values}"


_NAMES_FIELD: Final = re.compile(r"[A-Za-z_]+[:=<>!]")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted_where_needed(text: str) -> str:
    return _quoted(text) if not text or re.search(r'[\s",]', text) else text


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter; an empty one lets everything through.

    Attributes:
        words: All of them must hold.
        fields: All of these too.
        typed: The text that was read.
        problems: What of it could not be understood; those parts are left out.
        timed: True where a row may begin or cease to match by time alone.
    """

    words: tuple[WordTerm, ...] = ()
    fields: tuple[FieldTerm, ...] = ()
    typed: str = field(default="", compare=False)
    problems: tuple[Problem, ...] = field(default=(), compare=False)
    timed: bool = field(default=False, compare=False)

    @classmethod
    def parse(cls, text: str, language: Language = CHECKPOINTS) -> Filter:
        """Read a filter. Never raises: what cannot be understood is among the problems.

        Args:
            text: As typed.
            language: What can be asked; by default what checkpoints know.

        Example:
            >>> str(Filter.parse("CAT:corrupted  size>1G"))
            'cat:corrupted size>1G'
            >>> Filter.parse("siez>1G").problems[0].sentence
            'siez: unknown field; did you mean size?'
        """
        return _read(text, language)

    def __bool__(self) -> bool:
        return bool(self.words or self.fields)

    def __str__(self) -> str:
        return " ".join(map(str, (*self.fields, *self.words)))

    @property
    def problem(self) -> str:
        """The problems as one text, empty where everything was understood."""
        return ". ".join(each.sentence for each in self.problems)

    def matches(self, row: Checkpoint, now: float) -> bool:
        """True where a checkpoint is to be shown. ``now`` is in seconds since the epoch."""
        return matches(self, CHECKPOINTS, row, now)

    def matches_text(self, text: str) -> bool:
        """True where the words hold of a text; fields are not asked."""
        return _words_hold(self.words, text, text)


def matches(asked: Filter, vocabulary: Vocabulary[Row], row: Row, now: float) -> bool:
    """True where a row passes a filter that was parsed with this vocabulary."""
    for term in asked.fields:
        value = vocabulary.read[term.name](row, now)
        if any(test(value) for test in term.tests) == term.negated:
            return False
    if not asked.words:
        return True
    return _words_hold(asked.words, vocabulary.text(row), vocabulary.name(row))


def _words_hold(words: tuple[WordTerm, ...], text: str, name: str) -> bool:
    lower, short = fold(text), ""
    for word in words:
        if word.fuzzy:
            short = short or fold(name)
            held = follows(word.folded, short)
        else:
            held = word.folded in lower
        if held == word.negated:
            return False
    return True


def follows(typed: str, text: str) -> bool:
    """True where all characters that were typed occur in a text in this order."""
    at = -1
    for char in typed:
        at = text.find(char, at + 1)
        if at < 0:
            return False
    return True


# Reading


def _read(text: str, language: Language) -> Filter:
    words: list[WordTerm] = []
    fields: list[FieldTerm] = []
    problems: list[Problem] = []
    for token in _tokens(text):
        try:
            term = _term(token, language)
        except ValueError as error:
            problems.append(Problem(token.start(), token.end(), str(error)))
            continue
        if isinstance(term, WordTerm):
            words.append(term)
        else:
            fields.append(term)
    timed = any(term.name in language.timed for term in fields)
    return Filter(tuple(words), tuple(fields), text, tuple(problems), timed)


def _tokens(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = _TOKEN.match(text, at)
        assert found is not None and found.end() > at  # noqa: S101  (anything is a value)
        yield found
        at = found.end()


def _term(token: re.Match[str], language: Language) -> WordTerm | FieldTerm:
    negated, value = bool(token["minus"]), token["value"]
    if token["field"] is None:
        if not _unquoted(value):
            raise ValueError(f"{token[0]}: a word or a field follows; in quotes it is a word")
        return WordTerm(_unquoted(value), bool(token["fuzzy"]), negated)
    name, sign = language.field_name(token["field"]), token["sign"]
    try:
        return _field_term(token["field"], name, sign, value, language, negated)
    except ValueError:
        # Names such as epoch=3-step=500.ckpt hold the sign; they are words as they stand.
        if sign != "=" or not value or (name is not None and value.isalpha()):
            raise
        return WordTerm(_unquoted(token[0].removeprefix("-")), negated=negated)


def _field_term(
    typed: str,
    name: str | None,
    sign: str,
    value: str,
    language: Language,
    negated: bool,
) -> FieldTerm:
    if name is None:
        near = nearest(typed, (*language.kinds, *language.aliases))
        hint = f"did you mean {near}?" if near else "in quotes it is a word"
        raise ValueError(f"{typed}: unknown field; {hint}")
    kind = language.kinds[name]
    if sign == "!=":
        sign, negated = "=", not negated
    if sign not in kind.signs:
        raise ValueError(f"{typed}{sign}: {name} has no order; write {name}:")
    values = tuple(_unquoted(each) for each in _SPLIT.findall(value))
    if not values:
        offered = f": {', '.join(kind.values[:6])}" if kind.values else ""
        raise ValueError(f"{typed}{sign} wants a value{offered}")
    tests: list[Test] = []
    for each in values:
        try:
            tests.append(kind.test(sign, each))
        except ValueError as error:
            raise ValueError(f"{typed}{sign}{each}: {error}") from None
    return FieldTerm(name, sign, values, negated, tuple(tests))


def _unquoted(value: str) -> str:
    pieces: list[str] = []
    for quoted, bare in _PIECE.findall(value):
        pieces.append(bare or re.sub(r'\\([\\"])', r"\1", quoted))
    return "".join(pieces)
