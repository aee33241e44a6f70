"""The causes of errors, and what F1 would be if one of them alone were fixed.

After TIDE (Bolya et al. 2020, "TIDE: A General Toolbox for Identifying Object Detection Errors"):
causes exclude each other, and each is weighed by an oracle that mends it and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, get_args

from bench.model import SCHEMA, Counts, Frozen, Signature, total

Cause = Literal[
    "duplicate",
    "merge",
    "wrong type",
    "wrong attribution",
    "wrong number",
    "wrong polarity",
    "hedge changed",
    "missing context",
    "split",
    "partial",
    "grounded but unlisted",
    "unsupported",
    "missed",
]
"""In order of precedence: of all that are true of an error, the first is its cause.

duplicate
    A prediction that the matcher accepts for a gold claim which another one has.
merge
    A prediction that states no gold claim but whose clauses state several; and a missed gold claim
    that such a prediction, or one that stands for another claim already, states.
wrong type
    A matched pair of unequal types. Claim F1 ignores it.
wrong attribution
    A prediction that gives a position to another holder, or swaps the parties; also a matched pair
    of unequal sources, which costs no F1. A source that is not given, or is a pronoun, is not
    compared.
wrong number
    Each side has a number that the other lacks, and the words are alike.
wrong polarity
    One of the two is negated, and the words are alike.
hedge changed
    One of the two is hedged, and the words are alike.
missing context
    All that the gold claim has beyond the prediction is what a pronoun, a relative date or a bare
    definite ("the deal") stands for.
split
    A missed gold claim that two or three predictions state together; and a prediction that is such
    a part and states no gold claim by itself. Not seen where a matcher reads recorded verdicts.
partial
    Near a gold claim, and none of the above: it lacks a part, or says more or something else.
grounded but unlisted
    Near no gold claim, and said by the article's own words (:mod:`bench.grounding`).
unsupported
    Any other prediction.
missed
    A gold claim that no prediction went for.

