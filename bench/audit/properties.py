"""Property proxies against the judgement of two readers (gold/pairs/properties.jsonl)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bench import stats
from bench.audit.agreement import Estimate, estimates
from bench.model import ANNOTATORS, Frozen
from bench.properties import PROXIES
from bench.store import Places, read_jsonl

FILE = Path("pairs") / "properties.jsonl"
"""Where the judged examples lie in a folder of gold."""

Part = Literal["dev", "test"]


class Judged(Frozen, frozen=True):
    """A prediction of a real system, as two readers judged it who saw the article and no proxy.

    ``readings`` maps reader to property to whether the prediction has it, ``why`` reader to what
    it lacks. An example of ``distinct`` has a second prediction of the same article, ``other``.
    ``dev`` was looked at while the proxies were written, ``test`` was not; no article is in both.
    """

    id: str
    article: str
    part: Part
    prediction: str
    readings: Mapping[str, Mapping[str, bool]]
    other: str = ""
    why: Mapping[str, str] = {}

    def said(self, name: str) -> tuple[bool, ...]:
        """The readings of property ``name``, in their order; empty if not asked."""
        return tuple(self.readings[who][name] for who in ANNOTATORS if name in self.readings[who])


class Concord(Frozen, frozen=True):
    """How far yes-or-no answers agree with those that are taken for true.

    ``lacking`` counts the true noes; precision and recall are of the answer no. Intervals resample
    articles.
    """

    examples: int
    lacking: int
    kappa: Estimate
    accuracy: Estimate
    precision: Estimate
    recall: Estimate


class Measurement(Frozen, frozen=True):
    """The two ``readers`` with each other, and the ``proxy`` where they say the same.

    ``proxy`` is None for a property that was judged and has none.
    """

    readers: Concord
    proxy: Concord | None


def judged(places: Places) -> list[Judged]:
    """The judged examples of the first folder of gold that has any; else an empty list."""
    found = next((folder / FILE for folder in places.gold if (folder / FILE).is_file()), None)
    return read_jsonl(found, Judged)[1] if found else []


def measure(examples: Sequence[Judged]) -> dict[tuple[str, Part], Measurement]:
    """Measure every property that was judged, on each part."""
    names = list(dict.fromkeys(n for e in examples for r in e.readings.values() for n in r))
    parts: tuple[Part, ...] = ("dev", "test")
    return {
        (name, part): _measured(name, here)
        for name in names
        for part in parts
        if (here := [e for e in examples if e.part == part and e.said(name)])
    }


def _measured(name: str, examples: Sequence[Judged]) -> Measurement:
    alike = [e for e in examples if len({*e.said(name)}) == 1]
    return Measurement(
        readers=_concord((e.article, *e.said(name)) for e in examples),
        proxy=_concord((e.article, e.said(name)[0], _has(name, e)) for e in alike)
        if name in PROXIES
        else None,
    )


def _has(name: str, example: Judged) -> bool:
    """What the proxy says."""
    claims = [example.prediction, *([example.other] if example.other else [])]
    return not any(PROXIES[name](claims))


def _concord(answers: Iterable[tuple[Any, ...]]) -> Concord:
    """Compare answers: article, true, given."""
    tables: dict[str, NDArray[Any]] = {}
    for article, true, given in answers:
        cells = tables.setdefault(article, np.zeros((4, 3)))
        cells[2 * true + given, 0] += 1
    table = np.array([*tables.values()]).reshape(-1, 4, 3)
    found = estimates(table, stats.resampled(table), _quality)
    whole = table[:, :, 0].sum(axis=0)
    return Concord(int(whole.sum()), int(whole[:2].sum()), *found)


def _quality(counts: NDArray[Any]) -> NDArray[Any]:
    """Kappa, accuracy, and precision and recall of no: (…, 4, 3) -> (…, 4).

    The rows are no-no, no-yes, yes-no and yes-yes, true before given, in the first cell.
    """
    cells = counts[..., 0]
    no, passed, blamed, yes = np.moveaxis(cells, -1, 0)
    right, wrong, nothing = no + yes, passed + blamed, np.zeros_like(no)
    shares = np.stack(
        [
            np.stack([right, wrong, nothing], axis=-1),
            np.stack([no, blamed, nothing], axis=-1),
            np.stack([no, passed, nothing], axis=-1),
        ],
        axis=-2,
    )
    kappa = stats.kappa(cells.reshape(*cells.shape[:-1], 2, 2))
    return np.concatenate([kappa[..., None], stats.precision(shares)], axis=-1)
