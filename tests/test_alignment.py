"""Focus and coverage: any claim may support any other, and parts may be credited."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.matching import DEFAULT, containment, exact, many, said
from bench.model import Claim, Counts

from made import HARBOUR, claim, make_gold_claim

STRIKE, CROSSINGS, CHIEF, BOAT = HARBOUR
BOTH = make_gold_claim("Voss closed the pier and Brill fined the ferry.", id="a-c01")
PIER = make_gold_claim("Voss closed the pier.", id="a-c02", start=5)
FERRY = make_gold_claim("Brill fined the ferry.", id="a-c03", start=9)


def test_one_prediction_may_support_several_and_several_one():
    predicted = [
        claim("Ferry drivers went on strike in Port Alder."),
        claim("Ferry drivers in Port Alder went on strike."),
        claim("The harbour chief is Lena Voss."),  # optional gold: in neither
        claim("Pigs flew."),
    ]
    support = many().align(HARBOUR, predicted)
    assert (support.covered, support.missed) == ((0,), (1, 3))
    assert (support.focused, support.spurious) == ((0, 1), (3,))
    assert support.focus == Counts(tp=2, fp=1)
    assert support.coverage == Counts(tp=1, fn=2)


def test_saying_it_again_in_the_same_words_is_not_counted():
    support = many().align(HARBOUR, [claim(STRIKE.text), claim(STRIKE.text.upper())])
    assert support.focus == Counts(tp=1)


def test_a_split_is_credited_by_name_alone():
    parts = [claim("Voss closed the pier."), claim("Brill fined the ferry."), claim("It rained.")]
    plain = many().align([BOTH], parts, exact())
    assert (plain.covered, plain.focused) == ((), ())
    credited = many(parts=True).align([BOTH], parts, containment(threshold=1))
    assert (credited.covered, credited.focused, credited.splits) == ((0,), (0, 1), (0,))
    assert credited.spurious == (2,)


def test_a_merge_is_credited_by_name_alone():
    bundle = [claim("Voss closed the pier and Brill fined the ferry.")]
    plain = many().align([PIER, FERRY], bundle, exact())
    assert (plain.covered, plain.spurious) == ((), (0,))
    credited = many(parts=True).align([PIER, FERRY], bundle, exact())
    assert (credited.covered, credited.focused, credited.merges) == ((0, 1), (0,), (0,))


def test_a_paragraph_is_no_merge():
    pile = [claim("Voss closed the pier and Brill fined the ferry. It rained. The pool is shut.")]
    assert many(parts=True).align([PIER, FERRY], pile, exact()).covered == ()


def test_a_split_takes_no_part_that_it_can_spare():
    parts = [claim("Voss closed the pier."), claim("Brill fined the ferry."), claim("Voss.")]
    credited = many(parts=True).align([BOTH], parts, containment(threshold=1))
    assert credited.focused == (0, 1)


def test_identity_is_the_repr():
    assert repr(many()) == "many(parts=False)"
    assert repr(many(parts=True)) == "many(parts=True)"


words = st.sampled_from("ferry strike harbour 14 41 not mayor bridge closed open Alder and".split())
wordings = st.lists(words, min_size=1, max_size=6).map(" ".join)
golds = st.lists(wordings, max_size=4).map(
    lambda texts: tuple(
        make_gold_claim(t, id=f"a-c{i:02}", start=i, optional=i == 2) for i, t in enumerate(texts)
    )
)
predictions = st.lists(wordings.map(Claim), max_size=4)


@pytest.mark.parametrize("parts", [False, True])
@given(golds, predictions, st.randoms())
def test_nobody_is_left_out_and_order_never_matters(parts, gold, predicted, random):
    support = many(parts=parts).align(gold, predicted)
    required = {i for i, g in enumerate(gold) if not g.optional}
    assert {*support.covered} | {*support.missed} == required
    assert not {*support.covered} & {*support.missed}
    assert not {*support.focused} & {*support.spurious}
    accepted = DEFAULT.accepted(gold, [said(c) for c in predicted])
    assert {i for i, _ in accepted} & required <= {*support.covered}
    mixed_gold, mixed = list(gold), list(predicted)
    random.shuffle(mixed_gold)
    random.shuffle(mixed)
    again = many(parts=parts).align(mixed_gold, mixed)
    assert (again.focus, again.coverage) == (support.focus, support.coverage)


@given(golds, predictions)
def test_parts_only_add(gold, predicted):
    plain, credited = many().align(gold, predicted), many(parts=True).align(gold, predicted)
    assert {*plain.covered} <= {*credited.covered}
    assert {*plain.focused} <= {*credited.focused}
