import itertools
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.matching import DEFAULT, Said, align, exact, keyed, matcher_named, said
from bench.matching.reading import Wording
from bench.model import Claim, Source, UnknownName

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


def test_similarity_by_hand():
    gold = make_gold_claim("The mayor opened the bridge.", "A quite different wording altogether.")
    # mayor open bridge | mayor open school road: 2 shared, 1 lacking, 2 beyond
    verdict = DEFAULT.judge(gold, Said(("The mayor opened a school and a road.",)))
    assert verdict.similarity == pytest.approx(2 / (2 + 0.5 * 1 + 0.3 * 2))


def test_names_and_numbers_weigh_double():
    gold = make_gold_claim("The bridge in Oska cost 40 crowns.")
    # bridge oska cost 40 crown: oska and 40 double, 7 in all
    verdict = DEFAULT.judge(gold, Said(("The bridge cost crowns.",)))
    assert verdict.similarity == pytest.approx(3 / (3 + 0.5 * 4))
    verdict = DEFAULT.judge(gold, Said(("40 in Oska.",)))
    assert verdict.similarity == pytest.approx(4 / (4 + 0.5 * 3))


def about(text, **fields):
    return make_gold_claim(text, facts=[], **fields)


@pytest.mark.parametrize(
    ("gold", "wording", "ground", "why"),
    [
        (CROSSINGS, "Forty-one ferry crossings were cancelled.", "number", "lacks 14 / fourteen"),
        (CROSSINGS, "Ferry crossings were cancelled.", "fact", "lacks 14 / fourteen"),
        (BOAT, "The night boat had left.", "polarity", "lacks not"),
        (about("The goals had been met."), "The goals had not been met.", "polarity", "denies"),
        (about("The goals had not been met."), "The goals had been met.", "polarity", "denies"),
        (about("Nobody was hurt in the fire."), "Somebody was hurt in the fire.", "polarity", ""),
        (about("Voss changed the wiring."), "Voss denied changing the wiring.", "polarity", ""),
        (
            about("The fire burned 14 boats in Alder."),
            "The fire burned 41 boats in Alder.",
            "number",
            "says 41 where the claim says 14",
        ),
        (about("The fire burned 14 boats."), "The fire burned boats.", "number", "lacks 14"),
        (about("The port closed on 8 May."), "The port closed on 9 May.", "number", "says 9"),
        (about("The port closed on 8 May."), "The port closed on 8 June.", "number", "says Jun"),
        (about("The port closed on Monday."), "The port closed on Friday.", "number", "says Fri"),
        (about("The port shuts at 9 am."), "The port shuts at 9 p.m.", "number", "says p"),
        (
            about("5 men and 3 women died."),
            "3 men and 5 women died.",
            "number",
            "counts one thing by the number of another",
        ),
        (about("Prices fell by 2000 crowns."), "Prices fell by crowns.", "number", "lacks 2000"),
        (about("5 people died."), "People died on 5 May.", "number", "lacks 5"),
        (about("The unions agreed."), "The unions agreed in principle.", "hedge", "certain"),
        (about("The unions agreed in principle."), "The unions agreed.", "hedge", "certain"),
        (about("Prices may fall in June."), "Prices fall in June.", "hedge", ""),
        (about("The dam leaks."), "The dam probably leaks.", "hedge", ""),
        (about("Arlen defeated Bosk."), "Bosk defeated Arlen.", "roles", "swaps"),
        (about("Arlen defeated Bosk."), "Arlen was defeated by Bosk.", "roles", "swaps"),
        (about("The leak caused the blackout."), "The blackout caused the leak.", "roles", ""),
        (about("Arlen will replace Bosk."), "Bosk will replace Arlen.", "roles", ""),
        (about("Arlen denied robbing Bosk."), "Bosk denied robbing Arlen.", "roles", ""),
        (
            about("Arlen works for the Old Alder Harbour Fund."),
            "The Old Alder Harbour Fund works for Arlen.",
            "roles",
            "",
        ),
        (about("The council approved it."), "The council failed to approve it.", "polarity", ""),
        (
            about("The talks failed before the vote."),
            "The talks failed after the vote.",
            "polarity",
            "says 'after vote', where the claim says the opposite",
        ),
        (about("Rents fell to a record."), "Rents rose to a record.", "polarity", "rose to"),
        (
            about("The council sued the club."),
            "The club sued the council. It rained. The bridge is shut.",
            "bundle",
            "3 sentences",
        ),
        (STRIKE, "Seagulls circled overhead.", "similarity", "similarity 0.00 is below"),
    ],
)
def test_a_verdict_says_why_and_of_what_kind(gold, wording, ground, why):
    verdict = DEFAULT.judge(gold, Said((wording,)))
    assert not verdict.accepted
    assert verdict.ground == ground
    assert why in verdict.reason


