import html
import os
import pty
import re
import shutil
import subprocess
import sys
import termios
import xml.etree.ElementTree as ET
import zlib
from collections import Counter
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import report
from bench.compare import Row, Standing, Suite, Verdict
from bench.diagnosis import CAUSES, diagnose
from bench.model import (
    ArticleScore,
    Claim,
    Counts,
    GoldClaim,
    Incomparable,
    Provenance,
    Scorecard,
    Signature,
)
from bench.report import Account, Board, Measure, Table
from bench.score import Explained

from made import make_gold

ROOT = Path(__file__).parents[1]
SIGNED = Signature("core", "test", "3fa9c01b22de77aa", "keyed(threshold=0.6)", "1")

# Article a: four gold claims. Two events are found; a numerical one is found but called an event;
# another is missed; a property is made up. Article b: one of two events is found.
A = ArticleScore(
    "a",
    "ok",
    Counts(3, 1, 1),
    {"numerical": Counts(0, 0, 2), "event": Counts(2, 1, 0), "property": Counts(0, 1, 0)},
    {"number-words": Counts(0, 0, 1), "central": Counts(2, 0, 1)},
)
B = ArticleScore("b", "ok", Counts(1, 0, 1), {"event": Counts(1, 0, 1)}, {"central": Counts(1)})
SILENT_A = ArticleScore(
    "a", "ok", Counts(0, 0, 4), {"numerical": Counts(0, 0, 2), "event": Counts(0, 0, 2)}, {}
)
SILENT_B = ArticleScore("b", "timeout", Counts(0, 0, 2), {"event": Counts(0, 0, 2)}, {})


def card(system, *articles, typed=False, signature=SIGNED, **provenance):
    return Scorecard(system, signature, articles, typed, Provenance(**provenance))


FINDER = card("finder", A, B, typed=True, seconds_per_article=1.234)
SILENT = card("silent", SILENT_A, SILENT_B, seconds_per_article=0.001)


def gold(number, text, kind="event"):
    return GoldClaim(f"zebra-c{number:02}", text, (), kind, ((0, 1),), ())


NINE = gold(3, "The team observed nine horses.", "numerical")
LINES = (
    Explained("matched", gold(1, "Stripes confuse flies."), Claim("Flies err", "event"), 0.857),
    Explained(
        "wrong type",
        gold(2, "Fewer flies landed.", "comparison"),
        Claim("Flies landed", "event"),
        0.7,
        "typed event, gold says comparison",
    ),
    Explained("missed", NINE, None, 0.5, "lacks nine", "Horses were seen"),
    Explained("spurious", None, Claim("Horses were seen", "event"), 0.5, "lacks nine", NINE.text),
    Explained("spurious", None, Claim("Flies bite", "property"), None, "the article has no claims"),
)


def board(*cards, **known):
    return report.Board(cards, **known)


def column(table, name):
    return [str(row[table.columns.index(name)]) for row in table.rows]


# Leaderboard


def test_leaderboard_by_hand():
    # Two articles: a quarter of all resamples hold only a, a quarter only b, so that every
    # interval ends at the scores of the two.
    table = report.leaderboard(board(SILENT, FINDER))
    assert table.title == "Leaderboard of core, test split"
    assert {name: column(table, name) for name in table.columns} == {
        "system": ["finder", "silent"],
        "P": ["0.800 [0.75, 1.00]", "–"],
        "R": ["0.667 [0.50, 0.75]", "0.000 [0.00, 0.00]"],
        "F1": ["0.727 [0.67, 0.75]", "0.000 [0.00, 0.00]"],
        "typed F1": ["0.545*", "0.000"],
        "macro-F1": ["0.375*", "0.000"],
        "failures": ["0", "1 timeout"],
        "s/article": ["1.23", "<0.01"],
    }


def test_leaderboard_notes_say_what_was_measured():
    notes = report.leaderboard(
        board(FINDER, SILENT, skipped=(("embed", "needs torch; pip install torch"),))
    ).notes
    assert notes == (
        "corpus core, split test: 2 articles, 6 required gold claims; "
        "matcher keyed(threshold=0.6), gold 3fa9c01b22de, scorer 1",
        "P, R and F1 ignore types; in brackets 95 % intervals that resample articles",
        "with 2 articles the intervals are rough, hardly more than the range over articles: small differences mean nothing",  # noqa: E501
        "macro-F1 is the mean over the 2 types that have gold",
        "* types filled in by the harness where the system gives none",
        "s/article: means over the articles that told it, on the machine and at the prices of the run",  # noqa: E501
        "skipped: embed: needs torch; pip install torch",
    )


