"""What a matcher is: a small frozen value that decides which texts state which gold claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from bench.model import Claim, Frozen, GoldClaim, Span

Ground = Literal[
    "", "similarity", "fact", "holder", "number", "polarity", "hedge", "roles", "bundle"
]
"""On what a pair was turned down; empty for an accepted one."""


class Said(Frozen, frozen=True):
    """What a prediction says: its one wording, or all those of an annotator's claim.

    ``spans`` are half-open code-point offsets into the article, where it names any.
    """

    wordings: tuple[str, ...]
    spans: tuple[Span, ...] = ()


def said(claim: Claim | GoldClaim) -> Said:
    """A claim as a matcher reads it."""
    wordings = claim.wordings if isinstance(claim, GoldClaim) else (claim.text,)
    return Said(wordings, claim.spans or ())


class Verdict(Frozen, frozen=True):
    """A matcher's judgement of one pair.

    ``similarity`` lies in [0, 1]; ``reason`` says in words, ``ground`` in one, why the pair was
    turned down.
    """

    similarity: float
    accepted: bool
    reason: str = ""
    ground: Ground = ""


class Matcher(Protocol):
    """Decides which predictions may stand for which gold claims of one article.

    Its ``repr`` is its identity: two matchers of equal ``repr`` decide alike.
    """

    def accepted(
        self, gold: Sequence[GoldClaim], predicted: Sequence[Said]
    ) -> dict[tuple[int, int], float]:
        """Preference, in (0, 1], for every accepted pair (gold index, predicted index).

        The alignment maximises its sum. It is the similarity, told apart below the sixth
        decimal where similarities are equal.
        """
        ...

    def judge(self, gold: GoldClaim, predicted: Said, among: Sequence[GoldClaim] = ()) -> Verdict:
        """The same decision for one pair, with its reason.

        ``among`` are all gold claims of the article, for a measure that depends on them.
        """
        ...


class Measured(Frozen, frozen=True, omit_defaults=False):
    """A matcher that accepts whatever is similar enough and knows no veto.

    A kind of it says how similar; see :class:`Matcher` for the rest.
    """

    threshold: float

    def similarities(
        self, gold: Sequence[GoldClaim], predicted: Sequence[Said]
    ) -> Mapping[tuple[int, int], float]:
        """Similarity in [0, 1] of pairs (gold index, predicted index); of those left out, 0."""
        raise NotImplementedError

    def accepted(
        self, gold: Sequence[GoldClaim], predicted: Sequence[Said]
    ) -> dict[tuple[int, int], float]:
        """Similarity of every accepted pair (gold index, predicted index)."""
        found = self.similarities(gold, predicted)
        return {pair: found[pair] for pair in sorted(found) if found[pair] >= self.threshold > 0}

    def judge(self, gold: GoldClaim, predicted: Said, among: Sequence[GoldClaim] = ()) -> Verdict:
        """The decision for one pair, with its reason; ``among`` as in :class:`Matcher`."""
        claims = [gold, *(other for other in among if other != gold)]
        return by_threshold(self.similarities(claims, [predicted]).get((0, 0), 0), self.threshold)


def by_threshold(similarity: float, threshold: float) -> Verdict:
    """The verdict on a pair whose similarity alone decides."""
    if similarity >= threshold > 0:
        return Verdict(similarity, accepted=True)
    told = f"similarity {similarity:.2f} is below {threshold:g}"
    return Verdict(similarity, accepted=False, reason=told, ground="similarity")
