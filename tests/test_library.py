import textwrap

import pytest
from project import LETTER, make_project

import bench
from bench import Claim, Gold, GoldClaim, Scorecard, evaluate, load_gold
from bench.model import UnknownName


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("library"))


@pytest.fixture(autouse=True)
def here(made, monkeypatch, tmp_path):
    monkeypatch.setenv("CLAIMBENCH_ROOT", str(made.root))
    monkeypatch.setenv("CLAIMBENCH_CACHE", str(tmp_path))


def test_one_call_from_gold_and_predictions_to_a_scorecard():
    gold = load_gold("core", split="test")
    assert isinstance(gold, Gold)
    assert [item.article.id for item in gold.items] == ["harbour", "bakery"]
    assert all(isinstance(c, GoldClaim) for item in gold.items for c in item.claims)
    said = {
        "harbour": [
            "Fourteen crossings were cancelled.",
            Claim("The night boat had not left.", type="property"),
            "The harbour froze.",
        ],
        "bakery": ["The bakery on Elm Lane shut."],
    }
    card = evaluate(gold, said)
    assert isinstance(card, Scorecard)
    # 3 of 5 claims found, 1 of 4 statements is not one
    assert (card.claims.tp, card.claims.fp, card.claims.fn) == (3, 1, 2)
    assert card.claims.precision == 3 / 4
    assert card.claims.recall == 3 / 5
    assert card.claims.f1 == 6 / 9
    assert card.types["property"].precision == 0
    assert card.harness_typed
    assert card.failures == {}


def test_an_article_without_predictions_counts_as_missing():
    card = evaluate(load_gold("core", split="test"), {"bakery": []}, system="mine")
    assert card.system == "mine"
    assert card.failures == {"missing": 1}
    assert card.claims.fn == 5


def test_splits_and_absent_texts(tmp_path):
    assert [i.article.id for i in load_gold("core", split="train").items] == ["orchard"]
    assert len(load_gold().items) == 4
    letters = load_gold("letters")
    assert (len(letters.items), letters.absent) == (0, ("letter",))
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text(LETTER)
    assert [i.article.id for i in load_gold("letters").items] == ["letter"]


def test_wrong_names_are_refused():
    with pytest.raises(UnknownName, match="did you mean 'letters'"):
        load_gold("leters")
    with pytest.raises(UnknownName, match="no split named 'best'; did you mean 'test'"):
        load_gold("core", split="best")


def test_the_example_of_the_docstring_runs(capsys):
    example = textwrap.dedent(bench.__doc__.partition("::\n")[2])
    exec(example, {"my_extractor": str.splitlines})  # noqa: S102  (our own documentation)
    assert capsys.readouterr().out.startswith("1.0 {'numerical': ")


def test_every_public_name_is_there_and_no_other():
    assert all(getattr(bench, name) is not None for name in bench.__all__)
    with pytest.raises(AttributeError, match="no attribute 'evalaute'"):
        _ = bench.evalaute
