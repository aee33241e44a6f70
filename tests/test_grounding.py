"""Whether an article's words bear out a wording; every text is invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.grounding import Grounding, Passages, grounded
from bench.model import Article
from bench.text import sentences

TEXT = (
    "Lena Voss closed the east gate on Monday. Fourteen crossings were cancelled.\n"
    "The ferry company lost 2,000,000 crowns. Its chief, Arn Oss, blames the tide.\n"
    "A new gate will be built of oak, iron, brass, rope and clay.\n"
)
FIRST, SECOND, THIRD, FOURTH, FIFTH = sentences(TEXT)


def article(text=TEXT, title="Strike at Port Alder", date="2031-05-06"):
    return Article("a", title, date, text, "test", "made")


PASSAGES = Passages(article())


@pytest.mark.parametrize(
    ("wording", "sentence"),
    [
        ("Lena Voss closed the east gate on Monday.", FIRST),
        ("The east gate was closed.", FIRST),
        ("14 crossings were cancelled", SECOND),
        ("The ferry company lost two million crowns.", THIRD),
        ("Arn Oss is its chief.", FOURTH),
        ("FOURTEEN CROSSINGS WERE CANCELLED", SECOND),
    ],
)
def test_what_one_sentence_says_is_grounded_there(wording, sentence):
    assert PASSAGES.grounding(wording) == Grounding(1.0, (), (sentence,))
    assert grounded(wording, PASSAGES)


def test_two_neighbours_may_say_it_together():
    found = PASSAGES.grounding("The company lost 2 million crowns, which Oss blames on the tide.")
    assert found == Grounding(1.0, (), (THIRD, FOURTH))


def test_sentences_that_are_not_neighbours_may_not():
    found = PASSAGES.grounding("The east gate lost crowns to the tide.")
    assert found.share < 1
    assert not found.grounded


@pytest.mark.parametrize(
    ("wording", "foreign"),
    [
        ("41 crossings were cancelled.", ("41",)),
        ("Crossings at Tessick were cancelled.", ("tessick",)),
        ("On Monday Bram Ott closed the east gate.", ("bram", "ott")),
        ("The ferry company lost 3 million crowns.", ("3000000",)),
    ],
)
def test_a_foreign_number_or_name_is_named_and_spoils_it(wording, foreign):
    found = PASSAGES.grounding(wording)
    assert found.foreign == foreign
    assert not found.grounded


def test_a_number_of_another_sentence_is_foreign():
    assert (
        PASSAGES.grounding("Lena Voss closed 14 gates.").foreign == ()
    )  # the next sentence has it
    assert PASSAGES.grounding("The chief blames 14 tides.").foreign == ("14",)


def test_a_name_that_resolves_a_reference_costs_nothing():
    assert PASSAGES.grounding("The company of Port Alder lost 2,000,000 crowns.").grounded
    assert PASSAGES.grounding("Fourteen crossings were cancelled by Arn Oss.").grounded


def test_the_day_of_the_article_is_known():
    assert PASSAGES.grounding("Crossings were cancelled on 6 May 2031.").grounded
    assert PASSAGES.grounding("Crossings were cancelled on 7 May 2031.").foreign == ("7",)


def test_four_words_of_five_are_enough_and_three_are_not():
    assert PASSAGES.grounding("oak iron brass rope silk").share == pytest.approx(0.8)
    assert grounded("oak iron brass rope silk", PASSAGES)
    assert not grounded("oak iron brass silk wool", PASSAGES)


@pytest.mark.parametrize("wording", ["", "…", "It was not.", "zebra", "Ünlü"])
def test_what_has_no_content_of_the_article_is_not_grounded(wording):
    found = PASSAGES.grounding(wording)
    assert (found.share, found.sentences) == (0.0, ())
    assert not found.grounded


def test_an_article_without_text_grounds_nothing():
    assert not grounded("Fourteen crossings were cancelled.", Passages(article("", "", "")))


def test_capitals_beyond_ascii_are_names():
    assert PASSAGES.grounding("Crossings at Ålund were cancelled.").foreign == ("ålund",)


def test_its_limits_are_as_said():
    for wrong in ("Lena Voss had not closed the east gate.", "Arn Oss closed the east gate."):
        assert grounded(wrong, PASSAGES)


@given(st.lists(st.sampled_from(TEXT.lower().split()), max_size=12), st.integers(2, 3))
def test_repeating_words_changes_nothing(words, times):
    repeated = " ".join(word for word in words for _ in range(times))
    assert PASSAGES.grounding(repeated) == PASSAGES.grounding(" ".join(words))


@given(st.text())
def test_any_text_has_a_share(wording):
    found = PASSAGES.grounding(wording)
    assert 0 <= found.share <= 1
    assert all(TEXT[start:end] for start, end in found.sentences)
