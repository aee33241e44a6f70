"""Makers shared by all tests; every text in them is invented."""

from __future__ import annotations

from collections.abc import Sequence

from bench.model import Article, Claim, ClaimType, Gold, GoldClaim, Labelled


def make_gold_claim(
    text: str,
    *forms: str,
    id: str = "a-c01",  # noqa: A002
    type: ClaimType = "event",  # noqa: A002
    facts: Sequence[Sequence[str]] = (),
    start: int = 0,
    **fields: object,
) -> GoldClaim:
    return GoldClaim(
        id=id,
        text=text,
        forms=forms,
        type=type,
        spans=((start, start + 1),),
        facts=tuple(tuple(group) for group in facts),
        **fields,  # type: ignore[arg-type]
    )


def make_gold(articles: dict[str, Sequence[GoldClaim]], **fields: object) -> Gold:
    items = tuple(
        Labelled(
            Article(id=name, title="", date="2031-05-06", text="…", split="test", corpus="made"),
            tuple(claims),
        )
        for name, claims in articles.items()
    )
    defaults: dict[str, object] = {"corpus": "made", "version": "1", "split": "test"}
    return Gold(items=items, **(defaults | fields))  # type: ignore[arg-type]


HARBOUR = (
    make_gold_claim(
        "Ferry drivers in Port Alder went on strike.",
        "A strike by ferry drivers began in Port Alder.",
        id="harbour-c01",
        facts=[["driver*"], ["strike*"]],
        start=0,
        central=True,
    ),
    make_gold_claim(
        "Fourteen ferry crossings were cancelled.",
        "Lena Voss said 14 crossings had been called off.",
        id="harbour-c02",
        type="numerical",
        facts=[["14", "fourteen"], ["crossing*"], ["cancel*", "called off"]],
        start=10,
        phenomena=("number-words",),
    ),
    make_gold_claim(
        "Lena Voss is the harbour chief.",
        "The chief of the harbour is Lena Voss.",
        id="harbour-c03",
        type="property",
        facts=[["Voss"], ["chief"]],
        start=20,
        optional=True,
    ),
    make_gold_claim(
        "The night boat had not left.",
        "The night boat hadn't sailed.",
        id="harbour-c04",
        facts=[["boat"], ["not", "n't"]],
        start=30,
        polarity="negative",
        phenomena=("negation",),
    ),
)


def claim(text: str, type: ClaimType | None = None) -> Claim:  # noqa: A002
    return Claim(text=text, type=type)
