"""Scorecards and the account of an article, as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, get_args

from bench.model import PHENOMENA, TYPES, Counts, Scorecard
from bench.report.table import UNDEFINED, Table, ratio
from bench.score import Explained, Outcome

if TYPE_CHECKING:
    from bench.diagnosis import Diagnosis

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

TYPED_BY_HARNESS = "* types filled in by the harness where the system gives none"

_SLICES = ("central", "attributed", "negative", "hedged", *PHENOMENA)


def place(card: Scorecard | Diagnosis) -> str:
    """Where a card or diagnosis was made: the corpus, and the split unless it is all of it."""
    split = card.signature.split
    return card.signature.corpus if split == "all" else f"{card.signature.corpus}, {split} split"


def type_table(card: Scorecard) -> Table:
    """Gold, predicted, true positives, P, R and F1 of each of the eight types, then of all.

    The last rows are the micro average over types, the macro average (F1 alone) over the types
    that have gold, and the claims with types ignored.
    """
    macro, over = card.macro_f1
    types = card.types
    return Table(
        title=f"{card.system} on {place(card)}: claims by type",
        columns=("type", "gold", "predicted", "TP", "P", "R", "F1"),
        rows=(
            *(_counted(kind, types.get(kind, Counts())) for kind in TYPES),
            _counted("all types (micro)", card.typed),
            (f"macro over {over}", "", "", "", "", "", ratio(macro)),
            _counted("types ignored", card.claims),
        ),
        notes=(TYPED_BY_HARNESS,) if card.harness_typed else (),
    )


def _counted(name: str, c: Counts) -> tuple[str, ...]:
    whole = (str(c.tp + c.fn), str(c.tp + c.fp), str(c.tp))
    return (name, *whole, ratio(c.precision), ratio(c.recall), ratio(c.f1))


def slice_table(card: Scorecard) -> Table:
    """How many of the required gold claims with an attribute were found, types ignored."""
    slices = card.slices
    known = [name for name in _SLICES if name in slices]
    others = sorted(slices.keys() - set(_SLICES))
    return Table(
        title=f"{card.system} on {place(card)}: recall by attribute",
        columns=("attribute", "gold", "found", "recall"),
        rows=tuple(
            (name, str(c.tp + c.fn), str(c.tp), ratio(c.recall))
            for name, c in ((name, slices[name]) for name in (*known, *others))
        ),
    )


def article_table(explained: Sequence[Explained], title: str) -> Table:
    """Gold and predictions side by side, a row a claim, with the reason where it did not count.

    Where causes were asked for, each stands beside its reason.
    """
    caused = any(line.cause for line in explained)
    return Table(
        title=title,
        columns=("outcome", "gold", "predicted", "similarity", *("cause",) * caused, "reason"),
        rows=tuple(
            (
                line.outcome,
                f"{line.gold.id} ({line.gold.type}) {line.gold.text}" if line.gold else "",
                f"({line.predicted.type}) {line.predicted.text}" if line.predicted else "",
                similarity(line),
                *(line.cause,) * caused,
                f"{line.reason}; nearest: {line.nearest}" if line.nearest else line.reason,
            )
            for line in explained
        ),
        notes=(tally(explained),),
        words=5 + caused,
    )


def similarity(line: Explained) -> str:
    """Similarity of the pair, or to the nearest claim, with two decimals; – if there is none."""
    return UNDEFINED if line.similarity is None else f"{line.similarity:.2f}"


def tally(explained: Sequence[Explained]) -> str:
    """How often each outcome occurs, in words."""
    seen = Counter(line.outcome for line in explained)
    return ", ".join(f"{seen[o]} {o}" for o in OUTCOMES if seen[o]) or "no claims on either side"
