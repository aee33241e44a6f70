"""How far yes-or-no decisions on pairs fit a reference, with intervals that resample articles.

Counts are kept as three rows of three cells a pair, in the shape that ``stats`` resamples: tp, fp,
fn; tn; and of the pairs that contradict, those turned down and those accepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import stats
from bench.audit.agreement import Estimate
from bench.gold import JUDGEMENTS, JudgedPair
from bench.model import Frozen

Array = NDArray[Any]

Decisions = Sequence[bool]
"""Whether each of a list of pairs is accepted, in its order."""


class Fit(Frozen, frozen=True):
    """How far decisions fit a reference on ``pairs`` pairs.

    The reference accepts ``stated`` of them; ``kappa`` is Cohen's. ``rejected`` is the share of
    the ``contradicting`` pairs that the decisions turn down.
    """

    pairs: int
    stated: int
    contradicting: int
    accuracy: Estimate
    precision: Estimate
    recall: Estimate
    kappa: Estimate
    rejected: Estimate


class Fits:
    """Measures decisions on ``judged`` pairs."""

    def __init__(self, judged: Sequence[JudgedPair]) -> None:
        self._judged = judged
        articles = {
            article: n for n, article in enumerate(dict.fromkeys(p.article for p in judged))
        }
        self.articles = len(articles)
        self._rows = np.array([articles[pair.article] for pair in judged])
        self._contradicts = np.array([pair.verdict == "contradicts" for pair in judged])

    def against(
        self, compared: Sequence[tuple[Decisions, Decisions]]
    ) -> list[tuple[Fit, Estimate]]:
        """Decisions against references: each fit, and by how much its kappa is behind the first's.

        All are resampled together, so that the differences are paired.
        """
        cells = [self._cells(decided, reference) for decided, reference in compared]
        table = self._by_article(np.stack(cells, axis=1))
        draws = stats.resampled(table)

        def behind(cells: Array) -> Array:
            kappas = _kappa(cells)
            return kappas[..., :1] - kappas

        whole = table.sum(axis=0)
        return list(zip(_fits(whole, draws), _estimates(whole, draws, behind), strict=True))

    def sliced(
        self, decided: Decisions, reference: Decisions, slices: Mapping[str, Sequence[int]]
    ) -> dict[str, Fit]:
        """Decisions against a reference on each of ``slices``, which name indices of pairs."""
        inside = np.zeros((len(self._judged), len(slices)))
        for column, numbers in enumerate(slices.values()):
            inside[list(numbers), column] = 1
        cells = self._cells(decided, reference)[:, None] * inside[:, :, None, None]
        table = self._by_article(cells)
        return dict(zip(slices, _fits(table.sum(axis=0), stats.resampled(table)), strict=True))

    def points(self, decided: Decisions, reference: Decisions) -> tuple[float | None, ...]:
        """Kappa, precision and recall over all pairs; None where undefined."""
        whole = self._cells(decided, reference).sum(axis=0)
        return tuple(_known(ratio(whole)) for ratio in (_kappa, _precision, _recall))

    def verdict_kappa(self) -> Estimate:
        """Kappa of the last readings of A and B over all verdicts."""
        labels = len(JUDGEMENTS)
        cells = np.zeros((len(self._judged), labels * labels, 3))
        for n, pair in enumerate(self._judged):
            a, b = map(JUDGEMENTS.index, pair.readings.last)
            cells[n, a * labels + b, 0] = 1
        table = self._by_article(cells)

        def kappa(cells: Array) -> Array:
            return stats.kappa(cells[..., 0].reshape(*cells.shape[:-2], 1, labels, labels))

        return _estimates(table.sum(axis=0), stats.resampled(table), kappa)[0]

    def _cells(self, decided: Decisions, reference: Decisions) -> Array:
        """Cells of every pair: (pairs, 3, 3)."""
        yes, right, against = np.array(decided), np.array(reference), self._contradicts
        nothing = np.zeros(len(self._judged))
        rows = (
            (yes & right, yes & ~right, ~yes & right),
            (~yes & ~right, nothing, nothing),
            (against & ~yes, against & yes, nothing),
        )
        return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2).astype(np.float64)

    def _by_article(self, cells: Array) -> Array:
        """Sum over the pairs of each article: (pairs, …) -> (articles, …)."""
        table = np.zeros((self.articles, *cells.shape[1:]))
        np.add.at(table, self._rows, cells)
        return table


def _accuracy(cells: Array) -> Array:
    right = cells[..., 0, 0] + cells[..., 1, 0]
    wrong = cells[..., 0, 1] + cells[..., 0, 2]
    return stats.precision(np.stack((right, wrong, wrong), axis=-1))


def _precision(cells: Array) -> Array:
    return stats.precision(cells[..., 0, :])


def _recall(cells: Array) -> Array:
    return stats.recall(cells[..., 0, :])


def _kappa(cells: Array) -> Array:
    confusion = np.concatenate((cells[..., 0, :], cells[..., 1, :1]), axis=-1)
    return stats.kappa(confusion.reshape(*confusion.shape[:-1], 2, 2))


def _rejected(cells: Array) -> Array:
    return stats.precision(cells[..., 2, :])


_RATIOS = {
    "accuracy": _accuracy,
    "precision": _precision,
    "recall": _recall,
    "kappa": _kappa,
    "rejected": _rejected,
}


def _fits(whole: Array, draws: Array) -> list[Fit]:
    """One for each of ``whole`` (rows, 3, 3), with intervals from ``draws`` of them."""
    ratios = {name: _estimates(whole, draws, ratio) for name, ratio in _RATIOS.items()}
    return [
        Fit(
            pairs=int(cells[:2].sum()),
            stated=int(cells[0, 0] + cells[0, 2]),
            contradicting=int(cells[2].sum()),
            **{name: estimates[n] for name, estimates in ratios.items()},
        )
        for n, cells in enumerate(whole)
    ]


def _estimates(whole: Array, draws: Array, ratio: stats.Statistic) -> list[Estimate]:
    values, bounds = ratio(whole), stats.interval(draws, ratio)
    return [
        Estimate(*map(_known, (value, low, high)))
        for value, (low, high) in zip(values, bounds, strict=True)
    ]


def _known(value: Any) -> float | None:
    return None if isnan(value) else float(value)
