"""Which of the pairs that a matcher accepts stand, over the claims of one article."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from bench import text
from bench.matching.base import Matcher, Said, said
from bench.matching.keyed import DEFAULT
from bench.matching.lexical import content
from bench.model import Alignment, Claim, Counts, Frozen, GoldClaim, Pair


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
    groups = [sorted(same[words], key=lambda j: _rank(predicted[j])) for words in sorted(same)]
    accepted = matcher.accepted(
        [gold[i] for i in gold_order], [_said_by(predicted[j] for j in group) for group in groups]
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


def _rank(claim: Claim | GoldClaim) -> tuple[object, ...]:
    """An order of claims in equal words that does not hang on the order in which they came."""
    credited = claim.source if isinstance(claim, Claim) else None
    return claim.type or "", credited or "", claim.spans or ()


def _said_by(group: Iterable[Claim | GoldClaim]) -> Said:
    """What predictions in the same words say, at all the places that they name."""
    first, *others = map(said, group)
    return Said(first.wordings, (*first.spans, *(span for other in others for span in other.spans)))


def _spoken_for(
    pair: Pair,
    group: Sequence[int],
    gold: Sequence[GoldClaim],
    predicted: Sequence[Claim | GoldClaim],
) -> Pair:
    """``pair`` with the one of its group of equal wordings that has the gold claim's type."""
    right = (j for j in group if predicted[j].type == gold[pair.gold].type)
    return Pair(pair.gold, next(right, group[0]), pair.similarity)


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


class Support(Frozen, frozen=True):
    """Which claims of an article are supported, where any claim may support any other.

    ``covered`` and ``missed`` are indices of required gold, ``focused`` and ``spurious`` of
    predictions; a prediction that supports optional gold alone, or says in equal words what
    another says, is in neither. ``splits`` are gold claims that no prediction states and several
    state together, ``merges`` predictions that state none and hold several. ``links`` are all
    pairs (gold index, predicted index) of which one supports the other, optional gold among them;
    of predictions in equal words the first stands for all.
    """

    covered: tuple[int, ...]
    missed: tuple[int, ...]
    focused: tuple[int, ...]
    spurious: tuple[int, ...]
    splits: tuple[int, ...] = ()
    merges: tuple[int, ...] = ()
    links: tuple[tuple[int, int], ...] = ()

    @property
    def focus(self) -> Counts:
        """Predictions that support some gold claim (tp), and that support none (fp)."""
        return Counts(tp=len(self.focused), fp=len(self.spurious))

    @property
    def coverage(self) -> Counts:
        """Required gold claims that some prediction supports (tp), and that none does (fn)."""
        return Counts(tp=len(self.covered), fn=len(self.missed))


class many(Frozen, frozen=True, omit_defaults=False):  # noqa: N801 - its repr is its public name
    """Any prediction may support any number of gold claims, and the other way round.

    With ``parts``, what a claim is cut into counts as well. A gold claim that no prediction states
    is covered if two or three that are mostly about it state it together, none of them to spare (a
    split). A prediction that states no gold claim but consists of two or three clauses that state
    different ones is in focus and covers them (a merge).
    """

    parts: bool = False

    def align(
        self,
        gold: Sequence[GoldClaim],
        predicted: Sequence[Claim | GoldClaim],
        matcher: Matcher = DEFAULT,
    ) -> Support:
        """Who supports whom among the claims of one article; the order of claims is nothing."""
        first: dict[tuple[str, ...], int] = {}
        for j, claim in enumerate(predicted):
            first.setdefault(text.tokens(claim.text), j)
        distinct = [first[words] for words in sorted(first)]
        read = [said(predicted[j]) for j in distinct]
        links = {*matcher.accepted(gold, read)}
        splits: tuple[int, ...] = ()
        merges: tuple[int, ...] = ()
        if self.parts:
            parted = _splits(gold, read, links, matcher)
            merged = _merges(gold, read, links, matcher)
            splits = tuple(sorted({i for i, _ in parted}))
            merges = tuple(sorted(distinct[k] for k in {k for _, k in merged}))
            links |= parted | merged
        covered = {i for i, _ in links}
        supports = {k: [gold[i] for i, j in links if j == k] for _, k in links}
        required = [i for i, claim in enumerate(gold) if not claim.optional]
        return Support(
            covered=tuple(i for i in required if i in covered),
            missed=tuple(i for i in required if i not in covered),
            focused=tuple(
                sorted(
                    distinct[k]
                    for k, claims in supports.items()
                    if not all(claim.optional for claim in claims)
                )
            ),
            spurious=tuple(sorted(j for k, j in enumerate(distinct) if k not in supports)),
            splits=splits,
            merges=merges,
            links=tuple(sorted((i, distinct[k]) for i, k in links)),
        )


Links = set[tuple[int, int]]
"""Pairs (gold index, predicted index)."""

_PARTS = 3
"""The most parts of a split or merge: a claim of more is a paragraph."""

_NEAREST = 4
"""So many predictions are tried as the parts of a gold claim."""


def _splits(
    gold: Sequence[GoldClaim], predicted: Sequence[Said], links: Links, matcher: Matcher
) -> Links:
    """Links of gold claims that no prediction states to the fewest that state it together."""
    unstated = sorted({*range(len(gold))} - {i for i, _ in links})
    words = [content(p.wordings[0]) for p in predicted]
    found: Links = set()
    for i in unstated:
        nearest = _nearest(content(*gold[i].wordings), words)
        together = (c for number in range(2, _PARTS + 1) for c in combinations(nearest, number))
        for chosen in together:
            whole = _joined(predicted[k] for k in chosen)
            if matcher.judge(gold[i], whole, gold).accepted:
                found |= {(i, k) for k in chosen}
                break
    return found


def _nearest(wanted: frozenset[str], words: Sequence[frozenset[str]]) -> list[int]:
    """The predictions with most words of the claim, of those that are mostly about it."""
    shared = [(len(wanted & theirs), k) for k, theirs in enumerate(words)]
    about = [(n, k) for n, k in shared if n > len(words[k]) / 2]
    return [k for _, k in sorted(about, key=lambda x: (-x[0], x[1]))[:_NEAREST]]


def _joined(parts: Iterable[Said]) -> Said:
    return Said((", ".join(part.wordings[0].rstrip(" .") for part in parts),))


def _merges(
    gold: Sequence[GoldClaim], predicted: Sequence[Said], links: Links, matcher: Matcher
) -> Links:
    """Links of predictions that state no gold claim to those that their clauses state."""
    unlinked = sorted({*range(len(predicted))} - {k for _, k in links})
    cut = {k: _clauses(predicted[k].wordings[0]) for k in unlinked}
    parts = [(k, part) for k in unlinked if 2 <= len(cut[k]) <= _PARTS for part in cut[k]]
    stated = matcher.accepted(gold, [Said((part,)) for _, part in parts]) if parts else {}
    found: Links = set()
    for k in {k for k, _ in parts}:
        here = [(i, n) for i, n in stated if parts[n][0] == k]
        if len({i for i, _ in here}) > 1 and len({n for _, n in here}) > 1:
            found |= {(i, k) for i, _ in here}
    return found


_JOINT = re.compile(r";\s+|,? (?:and|but|while|whereas|although|because) |, (?:which|who|so) ")


def _clauses(wording: str) -> list[str]:
    """The sentences of ``wording``, cut where a conjunction or relative pronoun joins clauses.

    By the words alone: a list ("Arlen and Bosk") comes apart too.
    """
    whole = (wording[start:end] for start, end in text.sentences(wording))
    return [part for sentence in whole for part in _JOINT.split(sentence) if part.strip()]
