"""Rendering alone: scorecards, accounts and verdicts in; terminal, Markdown, HTML, JUnit out.

Nothing here reads a file or counts a claim. Everything is first a ``Table`` of words or a plain
line, and each flavour is one function over those.
"""

from bench.report.boards import Account, Board, leaderboard, leaderboard_markdown, tables
from bench.report.causes import cause_tables, example_table
from bench.report.changes import junit, suite, verdict
from bench.report.confidence import confidence_table, curve_csv
from bench.report.contradictions import contradiction_table
from bench.report.meta import dependence_notes, meta_tables, stability_table
from bench.report.page import html
from bench.report.properties import Properties
from bench.report.scores import (
    article_table,
    place,
    slice_table,
    type_table,
)
from bench.report.support import support_table
from bench.report.table import Measure, Part, Table, markdown, plain, ratio, terminal

__all__ = [
    "Account",
    "Board",
    "Measure",
    "Part",
    "Properties",
    "Table",
    "article_table",
    "cause_tables",
    "confidence_table",
    "contradiction_table",
    "curve_csv",
    "dependence_notes",
    "example_table",
    "html",
    "junit",
    "leaderboard",
    "leaderboard_markdown",
    "markdown",
    "meta_tables",
    "place",
    "plain",
    "ratio",
    "slice_table",
    "stability_table",
    "suite",
    "support_table",
    "tables",
    "terminal",
    "type_table",
    "verdict",
]
