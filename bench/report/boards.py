"""The leaderboard of a corpus: systems by quality, who can be told apart, what an article took."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from bench import stats
from bench.model import Frozen, Incomparable, Scorecard, count
from bench.report.confidence import confidence_table
from bench.report.meta import dependence_notes
from bench.report.properties import Properties, property_table
from bench.report.scores import TYPED_BY_HARNESS, place, type_table
from bench.report.table import UNDEFINED, Cell, Measure, Table, markdown, ratio
from bench.score import Explained, ranked

if TYPE_CHECKING:
    from bench.audit import Dependence
    from bench.compare import Standing, Verdict
    from bench.confidence import Confidences
    from bench.diagnosis import Diagnosis

_FEW = 10
"""With fewer articles than this, resampling them says little about the next ones."""

_CEILING = (
    "annotators: their labels before adjudication, scored like a system: the ceiling, somewhat "
    "flattered as the gold grew out of them"
)


class Account(Frozen, frozen=True):
    """What one system did with one article, claim by claim."""

    article_id: str
    title: str
    lines: tuple[Explained, ...]


class Board(Frozen, frozen=True):
    """What is known of the systems on one corpus.

    ``ceilings`` are cards of the annotators. ``skipped`` pairs a system that could not run with
    the reason and the command that installs it. ``accounts`` are by system and may be left out,
    wholly or for some systems or articles, and so may ``diagnoses`` and ``properties``;
    ``confidences`` are there where some system gives any. ``dependence`` says whether the first
    place depends on the matcher, or in words why that is not known.
    """

    cards: tuple[Scorecard, ...]
    standing: Standing | None = None
    ceilings: tuple[Scorecard, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    accounts: Mapping[str, tuple[Account, ...]] = {}
    dependence: Dependence | str | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    properties: Properties | None = None
    confidences: Confidences | None = None


def leaderboard(board: Board) -> Table:
    """A row a system, best claim F1 (types ignored) first; ties by name, undefined last.

    The annotators stand above; what no system has or tells is no column. Raises Incomparable
    where the cards were not measured alike.
    """
    _require_alike(board.cards)
    cards = (*board.ceilings, *ranked(board.cards))
    columns: dict[str, list[Cell]] = {"system": [card.system for card in cards]}
    if board.standing and board.standing.lead:
        ranks = board.standing.ranks
        columns["rank"] = [str(ranks.get(card.system, UNDEFINED)) for card in cards]
    measured = [_measures(card) for card in cards]
    columns |= {name: [row[i] for row in measured] for i, name in enumerate(("P", "R", "F1"))}
    columns["typed F1"] = [ratio(card.typed.f1) + _mark(card) for card in cards]
    columns["macro-F1"] = [ratio(card.macro_f1[0]) + _mark(card) for card in cards]
    columns["failures"] = [_failures(card) for card in cards]
    for name, figure in _TOOK.items():
        if told := _told(cards, figure):
            columns[name] = told
    return Table(
        title=f"Leaderboard of {place(board.cards[0])}" if board.cards else "Leaderboard",
        columns=tuple(columns),
        rows=tuple(zip(*columns.values(), strict=True)),
        notes=(
            *_standing(board.standing),
            *dependence_notes(board.dependence),
            *_measured(board),
            *_explained(columns, board),
        ),
    )


def tables(board: Board) -> list[Table]:
    """The leaderboard; how far systems have got that are not through; properties; confidences."""
    found = [leaderboard(board)]
    if begun := unfinished(board):
        found.append(begun)
    names = [card.system for card in ranked(board.cards)]
    if board.properties and names:
        found.append(property_table(board.properties, names, place(board.cards[0])))
    if board.confidences and names:
        found.append(confidence_table(board.confidences, place(board.cards[0])))
    return found


def unfinished(board: Board) -> Table | None:
    """What systems that have not been asked about every article got on those that they were.

    Beside each stands the F1 of the best finished system on the same articles. None where every
    system was asked about all, or none was.
    """
    begun = [(card, asked) for card in ranked(board.cards) if (asked := _asked(card)) != _all(card)]
    finished = [card for card in ranked(board.cards) if _asked(card) == _all(card)]
    if not begun or not finished:
        return None
    best = finished[0]
    return Table(
        title=f"{place(best)}: systems asked about some of the articles only",
        columns=("system", "articles", "P", "R", "F1", "typed F1", f"F1 of {best.system}"),
        rows=tuple(_unfinished_row(card, asked, best) for card, asked in begun),
        notes=(
            "counted on the articles that each system was asked about, and so is what "
            f"{best.system} got beside it; in the leaderboard what was not asked counts as empty",
        ),
    )


def _unfinished_row(card: Scorecard, asked: set[str], best: Scorecard) -> tuple[Cell, ...]:
    part = _on(asked, card)
    return (
        card.system,
        f"{len(asked)} of {len(card.by_article)}",
        *_measures(part),
        ratio(part.typed.f1) + _mark(card),
        ratio(_on(asked, best).claims.f1),
    )


def _all(card: Scorecard) -> set[str]:
    return {article.article_id for article in card.by_article}


def _asked(card: Scorecard) -> set[str]:
    return {article.article_id for article in card.by_article if article.status != "missing"}


def _on(articles: set[str], card: Scorecard) -> Scorecard:
    kept = tuple(article for article in card.by_article if article.article_id in articles)
    return msgspec.structs.replace(card, by_article=kept)


def leaderboard_markdown(boards: Sequence[Board]) -> str:
    """The content of LEADERBOARD.md: a table a corpus, followed by the types of its systems.

    A pure function of the scorecards, the same in any order of systems. Raises Incomparable
    where the cards of one corpus were not measured alike.
    """
    parts = [
        "# Leaderboard\n",
        "Computed from the scorecards in this folder by `claimbench report`; not edited by hand.\n",
        "The gold was labelled by language models (gold/DATASHEET.md); read the intervals before "
        "the ranks.\n",
    ]
    for board in boards:
        parts.append(markdown(tables(board), level=2))
        parts.append(markdown([type_table(card) for card in ranked(board.cards)], level=3))
    return "\n".join(parts)


def _require_alike(cards: Sequence[Scorecard]) -> None:
    for card in cards[1:]:
        if differing := card.signature.differences(cards[0].signature):
            raise Incomparable(
                f"{card.system} and {cards[0].system} were not measured alike: "
                f"{'; '.join(differing)}; expected one signature a table",
                hint="claimbench score",
            )


def _told(cards: Sequence[Scorecard], figure: Callable[[Scorecard], str]) -> list[Cell]:
    """A cell a card, – where it does not tell; no cells at all where none does."""
    told = [figure(card) for card in cards]
    return [cell or UNDEFINED for cell in told] if any(told) else []


def _mark(card: Scorecard) -> str:
    return "*" if card.harness_typed else ""


def _measures(card: Scorecard) -> tuple[Measure, Measure, Measure]:
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


def _seconds(card: Scorecard) -> str:
    seconds = card.provenance.seconds_per_article
    if seconds is None:
        return ""
    return "<0.01" if seconds < 0.01 else f"{seconds:.2f}"


def _tokens(card: Scorecard) -> str:
    tokens = card.provenance.tokens_per_article
    return "" if tokens is None else f"{tokens:,.0f}"


def _dollars(card: Scorecard) -> str:
    dollars = card.provenance.dollars_per_article
    return "" if dollars is None else f"{1000 * dollars:,.2f}"


_TOOK = {"s/article": _seconds, "tokens/article": _tokens, "$/1,000 articles": _dollars}


def _models(cards: Sequence[Scorecard]) -> Iterator[str]:
    """The language models that answered, by the names that they gave."""
    asked: dict[str, list[str]] = {}
    for card in ranked(cards):
        for model in card.provenance.models:
            asked.setdefault(model, []).append(card.system)
    yield from (f"model {model}: {', '.join(systems)}" for model, systems in asked.items())


def _standing(standing: Standing | None) -> Iterator[str]:
    if standing is None or standing.lead is None:
        return
    yield _lead(standing.lead, detected=standing.detected)
    yield (
        "rank: systems of one rank cannot all be told apart on this gold, and each is detectably "
        "better than every system of a later rank (paired permutation test over articles, "
        "p < 0.05 corrected for all pairs)"
    )


def _lead(lead: Verdict, *, detected: bool) -> str:
    """What the difference between the first two means, in one plain sentence."""
    row, first, second = lead.rows[0], lead.new, lead.base
    if not row.delta:
        return f"{first} and {second} have the same F1"
    ahead = f"{first} is ahead of {second} by {row.delta:.3f} F1"
    if row.low is not None and row.high is not None:
        ahead += f" [{row.low:+.3f}, {row.high:+.3f}]"
    if detected:
        return (
            f"{ahead}, more than the choice of articles explains: it found {len(lead.gained)} "
            f"claims that {second} missed, and missed {len(lead.lost)} that {second} found"
        )
    if lead.articles < stats.TESTABLE:
        number = count(lead.articles, "article")
        return f"{ahead}, but it takes more than {number} to tell any two systems apart"
    if row.low is not None and row.low > 0:
        return (
            f"{ahead}: beyond chance if no other systems were compared, but not once the test is "
            "corrected for all pairs of systems"
        )
    return (
        f"{ahead}, which may be chance: {lead.articles} articles cannot tell the two apart, and "
        f"would mostly show a true difference only from {row.detectable or 0:.3f} on"
    )


def _measured(board: Board) -> Iterator[str]:
    if not board.cards:
        yield "no system was scored"
        return
    card = board.cards[0]
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


def _explained(columns: Mapping[str, object], board: Board) -> Iterator[str]:
    """What the words and marks of the table mean, and which systems are not in it."""
    if board.cards:
        yield f"macro-F1 is the mean over the {board.cards[0].macro_f1[1]} types that have gold"
    if any(card.harness_typed for card in board.cards):
        yield TYPED_BY_HARNESS
    yield from _models(board.cards)
    if took := [name for name in _TOOK if name in columns]:
        yield (
            f"{', '.join(took)}: means over the articles that told it, on the machine and at the "
            "prices of the run"
        )
    if board.ceilings:
        yield _CEILING
    there = {card.system for card in board.cards}
    yield from (f"skipped: {name}: {why}" for name, why in board.skipped if name not in there)
