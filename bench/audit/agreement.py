"""How far two annotators agree, with intervals that resample articles."""

from __future__ import annotations

from collections import Counter
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
    compared = [_compare(article, a[article], b[article], matcher) for article in shared]
    backwards = [_compare(article, b[article], a[article], matcher) for article in shared]
    typed = [_types(found) for found in compared]
    rows = [[found.counts, *types] for found, types in zip(compared, typed, strict=True)]
    counts = _rows(rows, 1 + len(TYPES))
    equal = _rows([_equal(found.pairs) for found in compared], 4)
    confused = np.array([_confusion(found.pairs) for found in compared])
    parts = (counts, equal, confused.reshape(-1, len(TYPES) ** 2, 3))
    draws = stats.resampled(np.concatenate(parts, axis=1))  # one set of draws for all
    ends = np.cumsum([part.shape[1] for part in parts])[:-1]
    of_counts, of_equal, of_confused = np.split(draws, ends, axis=1)
    claim_f1, *type_f1 = estimates(counts, of_counts, stats.f1)
    source, polarity, certainty, central = estimates(equal, of_equal, stats.precision)
    (kappa,) = estimates(parts[2], of_confused, _kappa)
    return Agreement(
        articles=len(shared),
        claims=total(found.counts for found in compared),
        reverse=total(found.counts for found in backwards),
        pairs=sum(len(found.pairs) for found in compared),
        types={t: total(found[n] for found in typed) for n, t in enumerate(TYPES)},
        claim_f1=claim_f1,
        type_f1=dict(zip(TYPES, type_f1, strict=True)),
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
    """Cohen's kappa of the confusion matrix that the rows of ``counts`` hold."""
    cells = counts[..., 0]
    square = (*cells.shape[:-1], len(TYPES), len(TYPES))
    return stats.kappa(cells.reshape(square))[..., None]


def estimates(
    table: NDArray[Any], draws: NDArray[Any], statistic: stats.Statistic
) -> list[Estimate]:
    """What ``statistic`` makes of (articles, rows, 3) counts, with intervals from their draws."""
    values, bounds = statistic(table.sum(axis=0)), stats.interval(draws, statistic)
    return [
        Estimate(*(None if isnan(x) else float(x) for x in (value, low, high)))
        for value, (low, high) in zip(values, bounds, strict=True)
    ]


class _Compared(Frozen, frozen=True):
    """Required claims of A and B that match, and those of either that nothing matches."""

    pairs: tuple[ClaimPair, ...]
    only_a: tuple[GoldClaim, ...]
    only_b: tuple[GoldClaim, ...]

    @property
    def counts(self) -> Counts:
        return Counts(tp=len(self.pairs), fp=len(self.only_b), fn=len(self.only_a))


def _compare(
    article: str, a: Sequence[GoldClaim], b: Sequence[GoldClaim], matcher: Matcher
) -> _Compared:
    """Align the required claims; what is left over may still stand for an optional one."""
    required_a, required_b = ([c for c in side if not c.optional] for side in (a, b))
    alignment = align(article, required_a, required_b, matcher)

    def unmatched(
        claims: Sequence[GoldClaim], left: Sequence[int], other: Sequence[GoldClaim]
    ) -> tuple[GoldClaim, ...]:
        alone = [claims[i] for i in left]
        optional = [claim for claim in other if claim.optional]
        return tuple(alone[i] for i in align(article, alone, optional, matcher).missed)

    return _Compared(
        pairs=tuple((required_a[p.gold], required_b[p.predicted]) for p in alignment.pairs),
        only_a=unmatched(required_a, alignment.missed, b),
        only_b=unmatched(required_b, alignment.spurious, a),
    )


def _types(found: _Compared) -> list[Counts]:
    """Per type: pairs of that type on both sides, further ones in B, further ones in A."""
    in_a = Counter(claim.type for claim in (*(x for x, _ in found.pairs), *found.only_a))
    in_b = Counter(claim.type for claim in (*(y for _, y in found.pairs), *found.only_b))
    both = Counter(x.type for x, y in found.pairs if x.type == y.type)
    return [Counts(tp=both[t], fp=in_b[t] - both[t], fn=in_a[t] - both[t]) for t in TYPES]


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
