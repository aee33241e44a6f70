"""The whole report as one HTML page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jinja2

from bench.model import Provenance, Scorecard
from bench.report.boards import Account, Board, tables
from bench.report.causes import cause_tables
from bench.report.confidence import drawn
from bench.report.scores import place, similarity, slice_table, tally, type_table
from bench.report.table import clean, ratio
from bench.score import ranked


def html(boards: Sequence[Board]) -> str:
    """The report: leaderboards with intervals drawn, types and slices, every claim's outcome.

    Self-contained and without scripts; a policy in its head forbids it to load anything. All
    text is escaped. Raises Incomparable where the cards of a board were not measured alike.
    """
    template = _environment().get_template("page.html")
    return template.render(boards=[_board(board) for board in boards]) + "\n"


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("bench.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(ratio=ratio, tally=tally, similarity=similarity)
    return environment


def _shown(value: object) -> object:
    # Markup is a subclass of str: what a macro returns has been through here already.
    return clean(value) if type(value) is str else value


def _board(board: Board) -> dict[str, Any]:
    cards = ranked(board.cards)
    name, sure = place(cards[0]) if cards else "nothing scored", board.confidences
    return {
        "name": name,
        "curves": [curve for system in sure.measured if (curve := drawn(system))] if sure else [],
        "tables": tables(board),
        "causes": cause_tables(board.diagnoses),
        "told": any(board.accounts.values()),
        "systems": [_system(card, board.accounts.get(card.system, ())) for card in cards],
    }


def _system(card: Scorecard, accounts: Sequence[Account]) -> dict[str, Any]:
    scores = {article.article_id: article for article in card.by_article}
    return {
        "card": card,
        "tables": [("By type", type_table(card)), ("By attribute", slice_table(card))],
        "origin": _origin(card.provenance),
        "accounts": [(account, scores[account.article_id]) for account in accounts],
    }


def _origin(made: Provenance) -> str:
    """How a card came about, in one line of what is known."""
    commit = made.commit[:12] + (" with uncommitted changes" if made.dirty else "")
    parts = (made.made, commit and f"commit {commit}", made.python and f"Python {made.python}")
    return ", ".join(part for part in parts if part)
