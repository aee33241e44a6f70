import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.model import Counts
from bench.properties import MEANING, PROXIES, divisible, repeats, tally


@pytest.mark.parametrize(
    "claim",
    [
        "The Bosk ferry sank off Hesta on Monday.",
        "Harbour master Ada Brill said on Monday that two passengers were missing.",
        "If the firm loses its licence, Hesta will have no ferry.",
        "Exports fell because the port was shut.",
        "The ferry sank on Monday, she said.",
        "Ana, Bo and Cy signed the treaty.",
        "Rents rose between 2021 and 2024.",
        "The firm had never before lost a ferry.",
        '"We will search until dark," Brill said.',
        "BOSK, May 6 - The ferry had sunk.",
    ],
)
def test_one_assertion_is_atomic(claim):
    assert divisible([claim]) == [""]


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ("The ferry sank and two passengers were missing.", "clauses joined by 'and'"),
        ("She resigned and moved to Bosk.", "clauses joined by 'and'"),
        ("The ferry sank. Two passengers were missing.", "parted by '. T'"),
        ("The firm, which bought the ferry in 2029, may lose its licence.", "an aside: 'which'"),
        ("The firm (founded 1911) may lose its licence.", "an aside: '(founded 1911)'"),
        ("The ferry sank after the door had opened.", "clauses joined by 'after'"),
        ("The ferry sank; two are missing.", "parted by ';'"),
        ("The harbour master of Hesta", "asserts nothing"),
        ("Ada Brill told reporters.", "asserts nothing"),
        ("", "asserts nothing"),
        ("and " * 300 + "sank", "more than 1000 characters"),
    ],
)
def test_what_could_be_checked_in_parts_is_not_atomic(claim, why):
    assert divisible([claim]) == [why]


@pytest.mark.parametrize(
    ("claims", "too_many"),
    [
        (["The ferry sank.", "The ferry sank off Hesta on Monday."], [0]),
        (["The ferry sank off Hesta on Monday.", "The ferry sank."], [1]),
        (["The ferry sank.", "the ferry sank"], [1]),
        (["The ferry sank.", "The ferry could sink off Hesta."], []),
        (["The door was shut.", "The door was not shut."], []),
        (["The ferry has 14 seats.", "The ferry has 41 seats."], []),
        (["Brill resigned on Monday.", "Brill resigned over the vote."], []),
        (["Historian Jory Amsted.", "Historian Jory Amsted resigned."], []),
        ([], []),
    ],
)
def test_a_prediction_is_one_too_many_if_another_says_it(claims, too_many):
    assert [i for i, why in enumerate(repeats(claims)) if why] == too_many


def test_the_repeated_one_names_the_other():
    assert repeats(["The ferry sank.", "the ferry sank"])[1] == "said by 'The ferry sank.'"


WORDS = "the ferry sank not two 2 passengers may have been missing off Hesta Brill said and".split()
CLAIMS = st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), max_size=8)


@given(CLAIMS, st.randoms())
def test_the_order_of_predictions_changes_no_count(claims, random):
    shuffled = random.sample(claims, len(claims))
    assert tally(claims) == tally(shuffled)


@given(CLAIMS)
def test_every_prediction_is_counted_once_for_every_property(claims):
    counts = tally(claims)
    assert counts.keys() == MEANING.keys() == PROXIES.keys()
    assert {c.tp + c.fp for c in counts.values()} == {len(claims)}
    assert {c.fn for c in counts.values()} == {0}


@given(CLAIMS)
def test_of_predictions_that_repeat_each_other_one_is_left(claims):
    said = [claim for claim in claims if claim]
    assert repeats(said + said).count("") == repeats(said).count("")
    assert not said or "" in repeats(said)


@given(st.lists(st.text(max_size=60), max_size=3))
def test_any_text_is_read(claims):
    assert tally(claims).keys() == MEANING.keys()


def test_nothing_predicted_is_nothing_counted():
    assert {*tally([]).values()} == {Counts()}
