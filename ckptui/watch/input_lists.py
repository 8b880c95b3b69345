"""The lists of inputs that stages were made from: when to ask for them, and what came."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from ckptui.input_hash import Inputs
from ckptui.validation.pool import Request
from ckptui.watch.catalog import Catalog
from ckptui.watch.stages import InputsKey

_EVERY: Final = 30.0
_COST_FACTOR: Final = 20
_NEVER: Final = float("inf")


class InputLists:
    """When each list is due; times are monotonic seconds.

    Args:
        catalog: Where they go.
        follow: False where each is asked for once.
    """

    def __init__(self, catalog: Catalog, *, follow: bool) -> None:
        self._catalog, self._follow = catalog, follow
        self._due: dict[InputsKey, float] = {}

    @property
    def wait(self) -> bool:
        """True while there is one that has not been asked for yet."""
        return any(due == 0.0 for due in self._due.values())

    def want(self, keys: Iterable[InputsKey]) -> None:
        """Ask for the lists that the stages name; drop what no stage names any more."""
        wanted = set(keys)
        for key in set(self._due) - wanted:
            del self._due[key]
            self._catalog.set_inputs(key, None)
        for key in wanted - set(self._due):
            self._due[key] = 0.0

    def due(self) -> Iterator[tuple[InputsKey, Request]]:
        """What is to be asked now; each is told once."""
        now = time.monotonic()
        for key, due in self._due.items():
            if due <= now:
                root, pattern, content, _ = key
                self._due[key] = _NEVER
                yield key, Request(root, kind="inputs", pattern=pattern, content=content)

    def next_due(self) -> float | None:
        """When the next one is to be asked for, None where none is."""
        return min((due for due in self._due.values() if due != _NEVER), default=None)

    def take(self, key: InputsKey, document: Mapping[str, object], took: float) -> None:
        """Take an answer.

        Args:
            key: What it answers.
            document: The answer.
            took: Seconds that it took.
        """
        if key not in self._due:
            return
        self._catalog.set_inputs(key, _inputs_in(document, key[3]))
        # With content every look reads everything: only when somebody asks.
        if self._follow and not key[2]:
            self._due[key] = time.monotonic() + max(_EVERY, _COST_FACTOR * took)

    def ask_again(self) -> None:
        """All of them are due."""
        self._due = dict.fromkeys(self._due, 0.0)


def _inputs_in(document: Mapping[str, object], exclude: tuple[str, ...]) -> Inputs | None:
    """The list in an answer, without what the recorded one left out; None where there is none."""
    try:
        inputs = Inputs.from_json(document.get("inputs"))
    except ValueError:
        return None
    if not exclude:
        return inputs
    prefixes = tuple(f"{path}/" for path in exclude)
    keep = [n for n, (path, _) in enumerate(inputs.files) if not path.startswith(prefixes)]
    return replace(
        inputs,
        files=tuple(inputs.files[n] for n in keep),
        digests=tuple(inputs.digests[n] for n in keep) if inputs.digests else (),
        exclude=exclude,
    )
