from pathlib import Path
from typing import Annotated

import msgspec

from chat import Answer, Ask, Model
from passages import Passage, passages

BEFORE, AFTER = 8, 2  # sentences that are shown for context


class Facts(Answer):
    """The facts of the sentence."""

    facts: Annotated[list[str], msgspec.Meta(max_length=20)]

    @property
    def said(self) -> str:
        return " ".join(self.facts)


class Atomic:
    """Each sentence is broken into atomic facts, which are then made to stand alone.

    After FActScore (Min et al., 2023, arXiv 2305.14251) for the first step, which sees the
    sentence alone, and SAFE (Wei et al., 2024, arXiv 2403.18802) for the second, which sees the
    context; all facts of a sentence are revised in one question.
    """

    def __init__(self) -> None:
        self._model = Model(Path(__file__).parent)

    def extract(self, article: dict) -> dict:
        return self._model.extract(article, atomic)


def atomic(article: dict, ask: Ask) -> list[dict]:
    """Facts with the span of the sentence that each was broken out of."""
    found: list[dict] = []
    for passage in passages(article["text"], BEFORE, AFTER):
        facts = _facts(article, passage, ask)
        found += [{"text": text, "spans": [list(passage.span)]} for text in facts]
    return found


def _facts(article: dict, passage: Passage, ask: Ask) -> list[str]:
    broken = ask("facts", Facts, sentence=passage.sentence)
    if broken is None or not broken.facts:
        return []
    revised = ask(
        "standalone",
        Facts,
        title=article["title"],
        date=article["date"],
        before=passage.before,
        sentence=passage.sentence,
        after=passage.after,
        facts=broken.facts,
    )
    return revised.facts if revised else []
