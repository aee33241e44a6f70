"""Hand-made errors with the cause that each must get, and what holds of every diagnosis."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import diagnosis
from bench.diagnosis import CAUSES, Tally, diagnose, diagnose_article, examples, told
from bench.matching import DEFAULT, Verdict, exact, many, token_f1
from bench.model import TYPES, Article, Claim, Counts, Gold, Labelled, Source, total
from bench.score import evaluate

from made import HARBOUR, claim, make_gold, make_gold_claim

TEXT = (
    "Ferry drivers in Port Alder went on strike. Fourteen ferry crossings were cancelled. "
    "The bakery in Elm Lane sold warm bread to the drivers. Ada Brill owns it. "
    "Nobody knew why the gulls had left."
)


def item(*gold, text=TEXT):
    article = Article("a", "On the harbour", "2031-05-06", text, "test", "made")
    return Labelled(article, tuple(gold))


def causes(gold, *said, matcher=DEFAULT):
    """Causes of (missed gold, spurious predictions, matched pairs), in given order."""
    predicted = [claim(s) if isinstance(s, str) else s for s in said]
    faults = diagnose_article(item(*gold), predicted, matcher).faults
    sides = ("missed", "spurious", "matched")
    return tuple([f.cause for f in faults if f.side == side] for side in sides)


SPEECH = make_gold_claim(
    "Lena Voss wants a night ferry for the island.",
    type="position",
    source=Source("Lena Voss", "indirect"),
    facts=[["Voss"], ["ferry"]],
)


@pytest.mark.parametrize(
    ("text", "facts", "said", "cause"),
    [
        (
            "Fourteen ferry crossings were cancelled on Monday.",
            ["14"],
            "Forty-one ferry crossings were cancelled on Monday.",
            "wrong number",
        ),
        (
            "The talks were held at Port Alder.",
            [],
            "The talks were not held at Port Alder.",
            "wrong polarity",
        ),
        (
            "The ferry may sail to Elm Lane.",
            ["may"],
            "The ferry sails to Elm Lane.",
            "hedge changed",
        ),
        (
            "Ada Brill opened a bakery in Elm Lane.",
            ["Brill"],
            "She opened a bakery in Elm Lane.",
            "missing context",
        ),
        (
            "The ferry sank on 4 June 2031.",
            ["june"],
            "The ferry sank yesterday.",
            "missing context",
        ),
        (
            "The Alder ferry treaty expires in June.",
            ["Alder"],
            "The treaty expires in June.",
            "missing context",
        ),
        (
            "Ada Brill opened a bakery and a school in Elm Lane.",
            ["school"],
            "Ada Brill opened a bakery in Elm Lane.",
            "partial",
        ),
        # a number that is lacking is no other number, and no context tells it
        (
            "Drivers want a raise of 5 percent.",
            ["5"],
            "The drivers want a raise.",
            "partial",
        ),
    ],
)
def test_a_pair_has_its_cause_on_both_sides(text, facts, said, cause):
    gold = make_gold_claim(text, facts=[facts] if facts else [])
    assert causes([gold], said) == ([cause], [cause], [])


def test_the_month_of_may_is_no_hedge():
    gold = make_gold_claim("The Alder ferry sails on 4 May 2031.")
    for said, cause in (
        ("The Alder ferry sails in spring.", "partial"),
        ("The Alder ferry may sail on 4 May 2031.", "hedge changed"),
    ):
        assert causes([gold], said, matcher=exact())[1] == [cause]


def test_a_position_of_another_holder_is_wrongly_attributed():
    wrong = "Tom Hale wants a night ferry for the island."
    assert causes([SPEECH], wrong) == (["wrong attribution"], ["wrong attribution"], [])
    # that a pronoun stands there is no other holder; nor is an event given to anybody
    assert causes([SPEECH], "She wants a night ferry for the island.")[1] == ["missing context"]
    event = msgspec.structs.replace(SPEECH, type="event")
    assert causes([event], wrong)[1] == ["partial"]


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        (None, []),
        ("Voss", []),
        ("harbour chief Lena Voss", []),
        ("she", []),
        ("Tom Hale", ["wrong attribution"]),
    ],
)
def test_the_source_of_a_matched_claim_is_compared_by_name(source, cause):
    said = Claim(SPEECH.text, type="position", source=source)
    assert causes([SPEECH], said) == ([], [], cause)


def test_a_source_where_the_gold_credits_nobody_is_wrong():
    said = Claim(HARBOUR[0].text, type="event", source="Tom Hale")
    assert causes(HARBOUR[:1], said) == ([], [], ["wrong attribution"])


def test_a_matched_claim_of_another_type_has_the_wrong_type_whatever_its_source():
    said = Claim(SPEECH.text, type="event", source="Tom Hale")
    assert causes([SPEECH], said) == ([], [], ["wrong type"])


def test_saying_it_twice_is_a_duplicate_in_equal_words_or_in_others():
    strike = HARBOUR[0]
    assert causes([strike], strike.text, strike.text.upper())[1] == ["duplicate"]
    assert causes([strike], strike.text, strike.forms[0])[1] == ["duplicate"]


def test_parts_that_say_a_claim_together_are_a_split():
    gold = make_gold_claim(
        "Ada Brill sold warm bread and opened a school in Elm Lane.",
        facts=[["bread"], ["school"]],
    )
    parts = ("Ada Brill sold warm bread.", "A school opened in Elm Lane.")
    assert causes([gold], *parts) == (["split"], ["split", "split"], [])


def test_a_prediction_whose_clauses_say_several_claims_is_a_merge():
    said = "Ferry drivers in Port Alder went on strike, and the night boat had not left."
    found = causes([HARBOUR[0], HARBOUR[3]], said, matcher=exact())
    assert found == (["merge", "merge"], ["merge"], [])


def test_a_claim_that_fits_a_prediction_of_another_is_merged_with_it():
    ferry = make_gold_claim("The ferry reached Alder and Bosk.", id="a-c01")
    same = make_gold_claim("The ferry reached Bosk and Alder.", id="a-c02", start=9)
    assert causes([ferry, same], "The ferry reached Alder and Bosk.")[0] == ["merge"]


def test_what_is_near_no_claim_is_grounded_in_one_place_of_the_article_or_unsupported():
    far = make_gold_claim("Pears ripened early in Wexley.")
    for said in ("The bakery sold warm bread.", "Ada Brill owns the bakery in Elm Lane."):
        assert causes([far], said) == (["missed"], ["grounded but unlisted"], [])
    # the words stand far apart; a name, or a number, is nowhere in the article
    for said in (
        "Gulls knew of warm bread in Port Alder.",
        "The bakery in Elm Lane sold warm bread to drivers Hale.",
        "The bakery in Elm Lane sold warm bread to 7 drivers.",
        "…",
    ):
        assert causes([far], said)[1] == ["unsupported"], said


def test_one_prediction_accounts_for_one_missed_claim():
    one = make_gold_claim("Ada Brill opened a bakery in Elm Lane.", id="a-c01", facts=[["Ada"]])
    other = make_gold_claim("Tom Hale opened a bakery in Elm Lane.", id="a-c02", facts=[["Tom"]])
    said = ("Brill opened a bakery in Elm Lane.", "Brill opened a shop in Elm Lane.")
    assert causes([one, other], *said) == (["partial", "missed"], ["partial", "partial"], [])


class grounded(token_f1, frozen=True):  # noqa: N801
    """Turns down whatever it is shown, on one ground."""

    ground: str = ""

    def accepted(self, gold, predicted):
        return {}

    def judge(self, gold, predicted, among=()):
        return Verdict(0.9, accepted=False, reason="so it is", ground=self.ground)


@pytest.mark.parametrize(
    ("ground", "cause"),
    [
        ("roles", "wrong attribution"),
        ("number", "wrong number"),
        ("polarity", "wrong polarity"),
        ("hedge", "hedge changed"),
        ("fact", "partial"),
        ("similarity", "partial"),
        ("", "partial"),
    ],
)
def test_the_ground_of_a_matcher_counts(ground, cause):
    said = "Ferry drivers in Port Alder struck work"
    assert causes(HARBOUR[:1], said, matcher=grounded(ground=ground))[1] == [cause]


def test_of_several_causes_the_first_counts():
    gold = make_gold_claim("Fourteen ferry crossings were cancelled.", facts=[["14"]])
    said = "Perhaps nine ferry crossings were not cancelled."
    assert causes([gold], said)[1] == ["wrong number"]
    assert causes([gold], said, matcher=grounded(ground="roles"))[1] == ["wrong attribution"]
    assert causes([gold], said, matcher=grounded(ground="hedge"))[1] == ["wrong number"]


def test_optional_gold_is_never_missed_and_a_near_prediction_is_spurious_by_it():
    optional = make_gold_claim("Fourteen boats left Port Alder.", facts=[["14"]], optional=True)
    assert causes([optional], "Nine boats left Port Alder.") == ([], ["wrong number"], [])


def test_nothing_predicted_and_nothing_to_find():
    assert causes(HARBOUR) == (["missed"] * 3, [], [])
    assert causes([], "Tom Hale swims.") == ([], ["unsupported"], [])
    assert causes([]) == ([], [], [])


def test_f1_by_hand_if_each_cause_alone_were_fixed():
    """Of three required claims one is found, one has a wrong number, one is missed."""
    gold = make_gold({"a": HARBOUR})
    said = [
        claim(HARBOUR[0].text, "causal"),
        claim(HARBOUR[0].text, "event"),
        claim("Forty-one ferry crossings were cancelled.", "numerical"),
    ]
    found = diagnose(gold, {"a": said})
    assert (found.claims, found.typed) == (Counts(1, 2, 2), Counts(1, 2, 2))
    fixed = {f.cause: f for f in found.fixes()}
    assert found.claims.f1 == 1 / 3
    assert fixed["duplicate"].f1 == 2 / 5  # tp 1, fp 1, fn 2
    assert fixed["wrong number"].f1 == 4 / 6  # tp 2, fp 1, fn 1
    assert fixed["missed"].f1 == 4 / 7  # tp 2, fp 2, fn 1
    assert fixed["missed"].delta == pytest.approx(4 / 7 - 1 / 3)
    assert fixed["wrong number"].errors == Tally(missed=1, spurious=1)
    assert {f.delta for f in fixed.values() if f.errors == Tally()} == {0.0}


def test_a_wrong_type_costs_typed_f1_alone():
    found = diagnose(make_gold({"a": HARBOUR[:1]}), {"a": [claim(HARBOUR[0].text, "causal")]})
    fixed = found.fixed("wrong type")
    assert (fixed.f1, fixed.delta) == (1, 0)
    assert (fixed.typed_f1, fixed.typed_delta) == (1, 1)


def test_an_f1_that_is_no_longer_defined_is_none():
    fixed = diagnose(make_gold({"a": []}), {"a": ["Tom Hale swims."]}).fixed("unsupported")
    assert (fixed.errors, fixed.f1, fixed.delta) == (Tally(spurious=1), None, None)


def test_the_account_tells_the_cause_of_each_error():
    case = item(*HARBOUR)
    said = [claim("Nine crossings were cancelled.", "event"), claim(HARBOUR[0].text, "causal")]
    lines = told(case, said, diagnose_article(case, said))
    assert [(line.outcome, line.cause) for line in lines] == [
        ("wrong type", "wrong type"),
        ("missed", "wrong number"),
        ("missed", "missed"),
        ("spurious", "wrong number"),
    ]


def test_examples_are_in_words_and_no_more_than_asked_for():
    gold = make_gold({"a": HARBOUR, "b": HARBOUR})
    predictions = {"a": ["Nine ferry crossings were cancelled."], "b": []}
    found = diagnose(gold, predictions, system="mine")
    shown = examples(found, gold, predictions, 1)
    assert [(e.cause, e.article_id, e.predicted, e.gold) for e in shown] == [
        ("wrong number", "a", predictions["a"][0], HARBOUR[1].text),
        ("missed", "a", "", HARBOUR[0].text),
    ]
    assert len(examples(found, gold, predictions, 3)) == 4
    assert examples(found, gold, predictions, 0) == ()


def test_an_example_of_a_split_shows_all_parts_and_one_of_a_merge_all_it_holds():
    school = make_gold_claim(
        "Ada Brill sold warm bread and opened a school in Elm Lane.",
        facts=[["bread"], ["school"]],
    )
    parts = ["Ada Brill sold warm bread.", "A school opened in Elm Lane."]
    gold = make_gold({"a": [school]})
    shown = examples(diagnose(gold, {"a": parts}), gold, {"a": parts}, 9)
    assert [(e.predicted, e.gold) for e in shown] == [
        (" + ".join(parts), school.text),
        (parts[0], school.text),
        (parts[1], school.text),
    ]
    both = ["Ferry drivers in Port Alder went on strike, and the night boat had not left."]
    gold = make_gold({"a": [HARBOUR[0], HARBOUR[3]]})
    found = diagnose(gold, {"a": both}, matcher=exact())
    merged = " + ".join((HARBOUR[0].text, HARBOUR[3].text))
    assert [(e.predicted, e.gold) for e in examples(found, gold, {"a": both}, 9)] == [
        (both[0], HARBOUR[0].text),
        (both[0], HARBOUR[3].text),
        (both[0], merged),
    ]


def test_the_document_has_every_cause_and_fault_and_no_text():
    found = diagnose(make_gold({"a": HARBOUR}), {"a": ["Nine crossings were cancelled."]})
    written = json.loads(msgspec.json.encode(diagnosis.document([found])))
    assert written["schema"] == 1
    (one,) = written["diagnoses"]
    assert [c["cause"] for c in one["causes"]] == list(CAUSES)
    assert one["claims"] == {"tp": 0, "fp": 1, "fn": 3, "f1": 0.0}
    assert one["articles"][0]["faults"][1] == {
        "side": "missed",
        "cause": "wrong number",
        "gold": 1,
        "predicted": 0,
        "linked": [],
    }
    assert "cancelled" not in json.dumps(written)


def test_what_supports_a_claim_is_listed_for_each_kind_of_support():
    said = [claim(HARBOUR[0].text), claim("Seagulls circled overhead."), claim(HARBOUR[2].text)]
    assert many().align(HARBOUR, said).links == ((0, 0), (2, 2))


words = st.sampled_from(
    "ferry strike harbour 14 41 not may mayor bridge closed open Alder it the and she".split()
)
wordings = st.lists(words, min_size=1, max_size=7).map(" ".join)
kinds = st.sampled_from(TYPES)
claims = st.lists(
    st.builds(Claim, wordings, kinds, source=st.sampled_from([None, "Voss", "Hale"])), max_size=6
)


@st.composite
def golds(draw):
    texts = draw(st.lists(wordings, max_size=5))
    return tuple(
        make_gold_claim(
            t,
            id=f"a-c{i:02}",
            start=i,
            type=draw(kinds),
            optional=i == 3,
            source=draw(st.sampled_from([None, Source("Lena Voss", "indirect")])),
        )
        for i, t in enumerate(texts)
    )


def corpus(*articles):
    items = tuple(
        Labelled(Article(f"a{n}", "", "2031-05-06", TEXT, "test", "made"), gold)
        for n, gold in enumerate(articles)
    )
    return Gold("made", "1", "test", items)


@settings(max_examples=200)
@given(golds(), claims)
def test_every_error_has_one_cause_and_counts_are_those_of_the_score(gold, predicted):
    case = corpus(gold)
    (found,) = diagnose(case, {"a0": predicted}).by_article
    (score,) = evaluate(case, {"a0": predicted}).by_article
    assert found.claims == score.claims
    assert found.typed == total(score.types.values())
    missed = [f.gold for f in found.faults if f.side == "missed"]
    spurious = [f.predicted for f in found.faults if f.side == "spurious"]
    assert len({*missed}) == len(missed) == score.claims.fn
    assert len({*spurious}) == len(spurious) == score.claims.fp
    answered = [f for f in found.faults if f.side == "missed" and f.predicted is not None]
    assert len({f.predicted for f in answered}) == len(answered)
    cause = {f.predicted: f.cause for f in found.faults if f.side == "spurious"}
    assert [f.cause for f in answered] == [cause[f.predicted] for f in answered]


@settings(max_examples=200)
@given(golds(), golds(), claims, claims)
def test_fixing_a_cause_never_lowers_f1_and_fixing_all_makes_it_one(one, two, first, second):
    found = diagnose(corpus(one, two), {"a0": first, "a1": second})
    fixes = found.fixes()
    assert all(f.delta is None or f.delta >= 0 for f in fixes)
    assert all(f.typed_delta is None or f.typed_delta >= 0 for f in fixes)
    parts = [article.tally(f.cause) for f in fixes for article in found.by_article]
    everything = sum(parts, Tally())
    assert everything == sum((f.errors for f in fixes), Tally())
    whole = everything.mended(found.claims)
    assert (whole.fp, whole.fn) == (0, 0)
    assert whole.f1 in (1.0, None)
    assert (whole.f1 is None) == (not any(not g.optional for g in (*one, *two)))
    unequal = found.tally("wrong type").matched
    typed = (everything + Tally(missed=unequal, spurious=unequal)).mended(found.typed)
    assert typed == whole


@settings(max_examples=200)
@given(golds(), claims, st.randoms())
def test_order_changes_no_cause(gold, predicted, random):
    def readable(g, p):
        faults = diagnose_article(Labelled(item().article, tuple(g)), p).faults
        return sorted(
            (
                f.side,
                f.cause,
                "" if f.gold is None else g[f.gold].id,
                "" if f.predicted is None else p[f.predicted].text,
            )
            for f in faults
        )

    mixed_gold, mixed = list(gold), list(predicted)
    random.shuffle(mixed_gold)
    random.shuffle(mixed)
    assert readable(gold, predicted) == readable(mixed_gold, mixed)


def test_a_source_decides_nothing_by_the_order_of_equal_claims():
    gold = make_gold_claim(
        "Voss opposes the toll.",
        type="position",
        source=Source(name="Voss", mode="indirect"),
    )
    said = [Claim("Voss opposes the toll.", "position", source=name) for name in ("Voss", "Bosk")]
    item = make_gold({"a": [gold]}).items[0]
    causes = [
        sorted(fault.cause for fault in diagnose_article(item, order).faults)
        for order in (said, said[::-1])
    ]
    assert causes[0] == causes[1]