def test_a_system_that_cannot_run_now_but_has_its_score_was_not_skipped():
    known = board(FINDER, skipped=(("finder", "set KEY"), ("embed", "needs torch")))
    skipped = [n for n in report.leaderboard(known).notes if n.startswith("skipped")]
    assert skipped == ["skipped: embed: needs torch"]


def test_ten_articles_are_enough_and_nobody_needed_typing():
    ten = card("ten", *(ArticleScore(str(i), "ok", Counts(1), {}, {}) for i in range(10)))
    notes = " ".join(report.leaderboard(board(ten)).notes)
    assert "rough" not in notes
    assert "harness" not in notes


def test_leaderboard_orders_by_claim_f1_then_name_and_undefined_last():
    nothing = ArticleScore("a", "ok", Counts(), {}, {})
    best = ArticleScore("a", "ok", Counts(1), {}, {})
    cards = [card("void", nothing), card("b", A), card("a", A), card("z", best)]
    for order in (cards, cards[::-1]):
        table = report.leaderboard(board(*order))
        assert column(table, "system") == ["z", "a", "b", "void"]
    assert column(table, "F1") == ["1.000", "0.750", "0.750", "–"]  # one article, no interval


def test_a_board_of_nothing_still_names_what_was_skipped():
    table = report.leaderboard(board(skipped=(("llm", "set LLM_KEY"),)))
    assert table.rows == ()
    assert table.notes == ("no system was scored", "skipped: llm: set LLM_KEY")


def test_scores_under_different_gold_share_no_table():
    stale = card("stale", A, signature=Signature("core", "test", "old", "keyed()", "1"))
    with pytest.raises(Incomparable, match=r"stale and finder .* gold: old against"):
        report.leaderboard(board(FINDER, stale))


# Types, attributes, articles


def test_type_table_by_hand():
    table = report.type_table(FINDER)
    assert table.columns == ("type", "gold", "predicted", "TP", "P", "R", "F1")
    empty = ("0", "0", "0", "–", "–", "–")
    assert table.rows == (
        ("rule", *empty),
        ("causal", *empty),
        ("prediction", *empty),
        ("numerical", "2", "0", "0", "–", "0.000", "0.000"),
        ("comparison", *empty),
        ("position", *empty),
        ("event", "4", "4", "3", "0.750", "0.750", "0.750"),
        ("property", "0", "1", "0", "0.000", "–", "0.000"),
        ("all types (micro)", "6", "5", "3", "0.600", "0.500", "0.545"),
        ("macro over 2", "", "", "", "", "", "0.375"),
        ("types ignored", "6", "5", "4", "0.800", "0.667", "0.727"),
    )
    assert table.notes == ("* types filled in by the harness where the system gives none",)
    assert report.type_table(SILENT).notes == ()


def test_slice_table_has_attributes_before_phenomena_before_the_unknown():
    odd = ArticleScore("c", "ok", Counts(), {}, {"zeta": Counts(1), "alpha": Counts(1)})
    table = report.slice_table(card("finder", A, B, odd))
    assert table.columns == ("attribute", "gold", "found", "recall")
    assert table.rows == (
        ("central", "4", "3", "0.750"),
        ("number-words", "1", "0", "0.000"),
        ("alpha", "1", "1", "1.000"),
        ("zeta", "1", "1", "1.000"),
    )


def test_article_table_puts_gold_and_prediction_side_by_side():
    table = report.article_table(LINES, "Zebras")
    assert table.columns == ("outcome", "gold", "predicted", "similarity", "reason")
    assert table.rows == (
        ("matched", "zebra-c01 (event) Stripes confuse flies.", "(event) Flies err", "0.86", ""),
        (
            "wrong type",
            "zebra-c02 (comparison) Fewer flies landed.",
            "(event) Flies landed",
            "0.70",
            "typed event, gold says comparison",
        ),
        (
            "missed",
            "zebra-c03 (numerical) The team observed nine horses.",
            "",
            "0.50",
            "lacks nine; nearest: Horses were seen",
        ),
        (
            "spurious",
            "",
            "(event) Horses were seen",
            "0.50",
            "lacks nine; nearest: The team observed nine horses.",
        ),
        ("spurious", "", "(property) Flies bite", "–", "the article has no claims"),
    )
    assert table.notes == ("1 matched, 1 wrong type, 1 missed, 2 spurious",)
    assert report.article_table((), "Empty").notes == ("no claims on either side",)


# Markdown


