"""Focus and coverage as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import stats
from bench.matching import Support, many
from bench.model import total
from bench.report.table import Cell, Measure, Table


def support_table(systems: Mapping[str, Sequence[Support]], alignment: many, title: str) -> Table:
    """A row a system, the best F first: one :class:`Support` for each article of the corpus."""
    rows = sorted(((_measures(s), name, s) for name, s in systems.items()), key=_rank)
    return Table(
        title=title,
        columns=("system", "focus", "coverage", "F", *(("splits", "merges") * alignment.parts)),
        rows=tuple((name, *found, *_parts(s, alignment)) for found, name, s in rows),
        notes=(
            f"{alignment!r}: any prediction may support any number of gold claims, and the other "
            "way round",
            "focus: share of predictions that support some gold claim; coverage: share of required "
            "gold claims that some prediction supports; F: their harmonic mean; 95 % intervals "
            "resample articles",
            *_CREDIT[: alignment.parts],
        ),
    )


_CREDIT = (
    "splits: gold claims that several predictions state together; merges: predictions that "
    "consist of several gold claims; both are credited",
)


def _rank(row: tuple[tuple[Measure, Measure, Measure], str, Sequence[Support]]) -> Any:
    value = row[0][2].value
    return (1.0 if value is None else -value), row[1]


def _parts(supports: Sequence[Support], alignment: many) -> tuple[Cell, ...]:
    if not alignment.parts:
        return ()
    return (
        str(sum(len(s.splits) for s in supports)),
        str(sum(len(s.merges) for s in supports)),
    )


def _measures(supports: Sequence[Support]) -> tuple[Measure, Measure, Measure]:
    focus, coverage = total(s.focus for s in supports), total(s.coverage for s in supports)
    p, r = focus.precision, coverage.recall
    counts = [
        [(c.tp, c.fp, c.fn) for c in (support.focus, support.coverage)] for support in supports
    ]
    draws = stats.resampled(np.array(counts, dtype=np.int64).reshape(-1, 2, 3))

    def measure(value: float | None, statistic: stats.Statistic) -> Measure:
        low, high = stats.interval(draws, statistic).tolist()
        return Measure(value) if isnan(low) else Measure(value, low, high)

    f = 2 * p * r / (p + r) if p and r else (None if p is None or r is None else 0.0)
    return measure(p, _focus), measure(r, _coverage), measure(f, _harmonic)


def _focus(counts: NDArray[Any]) -> NDArray[np.float64]:
    return stats.precision(counts)[..., 0]


def _coverage(counts: NDArray[Any]) -> NDArray[np.float64]:
    return stats.recall(counts)[..., 1]


def _harmonic(counts: NDArray[Any]) -> NDArray[np.float64]:
    """2 p r / (p + r) of focus p and coverage r; 0 where both are."""
    p, r = _focus(counts), _coverage(counts)
    both = p + r
    return np.divide(2 * p * r, both, out=both * 0, where=both > 0)
