"""Answers: sentences of the section, word for word."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from ckptui.pipeline.qa.markdown import Section
from ckptui.pipeline.qa.questions import Question

_WORD: Final = re.compile(r"\w+")
_SENTENCES: Final = 2


class Weights:
    """How telling a word is: rare ones more than those that stand in every sentence."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self._total = 0
        self._counts: Counter[str] = Counter()
        for sentence in sentences:
            self._total += 1
            self._counts.update(_words(sentence))

    def overlap(self, question: str, sentence: str) -> float:
        """Weight of the words that both have, per word of the sentence."""
        words = _words(sentence)
        both = words & _words(question)
        found = sum(math.log(1 + self._total / (1 + self._counts[word])) for word in both)
        return found / math.sqrt(1 + len(words))


def answer(question: Question, section: Section, weights: Weights) -> str:
    """The sentence that defines the thing asked for, or the best ones of the section, in order."""
    if question.sentence is not None:
        return section.sentences[question.sentence]
    return " ".join(_best(question.text, section.sentences, weights))


def _best(question: str, sentences: Sequence[str], weights: Weights) -> list[str]:
    # The first sentence of a section says what it is about more often than any other.
    scored = [
        (weights.overlap(question, one) + (0.5 if place == 0 else 0.0), -place)
        for place, one in enumerate(sentences)
    ]
    chosen = sorted(sorted(scored, reverse=True)[:_SENTENCES], key=lambda item: -item[1])
    return [sentences[-place] for _, place in chosen]


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)}
