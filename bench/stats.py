"""How sure a score is: bootstrap intervals, paired tests, Holm, minimum detectable difference.

Arrays in, numbers out. ``counts`` has shape (articles, rows, 3): whole numbers tp, fp, fn in the
last axis, rows such as all claims and then each type. Articles are the unit of chance: the claims
of one article stand and fall together, and resampling claims would make intervals too narrow.

An undefined ratio (0/0) is nan inside arrays and None in results, never 0, and never a warning.
Equal seeds give equal results, whatever the order of the articles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Statistic = Callable[[NDArray[Any]], Array]
"""A function of summed counts (…, rows, 3), vectorised over the leading axes."""

TESTABLE = 6
"""Articles from which a paired permutation test can fall below 0.05: 2 of 2**n swaps tie or win."""

_CELLS = 2**16
"""Weights drawn at a time: they stay in the cache, and memory does not grow with the articles."""

_ENOUGH = 0.8
"""Share of resamples that must define a statistic before its spread is reported.

A row that occurs in a single article is defined in 75 % of the resamples or fewer, always with
the same value: an interval without width, which would pass for certainty. Two articles give 86 %.
"""

_TIE = 1e-12
"""Differences this close are equal: rounding must not decide a permutation test."""

_DETECTABLE = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.8)


def precision(counts: NDArray[Any]) -> Array:
    """Divide tp by tp + fp: (…, 3) -> (…); nan where nothing was predicted."""
    return _ratio(counts[..., 0], counts[..., 0] + counts[..., 1])


def recall(counts: NDArray[Any]) -> Array:
    """Divide tp by tp + fn: (…, 3) -> (…); nan where there is no gold."""
    return _ratio(counts[..., 0], counts[..., 0] + counts[..., 2])


def f1(counts: NDArray[Any]) -> Array:
    """Divide 2 tp by 2 tp + fp + fn: (…, 3) -> (…); nan where all three are 0."""
    return _ratio(2 * counts[..., 0], 2 * counts[..., 0] + counts[..., 1] + counts[..., 2])


def macro_f1(counts: NDArray[Any]) -> Array:
    """Average F1 over the rows that have gold: (…, rows, 3) -> (…); nan where none has."""
    gold = counts[..., 0] + counts[..., 2] > 0
    return _ratio(np.where(gold, f1(counts), 0).sum(axis=-1), gold.sum(axis=-1))


def average_precision(counts: NDArray[Any]) -> Array:
    """Sum precision times the recall gained over falling thresholds: (…, thresholds, 3) -> (…).

    AP = Σ max(0, R_n - max(R_1 … R_n-1)) P_n, nan where there is no gold. Where recall never falls
    from one threshold to the next this is Σ (R_n - R_n-1) P_n, as in scikit-learn's
    ``average_precision_score``; but recall counts all gold, also what no prediction states, so that
    AP is at most the largest recall.
    """
    reached = np.maximum.accumulate(recall(counts), axis=-1)
    # Where nothing was predicted precision is undefined, and nothing is gained.
    gained = np.diff(reached, axis=-1, prepend=0) * np.nan_to_num(precision(counts))
    return np.asarray(gained.sum(axis=-1))


def resampled(
    counts: NDArray[Any], resamples: int = 10_000, seed: int | np.random.Generator = 0
) -> Array:
    """Draw articles with replacement and sum their counts: (articles, …, 3) -> (resamples, …, 3).

    One set of draws serves any number of statistics. With fewer than two articles there is no
    spread to learn from, and all sums are nan.
    """
    table = _table(counts)
    articles = len(table)
    if articles < 2:
        return np.full((resamples, *table.shape[1:]), np.nan)
    rng = np.random.default_rng(seed)

    def multiplicities(rounds: int) -> NDArray[np.intp]:
        drawn = rng.integers(articles, size=(rounds, articles))
        drawn += articles * np.arange(rounds)[:, None]
        return np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape)

    return _sums(table, resamples, multiplicities)


def interval(draws: Array, statistic: Statistic = f1, level: float = 0.95) -> Array:
    """Bound a statistic by percentiles of ``resampled`` counts; low and high in a new last axis.

    With ``f1`` the result is (rows, 2), with ``macro_f1`` (2,). Resamples that leave the statistic
    undefined are left out; where they are a fifth or more, the interval is nan.
    """
    values = statistic(draws)
    return _spread(values, level)[:, :2].reshape(*values.shape[1:], 2)


@dataclass(frozen=True, slots=True)
class Paired:
    """One row of two systems on the same articles; None where a number is undefined.

    ``delta`` is new - base; ``low`` and ``high`` are its percentile bootstrap interval; ``p`` is
    that of the two-sided paired permutation test, ``p_holm`` the same corrected over the family.
    ``detectable`` is the true difference that would be found significant (two-sided, 5 %) in 80 %
    of such comparisons (a large-sample formula: about 70 % with 20 or 30 articles); None too where
    no resample differs from another.
    """

    base: float | None
    new: float | None
    delta: float | None
    low: float | None
    high: float | None
    p: float | None
    p_holm: float | None
    detectable: float | None


def paired(
    base: NDArray[Any],
    new: NDArray[Any],
    statistic: Statistic = f1,
    *,
    resamples: int = 10_000,
    seed: int = 0,
    level: float = 0.95,
    overall: int = 1,
) -> list[Paired]:
    """Compare two systems, given counts with the same articles in the same places.

    One result per row, or a single one where the statistic merges the rows (``macro_f1``).
    The first ``overall`` of them sum up the others and stay outside the Holm family.

    Each round of the permutation test swaps the systems' counts in every article on the toss of
    a coin; p = (1 + rounds with |delta*| >= |delta|) / (1 + rounds), which is never 0 and, unlike
    the plain share, a valid p (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585). Rounds that
    leave the difference undefined are left out. The detectable difference is (z.975 + z.80) times
    the bootstrap standard error of delta (Bloom 1995, doi:10.1177/0193841X9501900504).

    Raises ValueError where the two shapes differ or are no counts.
    """
    if np.shape(base) != np.shape(new):
        raise ValueError(f"counts of shapes {np.shape(base)} and {np.shape(new)}; expected equal")
    both = _table(np.stack((base, new), axis=1))
    points = statistic(both.sum(axis=0)).reshape(2, -1)
    delta = points[1] - points[0]
    rng = np.random.default_rng(seed)
    low, high, error = _spread(_deltas(statistic, resampled(both, resamples, rng)), level).T
    p = _p_values(delta, _deltas(statistic, _swapped(both, resamples, rng)))
    family = np.where(np.arange(len(p)) < overall, np.nan, p).tolist()
    detectable = np.where(error > _TIE, _DETECTABLE * error, np.nan)
    columns = (*points, delta, low, high, p, holm(family), detectable)
    return [Paired(*map(_known, row)) for row in zip(*columns, strict=True)]


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Correct p-values for their number, in the order given (Holm 1979, jstor.org/stable/4615733).

    None and nan stay outside the family and come back as None.
    """
    family = sorted((p, i) for i, p in enumerate(p_values) if p is not None and not isnan(p))
    adjusted: list[float | None] = [None] * len(p_values)
    least = 0.0
    for rank, (p, i) in enumerate(family):
        adjusted[i] = least = max(least, min(1.0, p * (len(family) - rank)))
    return adjusted


