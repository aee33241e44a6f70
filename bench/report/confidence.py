"""What confidences are worth: a table, a curve to draw, and a file of its points."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from math import isnan
from typing import TYPE_CHECKING

import numpy as np

from bench import stats
from bench.model import Counts, Frozen, total
from bench.report.table import UNDEFINED, Measure, Table, ratio

if TYPE_CHECKING:
    from bench.confidence import Confidences, Confident, Curve

_MEANING = (
    "average precision (AP): the precision at each threshold of confidence times the recall gained "
    "there, summed; recall counts all required gold, so that a system reaches at most the recall "
    "of all its claims",
    "F1 at the threshold: claims that are less sure are left out; the threshold is that of the "
    "highest F1 on dev; in brackets 95 % intervals that resample articles, at fixed thresholds",
)

_LEFT, _TOP, _WIDE, _HIGH = 34.0, 8.0, 260.0, 160.0
"""Where the field of a drawn curve lies, in units of its view box."""


def confidence_table(found: Confidences, where: str) -> Table:
    """A row a system, by name: average precision, and F1 with and without its doubtful claims."""
    return Table(
        title=f"Confidences on {where}",
        columns=("system", "with confidence", "AP", "F1 of all", "best on dev", "F1 at it"),
        rows=tuple(
            (
                system.system,
                f"{system.curve.claims - system.curve.unsure} of {system.curve.claims} claims",
                average_precision(system.curve),
                _measure([counts[-1:] for counts in system.curve.by_article], stats.f1),
                UNDEFINED if system.threshold is None else f"≥ {system.threshold:g}",
                _measure([(counts,) for counts in system.chosen], stats.f1)
                if system.chosen
                else Measure(None),
            )
            for system in found.measured
        ),
        notes=(*_MEANING, *found.notes, *_without(found.without)),
    )


def _without(systems: Sequence[str]) -> tuple[str, ...]:
    return (f"left out, as they give no confidence: {', '.join(systems)}",) if systems else ()


def average_precision(curve: Curve) -> Measure:
    """AP of a curve with its 95 % interval over articles."""
    return _measure(curve.by_article, stats.average_precision)


def _measure(by_article: Sequence[Sequence[Counts]], statistic: stats.Statistic) -> Measure:
    """A statistic of counts per article and row, where it makes one number of all rows."""
    counts = np.array([[(c.tp, c.fp, c.fn) for c in row] for row in by_article], dtype=np.int64)
    value = float(statistic(counts.sum(axis=0)).item())
    low, high = stats.interval(stats.resampled(counts), statistic).reshape(2).tolist()
    if isnan(value):
        return Measure(None)
    return Measure(value) if isnan(low) else Measure(value, low, high)


def curve_csv(curve: Curve) -> str:
    """A line a threshold, the highest first; what is undefined is empty."""
    file = StringIO()
    lines = csv.writer(file, lineterminator="\n")
    lines.writerow(("threshold", "precision", "recall", "f1", "kept"))
    lines.writerows((p.threshold, p.precision, p.recall, p.f1, p.kept) for p in curve.points)
    return file.getvalue()


class Drawn(Frozen, frozen=True):
    """A curve as SVG: the steps under which the area is AP, and marks, in units of the view box.

    ``title`` and ``description`` tell it to who cannot see it.
    """

    title: str
    description: str
    steps: str
    marks: tuple[tuple[str, float, float], ...]


def drawn(system: Confident) -> Drawn | None:
    """The curve of a system; None where there is no gold, and so no recall."""
    known = [p for p in system.curve.points if p.precision is not None and p.recall is not None]
    if not known:
        return None
    first, last = known[0], known[-1].counts
    path, reached = f"M{_LEFT:g},{_y(first.counts):.1f}", _LEFT
    for point in known:
        reached = max(reached, _x(point.counts))
        path += f"V{_y(point.counts):.1f}H{reached:.1f}"
    best = total(system.chosen)
    marks = [("all claims", last), *[("best on dev", best)] * (best.precision is not None)]
    told = [f"{_told(first.counts)} at confidence {first.threshold:g} or more"]
    if best.precision is not None:
        told.append(f"{_told(best)} at the threshold that is best on dev, {system.threshold:g}")
    told.append(f"{_told(last)} with all claims")
    return Drawn(
        title=f"Precision and recall of {system.system} by confidence",
        description="; ".join(told) + f"; average precision {average_precision(system.curve)}",
        steps=path,
        marks=tuple((name, round(_x(c), 1), round(_y(c), 1)) for name, c in marks),
    )


def _told(counts: Counts) -> str:
    return f"precision {ratio(counts.precision)} and recall {ratio(counts.recall)}"


def _x(counts: Counts) -> float:
    return _LEFT + _WIDE * (counts.recall or 0.0)


def _y(counts: Counts) -> float:
    return _TOP + _HIGH * (1 - (counts.precision or 0.0))
