"""Every small case: all lists of gold claims and predictions over a handful of wordings.

What holds on a corpus may hold by luck; what holds on every small case has little room left to
fail in. The wordings hold what scoring turns on: a number and another one, a negation, a hedge,
a claim within a longer one, two types, optional gold, and a claim that is plainly wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import permutations, product

import msgspec

from bench.audit.attacks import WRONG, Finding, out_of_bounds, refuse_recorded
from bench.matching import DEFAULT, Matcher, Said, Support, Verdict
from bench.model import Article, ArticleScore, Claim, Counts, Frozen, Gold, GoldClaim, Labelled
from bench.score import evaluate, supported


def _gold(n: int, wording: str, form: str, facts: str, **fields: object) -> GoldClaim:
    spans = ((100 * n, 100 * n + len(wording)),)
    groups = tuple((fact,) for fact in facts.split())
    given = {"id": f"c{n}", "type": "event", "spans": spans, "facts": groups, **fields}
    return GoldClaim(text=wording, forms=(form,), **given)  # type: ignore[arg-type]


_CLAIMS = (
    _gold(0, "Tarn sold 14 boats.", "14 boats were sold by Tarn.", "Tarn 14", type="numerical"),
    _gold(1, "Tarn did not burn the mill.", "The mill wasn't burned by Tarn.", "mill not"),
    _gold(2, "Tarn sold boats.", "Boats were sold by Tarn.", "Tarn boats"),
)

_SAID = (
    Claim("Tarn sold 14 boats.", "numerical", _CLAIMS[0].spans),
    Claim("Tarn sold 14 boats.", "event", _CLAIMS[0].spans),
    Claim("Tarn sold 41 boats.", "numerical", _CLAIMS[0].spans),
    Claim("Tarn did not burn the mill.", "event", _CLAIMS[1].spans),
    Claim("Tarn may have burned the mill.", "event", _CLAIMS[1].spans),
    Claim("Tarn sold boats.", "event", _CLAIMS[2].spans),
    Claim("Boats, and 14 of them, were sold by Tarn.", "event", _CLAIMS[2].spans),
    WRONG,
)

_MOST_GOLD, _MOST_SAID = 2, 3


class Case(Frozen, frozen=True):
    """One list of gold claims and one of predictions, as indices of ``_SAID``; what they score."""

    gold: tuple[GoldClaim, ...]
    said: tuple[int, ...]
    score: ArticleScore
    support: Support

    @property
    def counts(self) -> Hashable:
        """All that is counted, which the order of claims may not change."""
        types, slices = (tuple(sorted(c.items())) for c in (self.score.types, self.score.slices))
        found = tuple(sorted(self.score.found))
        return self.score.claims, types, slices, found, self.support.focus, self.support.coverage

    @property
    def wordings(self) -> frozenset[str]:
        """What the predictions say, each once."""
        return frozenset(_SAID[j].text for j in self.said)

    def __str__(self) -> str:
        ours = [f"{c.text}{' (optional)' if c.optional else ''}" for c in self.gold]
        theirs = [f"{_SAID[j].text} ({_SAID[j].type})" for j in self.said]
        return f"gold {ours}, predictions {theirs}"


def exhaust(matcher: Matcher = DEFAULT) -> tuple[Finding, ...]:
    """Score every small case with ``matcher``, and look whether every invariant holds.

    Raises ClaimbenchError as :func:`bench.audit.attack` does.
    """
    refuse_recorded(matcher)
    cases = _scored(matcher)
    index = {(frozenset(c.gold), tuple(sorted(c.said))): c for c in cases}

    def like(case: Case, said: Iterable[int]) -> Case:
        return index[frozenset(case.gold), tuple(sorted(said))]

    findings = []
    for name, holds in _INVARIANTS.items():
        broken = next((case for case in cases if not holds(case, like)), None)
        detail = f"not so for {broken}" if broken else ""
        findings.append(Finding(f"in all {len(cases):,} small cases {name}", not broken, detail))
    return tuple(findings)


def _scored(matcher: Matcher) -> list[Case]:
    """Every case scored, each an article of a corpus made up for it."""
    lists = [(g, s) for g in _gold_lists() for s in _sequences(range(len(_SAID)))]
    items = tuple(Labelled(_article(n), gold) for n, (gold, _) in enumerate(lists))
    gold = Gold(corpus="small", version="1", split="test", items=items)
    predictions = {str(n): [_SAID[j] for j in said] for n, (_, said) in enumerate(lists)}
    once = _Once(matcher)
    card = evaluate(gold, predictions, matcher=once)
    support = supported(gold, predictions, matcher=once)
    return [
        Case(gold, said, score, support[score.article_id])
        for (gold, said), score in zip(lists, card.by_article, strict=True)
    ]


def _article(n: int) -> Article:
    return Article(id=str(n), title="", date="2031-05-06", text="", split="test", corpus="small")


def _gold_lists() -> Iterator[tuple[GoldClaim, ...]]:
    for length in range(_MOST_GOLD + 1):
        for chosen in permutations(_CLAIMS, length):
            for optional in product((False, True), repeat=length):
                pairs = zip(chosen, optional, strict=True)
                yield tuple(msgspec.structs.replace(c, optional=o) for c, o in pairs)


def _sequences(things: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for length in range(_MOST_SAID + 1):
        yield from product(things, repeat=length)


class _Once:
    """A matcher that asks another one no question twice: most cases differ in order alone."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._known: dict[Hashable, dict[tuple[int, int], float]] = {}

    def accepted(
        self, gold: Sequence[GoldClaim], predicted: Sequence[Said]
    ) -> dict[tuple[int, int], float]:
        question = (*gold,), (*predicted,)
        if question not in self._known:
            self._known[question] = self._matcher.accepted(gold, predicted)
        return self._known[question]

    def judge(self, gold: GoldClaim, predicted: Said, among: Sequence[GoldClaim] = ()) -> Verdict:
        return self._matcher.judge(gold, predicted, among)