def test_leaderboard_file_is_golden_and_the_same_in_any_order():
    written = report.leaderboard_markdown([board(SILENT, FINDER)])
    assert written == report.leaderboard_markdown([board(FINDER, SILENT)])
    assert written.startswith(
        dedent("""\
        # Leaderboard

        Computed from the scorecards in this folder by `claimbench report`; not edited by hand.

        The gold was labelled by language models (gold/DATASHEET.md); read the intervals before the ranks.

        ## Leaderboard of core, test split

        | system | P | R | F1 | typed F1 | macro-F1 | failures | s/article |
        | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
        | finder | 0.800 [0.75, 1.00] | 0.667 [0.50, 0.75] | 0.727 [0.67, 0.75] | 0.545\\* | 0.375\\* | 0 | 1.23 |
        | silent | – | 0.000 [0.00, 0.00] | 0.000 [0.00, 0.00] | 0.000 | 0.000 | 1 timeout | \\<0.01 |

        - corpus core, split test: 2 articles, 6 required gold claims; matcher keyed(threshold=0.6), gold 3fa9c01b22de, scorer 1
        - P, R and F1 ignore types; in brackets 95 % intervals that resample articles
        - with 2 articles the intervals are rough, hardly more than the range over articles: small differences mean nothing
        - macro-F1 is the mean over the 2 types that have gold
        - \\* types filled in by the harness where the system gives none
        - s/article: means over the articles that told it, on the machine and at the prices of the run

        ### finder on core, test split: claims by type

        | type | gold | predicted | TP | P | R | F1 |
        | --- | ---: | ---: | ---: | ---: | ---: | ---: |
        | rule | 0 | 0 | 0 | – | – | – |
        """)  # noqa: E501 - the rows of a Markdown table cannot be broken
    )
    assert written.index("finder on core") < written.index("silent on core")
    assert written.endswith("| types ignored | 6 | 0 | 0 | – | 0.000 | 0.000 |\n")


def test_annotators_stand_above_the_systems_and_are_explained():
    ceiling = card("annotator A", A, A)
    table = report.leaderboard(board(SILENT, FINDER, ceilings=(ceiling,)))
    assert [row[0] for row in table.rows] == ["annotator A", "finder", "silent"]
    assert "before adjudication" in " ".join(table.notes)
    written = report.leaderboard_markdown([board(SILENT, ceilings=(ceiling,))])
    assert written.index("| annotator A |") < written.index("| silent |")
    assert "### annotator A" not in written


def test_no_date_and_no_machine_reaches_the_leaderboard_file():
    here, elsewhere = (
        card("finder", A, B, seconds_per_article=1.2, made=made, machine=made)
        for made in ("2026", "2031")
    )
    assert report.leaderboard_markdown([board(here)]) == report.leaderboard_markdown(
        [board(elsewhere)]
    )


# What an article took


def test_tokens_dollars_and_models_stand_beside_quality_where_a_system_tells_them():
    asked = card(
        "asked",
        A,
        B,
        models=("tiny-1", "tiny-2"),
        seconds_per_article=12.0,
        tokens_per_article=10541.4,
        dollars_per_article=0.00125,
    )
    table = report.leaderboard(board(asked, SILENT, ceilings=(card("annotator A", A, A),)))
    told = ("s/article", "tokens/article", "$/1,000 articles")
    assert {name: column(table, name) for name in told} == {
        "s/article": ["–", "12.00", "<0.01"],
        "tokens/article": ["–", "10,541", "–"],
        "$/1,000 articles": ["–", "1.25", "–"],
    }
    assert [n for n in table.notes if n.startswith("model ")] == [
        "model tiny-1: asked",
        "model tiny-2: asked",
    ]
    assert "s/article, tokens/article, $/1,000 articles: means" in " ".join(table.notes)


def test_a_system_that_is_not_through_is_also_measured_on_what_it_was_asked():
    # On article b alone: begun finds one of two claims, finder too; overall begun has 1 of 6.
    unasked = ArticleScore("a", "missing", Counts(0, 0, 4), A.types, {})
    begun = card("begun", unasked, B)
    board_, part = report.tables(board(FINDER, begun))
    assert column(board_, "failures") == ["0", "1 missing"]
    assert {name: column(part, name) for name in part.columns} == {
        "system": ["begun"],
        "articles": ["1 of 2"],
        "P": ["1.000"],
        "R": ["0.500"],
        "F1": ["0.667"],
        "typed F1": ["0.667"],
        "F1 of finder": ["0.667"],
    }
    assert "1 of 2" in report.leaderboard_markdown([board(FINDER, begun)])
    assert "1 of 2" in report.html([board(FINDER, begun)])
    assert len(report.tables(board(begun))) == len(report.tables(board(FINDER, SILENT))) == 1


