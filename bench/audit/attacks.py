"""Attacks on the scorer: games that published scorers lose, played on real gold.

A scorer that lets one through cannot be trusted with any number, and neither can a matcher: all
are played with the matcher that is on trial. Where a cheat is measured against *honest output*,
that is a part of the gold's own claims and one that is wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import msgspec

from bench import text
from bench.matching import DEFAULT, Matcher, align, judge, many, said
from bench.model import (
    Alignment,
    Article,
    Claim,
    ClaimbenchError,
    Counts,
    Frozen,
    Gold,
    GoldClaim,
    Labelled,
    Scorecard,
    total,
)
from bench.score import evaluate, supported

Predictions = Mapping[str, Sequence[Claim]]
T = TypeVar("T")


class Finding(Frozen, frozen=True):
    """The outcome of one attack; ``detail`` says what went wrong."""

    attack: str
    passed: bool
    detail: str = ""


@dataclass(frozen=True)
class Game:
    """What an attack is played on: ``before`` is the scorecard of the ``honest`` output."""

    gold: Gold
    honest: Predictions
    matcher: Matcher
    rng: random.Random
    before: Scorecard

    def card(self, predictions: Predictions, gold: Gold | None = None) -> Scorecard:
        """The scorecard of other predictions, or against other gold."""
        return evaluate(gold or self.gold, predictions, matcher=self.matcher)


Check = Callable[[Game], str]
"""Plays one attack; says what went wrong, and nothing if nothing did."""


def attack(gold: Gold, matcher: Matcher = DEFAULT, seed: int = 0) -> tuple[Finding, ...]:
    """Play every attack against the scorer with ``matcher`` on ``gold``.

    Raises ClaimbenchError if the matcher only knows the pairs that somebody judged.
    """
    refuse_recorded(matcher)
    gold = msgspec.structs.replace(gold, items=tuple(gold.items))
    honest = _thinned(_as_predictions(gold), random.Random(seed))  # noqa: S311 - repeatable, not secret
    before = evaluate(gold, honest, matcher=matcher)

    def play(check: Check) -> str:
        # Each from the same seed, so that an attack more or less changes no other.
        return check(Game(gold, honest, matcher, random.Random(seed), before))  # noqa: S311

    outcomes = ((name, play(check)) for name, check in _ATTACKS.items())
    return tuple(Finding(name, not detail, detail) for name, detail in outcomes)


def refuse_recorded(matcher: Matcher) -> None:
    """Raise ClaimbenchError for a matcher that cannot judge what is made up."""
    if isinstance(matcher, judge):
        raise ClaimbenchError(
            "the matcher judge cannot be attacked: it reads recorded verdicts, and there are "
            "none on predictions that are made up",
            hint="claimbench audit --pairs measures matchers against people instead",
        )


def _as_predictions(gold: Gold) -> dict[str, list[Claim]]:
    return {item.article.id: [_claim(c, c.text) for c in item.claims] for item in gold.items}


def _claim(gold: GoldClaim, wording: str) -> Claim:
    return Claim(text=wording, type=gold.type, spans=gold.spans)


def _thinned(predictions: Predictions, rng: random.Random) -> dict[str, list[Claim]]:
    """An honest but imperfect system: two claims in three, and one that is wrong."""
    return {
        article: [*(c for c in claims if rng.random() < 2 / 3), WRONG]
        for article, claims in predictions.items()
    }


WRONG = Claim(text="Seventeen purple zeppelins zigzagged over Quuxville.", type="numerical")


def _gold_is_perfect(game: Game) -> str:
    perfect = game.card(_as_predictions(game.gold))
    wrong = {n: c for n, c in _views(perfect).items() if c.fp or c.fn or c.f1 not in {1.0, None}}
    macro, _ = perfect.macro_f1
    if macro not in {1.0, None}:
        wrong["macro"] = perfect.typed
    return f"not 1.0 in {wrong}" if wrong else ""


def _views(card: Scorecard) -> dict[str, Counts]:
    articles = {a.article_id: a.claims for a in card.by_article}
    return {"claims": card.claims, "typed": card.typed, **card.types, **card.slices, **articles}


def _every_wording_counts(game: Game) -> str:
    """The n-th wording of each claim in place of the claim: each must find its own."""
    most = max((len(c.wordings) for item in game.gold.items for c in item.claims), default=0)
    for n in range(most):
        stated = {
            item.article.id: [_claim(c, c.wordings[min(n, len(c.forms))]) for c in item.claims]
            for item in game.gold.items
        }
        scored = game.card(stated)
        if scored.typed.fn or scored.typed.fp:
            return f"wording {n} of every claim misses {scored.typed.fn}"
    return ""


def _order_is_nothing(game: Game) -> str:
    shuffled = _relabelled(game.gold, lambda item: _shuffled(item, game.rng))
    items = tuple(_mixed(shuffled.items, game.rng))
    mixed = {a: _mixed(claims, game.rng) for a, claims in game.honest.items()}
    after = _by_article(game.card(mixed, msgspec.structs.replace(shuffled, items=items)))
    return _changed(_by_article(game.before), after)


def _shuffled(item: Labelled, rng: random.Random) -> Labelled:
    """The claims of an article in another order, and the other forms of each."""
    claims = (
        msgspec.structs.replace(c, forms=tuple(_mixed(c.forms, rng)))
        for c in _mixed(item.claims, rng)
    )
    return Labelled(item.article, tuple(claims))


def _mixed(things: Sequence[T], rng: random.Random) -> list[T]:
    return rng.sample(things, len(things))


def _relabelled(gold: Gold, change: Callable[[Labelled], Labelled]) -> Gold:
    return msgspec.structs.replace(gold, items=tuple(map(change, gold.items)))


def _by_article(card: Scorecard) -> dict[str, object]:
    return {a.article_id: (a.claims, a.types, a.slices, sorted(a.found)) for a in card.by_article}


def _changed(before: Mapping[str, object], after: Mapping[str, object]) -> str:
    changed = sorted(a for a in before if before[a] != after[a])
    return f"counts changed in {', '.join(changed)}" if changed else ""


def _ids_mean_nothing(game: Game) -> str:
    """Other ids for claims and articles, which do not even sort as the first did."""

    def change(item: Labelled) -> Labelled:
        article = msgspec.structs.replace(item.article, id=item.article.id[::-1])
        last = len(item.claims)
        claims = (msgspec.structs.replace(c, id=f"x{last - n}") for n, c in enumerate(item.claims))
        return Labelled(article, tuple(claims))

    renamed = {article[::-1]: claims for article, claims in game.honest.items()}
    after = game.card(renamed, _relabelled(game.gold, change)).by_article
    counts = {a.article_id[::-1]: (a.claims, a.types, a.slices) for a in after}
    first = {a.article_id: (a.claims, a.types, a.slices) for a in game.before.by_article}
    return _changed(first, counts)


Cheat = Callable[[Sequence[Claim], Labelled], Sequence[Claim]]
"""What a cheat says of an article instead of its honest claims."""


def _never_better(cheat: Cheat, honest: Cheat = lambda claims, _: claims) -> Check:
    """The attack that says ``cheat`` of the honest claims instead of ``honest`` of them."""

    def said_so(game: Game, say: Cheat) -> dict[str, Sequence[Claim]]:
        return {i.article.id: say(game.honest[i.article.id], i) for i in game.gold.items}

    def check(game: Game) -> str:
        fair = said_so(game, honest)
        before = game.before if fair == game.honest else game.card(fair)
        return raised(before, game.card(said_so(game, cheat)))

    return check


def raised(before: Scorecard, after: Scorecard) -> str:
    """Which of precision, recall and F1 rose, with types or without."""
    pairs = (("claims", before.claims, after.claims), ("typed", before.typed, after.typed))
    return "; ".join(
        f"{view} {name} rose from {old:.4f} to {new:.4f}"
        for view, was, now in pairs
        for name, old, new in (
            ("precision", was.precision, now.precision),
            ("recall", was.recall, now.recall),
            ("F1", was.f1, now.f1),
        )
        if old is not None and new is not None and new > old
    )


def _reworded(change: Callable[[str], str]) -> Cheat:
    return lambda claims, _: [msgspec.structs.replace(c, text=change(c.text)) for c in claims]


def _halved(wording: str) -> str:
    """The first half of the words: what repetition could make up for."""
    words = wording.split()
    return " ".join(words[: (len(words) + 1) // 2])


def _each_word_twice(wording: str) -> str:
    return " ".join(word for word in wording.split() for _ in range(2))


def _sentences_instead(claims: Sequence[Claim], item: Labelled) -> list[Claim]:
    """For each claim the sentences it was taken from.

    Nothing can rise, as it could for a list of all sentences: every claim of the list was right,
    the copy is no longer, and of copies of one sentence one may match. Optional claims stay, as
    their sentence may well state a required claim that the list did not have.
    """
    of_gold = {c.text: c for c in item.claims}
    bounds = text.sentences(item.article.text)
    return [
        msgspec.structs.replace(claim, text=_around(claim, item.article, bounds))
        if claim.text in of_gold and not of_gold[claim.text].optional
        else claim
        for claim in claims
    ]


def _around(claim: Claim, article: Article, bounds: Iterable[tuple[int, int]]) -> str:
    spans = claim.spans or ()
    inside = [(i, n) for i, n in bounds if any(s < n and i < e for s, e in spans)]
    return " ".join(article.text[i:n] for i, n in inside) or claim.text


def _beside(bundle: Callable[[Labelled], str]) -> Cheat:
    """The honest claims, and some times over a ``bundle`` too large to be any claim of the gold.

    No two are in quite the same words, so that each could match. An article of few claims is
    spared: its text may well be one of them.
    """

    def cheat(claims: Sequence[Claim], item: Labelled) -> list[Claim]:
        if len(item.claims) <= _FEW:
            return list(claims)
        whole, spans = bundle(item), ((0, len(item.article.text)),)
        copies = (
            Claim(f"{whole} {'Again. ' * n}", c.type, spans)
            for n, c in enumerate(item.claims[:_COPIES])
        )
        return [*claims, *copies]

    return cheat


_FEW = 3
_COPIES = 5


def _article(item: Labelled) -> str:
    return item.article.text


def _all_sentences(item: Labelled) -> str:
    """Every sentence once, in one line and in another order than the article's."""
    whole = item.article.text
    return " ".join(sorted(whole[start:end] for start, end in text.sentences(whole)))


