"""Property scores beside the leaderboard, and what their proxies are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan

import numpy as np

from bench import stats
from bench.model import Counts, Frozen, total
from bench.properties import MEANING
from bench.report.table import Measure, Table, ratio

Tally = Mapping[str, Counts]
"""Of one article: by property, predictions that have it (tp) and that lack it (fp)."""


class Properties(Frozen, frozen=True):
    """What is known of the predictions themselves: tallies by system, one an article.

    ``kappa`` is, by property, how far its proxy agrees with readers on examples held out.
    """

    tallies: Mapping[str, Sequence[Tally]]
    kappa: Mapping[str, Measure]


def property_table(found: Properties, systems: Sequence[str], where: str) -> Table:
    """A row a system: the share of its predictions that have each property; higher is better."""
    shown = [system for system in systems if system in found.tallies]
    return Table(
        title=f"Properties of the predictions: {where}",
        columns=("system", "predictions", *MEANING),
        rows=tuple(_row(system, found.tallies[system]) for system in shown),
        notes=(
            "read off the words alone, without the gold; proxies, to be compared between systems",
            *(
                f"{name}: {meaning}{_worth(found.kappa.get(name))}"
                for name, meaning in MEANING.items()
            ),
        ),
    )


def _row(system: str, tallies: Sequence[Tally]) -> tuple[str | Measure, ...]:
    counts = [[tally.get(name, Counts()) for name in MEANING] for tally in tallies]
    sums = [total(column) for column in zip(*counts, strict=True)] or [Counts() for _ in MEANING]
    cells = [[(c.tp, c.fp, 0) for c in row] for row in counts]
    table = np.array(cells, dtype=np.int64).reshape(-1, len(MEANING), 3)
    bounds = stats.interval(stats.resampled(table), stats.precision).tolist()
    shares = (
        Measure(c.precision) if isnan(low) else Measure(c.precision, low, high)
        for c, (low, high) in zip(sums, bounds, strict=True)
    )
    return (system, str(max(c.tp + c.fp for c in sums)), *shares)


def _worth(kappa: Measure | None) -> str:
    if kappa is None or kappa.value is None:
        return ""
    return f" (agreement with readers: kappa {ratio(kappa.value)} {kappa.interval})".rstrip()
