"""Meta-evaluation: how far the decisions of matchers agree with people's, on judged pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from bench.audit.agreement import Estimate
from bench.audit.fit import Decisions, Fit, Fits
from bench.gold import JUDGEMENTS, STATED, JudgedPair, Judgement
from bench.matching import Matcher, Measured, Said
from bench.model import TYPES, ClaimbenchError, Frozen, GoldClaim
from bench.score import attributes

Claims = Mapping[str, Sequence[GoldClaim]]
"""All gold claims by article."""

THRESHOLDS = tuple(round(0.3 + 0.05 * n, 2) for n in range(14))
"""Where the curves are sampled: 0.3, 0.35 … 0.95."""


class Point(Frozen, frozen=True):
    """One point of a threshold curve; None where undefined."""

    threshold: float
    kappa: float | None
    precision: float | None
    recall: float | None


class Rated(Frozen, frozen=True):
    """What was measured of one matcher.

    ``behind`` is the kappa of the first matcher less that of this one, with the interval of the
    difference over the same resampled articles. ``slices`` are by type and by attribute of the
    gold claim; ``curve`` is empty where there is no threshold to turn.
    """

    matcher: str
    whole: Fit
    behind: Estimate
    slices: dict[str, Fit]
    curve: tuple[Point, ...] = ()


class MetaEvaluation(Frozen, frozen=True):
    """Matchers and readers against the final verdicts.

    ``readers`` are A's last readings against B's, and each reader's against the final verdict;
    ``verdict_kappa`` is A's kappa with B over all five verdicts. ``skipped`` says of each matcher
    that could not be measured why, and what helps.
    """

    articles: int
    pairs: int
    verdicts: dict[Judgement, int]
    rated: tuple[Rated, ...]
    readers: dict[str, Fit]
    verdict_kappa: Estimate
    skipped: dict[str, str]


def evaluate_matchers(
    matchers: Sequence[Matcher],
    judged: Sequence[JudgedPair],
    claims: Claims,
    *,
    stated: Collection[Judgement] = STATED,
) -> MetaEvaluation:
    """Measure ``matchers`` on ``judged`` pairs, of whose articles ``claims`` has all gold claims.

    A verdict among ``stated`` counts as yes, any other as no. Intervals are of 95 % and resample
    articles; one article gives none. Raises ValueError without pairs.
    """
    if not judged:
        raise ValueError("no judged pairs to measure matchers on")
    fits = Fits(judged)
    truth = [pair.verdict in stated for pair in judged]
    a, b = ([pair.readings.last[n] in stated for pair in judged] for n in (0, 1))
    readers = fits.against([(a, b), (a, truth), (b, truth)])
    decided, skipped = _decided(matchers, judged, claims)
    found = fits.against([(taken[0], truth) for taken in decided.values()]) if decided else []
    slices = _slices(judged, claims)
    verdicts = Counter(pair.verdict for pair in judged)
    return MetaEvaluation(
        articles=fits.articles,
        pairs=len(judged),
        verdicts={verdict: verdicts[verdict] for verdict in JUDGEMENTS},
        rated=tuple(
            Rated(
                matcher=name,
                whole=fit,
                behind=behind,
                slices=fits.sliced(own, truth, slices),
                curve=tuple(
                    Point(threshold, *fits.points(taken, truth))
                    for threshold, taken in zip(THRESHOLDS, at_thresholds, strict=False)
                ),
            )
            for (name, (own, *at_thresholds)), (fit, behind) in zip(
                decided.items(), found, strict=True
            )
        ),
        readers={
            name: fit
            for name, (fit, _) in zip(
                ("A against B", "A against final", "B against final"), readers, strict=True
            )
        },
        verdict_kappa=fits.verdict_kappa(),
        skipped=skipped,
    )


def kappas(
    matchers: Sequence[Matcher],
    judged: Sequence[JudgedPair],
    claims: Claims,
    *,
    stated: Collection[Judgement] = STATED,
) -> list[float | None]:
    """Cohen's kappa of each matcher with the final verdicts; None where undefined.

    Raises ClaimbenchError where a matcher lacks something.
    """
    fits = Fits(judged)
    truth = [pair.verdict in stated for pair in judged]
    return [fits.points(decisions(m, (), judged, claims)[0], truth)[0] for m in matchers]


def decisions(
    matcher: Matcher, thresholds: Sequence[float], judged: Sequence[JudgedPair], claims: Claims
) -> list[Decisions]:
    """What ``matcher`` decides as it is and then, if it has a threshold, at each of ``thresholds``.

    It is shown all gold claims of an article, as the scorer shows it, lest one that depends on
    them decide otherwise here; and the predictions of an article together, each of which by
    contract it judges by itself.
    """
    if isinstance(matcher, Measured) and type(matcher).accepted is Measured.accepted:
        similar = _looked_up(matcher.similarities, judged, claims)
        found = [similar.get(n, 0.0) for n in range(len(judged))]
        return [[s >= t > 0 for s in found] for t in (matcher.threshold, *thresholds)]
    tried = [matcher, *turned(matcher, thresholds)]
    taken = [_looked_up(m.accepted, judged, claims) for m in tried]
    return [[n in accepted for n in range(len(judged))] for accepted in taken]


def turned(matcher: Matcher, thresholds: Sequence[float]) -> list[Matcher]:
    """``matcher`` at each of ``thresholds``; none if it has no such field."""
    if not isinstance(matcher, msgspec.Struct) or "threshold" not in matcher.__struct_fields__:
        return []
    return [msgspec.structs.replace(matcher, threshold=t) for t in thresholds]


def _looked_up(
    look: Callable[[Sequence[GoldClaim], Sequence[Said]], Mapping[tuple[int, int], float]],
    judged: Sequence[JudgedPair],
    claims: Claims,
) -> dict[int, float]:
    """What ``look`` finds of the judged pairs, by index; a pair that it leaves out is lacking."""
    by_article: dict[str, list[int]] = {}
    for n, pair in enumerate(judged):
        by_article.setdefault(pair.article, []).append(n)
    found: dict[int, float] = {}
    for article, numbers in by_article.items():
        row = {claim.id: i for i, claim in enumerate(claims[article])}
        column: dict[str, int] = {}
        for n in numbers:
            column.setdefault(judged[n].prediction, len(column))
        seen = look(claims[article], [Said((text,)) for text in column])
        for n in numbers:
            place = row[judged[n].claim], column[judged[n].prediction]
            if place in seen:
                found[n] = seen[place]
    return found


def _decided(
    matchers: Sequence[Matcher], judged: Sequence[JudgedPair], claims: Claims
) -> tuple[dict[str, list[Decisions]], dict[str, str]]:
    """Decisions by matcher, as it is and at THRESHOLDS; and why others are left out."""
    decided: dict[str, list[Decisions]] = {}
    skipped: dict[str, str] = {}
    for matcher in matchers:
        try:
            taken = decisions(matcher, THRESHOLDS, judged, claims)
        except ClaimbenchError as error:
            skipped[repr(matcher)] = str(error)
            continue
        if isinstance(matcher, Measured) and not any(map(any, taken)):
            skipped[repr(matcher)] = "finds no likeness in any pair: they are words alone, no spans"
        else:
            decided[repr(matcher)] = taken
    return decided, skipped


def _slices(judged: Sequence[JudgedPair], claims: Claims) -> dict[str, list[int]]:
    """Indices of pairs by type and then by attribute of their gold claim."""
    known = {
        claim.id: claim for article in {p.article for p in judged} for claim in claims[article]
    }
    found: dict[str, list[int]] = {}
    for n, pair in enumerate(judged):
        claim = known[pair.claim]
        for name in (claim.type, *attributes(claim)):
            found.setdefault(name, []).append(n)
    order = [kind for kind in TYPES if kind in found]
    return {name: found[name] for name in (*order, *sorted(found.keys() - {*order}))}
