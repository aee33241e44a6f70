"""Which prediction states which gold claim: similarity, the facts veto, and the alignment.

A matcher is a small frozen value; its ``repr`` is its identity in every signature. It decides
for pairs; :func:`align` makes the best one-to-one choice among the pairs it accepts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from bench import text
from bench.model import Alignment, Claim, Frozen, GoldClaim, Pair, UnknownName

Wordings = tuple[str, ...]
"""What a prediction may be read as: its one text, or all forms of an annotator's claim."""


class Verdict(Frozen, frozen=True):
    """A matcher's judgement of one pair: similarity in [0, 1], and the veto if there is one."""

    similarity: float
    accepted: bool
    reason: str = ""


class Matcher(Protocol):
    """Decides which predictions may stand for which gold claims."""

    def accepted(
        self, gold: Sequence[GoldClaim], predicted: Sequence[Wordings]
    ) -> dict[tuple[int, int], float]:
        """Preference, in (0, 1], for every accepted pair (gold index, predicted index).

        The alignment maximises its sum. It is the similarity, told apart below the sixth
        decimal where similarities are equal.
        """
        ...

    def judge(self, gold: GoldClaim, predicted: Wordings) -> Verdict:
        """The same decision for one pair, with its reason."""
        ...


class keyed(Frozen, frozen=True, omit_defaults=False):  # noqa: N801 - its repr is its public name
    """Token overlap on content words, then the facts veto. The default.

    Similarity is the best, over the gold claim's canonical text and forms, of the Dice
    coefficient 2 |A & B| / (|A| + |B|) of the sets of normalised content words. A pair at or
    above ``threshold`` is accepted unless the prediction lacks a required fact, gives another
    number where the wording has one, or differs from it in polarity.
    """

    threshold: float = 0.6

    def accepted(
        self, gold: Sequence[GoldClaim], predicted: Sequence[Wordings]
    ) -> dict[tuple[int, int], float]:
        """Preference for every accepted pair (gold index, predicted index)."""
        bits: Bits = {}
        ours = [
            (i, _Read(w, bits, learn=True)) for i, claim in enumerate(gold) for w in claim.wordings
        ]
        result = {}
        for j, wordings in enumerate(predicted):
            close = self._close(ours, [_Read(w, bits, learn=False) for w in wordings])
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

    def judge(self, gold: GoldClaim, predicted: Wordings) -> Verdict:
        """The decision for one pair, with its reason."""
        bits: Bits = {}
        ours = [(0, _Read(w, bits, learn=True)) for w in gold.wordings]
        theirs = [_Read(w, bits, learn=False) for w in predicted]
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


class exact(Frozen, frozen=True):  # noqa: N801 - its repr is its public name
    """Equal words in equal order, whatever their case and signs. The strictest reading."""

    def accepted(
        self, gold: Sequence[GoldClaim], predicted: Sequence[Wordings]
    ) -> dict[tuple[int, int], float]:
        """Preference (always 1) for every accepted pair (gold index, predicted index)."""
        left = [{text.tokens(w) for w in claim.wordings} for claim in gold]
        right = [{text.tokens(w) for w in wordings} for wordings in predicted]
        return {
            (i, j): 1.0
            for i, words in enumerate(left)
            for j, others in enumerate(right)
            if words & others
        }

    def judge(self, gold: GoldClaim, predicted: Wordings) -> Verdict:
        """The decision for one pair, with its reason."""
        if self.accepted([gold], [predicted]):
            return Verdict(1.0, True)
        return Verdict(0.0, False, "no accepted form has the same words")


DEFAULT = keyed()
MATCHERS: Mapping[str, Matcher] = {"keyed": keyed(), "exact": exact()}


def matcher_named(name: str) -> Matcher:
    """The matcher ``name`` with its default settings. Raises UnknownName."""
    if name not in MATCHERS:
        raise UnknownName("matcher", name, MATCHERS)
    return MATCHERS[name]


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


