"""Matchers against judged pairs, and the order of systems under several matchers."""

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau
from sklearn.metrics import accuracy_score, cohen_kappa_score, precision_score, recall_score

from bench.audit import (
    Dependence,
    Estimate,
    Ranking,
    evaluate_matchers,
    kappas,
    rankings,
    variants,
    winner_depends,
    within_reach,
)
from bench.gold import JUDGEMENTS, STATED, STATED_ALONE, JudgedPair, Readings
from bench.matching import Measured, Verdict, containment, exact, keyed, token_f1
from bench.model import Claim, ClaimbenchError
from bench.report import dependence_notes, meta_tables, plain, stability_table
from bench.score import evaluate

from made import HARBOUR, claim, make_gold, make_gold_claim

CLAIMS = {
    "pier": [
        make_gold_claim("The pier shut.", id="pier-c01"),
        make_gold_claim("Ships may sail.", id="pier-c02", type="prediction", certainty="hedged"),
    ],
    "mill": [
        make_gold_claim(
            "No miller left.", id="mill-c01", polarity="negative", phenomena=("negation",)
        )
    ],
}


def pair(number, claim, prediction, verdict, a=None, b=None):
    readings = Readings(A=(a or verdict,), B=(b or verdict,))
    why = "" if {*readings.last} == {verdict} else "seen again"
    article = claim.rpartition("-")[0]
    return JudgedPair(
        f"p{number}", article, "test", claim, prediction, ("lead",), readings, verdict, why
    )


JUDGED = (
    pair(1, "pier-c01", "The pier shut.", "match"),
    pair(2, "pier-c01", "It shut.", "described", b="partial"),
    pair(3, "pier-c01", "The pier shut", "partial", a="match"),
    pair(4, "pier-c01", "The pier never shut.", "contradicts"),
    pair(5, "pier-c02", "Ships may sail!", "match"),
    pair(6, "pier-c02", "The pier shut.", "different"),
    pair(7, "mill-c01", "no miller left", "contradicts"),
    pair(8, "mill-c01", "Millers left.", "contradicts", b="different"),
    pair(9, "mill-c01", "Bread is dear.", "different"),
    pair(10, "mill-c01", "Not one miller left.", "match"),
)


EXACT = (exact(),)


def measured(matchers=EXACT, judged=JUDGED, **options):
    return evaluate_matchers(matchers, judged, CLAIMS, **options)


def test_agreement_by_hand():
    """Exact says yes to 1, 3, 5, 7; the verdicts to 1, 2, 5, 10."""
    found = measured()
    (rated,) = found.rated
    fit = rated.whole
    assert (fit.pairs, fit.stated, fit.contradicting) == (10, 4, 3)
    assert fit.accuracy.value == pytest.approx(6 / 10)
    assert fit.precision.value == fit.recall.value == pytest.approx(2 / 4)
    # by chance 0.4 * 0.4 + 0.6 * 0.6 = 0.52
    assert fit.kappa.value == pytest.approx((0.6 - 0.52) / (1 - 0.52))
    assert fit.rejected.value == pytest.approx(2 / 3)
    assert found.verdicts == {
        "match": 3,
        "described": 1,
        "unresolved": 0,
        "context": 0,
        "partial": 1,
        "contradicts": 3,
        "different": 2,
    }
    assert (found.articles, found.pairs) == (2, 10)


def test_the_strict_target_wants_a_match_alone():
    """Exact says yes to 1, 3, 5, 7; the verdicts to 1, 5, 10: 0.7 right, 0.54 by chance."""
    (rated,) = measured(stated=STATED_ALONE).rated
    assert rated.whole.kappa.value == pytest.approx((0.7 - 0.54) / (1 - 0.54))
    assert rated.whole.stated == 3


