import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.model import Article, Counts
from bench.properties import MEANING, PROXIES, Background, repeats, tally

ARTICLE = Article(
    id="ferry",
    title="Ferry off Hesta sinks",
    date="2031-05-06",
    text=(
        "The Bosk ferry sank off Hesta on Monday. Harbour master Ada Brill said two of its 14 "
        'passengers were missing. "We will search until dark," Brill said. The firm, which bought '
        "the ferry in 2029, may lose its licence."
    ),
    split="test",
    corpus="made",
)


def lacks(name, claim):
    return PROXIES[name](claim, Background(ARTICLE))


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
    assert lacks("atomic", claim) == ""


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
    ],
)
def test_what_could_be_checked_in_parts_is_not_atomic(claim, why):
    assert lacks("atomic", claim) == why


@pytest.mark.parametrize(
    "claim",
    [
        "The Bosk ferry sank off Hesta on Monday.",
        "Brill said she would resign.",
        '"We will search until dark," said Ada Brill.',
        "Hesta had no ferry last year.",
        "Under its licence, Bosk may not sail.",
        "The US sent a ferry to Hesta.",
    ],
)
def test_what_names_its_subject_stands_alone(claim):
    assert lacks("standalone", claim) == ""


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ("Passengers were missing.", "names nothing"),
        ("It sank off Hesta.", "pronoun: 'It'"),
        ("Brill bought it.", "pronoun: 'it'"),
        ("Brill thanked their crew.", "pronoun: 'their'"),
        ("Hesta has no ferry, she said.", "pronoun: 'she said'"),
        ("Brill said two were missing.", "definite: 'two'"),
        ("Two were missing. Brill resigned.", "names nothing"),
        ("The firm bought the Bosk ferry.", "definite: 'The firm'"),
        ("Brill praised the firm.", "definite: 'the firm'"),
        ("Two days later Brill resigned.", "time that the article resolves: 'days later'"),
        ("Harbour master Ada Brill", "asserts nothing"),
        ("On Monday two passengers were missing.", "names nothing"),
    ],
)
def test_what_only_the_article_resolves_does_not_stand_alone(claim, why):
    assert lacks("standalone", claim) == why


def test_a_word_that_begins_sentences_is_a_name_only_if_it_is_never_small():
    text = "Passengers waited. Passengers sang to the passengers. Oslane spoke. Oslane left."
    seen = Background(Article("x", "", "2031-05-06", text, "test", "made"))
    assert seen.names == {"oslane"}


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
    assert tally(ARTICLE, claims) == tally(ARTICLE, shuffled)


@given(CLAIMS)
def test_every_prediction_is_counted_once_for_every_property(claims):
    counts = tally(ARTICLE, claims)
    assert counts.keys() == MEANING.keys()
    assert {c.tp + c.fp for c in counts.values()} == {len(claims)}
    assert {c.fn for c in counts.values()} == {0}


@given(CLAIMS)
def test_of_predictions_that_repeat_each_other_one_is_left(claims):
    said = [claim for claim in claims if claim]
    assert repeats(said + said).count("") == repeats(said).count("")
    assert not said or "" in repeats(said)


@given(st.lists(st.text(max_size=60), max_size=3))
def test_any_text_is_read(claims):
    assert tally(ARTICLE, claims).keys() == MEANING.keys()


def test_nothing_predicted_is_nothing_counted():
    assert {*tally(ARTICLE, []).values()} == {Counts()}
