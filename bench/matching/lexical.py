"""Matchers of plain words, for comparison: none looks at facts, numbers or polarity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from bench import text
from bench.matching.base import Measured, Said
from bench.model import GoldClaim

_Pairs = Mapping[tuple[int, int], float]


class exact(Measured, frozen=True):  # noqa: N801 - its repr is its public name
    """Equal words in equal order, whatever their case and signs. The strictest reading."""

    threshold: float = 1.0

    def similarities(self, gold: Sequence[GoldClaim], predicted: Sequence[Said]) -> _Pairs:
        """1 where some wording has the same words, else 0."""
        return _best(gold, predicted, text.tokens, lambda a, b: float(a == b))


class token_f1(Measured, frozen=True):  # noqa: N801
    """Harmonic mean of precision and recall of words, each as often as it occurs.

    As in the evaluation of SQuAD (Rajpurkar et al. 2016), with the words of this harness and the
    best over all accepted wordings.
    """

    threshold: float = 0.7

    def similarities(self, gold: Sequence[GoldClaim], predicted: Sequence[Said]) -> _Pairs:
        """2 |A ∩ B| / (|A| + |B|) of the multisets of words."""
        return _best(gold, predicted, _counted, _overlap)


class containment(Measured, frozen=True):  # noqa: N801
    """Share of the claim's content words that the prediction has, whatever else it has.

    What many papers count by: it rewards copying the whole article.
    """

    threshold: float = 0.8

    def similarities(self, gold: Sequence[GoldClaim], predicted: Sequence[Said]) -> _Pairs:
        """|A ∩ B| / |A| of the sets of content words of claim A and prediction B."""
        return _best(
            gold, predicted, _content, lambda a, b: len(a & b) / len(a) if a else float(a == b)
        )


class chrf(Measured, frozen=True):  # noqa: N801
    """Character n-gram F-score: chrF2 of Popović 2015 (doi:10.18653/v1/W15-3049).

    The numbers are those of sacrebleu's sentence chrF / 100 with the accepted wording as reference
    and case ignored. They are had for all pairs of an article at once; a pair at a time it takes
    ten times as long.
    """

    threshold: float = 0.6

    def similarities(self, gold: Sequence[GoldClaim], predicted: Sequence[Said]) -> _Pairs:
        """F2 of the mean precision and recall over n-grams of 1 to 6 characters."""
        ours = [(i, w) for i, claim in enumerate(gold) for w in claim.wordings]
        theirs = [(j, w) for j, said in enumerate(predicted) for w in said.wordings]
        if not ours or not theirs:
            return {}
        scores = _chrf2([w for _, w in ours], [w for _, w in theirs])
        found: dict[tuple[int, int], float] = {}
        for (i, _), row in zip(ours, scores, strict=True):
            for (j, _), score in zip(theirs, row, strict=True):
                found[i, j] = max(found.get((i, j), 0.0), score)
        return found


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


def _best(
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


def _content(wording: str) -> frozenset[str]:
    return frozenset(map(text.content_key, text.tokens(wording))) - {""}


def _stems_and_pairs(wording: str) -> list[str]:
    stems = [text.stem(word) for word in text.tokens(wording)]
    return [*stems, *map(" ".join, pairwise(stems))]


_ORDERS = range(1, 7)


def _chrf2(references: Sequence[str], hypotheses: Sequence[str]) -> list[list[float]]:
    """ChrF2 in [0, 1] of every reference (row) and hypothesis (column).

    As in sacrebleu, an order that either is too short for is left out of the means.
    """
    import numpy as np

    shape = len(references), len(hypotheses)
    precision, recall, orders = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for n in _ORDERS:
        known: dict[tuple[str, int], int] = {}
        ours, theirs = (_grams(texts, n, known) for texts in (references, hypotheses))
        ours.resize(shape[0], len(known))  # the hypotheses brought n-grams of their own
        shared = (ours @ theirs.T).toarray()
        of_ours, of_theirs = np.meshgrid(ours.sum(axis=1), theirs.sum(axis=1), indexing="ij")
        both = (of_ours > 0) & (of_theirs > 0)
        precision += np.divide(shared, of_theirs, out=np.zeros(shape), where=both)
        recall += np.divide(shared, of_ours, out=np.zeros(shape), where=both)
        orders += both
    weighted = 4 * precision + recall
    f2 = np.divide(
        5 * precision * recall, weighted * orders, out=np.zeros(shape), where=weighted > 0
    )
    scores: list[list[float]] = np.minimum(f2, 1.0).tolist()
    return scores


def _grams(texts: Sequence[str], n: int, known: dict[tuple[str, int], int]) -> Any:
    """A row of 0 and 1 a text, with a column for the k-th occurrence of each n-gram of characters.

    So the product of two rows counts what the multisets share. ``known`` numbers the columns and
    grows.
    """
    from scipy.sparse import csr_array

    columns: list[int] = []
    ends = [0]
    for wording in texts:
        line = "".join(wording.lower().split())
        seen: Counter[str] = Counter()
        for start in range(len(line) - n + 1):
            gram = line[start : start + n]
            seen[gram] += 1
            columns.append(known.setdefault((gram, seen[gram]), len(known)))
        ends.append(len(columns))
    return csr_array(([1.0] * len(columns), columns, ends), shape=(len(texts), len(known)))