def _all_claims(item: Labelled) -> str:
    return " ".join(claim.text for claim in item.claims)


def _wrong_claim_costs(game: Game) -> str:
    """Two false alarms more in each article, and nothing else."""
    after = game.card({a: [*claims, WRONG, _OTHER] for a, claims in game.honest.items()})
    cost = {a.article_id: a.claims + Counts(fp=2) for a in game.before.by_article}
    return _changed(cost, {a.article_id: a.claims for a in after.by_article})


_OTHER = Claim(text="No zeppelin was ever owned by Quuxville.", type="property")


def _removal_raises_nothing(game: Game) -> str:
    """All but one claim of each article, half of them, and two: no article finds more."""
    before = {a.article_id: a.claims.tp for a in game.before.by_article}
    for kept in (_one_less, _half_of, _two_at_most):
        left = {a: game.rng.sample(c, kept(len(c))) for a, c in game.honest.items()}
        for now in game.card(left).by_article:
            if now.claims.tp > before[now.article_id]:
                return (
                    f"{now.article_id} has {now.claims.tp} hits with "
                    f"{len(left[now.article_id])} of its claims, {before[now.article_id]} with all"
                )
    return ""


def _one_less(number: int) -> int:
    return max(0, number - 1)


def _half_of(number: int) -> int:
    return number // 2


