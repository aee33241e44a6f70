from pathlib import Path
from typing import Annotated, Literal

import msgspec

from chat import Answer, Ask, Model

MOST = 4096  # tokens of the one answer


class Claim(msgspec.Struct, forbid_unknown_fields=True):
    """A claim of the article."""

    text: str
    type: Literal[
        "rule", "causal", "prediction", "numerical", "comparison", "position", "event", "property"
    ]
    source: str


class Claims(Answer):
    """All claims of the article, in its order."""

    claims: Annotated[list[Claim], msgspec.Meta(max_length=200)]

    @property
    def said(self) -> str:
        return " ".join(claim.text for claim in self.claims)


class Direct:
    """One question about the whole article, answered with all its claims and their types."""

    def __init__(self) -> None:
        self._model = Model(Path(__file__).parent)

    def extract(self, article: dict) -> dict:
        return self._model.extract(article, direct)


def direct(article: dict, ask: Ask) -> list[dict]:
    """Typed claims with their sources, as the model lists them."""
    shown = {field: article[field] for field in ("title", "date", "text")}
    answer = ask("claims", Claims, most=MOST, **shown)
    return [
        {"text": claim.text, "type": claim.type, "source": claim.source.strip() or None}
        for claim in (answer.claims if answer else ())
    ]