def test_what_nobody_tells_is_no_column():
    table = report.leaderboard(board(card("mute", A, B)))
    assert table.columns == ("system", "P", "R", "F1", "typed F1", "macro-F1", "failures")
    assert "means over" not in " ".join(table.notes)


# Ties and the lead


def lead(delta, low, high, *, articles=19, detectable=0.05, gained=(), lost=()):
    row = Row("claims", 0.5, 0.5 + delta, delta, low, high, 0.01, detectable)
    return Verdict(
        base="second",
        new="first",
        corpus="core",
        headline="claims",
        reasons=(),
        gained=gained,
        lost=lost,
        rows=(row,),
        failures=(0, 0),
        summary="",
        articles=articles,
    )


@pytest.mark.parametrize(
    ("verdict", "detected", "said"),
    [
        (
            lead(0.044, 0.01, 0.08, gained=("c1", "c2"), lost=("c3",)),
            True,
            "first is ahead of second by 0.044 F1 [+0.010, +0.080], more than the choice of "
            "articles explains: it found 2 claims that second missed, and missed 1 that second "
            "found",
        ),
        (
            lead(0.044, 0.01, 0.08),
            False,
            "first is ahead of second by 0.044 F1 [+0.010, +0.080]: beyond chance if no other "
            "systems were compared, but not once the test is corrected for all pairs of systems",
        ),
        (
            lead(0.01, -0.03, 0.05),
            False,
            "first is ahead of second by 0.010 F1 [-0.030, +0.050], which may be chance: 19 "
            "articles cannot tell the two apart, and would mostly show a true difference only "
            "from 0.050 on",
        ),
        (
            lead(0.2, 0.1, 0.3, articles=3),
            False,
            "first is ahead of second by 0.200 F1 [+0.100, +0.300], but it takes more than 3 "
            "articles to tell any two systems apart",
        ),
        (lead(0.0, 0.0, 0.0), False, "first and second have the same F1"),
    ],
)
def test_a_sentence_says_what_the_lead_means(verdict, detected, said):
    ranks = {"finder": 1, "silent": 1}
    table = report.leaderboard(board(FINDER, SILENT, standing=Standing(ranks, verdict, detected)))
    assert table.notes[0] == said
    assert column(table, "rank") == ["1", "1"]


def test_a_single_system_leads_nobody():
    table = report.leaderboard(board(FINDER, standing=Standing({"finder": 1})))
    assert "rank" not in table.columns
    assert "ahead" not in " ".join(table.notes)


def test_markdown_says_what_the_text_says():
    hostile = "a|b\n\n# c <script> [x](http://y) *z* `q` $1$ \\| & ~"
    table = Table("T|<b>", ("one", "two"), ((hostile, Measure(0.5, 0.25, 0.75)),), ("n_1",))
    assert report.markdown([table, "PASS x_y", "plain | line"], level=2) == dedent("""\
        ## T\\|\\<b>

        | one | two |
        | --- | ---: |
        | a\\|b # c \\<script> [x\\](http://y) \\*z\\* \\`q\\` \\$1\\$ \\\\\\| \\& \\~ | 0.500 [0.25, 0.75] |

        - n\\_1

        **PASS** x\\_y

        plain \\| line
        """)  # noqa: E501 - the rows of a Markdown table cannot be broken


@given(st.lists(st.text(), min_size=2, max_size=2))
def test_no_text_adds_a_row_or_a_column_to_a_markdown_table(texts):
    written = report.markdown([Table("t", ("a", "b"), (tuple(texts),))])
    assert len(written.splitlines()) == 5
    assert written.encode()
    row = re.sub(r"\\.", "", written.splitlines()[4])
    assert row.count("|") == 3


# Terminal


class Screen(StringIO):
    def isatty(self):
        return True


def on_screen(parts, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm-256color")
    screen = Screen()
    report.terminal(parts, screen)
    return re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue())


def ink(*texts):
    return Counter(c for text in texts for c in text if not c.isspace())


def test_plain_text_keeps_every_column_and_breaks_no_number():
    assert report.plain([report.leaderboard(board(FINDER, SILENT))]) == dedent("""\
        Leaderboard of core, test split
        system                   P                   R                  F1  typed F1  macro-F1   failures  s/article
        ────────────────────────────────────────────────────────────────────────────────────────────────────────────
        finder  0.800 [0.75, 1.00]  0.667 [0.50, 0.75]  0.727 [0.67, 0.75]    0.545*    0.375*          0       1.23
        silent                   –  0.000 [0.00, 0.00]  0.000 [0.00, 0.00]     0.000     0.000  1 timeout      <0.01
          corpus core, split test: 2 articles, 6 required gold claims; matcher keyed(threshold=0.6), gold 3fa9c01b22de, scorer 1
          P, R and F1 ignore types; in brackets 95 % intervals that resample articles
          with 2 articles the intervals are rough, hardly more than the range over articles: small differences mean nothing
          macro-F1 is the mean over the 2 types that have gold
          * types filled in by the harness where the system gives none
          s/article: means over the articles that told it, on the machine and at the prices of the run
        """)  # noqa: E501 - that nothing is cut off is the point