def _two_at_most(number: int) -> int:
    return min(number, 2)


def _whole_is_sum(game: Game) -> str:
    for card in (game.before, *_alone(game.before)):
        whole, types = card.claims, card.typed
        if (whole.tp + whole.fn, whole.tp + whole.fp) != (types.tp + types.fn, types.tp + types.fp):
            return f"types sum to {types}, the whole is {whole}"
    return ""


def _alone(card: Scorecard) -> Iterable[Scorecard]:
    return (msgspec.structs.replace(card, by_article=(a,)) for a in card.by_article)


def _bounded(game: Game) -> str:
    """With honest output, with nothing, and with nothing right."""
    nothing: Predictions = {a: [] for a in game.honest}
    cards = (game.before, game.card(nothing), game.card({a: [WRONG] for a in game.honest}))
    views = chain.from_iterable(_views(card).items() for card in cards)
    return next((f"{name}: {odd}" for name, c in views if (odd := out_of_bounds(c))), "")


def out_of_bounds(counts: Counts) -> str:
    """Which ratio of ``counts`` is neither in [0, 1] nor None where its denominator is 0."""
    c = counts
    ratios = (
        ("precision", c.precision, c.tp + c.fp),
        ("recall", c.recall, c.tp + c.fn),
        ("F1", c.f1, 2 * c.tp + c.fp + c.fn),
    )
    for name, value, whole in ratios:
        if (value is None) != (whole == 0) or not (value is None or 0 <= value <= 1):
            return f"{name} is {value} of {c}"
    return ""


