"""A matcher that is asked about each prediction once, however often an article is aligned."""

from __future__ import annotations

from collections.abc import Sequence

from bench.matching.base import Matcher, Said, Verdict
from bench.model import GoldClaim


class Once:
    """``matcher`` for the claims of one article, always given in the same order.

    Sound because a matcher decides pair by pair, by the gold claims of the article alone.
    """

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._known: dict[Said, dict[int, float]] = {}

    def accepted(
        self, gold: Sequence[GoldClaim], predicted: Sequence[Said]
    ) -> dict[tuple[int, int], float]:
        """As the matcher finds."""
        new = [said for said in dict.fromkeys(predicted) if said not in self._known]
        found = self._matcher.accepted(gold, new) if new else {}
        self._known |= {said: {} for said in new}
        for (i, j), preference in found.items():
            self._known[new[j]][i] = preference
        return dict(
            sorted(
                ((i, j), preference)
                for j, said in enumerate(predicted)
                for i, preference in self._known[said].items()
            )
        )

    def judge(self, gold: GoldClaim, predicted: Said, among: Sequence[GoldClaim] = ()) -> Verdict:
        """As the matcher judges."""
        return self._matcher.judge(gold, predicted, among)