def align(
    article_id: str,
    gold: Sequence[GoldClaim],
    predicted: Sequence[Claim | GoldClaim],
    matcher: Matcher = DEFAULT,
) -> Alignment:
    """The best one-to-one alignment of an article's claims.

    Required gold is assigned first, so that the total similarity of the accepted pairs is
    largest (Hungarian method); optional gold then takes what is left over, as don't-care
    regions do in detection. Neither the order of the gold claims nor that of the predictions
    changes the result: ties go to what comes first by position in the article, then by wording.
    Of predictions in the same words, whatever their case and signs, one may match, the one of
    the right type if there is any: saying it twice finds nothing more.
    """
    gold_order = sorted(range(len(gold)), key=lambda i: (gold[i].spans, gold[i].text))
    same: dict[tuple[str, ...], list[int]] = {}
    for j, claim in enumerate(predicted):
        same.setdefault(text.tokens(claim.text), []).append(j)
    groups = [sorted(same[words], key=lambda j: predicted[j].type or "") for words in sorted(same)]
    accepted = matcher.accepted(
        [gold[i] for i in gold_order], [_wordings(predicted[group[0]]) for group in groups]
    )
    similar = {(gold_order[i], k): s for (i, k), s in accepted.items()}
    required = _assign({p: s for p, s in similar.items() if not gold[p[0]].optional})
    taken = {pair.predicted for pair in required}
    ignored = _assign(
        {p: s for p, s in similar.items() if gold[p[0]].optional and p[1] not in taken}
    )
    pairs, others = (
        tuple(_spoken_for(pair, groups[pair.predicted], gold, predicted) for pair in assigned)
        for assigned in (required, ignored)
    )
    matched = {pair.gold for pair in pairs}
    used = {pair.predicted for pair in (*pairs, *others)}
    return Alignment(
        article_id=article_id,
        pairs=pairs,
        missed=tuple(i for i, g in enumerate(gold) if i not in matched and not g.optional),
        spurious=tuple(j for j in range(len(predicted)) if j not in used),
        ignored=others,
    )


def _spoken_for(
    pair: Pair,
    group: Sequence[int],
    gold: Sequence[GoldClaim],
    predicted: Sequence[Claim | GoldClaim],
) -> Pair:
    """``pair`` with the one of its group of equal wordings that has the gold claim's type."""
    right = (j for j in group if predicted[j].type == gold[pair.gold].type)
    return Pair(pair.gold, next(right, group[0]), pair.similarity)


def _wordings(claim: Claim | GoldClaim) -> Wordings:
    return claim.wordings if isinstance(claim, GoldClaim) else (claim.text,)


def _assign(similar: Mapping[tuple[int, int], float]) -> tuple[Pair, ...]:
    """One-to-one pairs of the largest total similarity, in order of gold index.

    Keys are taken in the order given, which decides ties.
    """
    if not similar:
        return ()
    rows = list(dict.fromkeys(i for i, _ in similar))
    columns = list(dict.fromkeys(j for _, j in similar))
    if len(rows) == len(similar) == len(columns):
        chosen: Iterable[tuple[int, int]] = similar
    else:
        # Imported here: most articles need no solver, and most commands no scipy.
        import numpy as np
        from scipy.optimize import linear_sum_assignment

        weights = np.zeros((len(rows), len(columns)))
        row_of = {i: r for r, i in enumerate(rows)}
        column_of = {j: c for c, j in enumerate(columns)}
        for (i, j), similarity in similar.items():
            weights[row_of[i], column_of[j]] = similarity
        best = zip(*linear_sum_assignment(weights, maximize=True), strict=True)
        chosen = [(rows[r], columns[c]) for r, c in best if weights[r, c] > 0]
    return tuple(sorted((Pair(i, j, similar[i, j]) for i, j in chosen), key=lambda p: p.gold))