def _one_to_one(game: Game) -> str:
    """Every claim is said twice over, so that there is much to match twice."""
    for item in game.gold.items:
        name, stated = item.article.id, [*game.honest[item.article.id]] * 2
        aligned = align(name, item.claims, stated, game.matcher)
        if fault := misaligned(aligned, item.claims, len(stated)):
            return f"{name}: {fault}"
    return ""


def misaligned(aligned: Alignment, gold: Sequence[GoldClaim], predicted: int) -> str:
    """What keeps an alignment of ``gold`` with so many predictions from being one-to-one.

    Required gold is matched or missed, a prediction matched, spurious or ignored, each once.
    """
    pairs = (*aligned.pairs, *aligned.ignored)
    ours = sorted((*(p.gold for p in aligned.pairs), *aligned.missed))
    theirs = sorted((*(p.predicted for p in pairs), *aligned.spurious))
    optional = [p.gold for p in aligned.ignored]
    if ours != [i for i, claim in enumerate(gold) if not claim.optional]:
        return f"required gold is matched or missed as {ours}"
    if theirs != list(range(predicted)):
        return f"{predicted} predictions are matched, ignored or spurious as {theirs}"
    if len({*optional}) < len(optional) or not all(gold[i].optional for i in optional):
        return f"gold is ignored as {optional}"
    return ""


def _neighbours_are_nothing(game: Game) -> str:
    """What a matcher accepts of half of the claims, in another order, it accepts of all."""
    for item in game.gold.items:
        stated = [said(c) for c in game.honest[item.article.id]]
        whole = {*game.matcher.accepted(item.claims, stated)}
        gold, order = (_mixed(range(len(x)), game.rng) for x in (item.claims, stated))
        parted: set[tuple[int, int]] = set()
        for half in (order[::2], order[1::2]):
            found = game.matcher.accepted([item.claims[i] for i in gold], [stated[j] for j in half])
            parted |= {(gold[i], half[j]) for i, j in found}
        if odd := sorted(whole ^ parted):
            i, j = odd[0]
            return f"{item.claims[i].id} and {stated[j].wordings[0]!r}: now accepted, now not"
    return ""


