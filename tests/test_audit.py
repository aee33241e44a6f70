import msgspec
import pytest

from bench.audit import Estimate, agreement, attack
from bench.matching import Verdict, exact, keyed
from bench.model import Counts, Source

from made import HARBOUR, make_gold, make_gold_claim


@pytest.mark.parametrize("matcher", [keyed(), exact()])
def test_the_scorer_stands_every_attack(matcher):
    gold = make_gold(
        {
            "harbour": HARBOUR,
            "mill": [
                make_gold_claim("The old mill burned down in May.", id="mill-c01"),
                make_gold_claim("Tarn owns the mill.", id="mill-c02", type="property", start=7),
            ],
        }
    )
    findings = attack(gold, matcher)
    assert len(findings) >= 10
    assert [f for f in findings if not f.passed] == []


class Gullible:
    """Accepts a pair if the prediction holds the claim's words: what copying everything wins."""

    def accepted(self, gold, predicted):
        return {
            (i, j): 1.0
            for i, g in enumerate(gold)
            for j, p in enumerate(predicted)
            if self.judge(g, p).accepted
        }

    def judge(self, gold, predicted):
        inside = {w.lower() for w in gold.text.split()} <= {
            w.lower() for w in predicted.wordings[0].split()
        }
        return Verdict(1.0 if inside else 0.0, inside)


def test_a_gullible_matcher_is_found_out():
    findings = {f.attack: f for f in attack(make_gold({"harbour": HARBOUR}), Gullible(), seed=1)}
    assert not findings["one claim that says everything raises nothing"].passed


class Moody(Gullible):
    """Likes what comes first."""

    def accepted(self, gold, predicted):
        return {(0, 0): 1.0} if gold and predicted else {}


def test_a_matcher_that_fails_its_own_gold_is_found_out():
    findings = {f.attack: f for f in attack(make_gold({"harbour": HARBOUR}), Moody())}
    assert not findings["gold as a system scores exactly 1.0 in every view"].passed


class Shy(Gullible):
    """Finds nothing in a crowd: whoever says less is paid more."""

    def accepted(self, gold, predicted):
        return super().accepted(gold, predicted) if len(predicted) < 3 else {}


def test_a_matcher_that_pays_for_silence_is_found_out():
    gold = make_gold({"harbour": HARBOUR, "quay": HARBOUR})
    outcomes = {(f.attack, f.passed) for f in attack(gold, Shy(), seed=2)}
    assert ("removing a claim raises no recall", False) in outcomes


def test_agreement_by_hand():
    source = Source(name="Lena Voss", mode="indirect", aliases=("Voss",))
    a = {
        "x": [
            make_gold_claim("The ferry sank.", id="x-c01", source=source, central=True),
            make_gold_claim("Two people drowned.", id="x-c02", type="numerical", start=1),
            make_gold_claim("Voss is the chief.", id="x-c03", optional=True, start=2),
            make_gold_claim("The mayor resigned.", id="x-c04", start=3),
        ]
    }
    b = {
        "x": [
            make_gold_claim(
                "A ferry sank.", id="x-c01", source=Source(name="the Voss", mode="mixed")
            ),
            make_gold_claim("Two people drowned.", id="x-c02", type="event", start=1),
            make_gold_claim("Pigs flew over Oska.", id="x-c03", start=2),
        ]
    }
    measured = agreement(a, b)
    assert measured.claims == Counts(tp=2, fp=1, fn=1)
    assert measured.reverse == Counts(tp=2, fp=1, fn=1)
    assert measured.claim_f1 == Estimate(2 / 3)  # one article gives no interval
    assert measured.source.value == 1
    assert measured.central.value == 0.5
    assert measured.polarity.value == measured.certainty.value == 1
    assert measured.types["event"] == Counts(tp=1, fp=2, fn=1)
    assert measured.type_f1["event"].value == pytest.approx(2 / 5)
    assert measured.type_kappa.value == pytest.approx(0)


def test_optional_claims_of_either_side_are_set_aside():
    said = "The pier closed on Monday morning."
    required = make_gold_claim(said, "On Monday morning the pier closed.", id="x-c01")
    optional = msgspec.structs.replace(required, optional=True)
    for a, b in ((required, optional), (optional, required)):
        measured = agreement({"x": [a]}, {"x": [b]})
        assert measured.claims == measured.reverse == Counts()
        assert measured.types["event"] == Counts()
    # An optional claim in the very words takes nothing from the required one.
    close = make_gold_claim("On Monday the pier closed in the morning.", id="x-c02")
    measured = agreement({"x": [required]}, {"x": [optional, close]})
    assert measured.claims == measured.reverse == Counts(tp=1)


def test_annotators_agree_with_themselves():
    labels = {"harbour": [msgspec.structs.replace(c, optional=False) for c in HARBOUR]}
    measured = agreement(labels, labels)
    assert measured.claim_f1 == measured.type_kappa == measured.source == Estimate(1.0)


def test_no_shared_article_is_undefined_agreement():
    measured = agreement({"x": HARBOUR}, {"y": HARBOUR})
    assert measured.articles == 0
    assert measured.claim_f1 == measured.type_kappa == measured.source == Estimate(None)


def test_agreement_is_uncertain_by_articles():
    other = [make_gold_claim("Pigs flew over Oska.", id="x-c01")]
    a = {f"a{n}": HARBOUR for n in range(8)}
    b = {**a, "a0": other, "a1": other}
    measured = agreement(a, b)
    found = measured.claim_f1
    assert found.value == measured.claims.f1
    assert 0.3 < found.low < found.value < found.high
    # The order of articles is nothing, and the same call gives the same interval.
    assert agreement(dict(reversed(a.items())), b) == measured