def kappa(confusion: NDArray[Any]) -> Array:
    """Measure agreement beyond chance (Cohen 1960, doi:10.1177/001316446002000104).

    ``confusion[…, i, j]`` is how often one annotator's label i met the other's label j:
    (…, labels, labels) -> (…); nan where chance alone agrees always.
    """
    items = confusion.sum(axis=(-2, -1))
    agreed = items * np.trace(confusion, axis1=-2, axis2=-1)
    by_chance = (confusion.sum(axis=-1) * confusion.sum(axis=-2)).sum(axis=-1)
    return _ratio(agreed - by_chance, items**2 - by_chance)


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> Array:
    ratio: Array = np.full(np.shape(whole), np.nan)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio


def _table(counts: NDArray[Any]) -> Array:
    """Check the shape and sort the articles by their counts, lest their order sway the draws."""
    table: Array = np.asarray(counts, dtype=np.float64)
    if table.ndim < 3 or table.shape[-1] != 3 or 0 in table.shape[1:]:
        raise ValueError(f"counts of shape {table.shape}; expected (articles, rows, 3)")
    return table[np.lexsort(_flat(table).T)]


def _flat(table: Array) -> Array:
    return table.reshape(len(table), int(np.prod(table.shape[1:])))


def _sums(table: Array, rounds: int, draw: Callable[[int], NDArray[np.integer]]) -> Array:
    """Sum over articles under ``rounds`` weightings, of which ``draw(n)`` gives n (n, articles)."""
    flat = _flat(table)
    step = max(1, _CELLS // max(1, len(flat)))
    sums: Array = np.empty((rounds, flat.shape[1]))
    for start in range(0, rounds, step):
        block = sums[start : start + step]
        # Floats reach BLAS, and whole numbers below 2**53 stay exact: equal on every machine.
        np.matmul(draw(len(block)).astype(np.float64), flat, out=block)
    return sums.reshape(rounds, *table.shape[1:])


def _swapped(both: Array, rounds: int, rng: np.random.Generator) -> Array:
    """Sum (articles, 2, rows, 3) after random swaps within articles: (rounds, 2, rows, 3)."""
    as_given: Array = both.sum(axis=0)
    moved = _sums(both[:, 1] - both[:, 0], rounds, lambda n: rng.integers(2, size=(n, len(both))))
    return as_given + np.stack((moved, -moved), axis=1)


def _deltas(statistic: Statistic, pairs: Array) -> Array:
    """Subtract base from new in (rounds, 2, rows, 3): (rounds, results)."""
    return (statistic(pairs[:, 1]) - statistic(pairs[:, 0])).reshape(len(pairs), -1)


def _p_values(observed: Array, permuted: Array) -> Array:
    extreme = (np.abs(permuted) >= np.abs(observed) - _TIE).sum(axis=0)
    defined = (~np.isnan(permuted)).sum(axis=0)
    return np.where(np.isnan(observed), np.nan, (1 + extreme) / (1 + defined))


def _spread(values: Array, level: float) -> Array:
    """Give low, high and standard error of each column: (resamples, …) -> (columns, 3)."""
    columns = values.reshape(len(values), -1).T
    spread: Array = np.full((len(columns), 3), np.nan)
    for row, column in zip(spread, columns, strict=True):
        defined = column[~np.isnan(column)]
        if defined.size > _ENOUGH * column.size:
            row[:2] = np.quantile(defined, ((1 - level) / 2, (1 + level) / 2))
            row[2] = defined.std()
    return spread


def _known(value: float | None) -> float | None:
    return None if value is None or isnan(value) else float(value)
