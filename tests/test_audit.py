import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.audit import Estimate, agreement, attack, contradict, exhaust, trusted
from bench.audit.attacks import misaligned, out_of_bounds
from bench.audit.contradictions import EDITS
from bench.matching import Verdict, containment, exact, judge, keyed, token_f1
from bench.model import TYPES, Alignment, ClaimbenchError, Counts, Pair, Source
from bench.report import contradiction_table

from made import HARBOUR, make_gold, make_gold_claim

MILL = (
    make_gold_claim("The old mill burned down in May.", id="mill-c01"),
    make_gold_claim("Tarn owns the mill.", id="mill-c02", type="property", start=40),
)
TALES = make_gold({"harbour": HARBOUR, "mill": MILL})


def failed(gold, matcher, seed=0):
    return {f.attack: f.detail for f in attack(gold, matcher, seed) if not f.passed}


@pytest.mark.parametrize("matcher", [keyed(), exact()])
def test_the_scorer_stands_every_attack(matcher):
    findings = attack(TALES, matcher)
    assert len(findings) >= 20
    assert [f for f in findings if not f.passed] == []


class Literal:
    """A matcher made of one question about a pair."""

    def accepted(self, gold, predicted):
        return {
            (i, j): 1.0
            for i, g in enumerate(gold)
            for j, p in enumerate(predicted)
            if self.states(g, words(p.wordings[0]))
        }

    def judge(self, gold, predicted, among=()):
        right = self.states(gold, words(predicted.wordings[0]))
        return Verdict(float(right), right)

    def states(self, gold, said):
        return said in [words(wording) for wording in gold.wordings]


def words(wording):
    return wording.lower().replace(".", "").split()


class Gullible(Literal):
    """Accepts what holds the claim's words, whatever else it holds."""

    def states(self, gold, said):
        return {*words(gold.text)} <= {*said}


def test_containment_is_found_out():
    article = " ".join(claim.text for claim in HARBOUR)
    made = make_gold({"harbour": HARBOUR})
    (item,) = made.items
    told = msgspec.structs.replace(item.article, text=article)
    items = (msgspec.structs.replace(item, article=told),)
    gold = msgspec.structs.replace(made, items=items)
    lost = failed(gold, Gullible(), seed=1)
    assert "recall rose" in lost["the whole article, beside the honest claims, raises nothing"]
    assert "recall rose" in lost["all claims in one, beside the honest ones, raise nothing"]
    assert "one claim that says everything raises nothing" in lost


class Counting(Literal):
    """Counts words of the claim, each as often as it is said."""

    def states(self, gold, said):
        return sum(word in words(gold.text) for word in said) >= len(words(gold.text))


def test_counting_repeated_words_is_found_out():
    assert "repeating each word of half a claim raises nothing" in failed(TALES, Counting())


class FirstForm(Literal):
    """Takes the first of the other forms to be the claim."""

    def states(self, gold, said):
        return words((*gold.forms, gold.text)[0]) == said


def test_a_matcher_that_looks_at_one_form_is_found_out():
    forms = ("Tarn has the mill.", "The mill is owned by Tarn.", "The mill is the mill of Tarn.")
    gold = make_gold({"mill": [make_gold_claim("Tarn owns the mill.", *forms)]})
    lost = failed(gold, FirstForm())
    assert "every accepted wording finds its own claim" in lost
    assert "gold as a system scores exactly 1.0 in every view" in lost


class Hasty(Literal):
    """Gives up after the first three predictions."""

    def accepted(self, gold, predicted):
        return super().accepted(gold, predicted[:3])


def test_a_matcher_that_depends_on_order_is_found_out():
    gold = make_gold({"harbour": [*HARBOUR, *MILL]})
    assert "what is accepted depends on no other prediction, nor on order" in failed(gold, Hasty())


class Registrar(Literal):
    """Knows its own claims by their ids."""

    def states(self, gold, said):
        return "-c" in gold.id and super().states(gold, said)


def test_a_matcher_that_reads_ids_is_found_out():
    assert {*failed(TALES, Registrar())} == {"the ids of claims and articles mean nothing"}


class Shy(Literal):
    """Finds nothing in a crowd: whoever says less is paid more."""

    def accepted(self, gold, predicted):
        return super().accepted(gold, predicted) if len(predicted) < 3 else {}


def test_a_matcher_that_pays_for_silence_is_found_out():
    lost = failed(make_gold({"harbour": HARBOUR, "quay": HARBOUR}), Shy(), seed=2)
    assert "removing claims raises no recall" in lost
    assert "what is accepted depends on no other prediction, nor on order" in lost


class TwoFaced(Literal):
    """Explains otherwise than it decides."""

    def judge(self, gold, predicted, among=()):
        return Verdict(0.0, accepted=False)


