import itertools
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.chrf import CHRF

from bench.matching import DEFAULT, Said, align, chrf, exact, keyed, matcher_named, said
from bench.model import Claim, UnknownName

from made import HARBOUR, claim, make_gold_claim

STRIKE, CROSSINGS, CHIEF, BOAT = HARBOUR


def accepts(gold, wording, matcher=DEFAULT):
    return matcher.judge(gold, Said((wording,))).accepted


@pytest.mark.parametrize("gold", HARBOUR)
def test_a_claim_is_matched_by_each_of_its_own_forms(gold):
    for wording in gold.wordings:
        verdict = DEFAULT.judge(gold, Said((wording,)))
        assert verdict.accepted
        assert verdict.similarity == 1


def test_similarity_is_the_dice_coefficient_of_content_words_over_the_best_form():
    gold = make_gold_claim("The mayor opened the bridge.", "A quite different wording altogether.")
    # mayor open bridge | mayor open school: 2 * 2 / (3 + 3)
    assert DEFAULT.judge(gold, Said(("The mayor opened a school.",))).similarity == pytest.approx(
        2 / 3
    )


@pytest.mark.parametrize(
    ("gold", "wording", "why"),
    [
        (CROSSINGS, "Forty-one ferry crossings were cancelled.", "lacks 14 / fourteen"),
        (CROSSINGS, "Ferry crossings were cancelled.", "lacks 14 / fourteen"),
        (BOAT, "The night boat had left.", "lacks not"),
        (
            make_gold_claim("The talks were held at Port Alder."),
            "The talks were not held at Port Alder.",
            "is negated and the claim is not",
        ),
        (
            make_gold_claim("Nobody was hurt in the fire."),
            "Somebody was hurt in the fire.",
            "lacks a negation",
        ),
        (
            make_gold_claim("The fire burned 14 boats in Alder."),
            "The fire burned 41 boats in Alder.",
            "says 41 where the claim says 14",
        ),
        (STRIKE, "Seagulls circled overhead.", "similarity 0.00 is below 0.6"),
    ],
)
def test_the_veto_says_why(gold, wording, why):
    verdict = DEFAULT.judge(gold, Said((wording,)))
    assert not verdict.accepted
    assert why in verdict.reason


def test_numerals_and_number_words_agree():
    gold = make_gold_claim("Two million boats sank.", facts=[["two million", "2,000,000"]])
    for wording in ("2 million boats sank", "2,000,000 boats sank", "Two million boats sank"):
        assert accepts(gold, wording)


def test_a_further_number_is_no_disagreement():
    assert accepts(make_gold_claim("Ferry crossings were cancelled."), CROSSINGS.text)


def test_repeating_words_or_copying_everything_does_not_help():
    wording = "Ferry drivers strike"
    once = DEFAULT.judge(STRIKE, Said((wording,))).similarity
    assert DEFAULT.judge(STRIKE, Said((" ".join([wording] * 9),))).similarity == once
    assert not accepts(STRIKE, " ".join(g.text for g in HARBOUR))


def test_identity_is_the_repr():
    assert repr(keyed()) == "keyed(threshold=0.6)"
    assert repr(keyed(threshold=0.7)) != repr(DEFAULT)
    assert keyed() == matcher_named("keyed")


def test_a_misspelt_matcher_gets_a_suggestion():
    with pytest.raises(UnknownName, match="did you mean 'keyed'"):
        matcher_named("kyed")


def test_exact_wants_the_same_words_in_the_same_order():
    assert accepts(STRIKE, "ferry drivers in PORT ALDER went on strike", exact())
    assert not accepts(STRIKE, "In Port Alder ferry drivers went on strike", exact())


def test_hand_aligned_example():
    predicted = [
        claim("The harbour chief is Lena Voss."),  # optional: neither rewarded nor punished
        claim("14 ferry crossings were cancelled."),
        claim("Ferry drivers went on strike in Port Alder."),
        claim("Ferry drivers in Port Alder went on strike."),  # says it again
        claim("The mayor resigned."),
    ]
    alignment = align("harbour", HARBOUR, predicted)
    assert [(p.gold, p.predicted) for p in alignment.pairs] == [(0, 3), (1, 1)]
    assert [(p.gold, p.predicted) for p in alignment.ignored] == [(2, 0)]
    assert alignment.missed == (3,)
    assert alignment.spurious == (2, 4)


def test_optional_gold_never_takes_a_prediction_from_required_gold():
    optional = make_gold_claim("Voss runs the busy port.", id="a-c01", optional=True)
    required = make_gold_claim("Voss runs the busy old port.", id="a-c02", start=9)
    alignment = align("a", (optional, required), [claim("Voss runs the busy port.")])
    assert [(p.gold, p.predicted) for p in alignment.pairs] == [(1, 0)]