def _judge_agrees(game: Game) -> str:
    """On what is accepted, and on one other prediction for each claim."""
    for item in game.gold.items:
        stated = [said(c) for c in game.honest[item.article.id]]
        accepted = {*game.matcher.accepted(item.claims, stated)}
        others = {(i, game.rng.randrange(len(stated))) for i in range(len(item.claims))}
        for i, j in sorted(accepted | others):
            verdict = game.matcher.judge(item.claims[i], stated[j], item.claims)
            if verdict.accepted != ((i, j) in accepted) or not 0 <= verdict.similarity <= 1:
                return f"{item.claims[i].id} and {stated[j].wordings[0]!r}: {verdict}"
    return ""


def _many_to_many(game: Game) -> str:
    """Where any claim may support any: order, repetition and wrong claims; bounds; the gold."""
    for alignment in (many(), many(parts=True)):
        if fault := _many(game, alignment):
            return f"{alignment!r}: {fault}"
    return ""


def _many(game: Game, alignment: many) -> str:
    def counted(predictions: Predictions, gold: Gold | None = None) -> dict[str, _Shares]:
        found = supported(gold or game.gold, predictions, matcher=game.matcher, alignment=alignment)
        return {article: (s.focus, s.coverage) for article, s in found.items()}

    before = counted(game.honest)
    perfect = total(chain.from_iterable(counted(_as_predictions(game.gold)).values()))
    shuffled = _relabelled(game.gold, lambda item: _shuffled(item, game.rng))
    mixed = {a: _mixed(claims, game.rng) for a, claims in game.honest.items()}
    other = {a: [*claims, *claims, _OTHER] for a, claims in game.honest.items()}
    costs = {a: (focus + Counts(fp=1), coverage) for a, (focus, coverage) in before.items()}
    if perfect.fp or perfect.fn:
        return f"the gold as a system has focus and coverage {perfect}"
    if counted(mixed, shuffled) != before:
        return "order changes focus or coverage"
    if counted(other) != costs:
        return "claims said twice, or a wrong one, change more than the wrong one costs"
    return next(filter(None, map(out_of_bounds, chain.from_iterable(before.values()))), "")


_Shares = tuple[Counts, Counts]
"""Focus and coverage of an article."""

_ATTACKS: dict[str, Check] = {
    "gold as a system scores exactly 1.0 in every view": _gold_is_perfect,
    "every accepted wording finds its own claim": _every_wording_counts,
    "the order of articles, claims, forms and predictions changes nothing": _order_is_nothing,
    "the ids of claims and articles mean nothing": _ids_mean_nothing,
    "saying every claim twice raises nothing": _never_better(lambda c, _: [*c, *c]),
    "saying every claim again in capitals raises nothing": _never_better(
        lambda c, item: [*c, *_reworded(str.upper)(c, item)]
    ),
    "repeating a claim within itself raises nothing": _never_better(
        _reworded(lambda wording: f"{wording} {wording}")
    ),
    "repeating each word of half a claim raises nothing": _never_better(
        _reworded(lambda wording: _each_word_twice(_halved(wording))), _reworded(_halved)
    ),
    "the sentences that claims stand in raise nothing": _never_better(_sentences_instead),
    "one claim that says everything raises nothing": _never_better(
        lambda c, _: [Claim(" ".join(x.text for x in c), "event")]
    ),
    "all claims in one, beside the honest ones, raise nothing": _never_better(_beside(_all_claims)),
    "the whole article, beside the honest claims, raises nothing": _never_better(_beside(_article)),
    "all its sentences in one, beside the honest claims, raise nothing": _never_better(
        _beside(_all_sentences)
    ),
    "wrong claims lower precision and move nothing else": _wrong_claim_costs,
    "removing claims raises no recall": _removal_raises_nothing,
    "counts per type sum to the whole": _whole_is_sum,
    "precision, recall and F1 lie in [0, 1] or are undefined": _bounded,
    "one-to-one: no claim is matched twice, and none is lost": _one_to_one,
    "what is accepted depends on no other prediction, nor on order": _neighbours_are_nothing,
    "the account of a single pair says what scoring did": _judge_agrees,
    "many-to-many: order and repetition are nothing, wrong claims cost focus": _many_to_many,
}
