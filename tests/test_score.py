import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from bench.model import (
    TYPES,
    Claim,
    Counts,
    DataError,
    Extraction,
    Provenance,
    SchemaVersionError,
    UnknownName,
    total,
)
from bench.results import load, same, save
from bench.score import evaluate, explain, signature

from made import HARBOUR, claim, make_gold, make_gold_claim

HARBOUR_OUTPUT = [
    claim("The harbour chief is Lena Voss.", "property"),  # optional: neither here nor there
    claim("14 ferry crossings were cancelled.", "event"),  # right claim, wrong type
    claim("Ferry drivers in Port Alder went on strike.", "event"),
    claim("The mayor resigned.", "event"),  # not in the gold
]


def test_golden_example_by_hand(harbour):
    """Three required gold claims; two found, one of them with the right type; one false alarm."""
    card = evaluate(harbour, {"harbour": HARBOUR_OUTPUT})
    assert card.claims == Counts(tp=2, fp=1, fn=1)
    assert (card.claims.precision, card.claims.recall, card.claims.f1) == (2 / 3, 2 / 3, 2 / 3)
    assert card.types == {"numerical": Counts(0, 0, 1), "event": Counts(1, 2, 1)}
    assert card.typed == Counts(tp=1, fp=2, fn=2)
    assert card.macro_f1 == ((0 + 2 / 5) / 2, 2)
    assert card.slices == {
        "central": Counts(1, 0, 0),
        "negation": Counts(0, 0, 1),
        "negative": Counts(0, 0, 1),
        "number-words": Counts(1, 0, 0),
    }
    (article,) = card.by_article
    assert article.found == ("harbour-c01", "harbour-c02")
    assert not card.harness_typed


def test_counts_agree_with_scikit_learn_on_typed_labels():
    """One claim per article and its type, or "none": the multi-class counts of an outsider."""
    rng = random.Random(3)
    gold_types = [rng.choice(TYPES) for _ in range(80)]
    given_types = [rng.choice((*TYPES, None)) for _ in range(80)]
    wording = "The ferry sank near Port Alder."
    gold = make_gold(
        {f"a{i}": [make_gold_claim(wording, type=t)] for i, t in enumerate(gold_types)}
    )
    output = {f"a{i}": [claim(wording, t)] if t else [] for i, t in enumerate(given_types)}
    card = evaluate(gold, output)
    p, r, f, _ = precision_recall_fscore_support(
        gold_types, [t or "none" for t in given_types], labels=list(TYPES), zero_division=0
    )
    for i, kind in enumerate(TYPES):
        counts = card.types[kind]
        assert (counts.precision or 0, counts.recall or 0, counts.f1 or 0) == pytest.approx(
            (p[i], r[i], f[i])
        )


def test_nothing_predicted_is_undefined_precision_and_zero_recall(harbour):
    card = evaluate(harbour, {"harbour": []})
    assert card.claims.precision is None
    assert card.claims.recall == 0
    assert card.claims.f1 == 0
    assert card.failures == {}


def test_no_gold_and_no_prediction_is_undefined():
    card = evaluate(make_gold({"empty": []}), {"empty": []})
    assert card.claims.precision is card.claims.recall is card.claims.f1 is None
    assert card.macro_f1 == (None, 0)


@pytest.mark.parametrize("status", ["error", "timeout", "crash", "invalid"])
def test_a_failure_scores_as_empty_and_is_counted(harbour, status):
    record = Extraction("harbour", "k", status, claims=tuple(HARBOUR_OUTPUT), error="boom")
    card = evaluate(harbour, {"harbour": record})
    assert card.claims == Counts(fn=3)
    assert card.failures == {status: 1}


def test_a_missing_article_is_a_failure(harbour):
    card = evaluate(harbour, {})
    assert card.failures == {"missing": 1}
    assert card.claims == Counts(fn=3)


def test_a_misspelt_article_is_told_and_a_further_one_passed_over(harbour):
    with pytest.raises(UnknownName, match="did you mean 'harbour'"):
        evaluate(harbour, {"harbor": HARBOUR_OUTPUT})
    more = evaluate(harbour, {"harbour": HARBOUR_OUTPUT, "elsewhere": ["Whatever."]})
    assert more == evaluate(harbour, {"harbour": HARBOUR_OUTPUT})


def test_claims_may_be_plain_dictionaries(harbour):
    plain = [{"text": c.text, "type": c.type} for c in HARBOUR_OUTPUT]
    assert evaluate(harbour, {"harbour": plain}) == evaluate(harbour, {"harbour": HARBOUR_OUTPUT})


@pytest.mark.parametrize(
    ("prediction", "message"),
    [
        ("The ferry sank.", "harbour: found a text; expected a list of claims"),
        ([{"txt": "The ferry sank."}], "harbour: claim 0"),
        (["Fine.", {"text": "The ferry sank.", "type": "evnt"}], "harbour: claim 1"),
        ([7], "harbour: claim 0"),
    ],
)
def test_what_is_no_list_of_claims_is_named(harbour, prediction, message):
    with pytest.raises(DataError, match=message):
        evaluate(harbour, {"harbour": prediction})


def test_plain_strings_are_claims_and_the_harness_types_them(harbour):
    card = evaluate(harbour, {"harbour": ["Fourteen ferry crossings were cancelled."]})
    assert card.harness_typed
    assert card.types["numerical"] == Counts(tp=1)


