"""From an article's claims and predictions to the cause of each error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from bench import text
from bench.diagnosis.causes import CAUSES, Cause, Diagnosed, Diagnosis, Fault
from bench.diagnosis.pairs import NEAR, Met, Wording, cause_of, closeness, other_source
from bench.grounding import Passages
from bench.matching import DEFAULT, Matcher, align, judge, many, said
from bench.model import Alignment, Claim, Counts, Frozen, Gold, GoldClaim, Labelled
from bench.score import Explained, Prediction, claims_of, explain, signature

T = TypeVar("T")


def diagnose(
    gold: Gold,
    predictions: Mapping[str, Prediction],
    *,
    system: str = "system",
    matcher: Matcher = DEFAULT,
) -> Diagnosis:
    """The cause of every error of ``predictions`` (article id -> claims, or a record).

    As in scoring, every article of ``gold`` counts, and one without an answer is empty. Raises
    DataError where a prediction is no list of claims.
    """
    return Diagnosis(
        system=system,
        signature=signature(gold, matcher),
        by_article=tuple(
            diagnose_article(item, predictions.get(item.article.id), matcher) for item in gold.items
        ),
    )


def diagnose_article(
    item: Labelled, prediction: Prediction | None, matcher: Matcher = DEFAULT
) -> Diagnosed:
    """The cause of every error in one article; see :data:`bench.diagnosis.causes.Cause`.

    Missed gold comes first, then spurious predictions, then matched pairs, each in given order.
    The order of claims changes no cause.
    """
    claims = claims_of(item.article.id, prediction)
    alignment = align(item.article.id, item.claims, claims, matcher)
    untyped = sum(item.claims[p.gold].type != claims[p.predicted].type for p in alignment.pairs)
    tp, fp, fn = len(alignment.pairs), len(alignment.spurious), len(alignment.missed)
    return Diagnosed(
        article_id=item.article.id,
        claims=Counts(tp, fp, fn),
        typed=Counts(tp - untyped, fp + untyped, fn + untyped),
        faults=(
            *_errors(item, claims, alignment, matcher),
            *_flaws(item.claims, claims, alignment),
        ),
    )


def told(
    item: Labelled,
    prediction: Prediction | None,
    diagnosed: Diagnosed,
    matcher: Matcher = DEFAULT,
) -> tuple[Explained, ...]:
    """The account of an article (:func:`bench.score.explain`) with the causes of ``diagnosed``."""
    faults = diagnosed.faults
    of_gold = {f.gold: f.cause for f in faults if f.side != "spurious"}
    of_spurious = iter([f.cause for f in faults if f.side == "spurious"])
    index = {claim.id: i for i, claim in enumerate(item.claims)}
    return tuple(
        msgspec.structs.replace(
            line,
            cause=of_gold.get(index[line.gold.id], "") if line.gold else next(of_spurious),
        )
        for line in explain(item, prediction, matcher)
    )


def _flaws(
    gold: Sequence[GoldClaim], claims: Sequence[Claim], alignment: Alignment
) -> Iterator[Fault]:
    """Matched pairs that are wrong in type or, of the right type, in source."""
    for pair in alignment.pairs:
        wanted, given = gold[pair.gold], claims[pair.predicted]
        if wanted.type != given.type:
            yield Fault("matched", "wrong type", pair.gold, pair.predicted)
        elif other_source(given.source, wanted.source):
            yield Fault("matched", "wrong attribution", pair.gold, pair.predicted)


def _errors(
    item: Labelled, claims: Sequence[Claim], alignment: Alignment, matcher: Matcher
) -> Iterator[Fault]:
    """Missed gold, then spurious predictions."""
    if not alignment.missed and not alignment.spurious:
        return
    shared = _shared(item.claims, claims, matcher)
    aims = _aims(item.claims, claims, [j for j in alignment.spurious if j not in shared.stated])
    causes: dict[int, Cause] = dict(shared.stated)
    for j, aim in aims.items():
        ground = matcher.judge(aim.met.gold, said(claims[j]), item.claims).ground
        causes[j] = cause_of(aim.met, ground)
    for j in shared.parts.intersection(alignment.spurious):
        if causes.get(j, "partial") == "partial":
            causes[j] = "split"
    answers = _answers(aims, causes, shared)
    for i in alignment.missed:
        if i in answers:
            yield Fault("missed", causes[answers[i]], i, answers[i])
        else:
            yield Fault("missed", shared.cause(i), i, linked=shared.holders.get(i, ()))
    passages = Passages(item.article)
    for j in alignment.spurious:
        if j not in causes:
            grounded = passages.grounding(claims[j].text).grounded
            causes[j] = "grounded but unlisted" if grounded else "unsupported"
        linked = shared.holds.get(j, ()) if causes[j] in _LINKED else ()
        yield Fault("spurious", causes[j], aims[j].gold if j in aims else None, j, linked)


_LINKED: frozenset[Cause] = frozenset({"duplicate", "split", "merge"})


class _Shared(NamedTuple):
    """Gold and predictions that support each other though not one to one.

    ``held`` are gold claims that some prediction states or holds beside others, ``split`` those
    that several state together, ``parts`` the predictions that do so and no more; ``stated`` are
    the causes of predictions that state or hold a gold claim, if they match none. ``holders`` are
    the predictions that support a gold claim, ``holds`` the gold claims that one supports.
    """

    held: frozenset[int]
    split: frozenset[int]
    parts: frozenset[int]
    stated: dict[int, Cause]
    holders: dict[int, tuple[int, ...]]
    holds: dict[int, tuple[int, ...]]

    def cause(self, gold: int) -> Cause:
        """The cause of a missed gold claim that no prediction answers for."""
        return "merge" if gold in self.held else "split" if gold in self.split else "missed"


def _shared(gold: Sequence[GoldClaim], claims: Sequence[Claim], matcher: Matcher) -> _Shared:
    """By the alignment of many to many; a prediction supports what one in its words does."""
    made_up = not isinstance(matcher, judge)  # no verdict is recorded on claims put together
    support = many(parts=made_up).align(gold, claims, matcher)
    split = frozenset(support.splits)
    states: dict[int, set[int]] = {}
    holders: dict[int, list[int]] = {}
    for i, j in sorted(support.links):
        states.setdefault(j, set()).add(i)
        holders.setdefault(i, []).append(j)
    first: dict[tuple[str, ...], int] = {}
    twin = [first.setdefault(text.tokens(claim.text), j) for j, claim in enumerate(claims)]
    linked = [j for j in range(len(claims)) if twin[j] in states]
    parts = frozenset(j for j in linked if states[twin[j]] <= split)
    return _Shared(
        held=frozenset(i for i, _ in support.links) - split,
        split=split,
        parts=parts,
        stated={
            j: "merge" if twin[j] in support.merges else "duplicate"
            for j in linked
            if j not in parts
        },
        holders={i: tuple(by) for i, by in holders.items()},
        holds={j: tuple(sorted(states[twin[j]])) for j in linked},
    )


class _Aim(NamedTuple):
    """The gold claim that a prediction goes for, and how close it comes."""

    closeness: float
    gold: int
    met: Met


def _aims(
    gold: Sequence[GoldClaim], claims: Sequence[Claim], spurious: Sequence[int]
) -> dict[int, _Aim]:
    """Which gold claim each of the ``spurious`` predictions goes for; far ones go for none.

    Of equally close ones it is the first in the article.
    """
    order = sorted(range(len(gold)), key=lambda i: (gold[i].spans, gold[i].text))
    wordings = [(i, Wording(w)) for i in order for w in gold[i].wordings] if spurious else []
    aims = {}
    for j in spurious:
        words = Wording(claims[j].text)
        near = ((closeness(ours.stems, words.stems), i, ours) for i, ours in wordings)
        best, i, ours = max(near, key=lambda x: x[0], default=(0.0, 0, words))
        if best >= NEAR:
            aims[j] = _Aim(best, i, Met(gold[i], ours, words))
    return aims


def _answers(
    aims: Mapping[int, _Aim], causes: Mapping[int, Cause], shared: _Shared
) -> dict[int, int]:
    """For each gold claim that is gone for, the prediction that comes closest and accounts for it.

    None accounts for what is held already; a part of a split accounts for no claim by itself, and
    a partial prediction for none that is split.
    """
    answers: dict[int, int] = {}
    for j in sorted(aims, key=lambda j: (-aims[j].closeness, aims[j].met.said.words)):
        i = aims[j].gold
        apart = causes[j] == "split" or (causes[j] == "partial" and i in shared.split)
        if i not in shared.held and not apart:
            answers.setdefault(i, j)
    return answers


class Example(Frozen, frozen=True):
    """An error in words: empty where a side has none, joined by " + " where it has several."""

    cause: Cause
    system: str
    article_id: str
    predicted: str
    gold: str


def examples(
    diagnosis: Diagnosis, gold: Gold, predictions: Mapping[str, Prediction], number: int
) -> tuple[Example, ...]:
    """Up to ``number`` examples of each cause, spread evenly over the articles.

    ``gold`` and ``predictions`` are those of the diagnosis. A missed claim that a prediction
    answers for is told with that prediction.
    """
    found: dict[Cause, list[tuple[Labelled, Fault]]] = {}
    for item, article in zip(gold.items, diagnosis.by_article, strict=True):
        for fault in article.faults:
            if fault.side != "missed" or fault.predicted is None:
                found.setdefault(fault.cause, []).append((item, fault))
    return tuple(
        _example(diagnosis.system, *some, predictions)
        for cause in CAUSES
        for some in _spread(found.get(cause, ()), number)
    )


def _spread(faults: Sequence[T], number: int) -> list[T]:
    number = min(number, len(faults))
    return [faults[n * len(faults) // number] for n in range(number)]


def _example(
    system: str, item: Labelled, fault: Fault, predictions: Mapping[str, Prediction]
) -> Example:
    article = item.article.id
    claims = claims_of(article, predictions.get(article))
    predicted, wanted = ([] if one is None else [one] for one in (fault.predicted, fault.gold))
    (predicted if fault.side == "missed" else wanted).extend(fault.linked)
    return Example(
        cause=fault.cause,
        system=system,
        article_id=article,
        predicted=_JOIN.join(claims[j].text for j in predicted),
        gold=_JOIN.join(item.claims[i].text for i in dict.fromkeys(wanted)),
    )


_JOIN = " + "
