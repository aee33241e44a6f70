import msgspec
import pytest

from bench.compare import ROWS, compare, compare_all, counts_table, standing
from bench.model import Extraction, Incomparable, Provenance
from bench.results import same
from bench.score import evaluate

from made import make_gold, make_gold_claim

NAMES = "Alder Bosk Cray Dunn Eller Farr Gill Holm Ives Jarl".split()
ARTICLES = {
    f"a{n:02}": [
        make_gold_claim(f"The mayor of {name} resigned.", id=f"a{n:02}-c{i}", start=i)
        for i, name in enumerate(NAMES)
    ]
    for n in range(12)
}
GOLD = make_gold(ARTICLES)


def card(found: int, system: str = "s", gold=GOLD, **changes):
    """A system that finds the first ``found`` of ten claims in every article."""
    output = {a: [c.text for c in claims[:found]] for a, claims in ARTICLES.items()}
    return evaluate(gold, output | changes, system=system)


def test_identical_cards_pass_and_say_so():
    verdict = compare(card(5), card(5))
    assert not verdict.failed
    assert verdict.summary == "identical counts on every article"
    assert verdict.gained == verdict.lost == ()


def test_a_clear_drop_fails_the_gate_and_names_the_lost_claims():
    verdict = compare(card(8), card(5))
    assert verdict.failed
    assert "F1 of claims fell" in verdict.reasons[0]
    assert len(verdict.lost) == 12 * 3
    assert verdict.lost[0] == "a00-c5"
    top = verdict.rows[0]
    assert top.base == pytest.approx(16 / 18)
    assert top.new == pytest.approx(10 / 15)
    assert top.high < 0


def test_a_gain_passes():
    verdict = compare(card(5), card(8))
    assert not verdict.failed
    assert verdict.summary.startswith("improved by")
    assert len(verdict.gained) == 36


def test_a_drop_in_one_article_of_twelve_does_not_cry_wolf():
    verdict = compare(card(8), card(8, a00=[]))
    assert not verdict.failed
    assert verdict.summary.startswith("no detectable change")
    assert "could detect >=" in verdict.summary


def test_a_certain_drop_within_the_tolerance_passes():
    assert compare(card(8), card(7)).failed
    assert not compare(card(8), card(7), tolerance=0.2).failed


def test_more_failures_fail_even_where_f1_does_not_move():
    crashed = Extraction("a00", "k", "crash", error="boom")
    verdict = compare(card(0), card(0, a00=crashed))
    assert verdict.reasons == ("failures rose from 0 to 1",)


def test_a_vanished_article_fails():
    whole = card(5)
    output = {a: [c.text for c in claims[:5]] for a, claims in ARTICLES.items() if a != "a03"}
    verdict = compare(whole, evaluate(GOLD, output, system="s"))
    assert verdict.reasons[0] == "no output any more for a03"


def test_a_new_article_does_not_hide_a_regression():
    """The base was never asked about a11: counted as empty it would look like a gain."""
    base = {a: [c.text for c in claims[:8]] for a, claims in ITEMS if a != "a11"}
    new = {a: [c.text for c in claims[: 10 if a == "a11" else 5]] for a, claims in ITEMS}
    verdict = compare(evaluate(GOLD, base, system="s"), evaluate(GOLD, new, system="s"))
    assert verdict.failed
    assert verdict.unseen == ("a11",)
    assert verdict.articles == 11
    assert not any(claim.startswith("a11") for claim in verdict.gained)
    unchanged = evaluate(GOLD, base | {"a11": []}, system="s")
    assert (
        compare(evaluate(GOLD, base, system="s"), unchanged).summary
        == "identical counts on every article"
    )


def test_few_articles_promise_no_power():
    few = make_gold({a: ARTICLES[a] for a in ("a00", "a01", "a02")})
    base = evaluate(few, {a: [c.text for c in ARTICLES[a][:5]] for a in ("a00", "a01", "a02")})
    new = evaluate(
        few, {a: [c.text for c in ARTICLES[a][:n]] for a, n in (("a00", 4), ("a01", 6), ("a02", 5))}
    )
    assert "3 articles are too few to say what could be detected" in compare(base, new).summary


def test_a_vanished_system_fails_and_a_new_one_does_not():
    assert compare_all({"x": card(5)}, {}).failed
    suite = compare_all({"x": card(5)}, {"x": card(5), "y": card(1)})
    assert not suite.failed
    assert suite.added == ("y",)


def test_other_gold_cannot_be_compared_and_every_differing_field_is_named():
    other = make_gold(ARTICLES | {"a00": []}, split="dev")
    with pytest.raises(Incomparable) as caught:
        compare(card(5), card(5, gold=other))
    message = str(caught.value)
    assert "split: test against dev" in message
    assert "gold: " in message
    assert "matcher" not in message.split("\n")[0]


