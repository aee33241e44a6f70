from pathlib import Path
from typing import Annotated

import msgspec

from chat import Answer, Ask, Model
from passages import passages

BEFORE, AFTER = 3, 1  # sentences, as in VeriScore


class Claims(Answer):
    """The checkable claims of the sentence; none if there are none."""

    claims: Annotated[list[str], msgspec.Meta(max_length=20)]

    @property
    def said(self) -> str:
        return " ".join(self.claims)


class Window:
    """The checkable claims of each sentence, read with a few sentences around it.

    After VeriScore (Song et al., 2024, arXiv 2406.19276): one question a sentence, and no claim
    where nothing can be checked.
    """

    def __init__(self) -> None:
        self._model = Model(Path(__file__).parent)

    def extract(self, article: dict) -> dict:
        return self._model.extract(article, window)


def window(article: dict, ask: Ask) -> list[dict]:
    """Claims with the span of the sentence that each was found in."""
    found: list[dict] = []
    for passage in passages(article["text"], BEFORE, AFTER):
        answer = ask(
            "claims",
            Claims,
            title=article["title"],
            date=article["date"],
            before=passage.before,
            sentence=passage.sentence,
            after=passage.after,
        )
        claims = answer.claims if answer else ()
        found += [{"text": text, "spans": [list(passage.span)]} for text in claims]
    return found
