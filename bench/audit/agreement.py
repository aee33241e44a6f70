"""How far two annotators agree, with intervals that resample articles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import stats
from bench.matching import DEFAULT, Matcher, align
from bench.model import TYPES, ClaimType, Counts, Frozen, GoldClaim, Source, total


class Estimate(Frozen, frozen=True):
    """A number and its 95 % interval over articles; None where undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None


class Agreement(Frozen, frozen=True):
    """How far two annotators agree, before anyone adjudicated.

    ``claims`` counts B's claims against A's as gold, ``reverse`` A's against B's; optional claims
    of either side are set aside. ``types`` is the same per type, types having to agree, and
    ``type_f1`` its F1. Over the ``pairs`` aligned: ``type_kappa`` is Cohen's kappa, ``source``,
    ``polarity``, ``certainty`` and ``central`` are shares in [0, 1].
    """

    articles: int
    claims: Counts
    reverse: Counts
    pairs: int
    types: dict[ClaimType, Counts]
    claim_f1: Estimate
    type_f1: dict[ClaimType, Estimate]
    type_kappa: Estimate
    source: Estimate
    polarity: Estimate
    certainty: Estimate
    central: Estimate


Labels = Mapping[str, Sequence[GoldClaim]]
ClaimPair = tuple[GoldClaim, GoldClaim]


def agreement(a: Labels, b: Labels, matcher: Matcher = DEFAULT) -> Agreement:
    """Compare two annotators' claims (article id -> claims) over the articles both labelled.

    Claims are aligned by ``matcher``, one to one, over all forms of both sides.
    """
    shared = [article for article in a if article in b]
    aligned = [_align_annotators(article, a[article], b[article], matcher) for article in shared]
    backwards = [_align_annotators(article, b[article], a[article], matcher) for article in shared]
    pairs = [found for _, found in aligned]
    claims = _rows([[counts] for counts, _ in aligned], 1)
    types = _rows([_types(a[s], b[s], found) for s, found in zip(shared, pairs, strict=True)], 8)
    equal = _rows([_equal(found) for found in pairs], 4)
    confused = np.array([_confusion(found) for found in pairs]).reshape(-1, len(TYPES) ** 2, 3)
    table = np.concatenate((claims, types, equal, confused), axis=1)
    draws = stats.resampled(table)
    f1s = _estimates(table, draws, stats.f1)
    shares = _estimates(table, draws, stats.precision)
    (kappa,) = _estimates(table, draws, _kappa)
    source, polarity, certainty, central = shares[9:13]
    return Agreement(
        articles=len(shared),
        claims=total(counts for counts, _ in aligned),
        reverse=total(counts for counts, _ in backwards),
        pairs=sum(map(len, pairs)),
        types={t: Counts(*map(int, types[:, n].sum(axis=0))) for n, t in enumerate(TYPES)},
        claim_f1=f1s[0],
        type_f1=dict(zip(TYPES, f1s[1:9], strict=True)),
        type_kappa=kappa,
        source=source,
        polarity=polarity,
        certainty=certainty,
        central=central,
    )


def _rows(by_article: Sequence[Sequence[Counts]], rows: int) -> NDArray[Any]:
    """Counts as an array of shape (articles, rows, 3)."""
    cells = [[(c.tp, c.fp, c.fn) for c in counts] for counts in by_article]
    return np.array(cells, dtype=np.float64).reshape(-1, rows, 3)


def _kappa(counts: NDArray[Any]) -> NDArray[Any]:
    """Cohen's kappa of the confusion matrix that the last rows of ``counts`` hold."""
    cells = counts[..., -(len(TYPES) ** 2) :, 0]
    square = (*cells.shape[:-1], len(TYPES), len(TYPES))
    return stats.kappa(cells.reshape(square))[..., None]


def _estimates(
    table: NDArray[Any], draws: NDArray[Any], statistic: stats.Statistic
) -> list[Estimate]:
    values, bounds = statistic(table.sum(axis=0)), stats.interval(draws, statistic)
    return [
        Estimate(*(None if isnan(x) else float(x) for x in (value, low, high)))
        for value, (low, high) in zip(values, bounds, strict=True)
    ]


def _align_annotators(
    article: str, a: Sequence[GoldClaim], b: Sequence[GoldClaim], matcher: Matcher
) -> tuple[Counts, list[ClaimPair]]:
    alignment = align(article, a, b, matcher)
    matched = [(a[p.gold], b[p.predicted]) for p in alignment.pairs]
    pairs = [(x, y) for x, y in matched if not y.optional]
    alone = sum(not b[j].optional for j in alignment.spurious)
    return Counts(tp=len(pairs), fp=alone, fn=len(alignment.missed)), pairs


def _types(
    a: Sequence[GoldClaim], b: Sequence[GoldClaim], pairs: Sequence[ClaimPair]
) -> list[Counts]:
    """Per type: pairs of that type on both sides, further ones in B, further ones in A."""

    def count(kind: ClaimType) -> Counts:
        both = sum(x.type == y.type == kind for x, y in pairs)
        in_a, in_b = (sum(c.type == kind and not c.optional for c in side) for side in (a, b))
        return Counts(tp=both, fp=in_b - both, fn=in_a - both)

    return [count(kind) for kind in TYPES]


def _equal(pairs: Sequence[ClaimPair]) -> list[Counts]:
    """Pairs alike (tp) and unlike (fp) in source, polarity, certainty, central."""
    alike = [
        (
            _same_source(x.source, y.source),
            x.polarity == y.polarity,
            x.certainty == y.certainty,
            x.central == y.central,
        )
        for x, y in pairs
    ]
    sums = [sum(field) for field in zip(*alike, strict=True)] or [0] * 4
    return [Counts(tp=n, fp=len(pairs) - n) for n in sums]


def _confusion(pairs: Sequence[ClaimPair]) -> NDArray[Any]:
    """How often A's type (row) met B's (column), in cells of which only the first counts."""
    cells = np.zeros((len(TYPES), len(TYPES), 3))
    for x, y in pairs:
        cells[TYPES.index(x.type), TYPES.index(y.type), 0] += 1
    return cells


def _same_source(one: Source | None, other: Source | None) -> bool:
    """Both none, or credited to parties that share a name."""
    if one is None or other is None:
        return one is other
    return not _names(one).isdisjoint(_names(other))


def _names(source: Source) -> set[str]:
    return {name.casefold().removeprefix("the ") for name in (source.name, *source.aliases)}
