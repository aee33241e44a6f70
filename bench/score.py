"""Gold and outputs in, a scorecard out: integer counts from which every number derives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from bench import text
from bench.gold import digest
from bench.matching import DEFAULT, Matcher, Support, Verdict, align, many, said
from bench.model import (
    TYPES,
    Alignment,
    ArticleScore,
    Claim,
    ClaimType,
    Counts,
    DataError,
    Extraction,
    Frozen,
    Gold,
    GoldClaim,
    Labelled,
    Scorecard,
    Signature,
    Status,
    UnknownName,
)

SCORER = "1"
"""Version of what is counted and how; raised whenever a golden example of the tests changes."""

Prediction = Extraction | Sequence[Claim | Mapping[str, Any] | str]
"""A system's record, or claims: as ``Claim``, as ``{"text": …, "type": …}``, or as bare text."""


def evaluate(
    gold: Gold,
    predictions: Mapping[str, Prediction],
    *,
    system: str = "system",
    matcher: Matcher = DEFAULT,
) -> Scorecard:
    """Score ``predictions`` (article id -> claims, or an extraction record) against ``gold``.

    Every article of ``gold`` counts: one without predictions has status ``missing``, one whose
    extraction failed keeps its status, and both score as empty. Predictions for further
    articles are passed over. Pure: the same input gives the same card, in any order.

    Raises
    ------
    DataError
        A prediction is no list of claims; names article and claim.
    UnknownName
        An id is unknown while an article of ``gold`` lacks predictions: most likely misspelt.
    """
    scored = [
        _score_article(item, predictions.get(item.article.id), matcher) for item in gold.items
    ]
    known = {article.article_id for article, _ in scored}
    stray = predictions.keys() - known
    if stray and known - predictions.keys() and not _records(predictions):
        raise UnknownName("article in the gold", min(stray), known)
    return Scorecard(
        system=system,
        signature=signature(gold, matcher),
        by_article=tuple(article for article, _ in scored),
        harness_typed=any(filled for _, filled in scored),
    )


def signature(gold: Gold, matcher: Matcher = DEFAULT) -> Signature:
    """What a score against ``gold`` by ``matcher`` measures."""
    return Signature(
        corpus=gold.corpus,
        split=gold.split,
        gold=digest(gold),
        matcher=repr(matcher),
        scorer=SCORER,
    )


def supported(
    gold: Gold,
    predictions: Mapping[str, Prediction],
    *,
    matcher: Matcher = DEFAULT,
    alignment: many = many(),  # noqa: B008 - a frozen value
) -> dict[str, Support]:
    """Focus and coverage: per article, which claims support which, any number any other.

    Articles without predictions, or whose extraction failed, count as empty. Raises DataError.
    """
    return {
        item.article.id: alignment.align(
            item.claims, claims_of(item.article.id, predictions.get(item.article.id)), matcher
        )
        for item in gold.items
    }


def claims_of(article: str, prediction: Prediction | None) -> tuple[Claim, ...]:
    """The claims of a prediction with their types filled in; a failure has none."""
    return tuple(_typed(c) for c in _stated(article, prediction))


def _stated(article: str, prediction: Prediction | None) -> Iterable[Claim]:
    if prediction is None:
        return ()
    if isinstance(prediction, Extraction):
        return prediction.claims if prediction.status == "ok" else ()
    if isinstance(prediction, str):
        raise DataError(f"{article}: found a text; expected a list of claims")
    return [_claim(c, f"{article}: claim {n}") for n, c in enumerate(prediction)]


def _claim(given: Claim | Mapping[str, Any] | str, where: str) -> Claim:
    if isinstance(given, Claim):
        return given
    try:
        return msgspec.convert({"text": given} if isinstance(given, str) else given, Claim)
    except msgspec.ValidationError as error:
        raise DataError(
            f"{where}: {error}", hint='write a claim as text or as {"text": …, "type": …}'
        ) from None


def _records(predictions: Mapping[str, Prediction]) -> bool:
    """Whether these are the records of a run, which may well hold articles of other splits."""
    return all(isinstance(p, Extraction) for p in predictions.values())


def _typed(claim: Claim) -> Claim:
    return claim if claim.type else msgspec.structs.replace(claim, type=text.type_of(claim.text))


def ranked(cards: Iterable[Scorecard]) -> list[Scorecard]:
    """The cards, best claim F1 first; equal ones by name, undefined last."""

    def rank(card: Scorecard) -> tuple[float, str]:
        f1 = card.claims.f1
        return 1.0 if f1 is None else -f1, card.system

    return sorted(cards, key=rank)


def _score_article(
    item: Labelled, prediction: Prediction | None, matcher: Matcher
) -> tuple[ArticleScore, bool]:
    """Counts of one article, and whether the harness had to fill in a type."""
    stated = tuple(_stated(item.article.id, prediction))
    claims = tuple(_typed(c) for c in stated)
    alignment = align(item.article.id, item.claims, claims, matcher)
    status: Status | str = "missing"
    if prediction is not None:
        status = prediction.status if isinstance(prediction, Extraction) else "ok"
    found = {pair.gold for pair in alignment.pairs}
    return (
        ArticleScore(
            article_id=item.article.id,
            status=status,  # type: ignore[arg-type]
            claims=Counts(
                tp=len(alignment.pairs), fp=len(alignment.spurious), fn=len(alignment.missed)
            ),
            types=_count_types(item.claims, claims, alignment),
            slices=_count_slices(item.claims, found),
            found=tuple(item.claims[i].id for i in sorted(found)),
        ),
        any(c.type is None for c in stated),
    )