_Like = Callable[[Case, Iterable[int]], Case]
"""The case of the same gold claims with other predictions."""


def _order_is_nothing(case: Case, like: _Like) -> bool:
    return case.counts == like(case, case.said).counts


def _gold_is_perfect(case: Case, _: _Like) -> bool:
    ours = sorted((c.text, str(c.type)) for c in case.gold)
    theirs = sorted((_SAID[j].text, str(_SAID[j].type)) for j in case.said)
    scored = (case.score.claims, *case.score.types.values(), *case.score.slices.values())
    support = case.support.focus + case.support.coverage
    return ours != theirs or not any(c.fp or c.fn for c in (*scored, support))


def _fewer_find_no_more(case: Case, like: _Like) -> bool:
    return all(
        less.score.claims.tp <= case.score.claims.tp
        and less.support.coverage.tp <= case.support.coverage.tp
        for less in (like(case, _without(case.said, n)) for n in range(len(case.said)))
    )


def _without(said: Sequence[int], n: int) -> tuple[int, ...]:
    return (*said[:n], *said[n + 1 :])


def _repetition_raises_nothing(case: Case, like: _Like) -> bool:
    return not any(
        _rose(like(case, _without(case.said, n)), case)
        for n in range(len(case.said))
        if case.said.count(case.said[n]) > 1
    )


def _rose(before: Case, after: Case) -> bool:
    def counts(case: Case) -> tuple[Counts, ...]:
        typed = sum(case.score.types.values(), Counts())
        return case.score.claims, typed, case.support.focus, case.support.coverage

    return any(
        (new or 0) > (old or 0)
        for was, now in zip(counts(before), counts(after), strict=True)
        for old, new in (
            (was.precision, now.precision),
            (was.recall, now.recall),
            (was.f1, now.f1),
        )
    )


def _wrong_costs(case: Case, like: _Like) -> bool:
    wrong = _SAID.index(WRONG)
    if wrong not in case.said:
        return True
    before = like(case, _without(case.said, case.said.index(wrong)))
    more = before.score.claims + Counts(fp=1)
    return case.score.claims == more and not _rose(before, case)


def _whole_is_sum(case: Case, _: _Like) -> bool:
    whole, typed = case.score.claims, sum(case.score.types.values(), Counts())
    required = sum(not claim.optional for claim in case.gold)
    gold, predicted = whole.tp + whole.fn, whole.tp + whole.fp
    return gold == typed.tp + typed.fn == required and predicted == typed.tp + typed.fp <= len(
        case.said
    )


def _one_to_one(case: Case, _: _Like) -> bool:
    found = case.score.found
    required = {claim.id for claim in case.gold if not claim.optional}
    return len(found) == len({*found} & required) == case.score.claims.tp <= len(case.wordings)


def _bounded(case: Case, _: _Like) -> bool:
    counts = (case.score.claims, *case.score.types.values(), *case.score.slices.values())
    return not any(map(out_of_bounds, (*counts, case.support.focus, case.support.coverage)))


_INVARIANTS: dict[str, Callable[[Case, _Like], bool]] = {
    "the order of claims changes nothing": _order_is_nothing,
    "gold as a system scores exactly 1.0": _gold_is_perfect,
    "a prediction less finds no more": _fewer_find_no_more,
    "a prediction repeated raises nothing": _repetition_raises_nothing,
    "a wrong claim costs precision alone": _wrong_costs,
    "counts per type sum to the whole": _whole_is_sum,
    "no prediction matches two gold claims, no gold claim two predictions": _one_to_one,
    "every ratio lies in [0, 1] or is undefined": _bounded,
}
