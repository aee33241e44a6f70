"""Commands that tell what was measured: show, report."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from bench.cli import confidences, shared
from bench.cli.meta import Judged, dependence, held_pairs
from bench.model import DataError, Extraction, Gold, Labelled, Scorecard

if TYPE_CHECKING:
    from bench.diagnosis import Diagnosis
    from bench.report import Account, Board
    from bench.store import Places


def show(
    article: Annotated[str, typer.Argument(metavar="ARTICLE", help="Article of any corpus")],
    system: Annotated[
        str | None, typer.Option(metavar="NAME", help="System; without it the gold alone")
    ] = None,
    matcher: shared.MatcherName = "keyed",
) -> None:
    """Show gold and predictions aligned, and why each miss is one."""
    from bench.diagnosis import diagnose_article, told
    from bench.gold import find_article
    from bench.matching import matcher_named
    from bench.report import article_table, terminal

    places = shared.places()
    item, chosen = find_article(article, places), matcher_named(matcher)
    if system is None:
        _show_gold(item)
        return
    found = shared.kept_outputs(item.article.corpus, [system], places)[system]
    if article not in found:
        raise DataError(
            f"{system} has no output for {article}",
            hint=f"claimbench run {system} --corpus {item.article.corpus} "
            f"--split {item.article.split}",
        )
    record = found[article]
    if record.status != "ok":
        typer.echo(f"{system} on {article}: {shared.reason(record)}\n")
    lines = told(item, record, diagnose_article(item, record, chosen), chosen)
    terminal([article_table(lines, f"{system} on {article}")])


def _show_gold(item: Labelled) -> None:
    from bench.report import Table, terminal

    rows = tuple(
        (c.id, c.type + (" (optional)" if c.optional else ""), c.text) for c in item.claims
    )
    title = f"{item.article.id}: {item.article.title}"
    terminal([Table(title, ("claim", "type", "text"), rows, words=3)])


def report(
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write one page of HTML")
    ] = None,
) -> None:
    """Write results/LEADERBOARD.md and, if asked, a page of HTML."""
    from bench.report import html as page
    from bench.report import leaderboard_markdown
    from bench.results import cards
    from bench.store import write_atomic

    places = shared.places()
    found = cards(str(places.results), places.results) if places.results.is_dir() else {}
    if not found:
        raise DataError(f"{places.results}: found no scorecards", hint="claimbench run")
    by_corpus = {corpus: _newest(list(of.values())) for corpus, of in sorted(found.items())}
    judged = _judged(places)
    boards = [_board(of, judged, places) for of in by_corpus.values()]
    path = places.results / "LEADERBOARD.md"
    write_atomic(path, leaderboard_markdown(boards).encode())
    typer.echo(str(path))
    if html:
        skipped = _skipped(places)
        boards = [_told_in_full(board, skipped, places) for board in boards]
        write_atomic(html, page(boards).encode())
        typer.echo(str(html))


def _judged(places: Places) -> Judged:
    """The judged pairs that a report goes by; none, and a note, where they cannot be read."""
    try:
        return held_pairs(places)
    except DataError as error:
        shared.note(f"nothing is told of other matchers, as judged pairs cannot be read: {error}")
        return Judged((), {})


def _board(cards: list[Scorecard], judged: Judged, places: Places) -> Board:
    found = dependence(cards, judged, places)
    if found is not None and not isinstance(found, str) and found.others:
        from bench.report import dependence_notes, terminal

        told = next(dependence_notes(found)).removeprefix("warning: ")
        terminal([f"WARN {cards[0].signature.corpus}: {told}"], sys.stderr)
    return msgspec.structs.replace(shared.board(cards, places), dependence=found)


def _newest(cards: list[Scorecard]) -> list[Scorecard]:
    """The cards that were measured like the latest one; says which are left out, and why."""
    common = Counter(card.signature for card in cards)
    latest = max(cards, key=lambda card: (card.provenance.made, common[card.signature]))
    for card in cards:
        if differing := card.signature.differences(latest.signature):
            shared.note(
                f"{card.system} on {card.signature.corpus}: an old score, left out "
                f"({'; '.join(differing)}); next: claimbench run {card.system} --corpus "
                f"{card.signature.corpus}, or delete its folder in results"
            )
    return [card for card in cards if card.signature == latest.signature]


def _skipped(places: Places) -> tuple[tuple[str, str], ...]:
    from bench.systems import discover

    return tuple((s.name, shared.need(s)) for s in discover(places).values() if s.missing)


def _told_in_full(board: Board, skipped: tuple[tuple[str, str], ...], places: Places) -> Board:
    """The board with every claim and error of its systems, the systems not on it, properties."""
    from bench.diagnosis import diagnose
    from bench.gold import load
    from bench.matching import DEFAULT
    from bench.score import ranked

    at = board.cards[0].signature
    gold = load(at.corpus, places, at.split)
    found = {card.system: _outputs(card.system, at.corpus, places) for card in ranked(board.cards)}
    kept = {name: of for name, of in found.items() if of}
    made = {name: diagnose(gold, of, system=name) for name, of in kept.items()}
    accounts = {name: tuple(_accounts(gold, kept[name], of)) for name, of in made.items()}
    return msgspec.structs.replace(
        board,
        skipped=skipped,
        accounts=accounts,
        diagnoses=tuple(made.values()),
        properties=shared.properties(kept, gold, places),
        confidences=confidences.measured(kept, gold, places, DEFAULT),
    )


def _outputs(system: str, corpus: str, places: Places) -> dict[str, Extraction]:
    from bench.results import OUTPUTS
    from bench.run import read_outputs

    path = places.results / corpus / system / OUTPUTS
    return read_outputs(path) if path.exists() else {}


def _accounts(
    gold: Gold, found: Mapping[str, Extraction], diagnosis: Diagnosis
) -> Iterable[Account]:
    from bench.diagnosis import told
    from bench.report import Account

    for item, diagnosed in zip(gold.items, diagnosis.by_article, strict=True):
        article = item.article
        if article.id in found:
            yield Account(article.id, article.title, told(item, found[article.id], diagnosed))
