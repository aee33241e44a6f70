"""Attacks on the scorer: games that published scorers lose, played on real gold.

A scorer that lets one through cannot be trusted with any number.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import msgspec

from bench.matching import DEFAULT, Matcher
from bench.model import Claim, Frozen, Gold, Labelled, Scorecard
from bench.score import evaluate

Predictions = dict[str, list[Claim]]


class Finding(Frozen, frozen=True):
    """The outcome of one attack; ``detail`` says what went wrong."""

    attack: str
    passed: bool
    detail: str = ""


def attack(gold: Gold, matcher: Matcher = DEFAULT, seed: int = 0) -> tuple[Finding, ...]:
    """Play every attack against the scorer with ``matcher`` on ``gold``."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    gold = msgspec.structs.replace(gold, items=tuple(gold.items))
    honest = _thinned(_as_predictions(gold), rng)

    def card(predictions: Predictions, items: Gold = gold) -> Scorecard:
        return evaluate(items, predictions, matcher=matcher)

    return tuple(
        Finding(name, not detail, detail)
        for name, detail in (
            (name, check(gold, honest, card, rng)) for name, check in _ATTACKS.items()
        )
    )


Scorer = Callable[..., Scorecard]
_Check = Callable[[Gold, Predictions, Scorer, random.Random], str]


def _as_predictions(gold: Gold) -> Predictions:
    return {
        item.article.id: [Claim(text=c.text, type=c.type, spans=c.spans) for c in item.claims]
        for item in gold.items
    }


def _thinned(predictions: Predictions, rng: random.Random) -> Predictions:
    """An honest but imperfect system: two claims in three, and one that is wrong."""
    return {
        article: [c for c in claims if rng.random() < 2 / 3] + [_WRONG]
        for article, claims in predictions.items()
    }


_WRONG = Claim(text="Seventeen purple zeppelins zigzagged over Quuxville.", type="numerical")


def _gold_is_perfect(gold: Gold, _: Predictions, card: Scorer, __: random.Random) -> str:
    perfect: Scorecard = card(_as_predictions(gold))
    views = {"claims": perfect.claims, "typed": perfect.typed, **perfect.types, **perfect.slices}
    wrong = {name: c for name, c in views.items() if c.fp or c.fn}
    return f"not 1.0 in {wrong}" if wrong else ""


def _every_wording_counts(gold: Gold, _: Predictions, card: Scorer, __: random.Random) -> str:
    """The n-th wording of each claim in place of the claim: each must find its own."""
    most = max((len(c.wordings) for item in gold.items for c in item.claims), default=0)
    for n in range(most):
        said = {
            item.article.id: [Claim(c.wordings[min(n, len(c.forms))], c.type) for c in item.claims]
            for item in gold.items
        }
        scored: Scorecard = card(said)
        if scored.typed.fn or scored.typed.fp:
            return f"wording {n} of every claim misses {scored.typed.fn}"
    return ""


def _order_is_nothing(gold: Gold, honest: Predictions, card: Scorer, rng: random.Random) -> str:
    items = [
        Labelled(item.article, tuple(rng.sample(item.claims, len(item.claims))))
        for item in rng.sample(gold.items, len(gold.items))
    ]
    shuffled = msgspec.structs.replace(gold, items=tuple(items))
    mixed = {a: rng.sample(claims, len(claims)) for a, claims in honest.items()}
    before, after = _by_article(card(honest)), _by_article(card(mixed, shuffled))
    changed = sorted(a for a in before if before[a] != after[a])
    return f"counts changed in {', '.join(changed)}" if changed else ""


def _by_article(card: Scorecard) -> dict[str, object]:
    return {a.article_id: (a.claims, a.types, a.slices, sorted(a.found)) for a in card.by_article}