def test_among_equal_content_the_closest_wording_wins():
    closed = make_gold_claim("The pool closed.", id="a-c01")
    will = make_gold_claim("The pool will close.", id="a-c02", start=5)
    for gold in ((closed, will), (will, closed)):
        predicted = [claim("The pool will close."), claim("The pool closed.")]
        for pair in align("a", gold, predicted).pairs:
            assert gold[pair.gold].text == predicted[pair.predicted].text


words = st.sampled_from("ferry strike harbour 14 41 not mayor bridge closed open Alder".split())
wordings = st.lists(words, min_size=1, max_size=5).map(" ".join)
golds = st.lists(wordings, max_size=5).map(
    lambda texts: tuple(
        make_gold_claim(t, id=f"a-c{i:02}", start=i, optional=i == 3) for i, t in enumerate(texts)
    )
)
predictions = st.lists(wordings.map(Claim), max_size=5)


@given(golds, predictions)
def test_alignment_is_one_to_one_and_leaves_nobody_out(gold, predicted):
    a = align("a", gold, predicted)
    pairs = [*a.pairs, *a.ignored]
    assert len({p.gold for p in pairs}) == len(pairs) == len({p.predicted for p in pairs})
    required = {i for i, g in enumerate(gold) if not g.optional}
    assert {p.gold for p in a.pairs} | set(a.missed) == required
    assert {p.predicted for p in pairs} | set(a.spurious) == set(range(len(predicted)))


@settings(max_examples=60)
@given(golds, predictions)
def test_alignment_is_the_best_of_all(gold, predicted):
    """Against brute force over every assignment of required gold."""
    gold = tuple(g for g in gold if not g.optional)[:4]
    predicted = list(dict.fromkeys(predicted))[:4]  # a repeated claim is spurious by rule
    accepted = DEFAULT.accepted(gold, [said(c) for c in predicted])
    slots = [*range(len(predicted)), *([None] * len(gold))]
    best = max(
        sum(accepted.get((i, j), 0) for i, j in enumerate(choice))
        for choice in itertools.permutations(slots, len(gold))
    )
    ours = sum(p.similarity for p in align("a", gold, predicted).pairs)
    assert ours == pytest.approx(best)


@given(golds, predictions, st.randoms())
def test_order_never_matters(gold, predicted, random):
    def readable(g, p):
        a = align("a", g, p)
        return sorted((g[x.gold].id, p[x.predicted].text) for x in (*a.pairs, *a.ignored))

    mixed_gold, mixed = list(gold), list(predicted)
    random.shuffle(mixed_gold)
    random.shuffle(mixed)
    assert readable(gold, predicted) == readable(mixed_gold, mixed)


@given(golds, predictions)
def test_judge_and_accepted_agree(gold, predicted):
    accepted = DEFAULT.accepted(gold, [said(c) for c in predicted])
    for i, g in enumerate(gold):
        for j, c in enumerate(predicted):
            verdict = DEFAULT.judge(g, Said((c.text,)))
            assert verdict.accepted == ((i, j) in accepted)
            assert bool(verdict.reason) != verdict.accepted
            assert 0 <= verdict.similarity <= 1


@given(golds, predictions)
def test_case_and_signs_of_a_prediction_never_matter(gold, predicted):
    def found(claims):
        return [p.gold for p in align("a", gold, claims).pairs]

    loud = [Claim(f"{c.text.upper()}!") for c in predicted]
    assert found(predicted) == found(loud)
    assert found(predicted) == found([*predicted, *loud])


def test_of_equal_wordings_the_one_of_the_right_type_stands_for_the_claim():
    said = [claim(STRIKE.text, "causal"), claim(STRIKE.text.upper(), "event")]
    for predicted in (said, said[::-1]):
        alignment = align("harbour", (STRIKE,), predicted)
        assert [predicted[p.predicted].type for p in alignment.pairs] == ["event"]
        assert len(alignment.spurious) == 1


def test_a_flood_of_distinct_words_costs_memory_in_proportion():
    """Bits are for the words of gold claims alone: else this would take gigabytes."""
    flood = " ".join(f"w{n:x}q".replace("0", "o") for n in range(200_000))
    tracemalloc.start()
    assert not accepts(STRIKE, flood)
    assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    tracemalloc.stop()


WORDINGS = st.text("aAbé 14İ\u2009", max_size=12)


@given(
    st.lists(WORDINGS, min_size=1, max_size=3),
    st.lists(WORDINGS, max_size=3),
    st.sampled_from([(), (STRIKE,)]),
)
@settings(deadline=None)
def test_chrf_is_that_of_sacrebleu(references, hypotheses, others):
    score = CHRF(lowercase=True).sentence_score
    gold = make_gold_claim(*references)
    found = chrf().similarities([gold, *others], [Said((text,)) for text in hypotheses])
    for i, claim_ in enumerate((gold, *others)):
        for j, text in enumerate(hypotheses):
            best = max(score(text, [wording]).score for wording in claim_.wordings)
            assert found[i, j] == pytest.approx(best / 100, abs=1e-12)