def test_a_matcher_that_explains_otherwise_than_it_decides_is_found_out():
    assert {*failed(TALES, TwoFaced())} == {"the account of a single pair says what scoring did"}


class Credulous(Literal):
    """Accepts everything."""

    def states(self, gold, said):
        return True


def test_a_matcher_that_accepts_everything_is_found_out():
    gold = make_gold({"mill": [*MILL, *HARBOUR]})
    lost = failed(gold, Credulous())
    assert "wrong claims lower precision and move nothing else" in lost
    assert any(name.startswith("many-to-many") for name in lost)


def test_recorded_verdicts_cannot_be_attacked():
    recorded = judge(model="m", prompt="p", verdicts="v", file="verdicts.jsonl")
    for play in (lambda: attack(TALES, recorded), lambda: exhaust(recorded)):
        with pytest.raises(ClaimbenchError, match="judge cannot be attacked") as error:
            play()
        assert "--pairs" in str(error.value)


@pytest.mark.parametrize(
    ("aligned", "fault"),
    [
        (Alignment("x", (Pair(0, 0, 1.0),), missed=(1,), ignored=(Pair(2, 1, 1.0),)), ""),
        (Alignment("x", (Pair(0, 0, 1.0), Pair(1, 1, 1.0))), ""),
        (Alignment("x", (Pair(0, 0, 1.0), Pair(1, 0, 1.0)), spurious=(1,)), "2 predictions are"),
        (Alignment("x", (Pair(0, 0, 1.0), Pair(0, 1, 1.0)), missed=(1,)), "required gold is"),
        (Alignment("x", (Pair(0, 0, 1.0),), missed=(1,)), "2 predictions are"),
        (Alignment("x", (Pair(0, 0, 1.0),), spurious=(1,)), "required gold is"),
        (Alignment("x", missed=(0, 1), ignored=(Pair(2, 0, 1.0), Pair(2, 1, 1.0))), "ignored as"),
        (Alignment("x", missed=(0, 1), ignored=(Pair(1, 0, 1.0),), spurious=(1,)), "ignored as"),
    ],
)
def test_what_is_not_one_to_one_is_found_out(aligned, fault):
    gold = [*MILL, make_gold_claim("Tarn is rich.", optional=True)]
    found = misaligned(aligned, gold, 2)
    assert fault in found
    assert bool(fault) == bool(found)


@pytest.mark.parametrize(
    ("counts", "odd"),
    [
        (Counts(), ""),
        (Counts(tp=1, fp=2), ""),
        (Counts(tp=2, fp=-1), "precision is 2.0"),
        (Counts(tp=-1, fn=3), "precision is 1.0"),
    ],
)
def test_ratios_out_of_bounds_are_found_out(counts, odd):
    found = out_of_bounds(counts)
    assert bool(odd) == bool(found)


WORDS = st.sampled_from("tarn quill mill boat sold burned 14 41 fourteen not may red old".split())
WORDING = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)


@given(
    st.lists(st.lists(WORDING, min_size=1, max_size=3, unique=True), min_size=1, max_size=4),
    st.lists(st.sampled_from([False, True]), min_size=4, max_size=4),
    st.sampled_from([keyed(), keyed(0.3), token_f1(0.5), containment(0.5), exact()]),
    st.integers(0, 99),
)
def test_no_random_gold_breaks_the_scorer(wordings, optional, matcher, seed):
    """Random claims are too alike for some attacks; these hold whatever the claims and matcher."""
    claims = [
        make_gold_claim(text, *forms, id=f"a-c{n}", start=n, type=TYPES[n], optional=optional[n])
        for n, (text, *forms) in enumerate(wordings)
    ]
    gold = make_gold({"a": claims, "b": claims[::-1]})
    assert ALWAYS & {*failed(gold, matcher, seed)} == set()


ALWAYS = {
    "the order of articles, claims, forms and predictions changes nothing",
    "the ids of claims and articles mean nothing",
    "saying every claim twice raises nothing",
    "saying every claim again in capitals raises nothing",
    "wrong claims lower precision and move nothing else",
    "removing claims raises no recall",
    "counts per type sum to the whole",
    "precision, recall and F1 lie in [0, 1] or are undefined",
    "one-to-one: no claim is matched twice, and none is lost",
    "what is accepted depends on no other prediction, nor on order",
    "the account of a single pair says what scoring did",
}


def test_every_attack_that_always_holds_is_played():
    assert {f.attack for f in attack(TALES)} >= ALWAYS


@pytest.mark.parametrize("matcher", [keyed(), exact()])
def test_every_invariant_holds_on_every_small_case(matcher):
    findings = exhaust(matcher)
    assert len(findings) == 8
    # 31 lists of at most two of three claims, each optional or not; at most three of 8 predictions.
    assert "18,135" in findings[0].attack
    assert [f for f in findings if not f.passed] == []