def test_readers_are_the_ceiling():
    found = measured()
    # A says yes to 1, 2, 3, 5, 10, B to 1, 5, 10
    assert found.readers["A against B"].kappa.value == pytest.approx((0.8 - 0.5) / (1 - 0.5))
    assert found.readers["A against final"].recall.value == 1
    assert found.readers["A against final"].precision.value == pytest.approx(4 / 5)
    assert found.readers["B against final"].recall.value == pytest.approx(3 / 4)
    both = zip(*(p.readings.last for p in JUDGED), strict=True)
    assert found.verdict_kappa.value == pytest.approx(cohen_kappa_score(*both))


def test_slices_are_by_type_and_attribute_of_the_gold_claim():
    slices = measured().rated[0].slices
    assert list(slices) == ["prediction", "event", "hedged", "negation", "negative"]
    assert slices["hedged"] == slices["prediction"]
    assert (slices["hedged"].pairs, slices["hedged"].kappa.value) == (2, 1)
    # of four pairs one is said and another accepted: 2 right, 10 of 16 by chance
    assert slices["negation"].kappa.value == pytest.approx((2 / 4 - 10 / 16) / (1 - 10 / 16))
    assert slices["hedged"].rejected == Estimate(None)


def test_a_curve_follows_the_threshold():
    (rated,) = measured([token_f1()]).rated
    thresholds = [point.threshold for point in rated.curve]
    assert thresholds == pytest.approx([0.3 + 0.05 * n for n in range(14)])
    for point in rated.curve:
        (whole,) = measured([token_f1(threshold=point.threshold)]).rated
        assert point.kappa == whole.whole.kappa.value
        assert (point.precision, point.recall) == (
            whole.whole.precision.value,
            whole.whole.recall.value,
        )
    recalls = [point.recall for point in rated.curve]
    assert recalls == sorted(recalls, reverse=True)
    assert recalls[0] > recalls[-1]


def test_a_matcher_with_vetoes_is_turned_too():
    (rated,) = measured([keyed()]).rated
    for point in rated.curve:
        assert point.kappa == kappas([keyed(threshold=point.threshold)], JUDGED, CLAIMS)[0]


class Crowd:
    """Accepts what shares a word with the first gold claim alone: others of it matter."""

    def accepted(self, gold, predicted):
        first = {*gold[0].text.lower().split()}
        return {
            (0, j): 1.0
            for j, said in enumerate(predicted)
            if first & {*said.wordings[0].lower().split()}
        }

    def judge(self, gold, predicted, among=()):
        return Verdict(0.0, accepted=False)

    def __repr__(self):
        return "Crowd()"


def test_a_matcher_sees_all_claims_of_the_article():
    """By itself pier-c02 would be the first claim and "Ships may sail!" would be accepted."""
    (rated,) = measured([Crowd()]).rated
    assert rated.slices["hedged"].recall.value == 0
    assert rated.curve == ()


class Wanting(Measured, frozen=True):
    threshold: float = 0.5

    def similarities(self, gold, predicted):
        raise ClaimbenchError("this one needs a library", hint="pip install library")


class Blind(Measured, frozen=True):
    threshold: float = 0.5

    def similarities(self, gold, predicted):
        return {}


def test_who_cannot_be_measured_is_told_with_the_command():
    found = measured([exact(), Wanting(), Blind()])
    assert [rated.matcher for rated in found.rated] == [repr(exact())]
    assert "pip install library" in found.skipped[repr(Wanting())]
    assert "words alone" in found.skipped[repr(Blind())]
    told = plain(meta_tables(found, "Agreement"))
    assert "skipped: Wanting(threshold=0.5): this one needs a library; next: pip install" in told
    assert "skipped: Blind" in told


def test_nothing_but_skipped_matchers_is_still_a_table():
    told = plain(meta_tables(measured([Wanting()]), "Agreement"))
    assert "reader A against B" in told


def many(articles):
    """Each article twice as above, with the verdicts of one in four turned round."""
    judged, claims = [], {}
    for n in range(articles):
        claims[f"a{n}"] = [make_gold_claim("The pier shut.", id=f"a{n}-c01")]
        for k, (text, verdict) in enumerate(
            [("The pier shut.", "match"), ("Ships sail.", "different"), ("Pier shut.", "described")]
        ):
            turned = "partial" if n % 4 == 0 and verdict == "match" else verdict
            judged.append(pair(3 * n + k, f"a{n}-c01", text, turned))
    return judged, claims