From ``wrong attribution`` to ``partial``, but for ``split``, a cause is one of a pair. Every
spurious prediction that no earlier cause claims goes for the gold claim nearest to it by content
words (Dice coefficient of at least ``NEAR`` in :mod:`bench.diagnosis.pairs`, the best over its
wordings); of those that go for one missed claim the nearest answers for it, and both have their
cause in common. So one prediction accounts for one missed claim at most.
"""

CAUSES: tuple[Cause, ...] = get_args(Cause)

Side = Literal["missed", "spurious", "matched"]


class Fault(Frozen, frozen=True):
    """One error and its cause.

    ``gold`` and ``predicted`` are indices into the article's claims, in given order. Of a missed
    gold claim ``predicted`` is the prediction that went for it; of a spurious prediction ``gold``
    is the claim that it went for; None where there is none, or where there are several.
    ``linked`` are those several: of a missed claim the predictions that hold it or parts of it, of
    a spurious prediction the gold claims that it states, holds or is part of.
    """

    side: Side
    cause: Cause
    gold: int | None = None
    predicted: int | None = None
    linked: tuple[int, ...] = ()


class Tally(Frozen, frozen=True, omit_defaults=False):
    """How often a cause occurred: on missed gold, spurious predictions and matched pairs."""

    missed: int = 0
    spurious: int = 0
    matched: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.missed + other.missed,
            self.spurious + other.spurious,
            self.matched + other.matched,
        )

    def mended(self, counts: Counts) -> Counts:
        """``counts`` after the oracle: every missed claim is found, every spurious one is gone.

        A spurious prediction that answers for a missed claim is what finds it, and any other
        vanishes. TIDE takes missed objects out of the count instead, as it cannot tell how sure
        a detector would have been of them; here nothing is ranked, so that they can be found.
        """
        return Counts(counts.tp + self.missed, counts.fp - self.spurious, counts.fn - self.missed)


class Fixed(Frozen, frozen=True, omit_defaults=False):
    """What F1 would be if one cause alone were fixed, and what is gained.

    None where F1 is undefined: without any gold and, once fixed, any prediction. ``typed_f1``
    takes what is mended to have the right type.
    """

    cause: Cause
    errors: Tally
    f1: float | None
    delta: float | None
    typed_f1: float | None
    typed_delta: float | None


class Diagnosed(Frozen, frozen=True):
    """One article: its integer counts, types ignored and per type, and the cause of each error.

    ``faults`` hold every missed required gold claim and every spurious prediction once, and the
    matched pairs that are wrong in type or source.
    """

    article_id: str
    claims: Counts
    typed: Counts
    faults: tuple[Fault, ...] = ()

    def tally(self, cause: Cause) -> Tally:
        """How often ``cause`` occurred in this article."""
        sides: list[str] = [fault.side for fault in self.faults if fault.cause == cause]
        return Tally(*map(sides.count, ("missed", "spurious", "matched")))


class Diagnosis(Frozen, frozen=True):
    """One system on one corpus. Every number is a sum over articles or a ratio of such sums."""

    system: str
    signature: Signature
    by_article: tuple[Diagnosed, ...]

    @property
    def claims(self) -> Counts:
        """Micro counts, types ignored: those of the scorecard."""
        return total(article.claims for article in self.by_article)

    @property
    def typed(self) -> Counts:
        """Micro counts over all types: those of the scorecard."""
        return total(article.typed for article in self.by_article)

    def tally(self, cause: Cause) -> Tally:
        """How often ``cause`` occurred in all articles."""
        return sum((article.tally(cause) for article in self.by_article), Tally())

    def fixed(self, cause: Cause) -> Fixed:
        """What F1 would be if ``cause`` alone were fixed; never less than it is."""
        errors = self.tally(cause)
        claims, typed = errors.mended(self.claims), _retyped(errors, cause).mended(self.typed)
        return Fixed(
            cause=cause,
            errors=errors,
            f1=claims.f1,
            delta=_difference(claims.f1, self.claims.f1),
            typed_f1=typed.f1,
            typed_delta=_difference(typed.f1, self.typed.f1),
        )

    def fixes(self) -> tuple[Fixed, ...]:
        """Every cause fixed alone, in the order of CAUSES."""
        return tuple(map(self.fixed, CAUSES))


def _retyped(errors: Tally, cause: Cause) -> Tally:
    """The errors as typed counts see them: a pair of unequal types is a miss and a false alarm."""
    wrong = errors.matched if cause == "wrong type" else 0
    return errors + Tally(missed=wrong, spurious=wrong)


def _difference(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def document(diagnoses: Iterable[Diagnosis]) -> dict[str, Any]:
    """The diagnoses as JSON of version ``schema``, without a word of any text.

    ::

        {"schema": 1, "diagnoses": [{
            "system": …, "signature": {"corpus", "split", "gold", "matcher", "scorer"},
            "claims": {"tp", "fp", "fn", "f1"}, "typed": {the same},
            "causes": [{"cause", "errors": {"missed", "spurious", "matched"},
                        "f1", "delta", "typed_f1", "typed_delta"}],      every cause, in order
            "articles": [{"article": id, "claims": {"tp", "fp", "fn"}, "typed": {the same},
                          "faults": [{"side", "cause", "gold", "predicted", "linked"}]}]}]}

    ``gold``, ``predicted`` (or null) and ``linked`` (a list) are indices from 0 into the claims of
    the article, as in :class:`Fault`. F1 and its differences are null where undefined.
    """
    return {"schema": SCHEMA, "diagnoses": [_document(diagnosis) for diagnosis in diagnoses]}


def _document(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "system": diagnosis.system,
        "signature": diagnosis.signature,
        "claims": _counts(diagnosis.claims) | {"f1": diagnosis.claims.f1},
        "typed": _counts(diagnosis.typed) | {"f1": diagnosis.typed.f1},
        "causes": diagnosis.fixes(),
        "articles": [
            {
                "article": article.article_id,
                "claims": _counts(article.claims),
                "typed": _counts(article.typed),
                "faults": [
                    {name: getattr(fault, name) for name in Fault.__struct_fields__}
                    for fault in article.faults
                ],
            }
            for article in diagnosis.by_article
        ],
    }


def _counts(counts: Counts) -> dict[str, Any]:
    return {"tp": counts.tp, "fp": counts.fp, "fn": counts.fn}