def _never_better(transform: Callable[[Sequence[Claim], Labelled], list[Claim]]) -> _Check:
    """The attack that replaces an article's predictions by ``transform`` of them."""

    def check(gold: Gold, honest: Predictions, card: Scorer, _: random.Random) -> str:
        cheating = {i.article.id: transform(honest[i.article.id], i) for i in gold.items}
        before, after = card(honest), card(cheating)
        return _raised(before, after)

    return check


def _raised(before: Scorecard, after: Scorecard) -> str:
    pairs = (("claims", before.claims, after.claims), ("typed", before.typed, after.typed))
    return "; ".join(
        f"{view} {name} rose from {old:.4f} to {new:.4f}"
        for view, was, now in pairs
        for name, old, new in (
            ("precision", was.precision, now.precision),
            ("recall", was.recall, now.recall),
            ("F1", was.f1, now.f1),
        )
        if old is not None and new is not None and new > old
    )


def _wrong_claim_costs(_: Gold, honest: Predictions, card: Scorer, __: random.Random) -> str:
    before = card(honest)
    after = card({a: [*claims, _WRONG] for a, claims in honest.items()})
    worse = (after.claims.precision or 0) < (before.claims.precision or 0)
    return "" if worse and after.claims.tp == before.claims.tp else "a wrong claim cost nothing"


def _whole_is_sum(_: Gold, honest: Predictions, card: Scorer, __: random.Random) -> str:
    scored = card(honest)
    gold_claims, typed = scored.claims.tp + scored.claims.fn, scored.typed.tp + scored.typed.fn
    said, typed_said = scored.claims.tp + scored.claims.fp, scored.typed.tp + scored.typed.fp
    if (gold_claims, said) == (typed, typed_said):
        return ""
    return f"types sum to {typed} gold and {typed_said} predicted, not {gold_claims} and {said}"


def _ids_mean_nothing(gold: Gold, honest: Predictions, card: Scorer, __: random.Random) -> str:
    items = tuple(
        Labelled(
            item.article,
            tuple(msgspec.structs.replace(c, id=f"x{n}") for n, c in enumerate(item.claims)),
        )
        for item in gold.items
    )
    before, after = card(honest), card(honest, msgspec.structs.replace(gold, items=items))
    return "" if (before.claims, before.types) == (after.claims, after.types) else "counts changed"


def _removal_raises_nothing(
    gold: Gold, honest: Predictions, card: Scorer, __: random.Random
) -> str:
    """Article by article, as each is scored by itself: the whole corpus anew would be quadratic."""
    for item in gold.items:
        article, claims = item.article.id, honest[item.article.id]
        alone = msgspec.structs.replace(gold, items=(item,))
        before = card({article: claims}, alone).claims
        for i in range(len(claims)):
            left = card({article: claims[:i] + claims[i + 1 :]}, alone).claims
            if left.tp > before.tp:
                return f"without claim {i} of {article} there are {left.tp} hits, not {before.tp}"
    return ""


_FEW = 3  # an article of so few claims may well be one of them

_ATTACKS: dict[str, _Check] = {
    "gold as a system scores exactly 1.0 in every view": _gold_is_perfect,
    "every accepted wording finds its own claim": _every_wording_counts,
    "the order of articles, gold and predictions changes nothing": _order_is_nothing,
    "saying every claim twice raises nothing": _never_better(lambda c, _: [*c, *c]),
    "repeating the words of a claim raises nothing": _never_better(
        lambda c, _: [msgspec.structs.replace(x, text=f"{x.text} {x.text}") for x in c]
    ),
    "one claim that says everything raises nothing": _never_better(
        lambda c, _: [Claim(" ".join(x.text for x in c), "event")]
    ),
    "the whole article as one claim raises nothing": _never_better(
        lambda honest, item: (
            [Claim(item.article.text, "event")] if len(item.claims) > _FEW else list(honest)
        )
    ),
    "a wrong claim lowers precision and moves nothing else": _wrong_claim_costs,
    "removing a claim raises no recall": _removal_raises_nothing,
    "counts per type sum to the whole": _whole_is_sum,
    "the ids of claims mean nothing": _ids_mean_nothing,
}