def test_intervals_resample_articles_not_pairs():
    judged, claims = many(12)
    once = evaluate_matchers([exact()], judged, claims).rated[0].whole
    assert once.kappa.low < once.kappa.value < once.kappa.high
    # Every pair four times in its own article says nothing more of other articles.
    often = evaluate_matchers([exact()], judged * 4, claims).rated[0].whole
    assert often.pairs == 4 * once.pairs
    assert often.kappa == once.kappa


def test_one_article_gives_no_interval():
    found = measured(judged=[p for p in JUDGED if p.article == "mill"]).rated[0].whole
    assert (found.kappa.low, found.kappa.high) == (None, None)


def test_how_far_behind_is_paired():
    judged, claims = many(12)
    same, worse = evaluate_matchers([token_f1(threshold=0.7), exact()], judged, claims).rated
    assert same.behind == Estimate(0, 0, 0)
    assert worse.behind.value == pytest.approx(same.whole.kappa.value - worse.whole.kappa.value)
    assert worse.behind.low > 0


def test_without_pairs_nothing_is_measured():
    with pytest.raises(ValueError, match="no judged pairs"):
        measured(judged=[])


VERDICTS = st.lists(st.tuples(st.sampled_from(JUDGEMENTS), st.booleans()), min_size=2, max_size=25)


@given(VERDICTS)
@settings(max_examples=40)
def test_against_scikit_learn(drawn):
    """Exact accepts where the words are the claim's, which is what each pair draws."""
    said = {True: "The pier shut.", False: "Ships sail."}
    judged = [pair(n, "pier-c01", said[yes], v) for n, (v, yes) in enumerate(drawn)]
    truth, taken = [v in STATED for v, _ in drawn], [yes for _, yes in drawn]
    whole = measured(judged=judged).rated[0].whole
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = cohen_kappa_score(truth, taken)
    assert whole.kappa.value == (None if oracle != oracle else pytest.approx(oracle))
    assert whole.accuracy.value == pytest.approx(accuracy_score(truth, taken))
    if any(truth):
        assert whole.recall.value == pytest.approx(recall_score(truth, taken))
    if any(taken):
        assert whole.precision.value == pytest.approx(precision_score(truth, taken))
    else:
        assert whole.precision.value is None


# rank stability

GOLD = make_gold(
    {
        "pier": [
            make_gold_claim("The pier shut.", id="pier-c01"),
            make_gold_claim("Ships sail.", id="pier-c02", start=5),
        ],
        "harbour": HARBOUR,
    }
)
OUTPUTS = {
    "terse": {"pier": [claim("The pier shut."), claim("Ships sail.")], "harbour": []},
    "chatty": {
        "pier": [claim("The old pier of Alder shut."), claim("Many ships sail.")],
        "harbour": [claim("Ferry drivers in Port Alder went on a long strike.")],
    },
    "silent": {"pier": [], "harbour": []},
}
TWICE = Claim("The old pier of Alder shut.", spans=((0, 4),))
ELSEWHERE = Claim("The old pier of Alder SHUT!", spans=((9, 12),))


def test_rankings_are_the_scorers():
    matchers = [keyed(), exact(), containment()]
    for matcher, ranking in zip(matchers, rankings(GOLD, OUTPUTS, matchers), strict=True):
        for system, said in OUTPUTS.items():
            card = evaluate(GOLD, said, system=system, matcher=matcher)
            assert ranking.f1[system] == card.claims.f1


def test_what_is_said_at_two_places_is_ranked_as_it_is_scored():
    said = {"pier": [TWICE, ELSEWHERE], "harbour": []}
    (ranking,) = rankings(GOLD, {"twice": said}, [keyed()])
    assert ranking.f1["twice"] == evaluate(GOLD, said, system="twice").claims.f1