def test_provenance_takes_no_part():
    later = msgspec.structs.replace(card(5), provenance=Provenance(made="2031", commit="f"))
    assert compare(card(5), later).summary == "identical counts on every article"


def test_one_article_is_too_few_to_judge_and_never_fails_on_f1():
    one = make_gold({"a00": ARTICLES["a00"]})
    base = evaluate(one, {"a00": [c.text for c in ARTICLES["a00"]]})
    verdict = compare(base, evaluate(one, {"a00": []}))
    assert not verdict.failed
    assert verdict.summary.startswith("the change cannot be judged")
    assert not verdict.judged


def test_the_headline_can_be_the_typed_f1():
    right = {a: [msgspec.structs.replace(_as(c), type="event") for c in cs] for a, cs in ITEMS}
    wrong = {a: [msgspec.structs.replace(_as(c), type="rule") for c in cs] for a, cs in ITEMS}
    base, new = (evaluate(GOLD, output, system="s") for output in (right, wrong))
    assert not compare(base, new).failed
    assert compare(base, new, headline="typed").failed


ITEMS = tuple(ARTICLES.items())


def _as(gold):
    from bench.model import Claim

    return Claim(gold.text)


def test_the_table_of_counts_has_one_row_per_name_and_sums_to_the_card():
    scored = card(5)
    table = counts_table(scored)
    assert table.shape == (12, len(ROWS), 3)
    assert tuple(table[:, 0].sum(axis=0)) == (60, 0, 60)
    assert (table[:, 1] == table[:, 2:].sum(axis=1)).all()


def test_the_order_of_articles_in_a_card_means_nothing():
    base, new = card(8), card(5)
    turned = msgspec.structs.replace(new, by_article=new.by_article[::-1])
    assert compare(base, turned) == compare(base, new)
    assert compare(base, turned).failed
    assert same(new, turned)


def test_an_article_that_a_card_does_not_even_list_has_vanished():
    whole = card(5)
    short = msgspec.structs.replace(whole, by_article=whole.by_article[1:])
    verdict = compare(whole, short)
    assert verdict.reasons[0] == "no output any more for a00"
    assert verdict.lost == tuple(f"a00-c{i}" for i in range(5))


def test_a_card_without_any_article_has_lost_them_all():
    whole = card(5)
    verdict = compare(whole, msgspec.structs.replace(whole, by_article=()))
    assert verdict.failed
    assert len(verdict.lost) == 12 * 5


# Ties


def test_systems_that_differ_everywhere_get_places_of_their_own():
    cards = [card(3, "low"), card(8, "high"), card(5, "middle")]
    found = standing(cards)
    assert found.ranks == {"high": 1, "middle": 2, "low": 3}
    assert list(found.ranks) == ["high", "middle", "low"]
    assert (found.lead.new, found.lead.base, found.detected) == ("high", "middle", True)
    assert len(found.lead.gained) == 36


def test_systems_that_one_article_tells_apart_share_a_place():
    cards = [card(8, "best"), card(8, "near", a00=[]), card(3, "far")]
    found = standing(cards)
    assert found.ranks == {"best": 1, "near": 1, "far": 3}
    assert not found.detected


def test_a_tie_that_reaches_over_a_system_holds_all_three():
    # steady beats low on every article, but erratic, between them, is told apart from neither.
    erratic = {
        a: [c.text for c in claims[: 9 * (n % 2)]] for n, (a, claims) in enumerate(ARTICLES.items())
    }
    cards = [card(5, "steady"), card(0, "erratic", **erratic), card(4, "low")]
    alone = standing([cards[0], cards[2]])
    assert alone.ranks == {"steady": 1, "low": 2}
    assert standing(cards).ranks == {"steady": 1, "erratic": 1, "low": 1}


def test_identical_systems_and_a_single_one():
    assert standing([card(5, "b"), card(5, "a")]).ranks == {"a": 1, "b": 1}
    alone = standing([card(5, "a")])
    assert (alone.ranks, alone.lead) == ({"a": 1}, None)
    assert standing([]).ranks == {}


def test_three_articles_tell_nobody_apart():
    few = make_gold({a: ARTICLES[a] for a in ("a00", "a01", "a02")})
    outputs = {a: [c.text for c in claims] for a, claims in ARTICLES.items()}
    cards = [evaluate(few, outputs, system="all"), evaluate(few, {}, system="none")]
    assert standing(cards).ranks == {"all": 1, "none": 1}


def test_many_equal_systems_are_a_tie_although_some_pair_looks_different_by_chance():
    # Twelve systems, each failing on one article of its own: 66 pairs, none truly different.
    cards = [card(8, f"s{n}", **{a: []}) for n, a in enumerate(ARTICLES)]
    assert set(standing(cards).ranks.values()) == {1}


def test_cards_of_different_gold_have_no_standing():
    other = make_gold({a: ARTICLES[a][:9] for a in ARTICLES})
    with pytest.raises(Incomparable):
        standing([card(5), card(5, gold=other)])
