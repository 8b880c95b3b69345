"""A TOML file that people write: read field by field; what is wrong is kept with its line.

One mistake does not spoil the rest: a reader asks for each field and gets what is right, or the
default, and :attr:`ConfigFile.problems` holds a sentence for everything else.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from ckptui.errors import ConfigError
from ckptui.light import dataclass

_LARGEST: Final = 1 << 20
_FEW: Final = 4
"""Words that are all named where none of them was given."""

Place: TypeAlias = "tuple[str | int, ...]"
"""Where a value stands: names of tables and keys, and numbers of entries from 0."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file.

    Attributes:
        file: Path of the file.
        line: Counted from 1; 0 where it is the whole file.
        field: The field as it is written, or empty.
        words: What is wrong and what would be right.
        warning: True where it works nevertheless.

    Example:
        >>> str(Problem("config.toml", 3, "[ui] keys", "must be vim"))
        'config.toml:3: [ui] keys: must be vim'
    """

    file: str
    line: int
    field: str
    words: str
    warning: bool = False

    def __str__(self) -> str:
        return self._said(self.file)

    @property
    def short(self) -> str:
        """The same with the name of the file alone, for a narrow line."""
        return self._said(os.path.basename(self.file))

    def _said(self, file: str) -> str:
        place = f"{file}:{self.line}" if self.line else file
        return ": ".join(each for each in (place, self.field, self.words) if each)


def read_text(path: str) -> str | None:
    """The text of a configuration file.

    Returns:
        None where there is no such file.

    Raises:
        ConfigError: It cannot be read, or is no UTF-8 text.
    """
    try:
        with open(path, "rb") as file:
            return file.read(_LARGEST).decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"{path}: cannot be read: {reason}") from error


class ConfigFile:
    """The text of a file, and what is wrong in it.

    Attributes:
        path: Where it stands, for messages.
        text: What it holds.
        problems: What was found wrong so far; a text that is not TOML is one problem.

    Args:
        path: Where it stands.
        text: TOML.

    Example:
        >>> file = ConfigFile("config.toml", 'x = 1')
        >>> file.top.text("x"), str(file.problems[0])
        (None, 'config.toml:1: x: must be text, not 1')
    """

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        self.problems: list[Problem] = []
        self._lines: Mapping[Place, int] | None = None
        self.top = Table(self, (), "", self._parse())

    def _parse(self) -> dict[str, object]:
        if not self.text:
            return {}
        import tomllib  # few users have such a file

        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            words, _, at = str(error).rpartition(" (at ")
            line = at.removeprefix("line ").partition(",")[0]
            at_line = int(line) if line.isdecimal() else len(self.text.splitlines())
            said = f"not valid TOML: {words or error}; correct line {at_line}"
        except RecursionError:
            at_line, said = 0, "not valid TOML: it nests too deep"
        self.problems.append(Problem(self.path, at_line, "", said))
        return {}

    def line_of(self, place: Place) -> int:
        """The line of a key, or of the nearest table around it; 0 where nothing is known."""
        while place and not self.given(place):
            place = place[:-1]
        return self.given(place)

    def given(self, place: Place) -> int:
        """The line of a key itself; 0 where it is not in the file."""
        if self._lines is None:
            from ckptui.config_lines import lines_of  # only where somebody asks

            self._lines = lines_of(self.text) if self.top.data else {}
        return self._lines.get(place, 0)

    @property
    def found(self) -> tuple[Problem, ...]:
        """What was found wrong, in the order of the lines."""
        return tuple(sorted(self.problems, key=lambda each: each.line))

    def wrong(self, place: Place, field: str, words: str) -> None:
        """Keep a problem."""
        self.problems.append(Problem(self.path, self.line_of(place), field, words))

    def warn(self, place: Place, field: str, words: str) -> None:
        """Keep something that works and yet should be known."""
        self.problems.append(Problem(self.path, self.line_of(place), field, words, warning=True))


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file. Each method gives the field if it is right, else says what is wrong.

    Attributes:
        file: Takes the problems.
        place: Where the table stands.
        name: As it is written between brackets; empty for the file itself.
        data: Its fields.
    """

    file: ConfigFile
    place: Place
    name: str
    data: Mapping[str, object]

    def wrong(self, key: str, words: str) -> None:
        """Say what is wrong with a field."""
        self.file.wrong((*self.place, key), f"[{self.name}] {key}" if self.name else key, words)

    def check_names(self, allowed: Iterable[str]) -> None:
        """Say which fields are unknown, and what was probably meant."""
        names = list(allowed)
        for key in self.data:
            if key not in names:
                self.wrong(key, f"unknown; {meant(key, names)}")

    def table(self, key: str) -> Table:
        """The table ``[key]``; an empty one where there is none."""
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            self.wrong(key, f"must be a table, written as [{key}]")
            value = {}
        name = f"{self.name}.{key}" if self.name else key
        return Table(self.file, (*self.place, key), name, value)

    def tables(self, key: str) -> list[Table]:
        """The tables ``[[key]]``."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.wrong(key, f"must be written as [[{key}]]")
            return []
        place = (*self.place, key)
        return [Table(self.file, (*place, n), f"{key} {n + 1}", item)
                for n, item in enumerate(value)]  # fmt: skip

    def text(self, key: str) -> str | None:
        """A text; None where there is none."""
        value = self.data.get(key)
        if value is None or isinstance(value, str):
            return value
        self.wrong(key, f"must be text, not {value!r:.60}")
        return None

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of texts."""
        value = self.data.get(key)
        if value is None:
            return default
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.wrong(key, f'must be a list of text, for example {key} = ["a", "b"]')
        return default

    def choice(self, key: str, allowed: Sequence[str], default: str) -> str:
        """One of these texts."""
        value = self.data.get(key, default)
        if isinstance(value, str) and value in allowed:
            return value
        near = meant(value, allowed) if isinstance(value, str) else ""
        many = len(allowed) > _FEW and near.startswith("did")
        said = f"{value!r:.60} is unknown; {near}" if many else f"must be {one_of(allowed)}"
        self.wrong(key, said if many else f"{said}, not {value!r:.60}")
        return default

    def choices(
        self, key: str, allowed: Sequence[str], default: tuple[str, ...]
    ) -> tuple[str, ...]:
        """A list of some of these texts."""
        given = self.texts(key, default)
        for each in given:
            if each not in allowed:
                self.wrong(key, f"{each!r:.60} is unknown; {meant(each, allowed)}")
        return tuple(each for each in given if each in allowed)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.data.get(key, default)
        if isinstance(value, bool):
            return value
        self.wrong(key, f"must be true or false, not {value!r:.60}")
        return default

    def number(self, key: str, default: int, *, least: int, most: int) -> int:
        """A whole number."""
        value = self.data.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.wrong(key, f"must be a whole number from {least} to {most}, not {value!r:.60}")
        return default


def one_of(allowed: Sequence[str]) -> str:
    """``"a", "b" or "c"``."""
    *most, last = [f'"{each}"' for each in allowed]
    return f"{', '.join(most)} or {last}" if most else last


def meant(word: str, known: Sequence[str]) -> str:
    """What was probably meant by an unknown word, else everything that is known.

    Example:
        >>> meant("themes", ["theme", "mouse"]), meant("x", ["theme", "mouse"])
        ('did you mean theme?', 'it takes theme, mouse')
    """
    import difflib

    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {near[0]}?" if near else f"it takes {', '.join(known)}"


def config_home() -> str:
    """The directory of the user's configuration files."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return os.path.join(home, "ckptui")