def test_what_is_not_a_terminal_gets_plain_text():
    parts = [report.type_table(FINDER), "PASS all"]
    stream = StringIO()
    report.terminal(parts, stream)
    assert stream.getvalue() == report.plain(parts)


def test_80_columns_hold_the_leaderboard_whole(monkeypatch):
    long = card("a-system-with-a-rather-long-name", A, B)
    table = report.leaderboard(board(long, SILENT))
    shown = on_screen([table], 80, monkeypatch)
    assert max(map(len, shown.splitlines())) <= 80
    assert ink(shown) >= ink(report.plain([table]).replace("─", ""))
    for whole in ("0.727", "[0.67,", "0.75]", "macro-F1", "failures", "s/article", "timeout"):
        assert whole in shown


@pytest.mark.parametrize("width", [10, 40, 79, 80, 120, 300])
def test_no_width_cuts_anything_off(width, monkeypatch):
    long = Explained("spurious", None, Claim("x" * 10_000 + " 漢字 🦓", "event"), 0.1, "too unlike")
    table = report.article_table((*LINES, long), "Zebras")
    expected = ink(table.title, *table.columns, *table.notes, *(c for r in table.rows for c in r))
    shown = on_screen([table], width, monkeypatch)
    assert ink(shown.replace("─", "")) == expected
    assert ink(report.plain([table]).replace("─", "")) == expected


@given(st.lists(st.tuples(st.text(), st.text()), max_size=3))
def test_plain_text_shows_all_of_any_text(rows):
    table = Table("", ("a", "b"), tuple(rows), words=2)
    shown = report.plain([table])
    assert shown.encode()
    assert not set(shown) & {"\x1b", "\x07", "\r", "\u202e"}
    harmless = (c for row in rows for text in row for c in text if c.isalnum())
    assert ink(shown) >= Counter(harmless)


def test_terminal_escapes_in_a_claim_are_disarmed(monkeypatch):
    table = Table("t", ("claim",), (("\x1b[2Jgone\x07 \u202ereversed \ud800",),))
    for shown in (report.plain([table]), on_screen([table], 80, monkeypatch)):
        assert "�[2Jgone� �reversed �" in shown


SCRIPT = """
from bench import report
from bench.report import Measure, Table
row = ("name",) + (Measure(0.5, 0.25, 0.75),) * 5
report.terminal([Table("T", ("system", "P", "R", "F1", "typed", "macro"), (row,)), "FAIL it fell"])
"""


