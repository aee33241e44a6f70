"""The default matcher: content words in common, then the facts veto."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench import text
from bench.matching.base import Said, Verdict
from bench.model import Frozen, GoldClaim


class keyed(Frozen, frozen=True, omit_defaults=False):  # noqa: N801 - its repr is its public name
    """Token overlap on content words, then the facts veto. The default.

    Similarity is the best, over the gold claim's canonical text and forms, of the Dice
    coefficient 2 |A & B| / (|A| + |B|) of the sets of normalised content words. A pair at or
    above ``threshold`` is accepted unless the prediction lacks a required fact, gives another
    number where the wording has one, or differs from it in polarity.
    """

    threshold: float = 0.6

    def accepted(
        self, gold: Sequence[GoldClaim], predicted: Sequence[Said]
    ) -> dict[tuple[int, int], float]:
        """Preference for every accepted pair (gold index, predicted index)."""
        bits: Bits = {}
        ours = [
            (i, _Read(w, bits, learn=True)) for i, claim in enumerate(gold) for w in claim.wordings
        ]
        result = {}
        for j, said in enumerate(predicted):
            close = self._close(ours, [_Read(w, bits, learn=False) for w in said.wordings])
            for i, candidates in close.items():
                if best := _best(candidates, gold[i].facts):
                    result[i, j] = best
        return dict(sorted(result.items()))

    def _close(
        self, ours: Sequence[tuple[int, _Read]], theirs: Sequence[_Read]
    ) -> dict[int, list[_Candidate]]:
        """By gold index, pairs of wordings at or above the threshold, the most similar first."""
        found: dict[int, list[_Candidate]] = {}
        threshold = self.threshold
        for b in theirs:
            mask, size = b.mask, b.size
            for i, a in ours:
                shared, both = 2 * (a.mask & mask).bit_count(), a.size + size
                if shared >= threshold * both:
                    found.setdefault(i, []).append((shared / both, a, b))
        for candidates in found.values():
            candidates.sort(key=_by_similarity, reverse=True)
        return found

    def judge(self, gold: GoldClaim, predicted: Said, among: Sequence[GoldClaim] = ()) -> Verdict:
        """The decision for one pair, with its reason."""
        bits: Bits = {}
        ours = [(0, _Read(w, bits, learn=True)) for w in gold.wordings]
        theirs = [_Read(w, bits, learn=False) for w in predicted.wordings]
        close = self._close(ours, theirs).get(0)
        if not close:
            best = max(
                2 * (a.mask & b.mask).bit_count() / (a.size + b.size)
                for _, a in ours
                for b in theirs
            )
            return Verdict(best, False, f"similarity {best:.2f} is below {self.threshold:g}")
        for similarity, a, b in close:
            if not _veto(a, b, gold.facts):
                return Verdict(similarity, True)
        best, a, b = close[0]
        return Verdict(best, False, _veto(a, b, gold.facts))


DEFAULT = keyed()

Bits = dict[str, int]
"""One bit for each content word of an article's gold claims, from the second bit on."""

_NOTHING = 1
"""The first bit: that of a wording without any content word."""


class _Read(text.Reading):
    """A wording and its content words as a bit set of ``size`` words, of which some may be unknown.

    Repeating a word adds nothing.
    """

    def __init__(self, wording: str, bits: Bits, *, learn: bool) -> None:
        super().__init__(wording)
        stems = {*map(text.content_key, self.merged)}
        stems.discard("")
        mask = 0
        if learn:
            for stem in stems:
                mask |= bits.setdefault(stem, 2 << len(bits))
        else:  # a word that no gold claim has matches none and needs no bit
            for stem in stems:
                mask |= bits.get(stem, 0)
        self.mask = mask if stems else _NOTHING
        self.size = len(stems) or 1


_Candidate = tuple[float, _Read, _Read]


def _by_similarity(candidate: _Candidate) -> float:
    return candidate[0]


_TIE = 1e-6


def _best(close: Sequence[_Candidate], facts: Sequence[Sequence[str]]) -> float | None:
    """The preference of the most similar pair of wordings without a veto; None if all have one.

    The similarity is shaded so that among equals the wording closest word for word wins:
    function words and order tell "the pool will close" from "the pool closed".
    """
    complete: dict[int, bool] = {}
    for similarity, a, b in close:
        if id(b) not in complete:
            complete[id(b)] = not b.missing(facts)
        if complete[id(b)] and not _disagreement(a, b):
            shared = len({*a.words} & {*b.words}) / len({*a.words} | {*b.words})
            return similarity - _TIE * (1 - (shared + (a.words == b.words)) / 2)
    return None


def _veto(gold: text.Reading, prediction: text.Reading, facts: Sequence[Sequence[str]]) -> str:
    """Why a prediction cannot be this claim however alike the words; empty if it can."""
    missing = prediction.missing(facts)
    if missing:
        return "lacks " + " and ".join(" / ".join(group) for group in missing)
    return _disagreement(gold, prediction)


def _disagreement(gold: text.Reading, prediction: text.Reading) -> str:
    """Which number or polarity differs between two wordings; empty if none does."""
    ours, theirs = gold.numbers, prediction.numbers
    if not ours <= theirs and not theirs <= ours:
        return f"says {_listed(theirs - ours)} where the claim says {_listed(ours - theirs)}"
    if gold.negated != prediction.negated:
        return "is negated and the claim is not" if prediction.negated else "lacks a negation"
    return ""


def _listed(values: Iterable[str]) -> str:
    return ", ".join(sorted(values))
