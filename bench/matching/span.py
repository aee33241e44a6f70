"""A matcher that reads no words: it asks where in the article a prediction points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bench.matching.base import Measured, Said
from bench.model import GoldClaim, Span


class span(Measured, frozen=True):  # noqa: N801 - its repr is its public name
    """Overlap of the places that prediction and gold claim name, in code points of the article.

    Two claims of one sentence can hardly be told apart by it, and a prediction without spans is
    like nothing.
    """

    threshold: float = 0.5

    def similarities(
        self, gold: Sequence[GoldClaim], predicted: Sequence[Said]
    ) -> Mapping[tuple[int, int], float]:
        """2 |A ∩ B| / (|A| + |B|) of the sets of code points that the spans of each side cover."""
        ours = [_disjoint(claim.spans) for claim in gold]
        theirs = [_disjoint(said.spans) for said in predicted]
        return {(i, j): _dice(a, b) for i, a in enumerate(ours) for j, b in enumerate(theirs)}


def _disjoint(spans: Iterable[Span]) -> list[Span]:
    """The union of half-open ``spans``, in order; one that holds nothing is nothing."""
    union: list[Span] = []
    for start, end in sorted(s for s in spans if s[0] < s[1]):
        if union and start <= union[-1][1]:
            union[-1] = union[-1][0], max(end, union[-1][1])
        else:
            union.append((start, end))
    return union


def _dice(a: Sequence[Span], b: Sequence[Span]) -> float:
    whole = sum(end - start for start, end in (*a, *b))
    shared = sum(max(0, min(m, n) - max(i, j)) for i, m in a for j, n in b)
    return 2 * shared / whole if whole else 0.0
