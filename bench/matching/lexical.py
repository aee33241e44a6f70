"""Matchers of plain words, for comparison: none looks at facts, numbers or polarity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from bench import text
from bench.matching.base import Measured, Said, Verdict, by_threshold
from bench.model import ClaimbenchError, Frozen, GoldClaim

_Pairs = Mapping[tuple[int, int], float]


class exact(Frozen, frozen=True):  # noqa: N801 - its repr is its public name
    """Equal words in equal order, whatever their case and signs. The strictest reading."""

    def accepted(
        self, gold: Sequence[GoldClaim], predicted: Sequence[Said]
    ) -> dict[tuple[int, int], float]:
        """1 for every pair (gold index, predicted index) of which some wording has the same words.

        It knows no degrees, and so no threshold.
        """
        same = over_wordings(gold, predicted, text.tokens, lambda a, b: float(a == b))
        return {pair: 1.0 for pair, equal in sorted(same.items()) if equal}

    def judge(self, gold: GoldClaim, predicted: Said, among: Sequence[GoldClaim] = ()) -> Verdict:
        """The decision for one pair, with its reason."""
        return by_threshold(float(bool(self.accepted([gold], [predicted]))), 1)


class token_f1(Measured, frozen=True):  # noqa: N801
    """Harmonic mean of precision and recall of words, each as often as it occurs.

    As in the evaluation of SQuAD (Rajpurkar et al. 2016), with the words of this harness and the
    best over all accepted wordings.
    """

    threshold: float = 0.7

    def similarities(self, gold: Sequence[GoldClaim], predicted: Sequence[Said]) -> _Pairs:
        """2 |A ∩ B| / (|A| + |B|) of the multisets of words."""
        return over_wordings(gold, predicted, _counted, _overlap)


class containment(Measured, frozen=True):  # noqa: N801
    """Share of the claim's content words that the prediction has, whatever else it has.

    What many papers count by: it rewards copying the whole article.
    """

    threshold: float = 0.8

    def similarities(self, gold: Sequence[GoldClaim], predicted: Sequence[Said]) -> _Pairs:
        """|A ∩ B| / |A| of the sets of content words of claim A and prediction B."""
        return over_wordings(
            gold, predicted, content, lambda a, b: len(a & b) / len(a) if a else float(a == b)
        )


class chrf(Measured, frozen=True):  # noqa: N801
    """Character n-gram F-score (Popović 2015, chrF2), by sacrebleu: the extra ``metrics``."""

    threshold: float = 0.6

    def similarities(self, gold: Sequence[GoldClaim], predicted: Sequence[Said]) -> _Pairs:
        """Sentence chrF / 100 with the accepted wording as reference; case is ignored."""
        return over_wordings(gold, predicted, str, _chrf2)


class tfidf(Measured, frozen=True):  # noqa: N801
    """Cosine of word and word-pair weights (tf-idf), by scikit-learn.

    The inverse document frequencies are those of the article's gold claims, each with all its
    wordings one document, so that what else was predicted changes nothing.
    """

    threshold: float = 0.5

    def similarities(self, gold: Sequence[GoldClaim], predicted: Sequence[Said]) -> _Pairs:
        """Cosine in [0, 1], the best over wordings."""
        from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]

        theirs = [(j, w) for j, said in enumerate(predicted) for w in said.wordings]
        ours = [(i, w) for i, claim in enumerate(gold) for w in claim.wordings]
        known = [" ".join(claim.wordings) for claim in gold]
        if not theirs or not any(map(text.tokens, known)):
            return {}
        weigh = TfidfVectorizer(analyzer=_stems_and_pairs, sublinear_tf=True).fit(known)
        cosines = weigh.transform([w for _, w in ours]) @ weigh.transform([w for _, w in theirs]).T
        found: dict[tuple[int, int], float] = {}
        cosines = cosines.tocoo()
        for row, column, cosine in zip(cosines.row, cosines.col, cosines.data, strict=True):
            pair = ours[row][0], theirs[column][0]
            found[pair] = max(found.get(pair, 0.0), min(1.0, float(cosine)))
        return found


def over_wordings(
    gold: Sequence[GoldClaim],
    predicted: Sequence[Said],
    read: Callable[[str], Any],
    similarity: Callable[[Any, Any], float],
) -> dict[tuple[int, int], float]:
    """The largest similarity over the wordings of both sides, each read once."""
    ours = [[read(w) for w in claim.wordings] for claim in gold]
    theirs = [[read(w) for w in said.wordings] for said in predicted]
    return {
        (i, j): max(similarity(a, b) for a in left for b in right)
        for i, left in enumerate(ours)
        for j, right in enumerate(theirs)
    }


def _counted(wording: str) -> Counter[str]:
    return Counter(text.tokens(wording))


def _overlap(a: Counter[str], b: Counter[str]) -> float:
    whole = a.total() + b.total()
    return 2 * (a & b).total() / whole if whole else 1.0


def content(*wordings: str) -> frozenset[str]:
    """The stems of the content words of all ``wordings``."""
    return frozenset(k for w in wordings for k in map(text.content_key, text.tokens(w)) if k)


def _stems_and_pairs(wording: str) -> list[str]:
    stems = [text.stem(word) for word in text.tokens(wording)]
    return [*stems, *map(" ".join, pairwise(stems))]


@lru_cache(maxsize=1 << 17)  # it is slow, and curves and rankings ask for the same pairs again
def _chrf2(reference: str, hypothesis: str) -> float:
    return min(1.0, float(_chrf()(hypothesis, [reference]).score) / 100)


@lru_cache(maxsize=1)
def _chrf() -> Callable[[str, list[str]], Any]:
    try:
        from sacrebleu.metrics.chrf import CHRF
    except ImportError:
        raise ClaimbenchError(
            "the matcher chrf needs sacrebleu, which is not installed",
            hint="pip install 'sacrebleu>=2.4'",
        ) from None
    return CHRF(lowercase=True).sentence_score
