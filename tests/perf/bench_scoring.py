"""Scoring claims against nervaluate scoring spans: the same number of items, one machine, one run.

Ours reads seven gold claims in three wordings each and six predictions, vetoes, assigns and
counts; nervaluate compares offsets and labels alone. Prints seconds and the ratio.

    python tests/perf/bench_scoring.py [ARTICLES]
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

from nervaluate import Evaluator

from bench.model import TYPES, Article, Claim, Gold, GoldClaim, Labelled
from bench.score import evaluate

GOLD, PREDICTED, ROUNDS = 7, 6, 3
VERBS = "opened closed bought sold visited left joined fined warned praised".split()
NOUNS = (
    "harbour ferry council library bridge school union ministry company court hospital museum "
    "market station airport island valley forest factory theatre"
).split()
PLACES = [f"{a}{b}" for a in ("North", "Old", "Port ", "Saint ") for b in ("Alder", "Brim", "Cray")]


def wording(rng: random.Random) -> tuple[str, str, str, str]:
    return rng.choice(PLACES), rng.choice(NOUNS), rng.choice(VERBS), str(rng.randint(2, 900))


def gold_claim(rng: random.Random, n: int) -> GoldClaim:
    place, noun, verb, number = wording(rng)
    start = rng.randrange(1500)
    return GoldClaim(
        id=f"c{n}",
        text=f"The {noun} of {place} {verb} {number} boats in the spring of last year.",
        forms=(
            f"In the spring of last year the {place} {noun} {verb} {number} boats.",
            f"Officials said the {noun} in {place} {verb} {number} boats.",
        ),
        type=rng.choice(TYPES),
        spans=((start, start + rng.randint(20, 120)),),
        facts=((noun,), (number,), (f"{verb[:4]}*",)),
    )


def prediction(rng: random.Random, gold: tuple[GoldClaim, ...]) -> Claim:
    if rng.random() < 2 / 3:
        claim = rng.choice(gold)
        return Claim(text=rng.choice(claim.wordings), type=claim.type, spans=claim.spans)
    place, noun, verb, number = wording(rng)
    start = rng.randrange(1500)
    return Claim(
        text=f"{place} said its {noun} {verb} {number} cars before winter.",
        type=rng.choice(TYPES),
        spans=((start, start + rng.randint(20, 120)),),
    )


def synthetic(articles: int) -> tuple[Gold, dict[str, list[Claim]]]:
    rng = random.Random(0)
    items, predictions = [], {}
    for n in range(articles):
        gold = tuple(gold_claim(rng, k) for k in range(GOLD))
        article = Article(f"a{n}", "", "2026-01-01", "", "test", "synthetic")
        items.append(Labelled(article, gold))
        predictions[article.id] = [prediction(rng, gold) for _ in range(PREDICTED)]
    return Gold("synthetic", "0", "test", tuple(items)), predictions


def as_spans(claims: list[Claim] | tuple[GoldClaim, ...]) -> list[dict[str, object]]:
    return [{"label": c.type, "start": c.spans[0][0], "end": c.spans[0][1]} for c in claims]


def main() -> None:
    articles = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    gold, predictions = synthetic(articles)
    true = [as_spans(item.claims) for item in gold.items]
    pred = [as_spans(predictions[item.article.id]) for item in gold.items]

    card = evaluate(gold, predictions)
    ours, theirs = (
        min(seconds(work) for _ in range(ROUNDS))
        for work in (
            lambda: evaluate(gold, predictions),
            lambda: Evaluator(true, pred, tags=list(TYPES)).evaluate(),
        )
    )
    print(f"{articles} articles, {GOLD} gold x 3 wordings, {PREDICTED} predicted: {card.claims}")
    print(f"claimbench {ours:.2f} s   nervaluate {theirs:.2f} s   ratio {ours / theirs:.2f}")


def seconds(work: Callable[[], object]) -> float:
    """Processor time, which other work on the machine disturbs less than wall time."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