def run_script(**streams):
    env = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "NO_COLOR", "FORCE_COLOR"}}
    env |= {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    return subprocess.Popen([sys.executable, "-c", SCRIPT], env=env, **streams)


def test_a_pipe_gets_one_long_line_a_row():
    with run_script(stdout=subprocess.PIPE) as child:
        written = child.stdout.read().decode()
    assert "\x1b" not in written
    assert "  ".join(["name  ", *["0.500 [0.25, 0.75]"] * 5]) in written.splitlines()


def test_a_real_terminal_of_80_columns_is_filled_and_coloured():
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    with run_script(stdin=theirs, stdout=theirs, stderr=theirs) as child:
        os.close(theirs)
        written = b""
        while block := read_tty(ours):
            written += block
    os.close(ours)
    assert child.returncode == 0
    assert b"\x1b[1;31mFAIL\x1b[0m it fell" in written
    lines = re.sub(r"\x1b\[[0-9;]*m", "", written.decode()).splitlines()
    assert max(map(len, lines)) <= 80
    assert "".join(lines).count("0.75]") == 5


def read_tty(descriptor):
    try:
        return os.read(descriptor, 65536)
    except OSError:  # what Linux answers once the other side is closed
        return b""


# Verdicts


def row(name="claims", delta=-0.1, low=-0.2, high=-0.0004, p=0.0004):
    return Row(name, 0.8, 0.7, delta, low, high, p, 0.05)


def judged(system="finder", base=None, reasons=(), rows=(), lost=(), gained=(), summary="fell"):
    return Verdict(
        base=base or system,
        new=system,
        corpus="core",
        headline="claims",
        reasons=reasons,
        gained=gained,
        lost=lost,
        rows=rows,
        failures=(0, 2),
        summary=summary,
    )


FELL = judged(
    reasons=("F1 fell by 0.1", "failures rose from 0 to 2"),
    rows=(row(), Row("rule", None, None, None, None, None, None, None)),
    lost=("zebra-c03", "zebra-c09"),
    gained=("zebra-c01",),
    summary="fell by 0.100",
)
SAME = judged("steady", rows=(row(delta=0.0, low=0.0, high=0.0, p=1.0),), summary="identical")
TEXTS = {"zebra-c03": NINE.text, "zebra-c01": "Stripes confuse flies."}


def test_a_verdict_opens_with_the_claims_and_ends_with_the_line():
    assert report.verdict(FELL, TEXTS) == [
        Table(
            "finder on core: claims lost (2)",
            ("claim", "text"),
            (("zebra-c03", NINE.text), ("zebra-c09", "–")),
            words=2,
        ),
        Table(
            "finder on core: claims gained (1)",
            ("claim", "text"),
            (("zebra-c01", "Stripes confuse flies."),),
            words=2,
        ),
        Table(
            "finder on core: F1",
            ("row", "base", "new", "delta", "95 % interval", "p"),
            (
                ("types ignored", "0.800", "0.700", "-0.100", "[-0.200, -0.000]", "<0.001"),
                ("rule", "–", "–", "–", "–", "–"),
            ),
            (
                "paired over articles; p of single types is corrected for their number (Holm)",
                "articles not answered: 0 in base, 2 in new",
            ),
        ),
        "FAIL finder on core, F1 of claims: fell by 0.100 "
        "(gate: F1 fell by 0.1; failures rose from 0 to 2)",
    ]


def test_two_systems_are_both_named():
    *_, line = report.verdict(judged("new", base="old", summary="improved by 0.1"), {})
    assert line == "PASS new against old on core, F1 of claims: improved by 0.1"


def test_a_suite_spends_one_line_on_what_did_not_move():
    whole = Suite(verdicts=(SAME, FELL), vanished=("gone",), added=("fresh",))
    parts = report.suite("core", whole, TEXTS)
    assert parts == [
        "PASS steady on core, F1 of claims: identical",
        *report.verdict(FELL, TEXTS),
        "FAIL gone on core has no scorecard any more",
        "PASS fresh on core is new: nothing to compare it with",
        "FAIL overall on core: 2 of 4 systems fail the gate",
    ]
    assert report.suite("core", Suite((SAME,), (), ()), {})[-1] == (
        "PASS overall on core: 0 of 1 systems fail the gate"
    )


def test_a_step_summary_of_a_verdict():
    summary = report.markdown(report.verdict(FELL, TEXTS))
    assert summary.startswith("### finder on core: claims lost (2)\n\n| claim | text |\n")
    assert summary.endswith(
        "\n**FAIL** finder on core, F1 of claims: fell by 0.100 "
        "(gate: F1 fell by 0.1; failures rose from 0 to 2)\n"
    )


def test_junit_has_a_suite_a_corpus_and_a_case_a_system():
    hostile = judged('<evil> & "co"\x1b\x00', reasons=("bad \x07 ]]> \ud800",))
    written = report.junit(
        {
            "core": Suite((SAME, FELL), ("gone",), ("fresh",)),
            "wiki": Suite((hostile,), (), ()),
        }
    )
    root = ET.fromstring(written.encode())  # noqa: S314 - our own output
    assert root.attrib == {
        "name": "claimbench",
        "tests": "5",
        "failures": "3",
        "errors": "0",
        "time": "0",
    }
    assert [(s.get("name"), s.get("tests"), s.get("failures")) for s in root] == [
        ("core", "4", "2"),
        ("wiki", "1", "1"),
    ]
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert list(cases) == ["steady", "finder", "gone", "fresh", '<evil> & "co"��']
    assert cases["finder"].get("classname") == "claimbench.core"
    failure = cases["finder"].find("failure")
    assert failure.get("message") == "F1 fell by 0.1"
    assert failure.text.splitlines()[:2] == ["F1 fell by 0.1", "failures rose from 0 to 2"]
    assert cases["gone"].find("failure").get("message") == "has no scorecard any more"
    assert cases["steady"].find("failure") is None
    assert cases["steady"].find("system-out").text.startswith("PASS steady on core")
    assert cases['<evil> & "co"��'].find("failure").get("message") == "bad � ]]> �"


# The page

HOSTILE = (
    "</p></li><script>document.title = 'owned'</script><img src=x onerror=alert(1)> "
    "שלום עולם \u202eabc 👩\u200d🔬 {{ 7 * 7 }} &amp; \x00\x1b[2J"
)
TIMED_OUT = Explained("missed", NINE, None, None, "nothing was predicted")
WILD = (
    Explained("spurious", None, Claim(HOSTILE, "event"), 0.1, HOSTILE, HOSTILE),
    Explained("spurious", None, Claim("x" * 10_000, "event"), 0.1, "y" * 10_000, "z" * 10_000),
)
PAGE = report.html(
    [
        Board(
            cards=(SILENT, FINDER, card("<i>" + "w" * 300, A, B)),
            skipped=(("embed", "needs torch; pip install torch"),),
            accounts={
                "finder": (Account("a", "Zebras", LINES), Account("b", HOSTILE, WILD)),
                "silent": (Account("b", "Too slow", (TIMED_OUT,)),),
            },
        ),
        Board(cards=(card("finder", A, signature=Signature("wiki", "all", "f0", "exact()", "1")),)),
    ]
)


class Reader(HTMLParser):
    """Collects elements and text as a browser would, style sheet aside."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def test_the_page_loads_nothing_and_runs_nothing():
    page = Reader(PAGE)
    assert not {"script", "img", "link", "iframe", "i"} & set(page.tags)
    names = {name for name, _ in page.attributes}
    assert not {"src", "srcset", "background"} & names
    assert not [name for name in names if name.startswith("on")]
    assert all(value.startswith("#") for name, value in page.attributes if name == "href")
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    assert "url(" not in PAGE
    assert "@import" not in PAGE


def test_hostile_text_is_shown_as_it_is():
    expected = HOSTILE.replace("\u202e", "�").replace("\x00\x1b", "��")
    assert Reader(PAGE).text.count(expected) == 4  # title, claim, reason, nearest


@given(st.text())
@settings(max_examples=25)
def test_any_claim_survives_the_page(claim):
    line = Explained("spurious", None, Claim(claim, "event"), None)
    page = report.html([Board((FINDER,), accounts={"finder": (Account("a", "t", (line,)),)})])
    assert page.encode()
    assert "".join(filter(str.isalnum, claim)) in "".join(filter(str.isalnum, Reader(page).text))


def test_outcomes_are_words_and_colours():
    text = Reader(PAGE).text
    for outcome in ("matched", "wrong type", "missed", "spurious"):
        assert f'<span class="outcome">{outcome}</span>' in PAGE
        assert f".{outcome.replace(' ', '-')} {{ --tone:" in PAGE
    assert "similarity 0.50 · lacks nine · nearest: Horses were seen" in text


def test_intervals_are_drawn_from_0_to_1():
    low, high = 2 / 3, 0.75
    assert f'style="--at: {8 / 11}; --low: {low}; --high: {high}"' in PAGE


def test_the_page_says_how_a_card_came_about():
    made = card("x", A, made="2026-01-05T10:00:00Z", commit="a1b2c3d4e5f6a7b8", dirty=True)
    page = report.html([Board((made,))])
    assert "2026-01-05T10:00:00Z, commit a1b2c3d4e5f6 with uncommitted changes" in page


def test_a_page_without_scores_is_a_page():
    text = Reader(report.html([Board((), skipped=(("llm", "set LLM_KEY"),))])).text
    assert "no system was scored" in text
    assert "skipped: llm: set LLM_KEY" in text


# A real browser


@pytest.fixture
def browse(tmp_path):
    """Chromium on a page: ``browse(page, "--dump-dom")`` gives what it prints."""
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    chromium = next(filter(None, found), None)
    if chromium is None:
        missing = "no Chromium on PATH: the HTML report was not opened in a browser"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)

    def run(page, *options):
        path = tmp_path / "page.html"
        path.write_text(page, encoding="utf-8")
        quiet = "no-sandbox disable-gpu disable-quic no-first-run disable-background-networking"
        quiet += " disable-component-update disable-sync hide-scrollbars"
        done = subprocess.run(
            [
                chromium,
                "--headless",
                *(f"--{option}" for option in quiet.split()),
                f"--user-data-dir={tmp_path / 'profile'}",
                *options,
                path.as_uri(),
            ],
            capture_output=True,
            timeout=120,
            check=True,
        )
        return done.stdout.decode()

    return run


def framed(page, width, measure):
    """``page`` in a frame of ``width`` pixels, which a window cannot be narrow enough for.

    ``measure`` is a script's expression on ``page``, the document in the frame; its value
    becomes the title of the outer page.
    """
    return f"""<style>iframe {{ border: 0; width: {width}px; height: 1400px; }}</style>
    <iframe srcdoc="{html.escape(page)}"></iframe>
    <script>
    addEventListener("load", () => {{
      const page = document.querySelector("iframe").contentDocument;
      const all = selector => [...page.querySelectorAll(selector)];
      document.title = {measure};
    }});
    </script>"""


def measured(browse, page, width, measure):
    dom = browse(framed(page, width, measure), "--dump-dom", "--window-size=1400,1400")
    return [int(n) for n in re.search("<title>(.*)</title>", dom)[1].split(",")]


OPENED = PAGE.replace("<details", "<details open")


@pytest.mark.browser
def test_a_browser_shows_the_cells(browse):
    dom = browse(PAGE, "--dump-dom")
    rows = re.findall(r"<tr>(.*?)</tr>", dom, flags=re.DOTALL)
    cells = [" ".join(Reader(row).text.split()) for row in rows]
    scores = "0.800 [0.75, 1.00] 0.667 [0.50, 0.75] 0.727 [0.67, 0.75] 0.545* 0.375* 0 1.23"
    assert f"finder {scores}" in cells
    assert "event 4 4 3 0.750 0.750 0.750" in cells
    assert "central 4 3 0.750" in cells
    assert "<title>claimbench report</title>" in dom
    assert dom.count("<details") == PAGE.count("<details")


@pytest.mark.browser
@pytest.mark.parametrize("width", [420, 1280])
def test_nothing_overflows_even_with_all_opened(browse, width):
    boxes = "all('.scroll').filter(box => box.scrollWidth > box.clientWidth).length"
    widest, scrolling = measured(
        browse, OPENED, width, f"[page.documentElement.scrollWidth, {boxes}]"
    )
    assert widest == width
    assert (scrolling > 0) == (width == 420)  # tables scroll in their own boxes


@pytest.mark.browser
def test_matched_claims_can_be_hidden_without_a_script(browse):
    shown = "['.matched', '.missed'].map(s => all(s).filter(line => line.offsetHeight).length)"
    checked = OPENED.replace('id="wrong-only"', 'id="wrong-only" checked')
    assert measured(browse, OPENED, 1280, shown) == [1, 2]
    assert measured(browse, checked, 1280, shown) == [0, 2]


@pytest.mark.browser
def test_the_page_follows_the_reader_into_the_dark(browse, tmp_path):
    def corner(*options):
        picture = tmp_path / "page.png"
        browse(PAGE, f"--screenshot={picture}", "--window-size=1280,900", *options)
        return first_pixel(picture.read_bytes())

    assert min(corner()) > 200
    assert max(corner("--force-dark-mode")) < 60


def first_pixel(png):
    """Red, green and blue of the first pixel, which no PNG filter changes."""
    start = png.index(b"IDAT") + 4
    return tuple(zlib.decompressobj().decompress(png[start:], 64)[1:4])


def test_a_gain_that_is_undefined_is_a_dash_and_no_diagnosis_is_no_table():
    gold = make_gold({"a": []})
    counts, gains, typed = report.cause_tables([diagnose(gold, {"a": ["Tom swims."]}, system="s")])
    assert [row[0] for row in gains.rows] == ["F1 as it is", *CAUSES]
    assert ("unsupported", "1 / 0") in counts.rows
    assert ("unsupported", "–") in gains.rows
    assert ("unsupported", "–") in typed.rows
    assert ("missed", "0") in gains.rows
    assert report.cause_tables([]) == []


# properties


def test_the_properties_of_predictions():
    properties = report.Properties(
        tallies={
            "silent": ({}, {}),
            "finder": (
                {"atomic": Counts(3, 1), "distinct": Counts(4)},
                {"atomic": Counts(0, 4), "distinct": Counts(4)},
            ),
        },
        kappa={"atomic": Measure(0.8, 0.7, 0.9)},
    )
    (table,) = report.tables(Board((FINDER, SILENT), properties=properties))[1:]
    assert table.title == "Properties of the predictions: core, test split"
    assert table.columns == ("system", "predictions", "atomic", "distinct")
    finder, silent = table.rows
    assert finder[:2] == ("finder", "8")
    assert [cell.value for cell in finder[2:]] == [3 / 8, 1]
    assert (finder[2].low, finder[2].high) == (0, 0.75)
    assert silent == ("silent", "0", Measure(None), Measure(None))
    noted = [note.partition(":")[0] for note in table.notes if "kappa 0.800 [0.70, 0.90]" in note]
    assert noted == ["atomic"]


def test_systems_without_outputs_have_no_properties():
    found = report.Properties(tallies={"finder": ()}, kappa={})
    (table,) = report.tables(Board((FINDER, SILENT), properties=found))[1:]
    assert [row[0] for row in table.rows] == ["finder"]
    assert len(report.tables(Board((FINDER, SILENT)))) == 1
