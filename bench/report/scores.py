"""Scorecards and the account of an article, as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isnan
from types import MappingProxyType
from typing import get_args

import numpy as np

from bench import stats
from bench.model import PHENOMENA, TYPES, Counts, Incomparable, Scorecard
from bench.report.table import UNDEFINED, Cell, Measure, Table, markdown, ratio
from bench.score import Explained, Outcome

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

_FEW = 10
"""With fewer articles than this, resampling them says little about the next ones."""

_TYPED_BY_HARNESS = "* types filled in by the harness where the system gives none"

_SLICES = ("central", "attributed", "negative", "hedged", *PHENOMENA)


def leaderboard(
    cards: Sequence[Scorecard],
    skipped: Sequence[tuple[str, str]] = (),
    *,
    ceilings: Sequence[Scorecard] = (),
    timed: bool = True,
) -> Table:
    """A row a system, best claim F1 (types ignored) first; ties by name, undefined last.

    ``ceilings`` are cards of the annotators, which stand above. ``skipped`` pairs a system that
    could not run with the reason and the command that installs it. ``timed=False`` leaves out the
    seconds, for a file that must not change from run to run. Raises Incomparable where the cards
    were not measured alike.
    """
    _require_alike(cards)
    rows = tuple(_leaderboard_row(card) for card in (*ceilings, *ranked(cards)))
    columns = ("system", "P", "R", "F1", "typed F1", "macro-F1", "failures", "s/article")
    width = len(columns) if timed else -1
    return Table(
        title=_leaderboard_title(cards),
        columns=columns[:width],
        rows=tuple(row[:width] for row in rows),
        notes=(
            *_measured(cards),
            *([_CEILING] if ceilings else []),
            *(f"skipped: {name}: {reason}" for name, reason in skipped),
        ),
    )


_CEILING = (
    "annotators: their labels before adjudication, scored like a system: the ceiling, somewhat "
    "flattered as the gold grew out of them"
)


def _leaderboard_title(cards: Sequence[Scorecard]) -> str:
    return f"Leaderboard of {place(cards[0])}" if cards else "Leaderboard"


def place(card: Scorecard) -> str:
    """Where a card was measured: the corpus, and the split unless it is all of it."""
    split = card.signature.split
    return card.signature.corpus if split == "all" else f"{card.signature.corpus}, {split} split"


def ranked(cards: Iterable[Scorecard]) -> list[Scorecard]:
    """The cards, best claim F1 first; ties by name, undefined last."""

    def rank(card: Scorecard) -> tuple[float, str]:
        f1 = card.claims.f1
        return 1.0 if f1 is None else -f1, card.system

    return sorted(cards, key=rank)


def _require_alike(cards: Sequence[Scorecard]) -> None:
    for card in cards[1:]:
        if differing := card.signature.differences(cards[0].signature):
            raise Incomparable(
                f"{card.system} and {cards[0].system} were not measured alike: "
                f"{'; '.join(differing)}; expected one signature a table",
                hint="claimbench score",
            )


def _leaderboard_row(card: Scorecard) -> tuple[Cell, ...]:
    mark = "*" if card.harness_typed else ""
    seconds = card.provenance.seconds_per_article
    return (
        card.system,
        *measures(card),
        ratio(card.typed.f1) + mark,
        ratio(card.macro_f1[0]) + mark,
        _failures(card),
        _seconds(seconds),
    )


def measures(card: Scorecard) -> tuple[Measure, Measure, Measure]:
    """Precision, recall and F1 of claims, types ignored, with intervals over articles."""
    counts = [[(c.tp, c.fp, c.fn)] for c in (article.claims for article in card.by_article)]
    draws = stats.resampled(np.array(counts, dtype=np.int64).reshape(-1, 1, 3))
    whole = card.claims

    def measure(value: float | None, statistic: stats.Statistic) -> Measure:
        low, high = stats.interval(draws, statistic)[0].tolist()
        return Measure(value) if isnan(low) else Measure(value, low, high)

    return (
        measure(whole.precision, stats.precision),
        measure(whole.recall, stats.recall),
        measure(whole.f1, stats.f1),
    )


def _failures(card: Scorecard) -> str:
    return ", ".join(f"{n} {status}" for status, n in sorted(card.failures.items())) or "0"


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return UNDEFINED
    return "<0.01" if seconds < 0.01 else f"{seconds:.2f}"


def _measured(cards: Sequence[Scorecard]) -> Iterator[str]:
    if not cards:
        yield "no system was scored"
        return
    card = cards[0]
    signature, articles = card.signature, len(card.by_article)
    required = card.claims.tp + card.claims.fn
    yield (
        f"corpus {signature.corpus}, split {signature.split}: {articles} "
        f"{'article' if articles == 1 else 'articles'}, "
        f"{required} required gold claims; matcher {signature.matcher}, "
        f"gold {signature.gold[:12]}, scorer {signature.scorer}"
    )
    if articles == 1:
        yield "P, R and F1 ignore types; one article gives no interval"
    else:
        yield "P, R and F1 ignore types; in brackets 95 % intervals that resample articles"
    if 1 < articles < _FEW:
        yield (
            f"with {articles} articles the intervals are rough, hardly more than the range over "
            "articles: small differences mean nothing"
        )
    yield f"macro-F1 is the mean over the {card.macro_f1[1]} types that have gold"
    if any(c.harness_typed for c in cards):
        yield _TYPED_BY_HARNESS


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
        notes=(_TYPED_BY_HARNESS,) if card.harness_typed else (),
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
    """Gold and predictions side by side, a row a claim, with the reason where it did not count."""
    return Table(
        title=title,
        columns=("outcome", "gold", "predicted", "similarity", "reason"),
        rows=tuple(
            (
                line.outcome,
                f"{line.gold.id} ({line.gold.type}) {line.gold.text}" if line.gold else "",
                f"({line.predicted.type}) {line.predicted.text}" if line.predicted else "",
                similarity(line),
                f"{line.reason}; nearest: {line.nearest}" if line.nearest else line.reason,
            )
            for line in explained
        ),
        notes=(tally(explained),),
        words=5,
    )


def similarity(line: Explained) -> str:
    """Similarity of the pair, or to the nearest claim, with two decimals; – if there is none."""
    return UNDEFINED if line.similarity is None else f"{line.similarity:.2f}"


def tally(explained: Sequence[Explained]) -> str:
    """How often each outcome occurs, in words."""
    seen = Counter(line.outcome for line in explained)
    return ", ".join(f"{seen[o]} {o}" for o in OUTCOMES if seen[o]) or "no claims on either side"


def leaderboard_markdown(
    by_corpus: Mapping[str, Sequence[Scorecard]],
    ceilings: Mapping[str, Sequence[Scorecard]] = MappingProxyType({}),
) -> str:
    """The content of LEADERBOARD.md: a table a corpus, followed by the types of its systems.

    ``ceilings`` are cards of the annotators by corpus. A pure function of the counts: no times,
    no machine, and the same in any order of systems. Raises Incomparable where the
    cards of one corpus were not measured alike.
    """
    parts = [
        "# Leaderboard\n",
        "Computed from the scorecards in this folder by `claimbench report`; not edited by hand.\n",
        "The gold was labelled by language models (gold/DATASHEET.md); read the intervals before "
        "the ranks.\n",
    ]
    for corpus, cards in by_corpus.items():
        ordered = ranked(cards)
        table = leaderboard(ordered, ceilings=ceilings.get(corpus, ()), timed=False)
        parts.append(markdown([table], level=2))
        parts.append(markdown([type_table(card) for card in ordered], level=3))
    return "\n".join(parts)
