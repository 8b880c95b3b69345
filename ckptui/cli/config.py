"""``ckptui config``: one's own settings and keys: what holds, where it stands, what is wrong."""

from __future__ import annotations

import json
import os

import click

from ckptui.cli.common import put, put_json, say
from ckptui.cli.config_set import set_command
from ckptui.cli.places import AnyPath, run_directory
from ckptui.config_file import Problem, config_home
from ckptui.present.document_types import (
    ConfigCheckDocument,
    ConfigShowDocument,
    ProblemDocument,
)
from ckptui.present.documents import to_json
from ckptui.present.safe import plain
from ckptui.terms import EXIT_FAILURE, EXIT_OK
from ckptui.user_config import user_config_path


@click.group("config")
def config_command() -> None:
    """Your own settings and keys.

    They stand in config.toml and keys.toml in $XDG_CONFIG_HOME/ckptui (~/.config/ckptui).
    """


config_command.add_command(set_command)
_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


@config_command.command("path")
@_json_option
def path_command(as_json: bool) -> int:
    """Print where the two files stand, whether they are there or not."""
    paths = _paths()
    if as_json:
        put_json({name: {"path": path, "exists": os.path.lexists(path)}
                  for name, path in paths.items()}, indent=2)  # fmt: skip
    else:
        for path in paths.values():
            put(path)
    return EXIT_OK


def _paths() -> dict[str, str]:
    from ckptui.tui.keymap import keys_path

    return {"config": user_config_path(), "keys": keys_path()}


@config_command.command("init")
@_json_option
def init_command(as_json: bool) -> int:
    """Write both files with every default as a comment; what is there is left alone."""
    from ckptui.cli.config_templates import CONFIG

    texts = {"config": CONFIG, "keys": _keys_template()}
    os.makedirs(config_home(), exist_ok=True)
    written: list[str] = []
    for name, path in _paths().items():
        try:
            with open(path, "x", encoding="utf-8") as file:
                file.write(texts[name])
        except FileExistsError:
            say(f"{path} is there already; it is left as it is")
        else:
            written.append(path)
    if as_json:
        put_json({"written": written}, indent=2)
    else:
        for path in written:
            put(path)
    return EXIT_OK


def _keys_template() -> str:
    from ckptui.cli.config_templates import KEYS_HEAD
    from ckptui.tui.keymap import keymap_of, written
    from ckptui.tui.keys import EVERY, PLACES
    from ckptui.user_config import read_user_config

    keymap = keymap_of(read_user_config()[0].ui.keys)
    known, told, lines = {key.id: key for key in EVERY}, set[str](), [KEYS_HEAD]
    for place, ids in PLACES.items():
        new = [key_id for key_id in ids if key_id not in told]
        lines += [f"# {place}\n"] if new else []
        for key_id in new:
            setting = f"# {key_id} = {json.dumps(written(keymap.keys[key_id]))}"
            lines.append(f"{setting:<44} # {known[key_id].help}\n")
        lines += ["\n"] if new else []
        told.update(ids)
    return "".join(lines)


@config_command.command("check")
@click.argument("run", required=False, type=AnyPath())
@_json_option
def check_command(run: str | None, as_json: bool) -> int:
    """Read both files, and the ckptui.toml of RUN if it is given; print every mistake.

    Exit code 1 where something is wrong; what works and yet should be known is a warning.
    """
    problems = _problems(run)
    wrong = [each for each in problems if not each.warning]
    if as_json:
        put_json(to_json(ConfigCheckDocument(not wrong, tuple(map(_told, problems)))), indent=2)
    else:
        for each in problems:
            put(plain(f"{each} (a warning)" if each.warning else str(each)))
        if not problems:
            say("nothing is wrong")
    return EXIT_FAILURE if wrong else EXIT_OK


def _told(each: Problem) -> ProblemDocument:
    return ProblemDocument(each.file, each.line or None, each.field, each.words, each.warning)


def _problems(run: str | None) -> list[Problem]:
    from ckptui.tui.settings import read_settings

    problems = list(read_settings().problems)
    if run is not None:
        problems += _run_problems(run_directory(run))
    return problems


def _run_problems(root: str) -> list[Problem]:
    """What is wrong in a run directory's ckptui.toml; a child reads it, for it may hang."""
    from ckptui.cli.asking import ask
    from ckptui.config import CONFIG_NAME, read_run_config
    from ckptui.config_file import read_text

    path = os.path.join(root, CONFIG_NAME)

    def question() -> object:
        problems = read_run_config(read_text(path) or "", path)[1]
        return [[each.line, each.field, each.words] for each in problems]

    found = ask(question, path)
    assert isinstance(found, list)  # noqa: S101  (ours)
    return [Problem(path, line, field, words) for line, field, words in found]


@config_command.command("show")
@_json_option
def show_command(as_json: bool) -> int:
    """Print every setting and key that holds, and where it comes from."""
    from ckptui.cli.config_values import key_values, setting_values, shown
    from ckptui.tui.settings import read_settings

    settings = read_settings()
    values = [*setting_values(settings.config), *key_values(settings.config, settings.keymap)]
    paths = _paths()
    if as_json:
        document = ConfigShowDocument(paths["config"], paths["keys"], tuple(values))
        put_json(to_json(document), indent=2)
    else:
        width = max(len(each.name) for each in values)
        longest = max(len(shown(each)) for each in values)
        for each in values:
            put(plain(f"{each.name:<{width}}  {shown(each):<{longest}}  {each.source}"))
    for problem in settings.problems:
        say(str(problem))
    return EXIT_OK
