"""What a system's confidences are worth: precision and recall as its least sure claims go.

At each threshold the claims that are at least so sure are kept and aligned anew: without a less
sure rival another claim may take its place.

A claim without a confidence, in a system that gives some, counts as stated without reserve
(:data:`CERTAIN`), so that no threshold drops what the system never called doubtful.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

from bench.matching import DEFAULT, Matcher, Once, align
from bench.model import Claim, Counts, Frozen, Gold, Labelled, total
from bench.score import Prediction, claims_of

CERTAIN = 1.0
"""The confidence of a claim that has none."""

MOST = 100
"""So many thresholds at most."""


class Point(Frozen, frozen=True):
    """A system that keeps the ``kept`` claims of confidence ``threshold`` or more.

    ``kept`` exceeds tp + fp by the claims that match optional gold, which do not count.
    """

    threshold: float
    kept: int
    counts: Counts

    @property
    def precision(self) -> float | None:
        """Of the kept claims that count, the share that is matched; None where none counts."""
        return self.counts.precision

    @property
    def recall(self) -> float | None:
        """Of all required gold, the share that is matched; None where there is no gold."""
        return self.counts.recall

    @property
    def f1(self) -> float | None:
        """F1 of claims, types ignored; None where there is neither gold nor claim."""
        return self.counts.f1


class Curve(Frozen, frozen=True):
    """Counts of one system per article and threshold: ``by_article[article][threshold]``.

    ``thresholds`` descend, and ``kept`` is the number of claims kept at each. Of the ``claims`` in
    all, ``unsure`` have no confidence; ``distinct`` is the number of different confidences.
    """

    thresholds: tuple[float, ...]
    kept: tuple[int, ...]
    by_article: tuple[tuple[Counts, ...], ...]
    claims: int
    unsure: int
    distinct: int

    @property
    def points(self) -> tuple[Point, ...]:
        """The curve over all articles, the surest claims first."""
        columns = zip(*self.by_article, strict=True)
        rows = zip(self.thresholds, self.kept, columns, strict=True)
        return tuple(Point(threshold, kept, total(counts)) for threshold, kept, counts in rows)


def curve(
    gold: Gold,
    predictions: Mapping[str, Prediction],
    matcher: Matcher = DEFAULT,
    *,
    at: Sequence[float] | None = None,
) -> Curve:
    """Measure ``predictions`` at the thresholds ``at``, or at their own confidences.

    Their own are every distinct one or, where these are more than :data:`MOST`, those at each
    hundredth of the claims, of which the lowest keeps them all; none where no claim has one.
    Articles without predictions, or whose extraction failed, count as empty. Neither the order of
    articles nor that of claims changes anything. Raises DataError as ``evaluate`` does.
    """
    stated = [
        (item, claims_of(item.article.id, predictions.get(item.article.id))) for item in gold.items
    ]
    every = [claim for _, claims in stated for claim in claims]
    unsure = sum(claim.confidence is None for claim in every)
    sure = sorted(map(_confidence, every), reverse=True) if unsure < len(every) else []
    thresholds = tuple(_spread(sure) if at is None else sorted({*at}, reverse=True))
    return Curve(
        thresholds=thresholds,
        kept=tuple(sum(_confidence(c) >= threshold for c in every) for threshold in thresholds),
        by_article=tuple(_counted(item, claims, thresholds, matcher) for item, claims in stated),
        claims=len(every),
        unsure=unsure,
        distinct=len({*sure}),
    )


def best_threshold(points: Sequence[Point]) -> float | None:
    """The threshold of the highest F1; of equals the lowest, which leaves out least.

    None where no F1 is defined.
    """
    known = [(point.f1, -point.threshold) for point in points if point.f1 is not None]
    return -max(known)[1] if known else None


class Confident(Frozen, frozen=True):
    """What the confidences of one system are worth.

    ``threshold`` is the one that is best on dev, and ``chosen`` the counts of each article at it;
    None and empty where dev gives none.
    """

    system: str
    curve: Curve
    threshold: float | None = None
    chosen: tuple[Counts, ...] = ()


class Confidences(Frozen, frozen=True):
    """What is known of confidences on one corpus.

    ``without`` are systems that give none; ``notes`` say what is to be known beside the numbers.
    """

    measured: tuple[Confident, ...]
    without: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def measured(
    system: str,
    gold: Gold,
    predictions: Mapping[str, Prediction],
    dev: Gold,
    matcher: Matcher = DEFAULT,
) -> Confident | None:
    """The curve on ``gold``, and what the threshold that is best on ``dev`` gives there.

    ``predictions`` hold the articles of both. Where not every article of ``dev`` is among them no
    threshold is chosen: the best on some articles need not be that on all. None where no claim on
    ``gold`` has a confidence.
    """
    found = curve(gold, predictions, matcher)
    if not found.thresholds:
        return None
    complete = dev.items and not unanswered(dev, predictions)
    points = curve(dev, predictions, matcher).points if complete else ()
    threshold = best_threshold(points)
    if threshold is None:
        return Confident(system, found)
    at = curve(gold, predictions, matcher, at=[threshold])
    return Confident(system, found, threshold, tuple(counts for (counts,) in at.by_article))


def unanswered(gold: Gold, predictions: Mapping[str, Prediction]) -> list[str]:
    """The articles of ``gold`` about which nothing was predicted, not even a failure."""
    return [article.id for article in gold.articles if article.id not in predictions]


def _confidence(claim: Claim) -> float:
    return CERTAIN if claim.confidence is None else claim.confidence


def _spread(sure: Sequence[float]) -> list[float]:
    """The thresholds of confidences in descending order, one for each claim."""
    if len({*sure}) > MOST:
        sure = [sure[ceil(len(sure) * n / MOST) - 1] for n in range(1, MOST + 1)]
    return list(dict.fromkeys(sure))


def _counted(
    item: Labelled, claims: Sequence[Claim], thresholds: Sequence[float], matcher: Matcher
) -> tuple[Counts, ...]:
    """Counts of one article at each threshold, aligned once for each set of claims kept."""
    once = Once(matcher)
    counted: dict[int, Counts] = {}
    numbers = []
    for threshold in reversed(thresholds):  # the first asks about every claim in one go
        kept = [claim for claim in claims if _confidence(claim) >= threshold]
        if len(kept) not in counted:  # a lower threshold keeps all that a higher one does
            found = align(item.article.id, item.claims, kept, once)
            counted[len(kept)] = Counts(len(found.pairs), len(found.spurious), len(found.missed))
        numbers.append(len(kept))
    return tuple(counted[number] for number in reversed(numbers))
