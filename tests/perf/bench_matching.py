"""The default matcher with all its vetoes against rapidfuzz's matrix, both with assignment.

The floor is ``rapidfuzz.process.cdist`` (compiled; token-set ratio of every wording with every
prediction, no veto) and scipy's assignment. Prints articles a second, the ratio, and what an
article costs as it grows: with gold x predicted, and never with the number of articles.

    python tests/perf/bench_matching.py [ARTICLES]
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence

import numpy as np
from bench_scoring import ROUNDS, gold_claim, prediction, seconds, synthetic
from rapidfuzz import fuzz, process
from scipy.optimize import linear_sum_assignment

from bench.matching import align
from bench.matching.keyed import _read
from bench.model import Claim, GoldClaim

Articles = Sequence[tuple[Sequence[GoldClaim], Sequence[Claim]]]


def floor(gold: Sequence[GoldClaim], predicted: Sequence[Claim]) -> int:
    """How many pairs the assignment over the best wording of each claim makes."""
    wordings = [w for claim in gold for w in claim.wordings]
    owners = [i for i, claim in enumerate(gold) for _ in claim.wordings]
    alike = process.cdist(wordings, [c.text for c in predicted], scorer=fuzz.token_set_ratio)
    best = np.zeros((len(gold), len(predicted)))
    np.maximum.at(best, owners, alike)
    rows, columns = linear_sum_assignment(best, maximize=True)
    return int((best[rows, columns] >= 80).sum())


def best_of(work: Callable[[], object]) -> float:
    return min(seconds(work) for _ in range(ROUNDS))


def ours_alone(articles: Articles) -> None:
    """Nothing read before: a first system pays for the reading of the gold, a second no more."""
    _read.cache_clear()
    for gold, predicted in articles:
        align("a", gold, predicted)


def compare(articles: Articles) -> tuple[float, float]:
    ours = best_of(lambda: ours_alone(articles))
    theirs = best_of(lambda: [floor(gold, predicted) for gold, predicted in articles])
    return ours / len(articles), theirs / len(articles)


def article(rng: random.Random, gold: int, predicted: int) -> tuple[list[GoldClaim], list[Claim]]:
    claims = [gold_claim(rng, n) for n in range(gold)]
    return claims, [prediction(rng, tuple(claims)) for _ in range(predicted)]


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    for count in (number // 10, number):
        labelled, predictions = synthetic(count)
        articles = [(item.claims, predictions[item.article.id]) for item in labelled.items]
        ours, theirs = compare(articles)
        print(
            f"{count:6} articles of 7 x 6 claims: claimbench {1 / ours:8,.0f}/s   "
            f"rapidfuzz {1 / theirs:8,.0f}/s   ratio {ours / theirs:.1f}"
        )
    rng = random.Random(0)
    for gold, predicted in ((10, 10), (40, 40), (160, 160)):
        ours, theirs = compare([article(rng, gold, predicted) for _ in range(3)])
        print(
            f"one article of {gold:3} x {predicted:3}: claimbench {1000 * ours:7.1f} ms, "
            f"{1e6 * ours / gold / predicted:5.1f} us a pair   ratio {ours / theirs:.1f}"
        )


if __name__ == "__main__":
    main()