def test_the_signature_names_what_was_measured(harbour):
    one = signature(harbour)
    assert one.corpus == "made"
    assert one.matcher == "keyed(threshold=0.5)"
    relabelled = make_gold({"harbour": HARBOUR[:3]})
    assert signature(relabelled).gold != one.gold


def test_explanations_account_for_every_claim(harbour):
    (item,) = harbour.items
    lines = explain(item, HARBOUR_OUTPUT)
    assert [line.outcome for line in lines] == [
        "matched",
        "wrong type",
        "optional",
        "missed",
        "spurious",
    ]
    wrong, missed, spurious = lines[1], lines[3], lines[4]
    assert "typed event, gold says numerical" in wrong.reason
    assert "below 0.5" in missed.reason
    assert spurious.predicted.text == "The mayor resigned."


def test_a_second_prediction_of_the_same_claim_is_told_so(harbour):
    (item,) = harbour.items
    twice = [claim(HARBOUR[0].text), claim(HARBOUR[0].text)]
    assert explain(item, twice)[-1].reason == "the claim is already matched by another prediction"


def test_a_card_survives_the_disk_and_an_unchanged_one_is_not_rewritten(harbour, tmp_path):
    path = tmp_path / "results" / "score.json"
    card = evaluate(harbour, {"harbour": HARBOUR_OUTPUT}, system="s")
    assert save(card, path)
    before = path.read_bytes()
    later = msgspec.structs.replace(card, provenance=Provenance(made="2031-01-01T00:00:00Z"))
    assert not save(later, path)
    assert path.read_bytes() == before
    assert load(path) == card
    assert same(later, card)
    assert save(evaluate(harbour, {"harbour": []}, system="s"), path)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b'{"schema": 99, "scorecard": {}}', SchemaVersionError, "pip install --upgrade"),
        (b'{"schema": 0, "scorecard": {}}', SchemaVersionError, "claimbench score"),
        (b'{"schema": 1}', DataError, "scorecard"),
        (b"not json", DataError, "expected a scorecard"),
    ],
)
def test_a_bad_card_is_named(tmp_path, content, error, message):
    path = tmp_path / "score.json"
    path.write_bytes(content)
    with pytest.raises(error) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


words = st.sampled_from("ferry strike harbour 14 41 not mayor bridge closed open Alder".split())
wordings = st.lists(words, min_size=1, max_size=5).map(" ".join)
kinds = st.sampled_from(TYPES)
ARTICLES = ("a0", "a1", "a2")
gold_articles = st.lists(
    st.lists(st.tuples(wordings, kinds), max_size=4, unique_by=lambda claim: claim[0]),
    min_size=1,
    max_size=3,
).map(
    lambda articles: make_gold(
        {
            f"a{n}": [
                make_gold_claim(t, id=f"a{n}-c{i:02}", type=k, start=i)
                for i, (t, k) in enumerate(claims)
            ]
            for n, claims in enumerate(articles)
        }
    )
)
outputs = st.fixed_dictionaries(
    {name: st.lists(st.builds(Claim, text=wordings, type=kinds), max_size=4) for name in ARTICLES}
)


@given(gold_articles)
def test_gold_against_itself_is_perfect_in_every_view(gold):
    texts = {i.article.id: [Claim(c.text, c.type) for c in i.claims] for i in gold.items}
    card = evaluate(gold, texts)
    assert all(c.fp == c.fn == 0 for c in (card.claims, *card.types.values()))
    assert card.typed == card.claims


@given(gold_articles, outputs)
def test_types_sum_to_the_whole(gold, output):
    card = evaluate(gold, output)
    assert card.typed.tp + card.typed.fn == card.claims.tp + card.claims.fn
    assert card.typed.tp + card.typed.fp == card.claims.tp + card.claims.fp
    assert card.typed.tp <= card.claims.tp
    assert total(a.claims for a in card.by_article) == card.claims


@given(gold_articles, outputs)
def test_a_wrong_claim_never_raises_and_a_removed_one_never_helps_recall(gold, output):
    before = evaluate(gold, output).claims
    wrong = {a: [*claims, Claim("zeppelins zigzag", "event")] for a, claims in output.items()}
    after = evaluate(gold, wrong).claims
    assert after.tp == before.tp
    assert (after.precision or 0) <= (before.precision or 0)
    fewer = evaluate(gold, {a: claims[:-1] for a, claims in output.items()}).claims
    assert fewer.tp <= before.tp


@given(gold_articles, outputs)
def test_saying_it_twice_finds_nothing_more(gold, output):
    before = evaluate(gold, output)
    twice = evaluate(gold, {a: [*c, *c] for a, c in output.items()})
    assert twice.claims.tp == before.claims.tp
    assert twice.types.keys() == before.types.keys()
    assert all(twice.types[t].tp == before.types[t].tp for t in before.types)
    assert (twice.claims.precision or 0) <= (before.claims.precision or 0)


@given(gold_articles, outputs)
def test_ratios_are_defined_between_0_and_1(gold, output):
    card = evaluate(gold, output)
    for counts in (card.claims, card.typed, *card.types.values(), *card.slices.values()):
        for ratio in (counts.precision, counts.recall, counts.f1):
            assert ratio is None or 0 <= ratio <= 1