def test_order_by_hand():
    """Of five required claims terse finds two exactly, chatty none; as contained it finds three."""
    strict, loose = rankings(GOLD, OUTPUTS, [exact(), containment()])
    assert strict.f1 == pytest.approx({"terse": 4 / 7, "chatty": 0, "silent": 0})
    assert strict.ranks == {"terse": 1, "chatty": 2, "silent": 2}
    assert strict.tau == pytest.approx(1)
    assert loose.f1 == pytest.approx({"terse": 4 / 7, "chatty": 6 / 8, "silent": 0})
    assert loose.winners == ("chatty",)
    assert loose.tau == pytest.approx(kendalltau([4 / 7, 0, 0], [4 / 7, 6 / 8, 0]).statistic)


def test_tau_of_a_tie_of_all_is_undefined():
    alike = {"one": OUTPUTS["silent"], "two": OUTPUTS["silent"]}
    (ranking,) = rankings(GOLD, alike, [exact()])
    assert ranking.tau is None
    assert ranking.winners == ("one", "two")
    assert rankings(GOLD, {"one": OUTPUTS["terse"]}, [exact()])[0].tau is None


def test_thresholds_are_moved_within_their_range():
    assert variants(token_f1(0.95)) == [token_f1(t) for t in (0.85, 0.9, 1.0)]
    assert variants(exact()) == variants(Crowd()) == []


@pytest.mark.parametrize(
    ("kappa", "default", "near"),
    [
        (0.7, 0.8, True),
        (0.69, 0.8, False),
        (0.9, 0.8, True),
        (None, 0.8, False),
        (0.8, None, False),
    ],
)
def test_within_reach(kappa, default, near):
    assert within_reach(kappa, default) is near


def ranking(matcher, **f1):
    return Ranking(matcher, f1, None)


DEFAULT = ranking("d", a=0.6, b=0.5)


@pytest.mark.parametrize(
    ("others", "agreed", "expected"),
    [
        # another winner under a matcher that agrees as well
        ([("m", 0.5, 0.6)], {"m": 0.75}, Dependence("a", {"m": ("b",)}, ("m",))),
        # the same, but it agrees badly with people
        ([("m", 0.5, 0.6)], {"m": 0.3}, Dependence("a", {}, (), ("m",))),
        # nobody knows how it agrees
        ([("m", 0.5, 0.6)], {}, Dependence("a", {}, (), ("m",))),
        # a tie is no change
        ([("m", 0.6, 0.6)], {"m": 0.8}, Dependence("a", {}, ("m",))),
        # judged but not ranked
        ([], {"m": 0.3}, Dependence("a", {}, (), ("m",))),
    ],
)
def test_whether_the_first_place_depends(others, agreed, expected):
    ranked = [DEFAULT, *(ranking(m, a=a, b=b) for m, a, b in others)]
    assert winner_depends(ranked, {"d": 0.8, **agreed}) == expected


def test_one_system_is_first_under_any_matcher():
    assert winner_depends([ranking("d", a=0.6)], {"d": 0.8}) is None


def test_a_warning_says_who_is_first_under_what():
    found = Dependence("a", {"m": ("b",), "n": ("b",), "o": ("c",)}, ("m", "n", "o"), ("bad",))
    warning, rule = dependence_notes(found)
    assert warning == (
        "warning: the first place depends on how claims are matched: a is first under the default "
        "matcher, but b under m, n; c under o"
    )
    assert "at most 0.1 below" in rule
    assert rule.endswith("not counted, as they agree worse: bad")


def test_no_dependence_is_no_warning():
    assert not any("warning" in n for n in dependence_notes(Dependence("a", {}, ("m",), ("n",))))
    assert next(dependence_notes(Dependence("a", {}, ("m",)))) == "a stays first under m"
    assert [*dependence_notes(None)] == []
    assert [*dependence_notes("nobody asked")] == [
        "whether the first place depends on the matcher is not known here: nobody asked"
    ]


def test_the_table_of_orders():
    told = plain([stability_table(rankings(GOLD, OUTPUTS, [exact(), containment()]), {}, "made")])
    assert "exact()" in told
    assert "2: 0.571" in told
    assert "1: 0.750" in told