@pytest.mark.parametrize(
    ("gold", "wording"),
    [
        ("The port closed on 8 May 2031.", "The port closed on May 8."),
        ("The port closed on 8 May 2031.", "In May the port closed."),
        ("Four ferries sank in the storm.", "Four ferries were sunk by the storm."),
        ("The bridge is 3 kilometres long.", "The bridge is 3km long."),
        ("The bridge is 3 kilometres long.", "The bridge’s length is three kilometers, long."),
        ("Voss hadn’t left the harbour.", "Voss had not left the harbour."),
        ("Arlen defeated Bosk.", "Bosk was defeated by Arlen."),
        ("Arlen defeated Bosk on Monday.", "On Monday Arlen defeated Bosk."),
        ("Arlen and Bosk signed the pact.", "Bosk and Arlen signed the pact."),
        (
            "Twelve children are in hospital.",
            "Twelve children are in hospital and none of the twelve had been vaccinated at school.",
        ),
        ("The talks in May failed.", "The talks in May failed, not only once."),
        ("U.S. troops left Oska.", "US troops left Oska."),
        ("The talks begin at 9 a.m. on Monday.", "The talks begin at 9 a.m. Monday."),
        ("The port closed on 12 June 2024.", "The port closed on Wednesday."),
        ("Voss left Tarn.", "VOSS LEFT TARN IN MAY."),
        ("The council failed to approve it.", "The council did not approve it."),
        ("The fog lifted after the vote.", "After the vote, and before dawn, the fog lifted."),
        ("The fine was 5 million euros.", "The fine was 5m euros."),
        (
            "The levees leave six feet of room.",
            "Alder officials are not worried about the levees, which leave six feet of room.",
        ),
        ("A toll could be inevitable.", 'A toll could be "inevitable".'),
        ("The loan was 1.5bn crowns.", "1.5 billion crowns was the loan."),
        ("The mill is above the dam.", "The dam is below the mill."),
        ("How deep it is is not known to Voss.", "Voss said it is not known how deep it is."),
        ("The harbour chief left.", "Alder’s harbour chief left, Voss said."),
    ],
)
def test_what_says_the_same_is_accepted(gold, wording):
    verdict = DEFAULT.judge(about(gold), Said((wording,)))
    assert verdict.accepted, verdict.reason


def test_a_position_without_its_holder_is_told_from_another_missing_fact():
    gold = make_gold_claim(
        "Lena Voss opposes the toll.",
        type="position",
        facts=[["Voss"], ["oppos*"], ["toll*"]],
        source=Source(name="Lena Voss", mode="indirect"),
    )
    verdict = DEFAULT.judge(gold, Said(("The mayor opposes the toll in Lena.",)))
    assert (verdict.ground, verdict.reason) == ("holder", "lacks Voss")
    assert DEFAULT.judge(gold, Said(("Lena Voss supports the toll.",))).ground == "fact"


def test_permission_is_no_hedge():
    rule = about("Under the by-law boats may moor for 72 hours.", type="rule")
    assert accepts(rule, "Boats moor for 72 hours under the by-law.")


@pytest.mark.parametrize("wording", ["Bosk defeated Arlen.", "Arlen was defeated by Bosk."])
def test_no_other_wording_excuses_swapped_roles(wording):
    gold = make_gold_claim("Arlen defeated Bosk.", "Bosk lost to Arlen.", "Bosk's loss to Arlen.")
    assert DEFAULT.judge(gold, Said((wording,))).ground == "roles"


def test_no_wording_without_it_excuses_an_opposite():
    gold = make_gold_claim("The port closed before the storm came.", "The port was closed.")
    assert not accepts(gold, "The port closed after the storm came.")


@pytest.mark.parametrize("wording", ["The port closed on 9 May.", "The port closed on 8 June."])
def test_no_wording_without_a_date_excuses_another_date(wording):
    gold = make_gold_claim("The port closed on 8 May.", "The port was closed.")
    assert DEFAULT.judge(gold, Said((wording,))).ground == "number"
    assert accepts(gold, "The port closed.")


def test_a_far_wording_may_still_excuse_what_a_near_one_does_not():
    gold = make_gold_claim("Officers issued 38 fines.", "In May police wrote 38 tickets, not 39.")
    assert accepts(gold, "Officers issued 38 fines, Voss said on Monday.")


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
    assert repr(keyed(threshold=0.5)) == "keyed(threshold=0.5)"
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


@given(wordings)
def test_whatever_it_says_a_wording_matches_itself(wording):
    assert accepts(make_gold_claim(wording), wording)


def test_a_claim_without_words_matches_itself_alone():
    assert accepts(make_gold_claim("…"), "…")
    assert not accepts(make_gold_claim("…"), STRIKE.text)


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


def test_a_flood_of_negations_and_opposites_costs_time_in_proportion():
    """Each looks at a few words after it: looking at all would take minutes."""
    wording = Wording("not before x " * 30_000)
    assert len(wording.negations) == 30_000
    assert max(map(len, wording.negations)) <= 30
    assert [*wording.opposites.values()] == ["before x"]


def test_a_flood_of_distinct_words_costs_memory_in_proportion():
    """Bits are for the words of gold claims alone: else this would take gigabytes."""
    flood = " ".join(f"w{n:x}q".replace("0", "o") for n in range(200_000))
    tracemalloc.start()
    assert not accepts(STRIKE, flood)
    assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    tracemalloc.stop()
