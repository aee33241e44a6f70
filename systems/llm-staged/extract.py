from pathlib import Path
from typing import Annotated, Literal

import msgspec

from chat import Answer, Ask, Model
from passages import Passage, passages

BEFORE, AFTER = 5, 5  # sentences that are shown for context, as in Claimify


class Selection(Answer):
    """How much of the sentence can be verified, and that much of it."""

    verdict: Literal["none", "part", "whole"]
    sentence: str

    @property
    def said(self) -> str:
        return self.sentence


class Reading(Answer):
    """Whether the sentence has one reading, and the sentence in that reading."""

    verdict: Literal["clear", "resolved", "unresolvable"]
    sentence: str

    @property
    def said(self) -> str:
        return self.sentence


class Claims(Answer):
    """The claims of the sentence."""

    claims: Annotated[list[str], msgspec.Meta(max_length=20)]

    @property
    def said(self) -> str:
        return " ".join(self.claims)


class Staged:
    """Selection, disambiguation, decomposition of each sentence with its context.

    After Claimify (Metropolitansky and Larson, 2025, arXiv 2502.10855). A sentence without
    anything to check, or one whose ambiguity the context does not settle, gives no claim.
    """

    def __init__(self) -> None:
        self._model = Model(Path(__file__).parent)

    def extract(self, article: dict) -> dict:
        return self._model.extract(article, staged)


def staged(article: dict, ask: Ask) -> list[dict]:
    """Claims with the span of the sentence that each was decomposed from."""
    found: list[dict] = []
    for passage in passages(article["text"], BEFORE, AFTER):
        claims = _claims(article, passage, ask)
        found += [{"text": text, "spans": [list(passage.span)]} for text in claims]
    return found


def _claims(article: dict, passage: Passage, ask: Ask) -> list[str]:
    shown = {
        "title": article["title"],
        "date": article["date"],
        "before": passage.before,
        "after": passage.after,
    }
    selected = ask("select", Selection, sentence=passage.sentence, **shown)
    if selected is None or selected.verdict == "none":
        return []
    kept = selected.sentence if selected.verdict == "part" else passage.sentence
    reading = ask("disambiguate", Reading, sentence=kept, **shown)
    if reading is None or reading.verdict == "unresolvable":
        return []
    plain = reading.sentence if reading.verdict == "resolved" else kept
    answer = ask("decompose", Claims, sentence=plain, **shown)
    return answer.claims if answer else []