@pytest.mark.parametrize(
    ("matcher", "invariant"),
    [
        (Gullible(), "gold as a system scores exactly 1.0"),
        (Credulous(), "a wrong claim costs precision alone"),
        (Shy(), "a prediction less finds no more"),
    ],
)
def test_small_cases_find_out(matcher, invariant):
    broken = {f.attack.partition(" small cases ")[2]: f.detail for f in exhaust(matcher)}
    assert broken[invariant].startswith("not so for gold [")


def edited(kind, *args, **fields):
    return [*EDITS[kind](make_gold_claim(*args, **fields))]


@pytest.mark.parametrize(
    ("kind", "wording", "expected"),
    [
        ("number", "The mill has 14 wheels.", ["The mill has 34 wheels."]),
        ("number", "Nine boats sank.", ["Four boats sank."]),
        ("number", "The mill made 9,100 sacks.", ["The mill made 2,100 sacks."]),
        ("number", "Tarn paid £1.4m to Moss.", ["Tarn paid £3.4m to Moss."]),
        ("number", "At least 600 sacks burned.", []),
        ("number", "The two mills burned.", []),
        ("number", "Quay 9 was closed.", []),
        ("number", "The mill opened on 4 May 2031.", []),
        ("number", "Two-thirds of the mills burned.", []),
        ("number", "If 14 mills burn, Tarn will leave.", []),
        ("date", "The mill opened on 4 May 2031.", ["The mill opened on 15 May 2031."]),
        ("date", "Tarn died in 2031.", ["Tarn died in 2028."]),
        ("date", "Tarn will pay by 4 May 2031.", []),
        ("opposite", "Tarn left before the fire.", ["Tarn left after the fire."]),
        ("opposite", "The rent rose before the fire.", []),
        ("opposite", "Tarn did not leave before the fire.", []),
        ("negation", "The mill was sold.", ["The mill was not sold."]),
        ("negation", "The mill has 14 wheels.", ["The mill does not have 14 wheels."]),
        ("negation", "The mill did not burn.", ["The mill did burn."]),
        ("negation", "Tarn has no wheel.", ["Tarn has wheel."]),
        ("negation", "Tarn cannot pay.", ["Tarn can pay."]),
        ("negation", "All mills are closed.", []),
        ("negation", "Tarn said that the mill was sold.", []),
        ("hedge", "The mill was sold.", ["The mill may have been sold."]),
        ("hedge", "The mill will close.", ["The mill may close."]),
        ("hedge", "The mill was not sold.", []),
        ("swapped names", "Ada Tarn defeated Moss Quill.", ["Moss Quill defeated Ada Tarn."]),
        ("swapped names", "Ada Tarn met Moss Quill.", []),
        ("swapped names", "Ada Tarn sold Moss Quill's mill.", []),
        ("swapped names", "Some tenants sued Moss Quill.", []),
        ("swapped names", "Ada Tarn paid University of Oska students.", []),
        ("swapped names", "Ada Tarn was bitten by Moss.", ["Moss was bitten by Ada Tarn."]),
    ],
)
def test_edits_by_hand(kind, wording, expected):
    assert edited(kind, wording) == expected


def test_a_hedge_is_taken_out_of_a_hedged_claim_and_put_into_no_rule():
    assert edited("hedge", "Tarn may sell the mill.", certainty="hedged") == [
        "Tarn will sell the mill."
    ]
    assert edited("hedge", "Tarn would probably sell it.", certainty="hedged") == []
    assert edited("hedge", "Tarn probably owns it.", certainty="hedged") == ["Tarn owns it."]
    assert edited("hedge", "Shooting is forbidden.", type="rule") == []


def test_false_claims_are_counted_by_kind():
    gold = make_gold(
        {
            "mill": [
                make_gold_claim("Tarn sold 14 boats.", id="m-c01"),
                make_gold_claim("Tarn sold 5 mills and 6 boats.", "Tarn sold 7 mills and 6 boats."),
            ]
        }
    )
    numbers = {r.kind: r for r in contradict(gold, exact())}["number"]
    # 14 -> 34, 5 -> 7 (an accepted form, so no edit), 6 -> 8.
    assert (numbers.made, numbers.rejected, numbers.share) == (2, 2, 1.0)
    blind = contradict(gold, token_f1(0.5))
    assert blind[0].passed == (("m-c01", "Tarn sold 34 boats."), ("a-c01", blind[0].passed[1][1]))
    assert blind[0].share == 0.0
    lost = {f.attack: f.detail for f in trusted(blind) if not f.passed}
    told = "2 of 2 accepted, as for m-c01: Tarn sold 34 boats."
    assert lost == {"95% of claims made false are rejected: number": told}
    # Kinds of which nothing could be made are undefined, and shown so.
    assert {r.share for r in blind[1:]} == {None}
    assert contradiction_table(blind, "made").rows[1] == ("date", "0", "0", "–")


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
