"""Commands that tell what was measured: show, report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from bench.cli import confidences, shared
from bench.model import DataError, Gold, Labelled, Scorecard

if TYPE_CHECKING:
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
    from bench.gold import find_article
    from bench.matching import matcher_named
    from bench.report import article_table, terminal
    from bench.score import explain

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
    terminal([article_table(explain(item, record, chosen), f"{system} on {article}")])


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
    boards = [shared.board(of, places) for of in by_corpus.values()]
    path = places.results / "LEADERBOARD.md"
    write_atomic(path, leaderboard_markdown(boards).encode())
    typer.echo(str(path))
    if html:
        skipped = _skipped(places)
        boards = [_told_in_full(board, skipped, places) for board in boards]
        write_atomic(html, page(boards).encode())
        typer.echo(str(html))


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
    """The board with every claim of its systems and the systems that are not on it."""
    from bench.gold import load
    from bench.matching import DEFAULT

    at = board.cards[0].signature
    gold = load(at.corpus, places, at.split)
    accounts = {card.system: tuple(_accounts(card.system, gold, places)) for card in board.cards}
    kept = shared.kept_outputs(at.corpus, None, places)
    ours = {card.system: kept[card.system] for card in board.cards if card.system in kept}
    sure = confidences.measured(ours, gold, places, DEFAULT)
    return msgspec.structs.replace(board, skipped=skipped, accounts=accounts, confidences=sure)


def _accounts(system: str, gold: Gold, places: Places) -> Iterable[Account]:
    from bench.report import Account
    from bench.results import OUTPUTS
    from bench.run import read_outputs
    from bench.score import explain

    path = places.results / gold.corpus / system / OUTPUTS
    found = read_outputs(path) if path.exists() else {}
    for item in gold.items:
        if item.article.id in found:
            lines = explain(item, found[item.article.id])
            yield Account(item.article.id, item.article.title, lines)