def _count_types(
    gold: Sequence[GoldClaim], claims: Sequence[Claim], alignment: Alignment
) -> dict[ClaimType, Counts]:
    """Per type: a matched pair of unequal types is a miss of one and a false alarm of the other."""
    tp, fp, fn = (dict.fromkeys(TYPES, 0) for _ in range(3))
    for pair in alignment.pairs:
        wanted, given = gold[pair.gold].type, claims[pair.predicted].type
        if given == wanted:
            tp[wanted] += 1
        else:
            fn[wanted] += 1
            fp[given] += 1  # type: ignore[index]
    for i in alignment.missed:
        fn[gold[i].type] += 1
    for j in alignment.spurious:
        fp[claims[j].type] += 1  # type: ignore[index]
    return {t: Counts(tp[t], fp[t], fn[t]) for t in TYPES if tp[t] or fp[t] or fn[t]}


def _count_slices(gold: Sequence[GoldClaim], found: set[int]) -> dict[str, Counts]:
    """Hits and misses of required gold by attribute."""
    slices: dict[str, Counts] = {}
    for i, claim in enumerate(gold):
        if claim.optional:
            continue
        hit = Counts(tp=1) if i in found else Counts(fn=1)
        for name in attributes(claim):
            slices[name] = slices.get(name, Counts()) + hit
    return dict(sorted(slices.items()))


def attributes(claim: GoldClaim) -> tuple[str, ...]:
    """The names of the slices that a gold claim belongs to."""
    return (
        *(("central",) if claim.central else ()),
        *(("attributed",) if claim.source else ()),
        *(("negative",) if claim.polarity == "negative" else ()),
        *(("hedged",) if claim.certainty == "hedged" else ()),
        *claim.phenomena,
    )


Outcome = Literal["matched", "wrong type", "missed", "spurious", "optional"]


class Explained(Frozen, frozen=True):
    """One line of an article's account: a gold claim, a prediction, or both side by side.

    ``nearest`` is, for a miss, the prediction and, for a false alarm, the gold claim that came
    closest; ``reason`` says why it did not count, ``cause`` the same in one of the words of
    :mod:`bench.diagnosis`, where that was asked.
    """

    outcome: Outcome
    gold: GoldClaim | None
    predicted: Claim | None
    similarity: float | None
    reason: str = ""
    nearest: str = ""
    cause: str = ""


def explain(
    item: Labelled, prediction: Prediction | None, matcher: Matcher = DEFAULT
) -> tuple[Explained, ...]:
    """Account for every claim of an article: gold in order of the file, then false alarms.

    Optional gold that nothing matched is left out, as it does not count.
    """
    gold, claims = item.claims, claims_of(item.article.id, prediction)
    alignment = align(item.article.id, gold, claims, matcher)
    partner = {pair.gold: pair.predicted for pair in (*alignment.pairs, *alignment.ignored)}
    lines = []
    for i, wanted in enumerate(gold):
        if i in partner:
            lines.append(_pair_line(wanted, claims[partner[i]], gold, matcher))
        elif not wanted.optional:
            lines.append(_miss_line(wanted, claims, gold, matcher))
    lines += (_alarm_line(claims[j], gold, matcher) for j in alignment.spurious)
    return tuple(lines)


def _pair_line(
    gold: GoldClaim, claim: Claim, among: Sequence[GoldClaim], matcher: Matcher
) -> Explained:
    similarity = matcher.judge(gold, said(claim), among).similarity
    if gold.optional:
        return Explained("optional", gold, claim, similarity, "neither rewarded nor punished")
    if gold.type != claim.type:
        reason = f"typed {claim.type}, gold says {gold.type}"
        return Explained("wrong type", gold, claim, similarity, reason)
    return Explained("matched", gold, claim, similarity)


def _miss_line(
    gold: GoldClaim, claims: Sequence[Claim], among: Sequence[GoldClaim], matcher: Matcher
) -> Explained:
    if not claims:
        return Explained("missed", gold, None, None, "nothing was predicted")
    taken = "the prediction that fits stands for another claim"
    judged = ((matcher.judge(gold, said(claim), among), claim.text) for claim in claims)
    return Explained("missed", gold, None, *_nearest(judged, taken))


def _alarm_line(claim: Claim, gold: Sequence[GoldClaim], matcher: Matcher) -> Explained:
    if not gold:
        return Explained("spurious", None, claim, None, "the article has no claims")
    taken = "the claim is already matched by another prediction"
    judged = ((matcher.judge(g, said(claim), gold), g.text) for g in gold)
    return Explained("spurious", None, claim, *_nearest(judged, taken))


def _nearest(judged: Iterable[tuple[Verdict, str]], taken: str) -> tuple[float, str, str]:
    """Similarity, reason and wording of what came closest; ``taken`` explains one that fits."""
    verdict, wording = max(judged, key=lambda v: (v[0].accepted, v[0].similarity))
    return verdict.similarity, taken if verdict.accepted else verdict.reason, wording
