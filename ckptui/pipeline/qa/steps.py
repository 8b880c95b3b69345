"""The five steps from Markdown to a dataset, each a file that the next one reads."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Final, TypeAlias

from ckptui.errors import PipelineError
from ckptui.input_hash import Inputs
from ckptui.pipeline.qa.answers import Weights, answer
from ckptui.pipeline.qa.markdown import Section, read_sections
from ckptui.pipeline.qa.questions import Question, ask
from ckptui.pipeline.run import Run
from ckptui.pipeline.talk import log

_LONGEST_ANSWER: Final = 1500
_SHORTEST_ANSWER: Final = 12

Rows: TypeAlias = "list[dict[str, object]]"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the steps work with: the run, the Markdown, and where the files go."""

    run: Run
    inputs: Inputs

    def output(self, step: str) -> str:
        """The file that a step writes, relative to the run directory."""
        return DATASET if step == "export" else f"qa/{step}.json"

    def read(self, step: str) -> Rows:
        """What a step wrote."""
        path = self.run.path(self.output(step))
        with open(path, encoding="utf-8") as file:
            rows: Rows = json.load(file)
        return rows

    def write(self, step: str, rows: Rows) -> None:
        """Write what a step made."""
        text = json.dumps(rows, indent=1)
        self.run.write(self.output(step), text.encode("ascii"))


DATASET: Final = "qa/dataset.jsonl"


def index(desk: Desk) -> None:
    """Read every document into sections."""
    rows: Rows = []
    files = desk.inputs.files
    for number, (path, _) in enumerate(files, start=1):
        desk.run.check()
        sections = read_sections(_text(os.path.join(desk.inputs.root, path)))
        rows += [
            {"document": path, "section": at, **asdict(one)} for at, one in enumerate(sections)
        ]
        desk.run.note_unit("done", f"{desk.output('index')}#{_ascii(path)}")
        desk.run.progress(number, len(files), f"index {number} of {len(files)} documents")
        desk.run.pace()
    if not rows:
        raise PipelineError(f"{desk.inputs.root}: its Markdown holds no sentence to ask about.")
    desk.write("index", rows)


def questions(desk: Desk) -> None:
    """Ask."""
    found = [
        question
        for document, sections in _sections(desk).items()
        for question in ask(document, list(sections.values()))
    ]
    if not found:
        raise PipelineError(f"{desk.inputs.root}: no question comes out of it: it has no headings.")
    desk.write("questions", [asdict(one) for one in found])


def answers(desk: Desk) -> None:
    """Answer with what the section says."""
    by_document = _sections(desk)
    everything = [one for part in by_document.values() for one in part.values()]
    weights = Weights(sentence for section in everything for sentence in section.sentences)
    rows: Rows = []
    for row in desk.read("questions"):
        question = _question(row)
        section = by_document[question.document][question.section]
        rows.append(
            {**row, "answer": answer(question, section, weights), "headings": section.headings}
        )
    desk.write("answers", rows)


def validate(desk: Desk) -> None:
    """Keep what stands word for word in its document, is long enough, and was not asked before."""
    by_document = _sections(desk)
    seen: set[tuple[object, object]] = set()
    kept: Rows = []
    for row in desk.read("answers"):
        question = _question(row)
        section = by_document[question.document][question.section]
        key = (row["text"], row["answer"])
        if key not in seen and _holds(str(row["answer"]), section):
            seen.add(key)
            kept.append(row)
    log.info("  %d of %d answers kept", len(kept), len(desk.read("answers")))
    if not kept:
        raise PipelineError(f"{desk.inputs.root}: no answer passed; its sections are too short.")
    desk.write("validate", kept)


def export(desk: Desk) -> None:
    """Write the dataset: one JSON object a line."""
    lines = [json.dumps(_exported(row)) for row in desk.read("validate")]
    desk.run.write(DATASET, "".join(line + "\n" for line in lines).encode("ascii"))


STEPS: Final[Mapping[str, Callable[[Desk], None]]] = {
    "index": index,
    "questions": questions,
    "answers": answers,
    "validate": validate,
    "export": export,
}
"""Name → step, in order."""


def _text(path: str) -> str:
    with open(path, "rb") as file:
        data = file.read()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        log.warning("%s: is not UTF-8; what cannot be read is shown as �", path)
        return data.decode("utf-8", "replace")


def _sections(desk: Desk) -> dict[str, dict[int, Section]]:
    """Document → number → section, as the index has them."""
    found: dict[str, dict[int, Section]] = {}
    for row in desk.read("index"):
        document, number = str(row["document"]), int(str(row["section"]))
        section = Section(_texts(row["headings"]), _texts(row["sentences"]))
        found.setdefault(document, {})[number] = section
    return found


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _question(row: Mapping[str, object]) -> Question:
    place = row["sentence"]
    return Question(
        str(row["text"]),
        str(row["document"]),
        int(str(row["section"])),
        None if place is None else int(str(place)),
    )


def _holds(text: str, section: Section) -> bool:
    """True where the answer is made of whole sentences of its section, in order."""
    if not _SHORTEST_ANSWER <= len(text) <= _LONGEST_ANSWER:
        return False
    rest = text
    for sentence in section.sentences:
        rest = rest.removeprefix(sentence).lstrip()
    return not rest


def _exported(row: Mapping[str, object]) -> dict[str, object]:
    key = f"{row['document']}\0{row['section']}\0{row['text']}"
    return {
        "id": hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:16],
        "question": row["text"],
        "answer": row["answer"],
        "source": row["document"],
        "headings": row["headings"],
    }


def _ascii(path: str) -> str:
    return json.dumps(path)[1:-1]
