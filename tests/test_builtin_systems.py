"""The shipped systems, on the train and dev splits: the test split is for the leaderboard."""

from pathlib import Path

import pytest

from bench import evaluate, load_gold, systems
from bench.run import run
from bench.store import find_places

NAMES = ("sentences", "lead", "cues", "learned", "clauses")
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def cards(tmp_path_factory):
    """Scorecards on dev, each system run for real."""
    gold, train = load_gold("core", "dev"), load_gold("core", "train").items
    specs = systems.discover(find_places(ROOT))
    found = {}
    for name in NAMES:
        folder = tmp_path_factory.mktemp(name)
        summary = run(
            specs[name], [i.article for i in gold.items], train, folder, corpus="core", jobs=1
        )
        outputs = {record.article_id: record for record in summary.extractions}
        found[name] = evaluate(gold, outputs, system=name)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_each_answers_every_article(cards, name):
    assert cards[name].failures == {}
    assert cards[name].claims.tp > 0


@pytest.mark.parametrize("better", ["cues", "learned", "clauses"])
@pytest.mark.parametrize("worse", ["sentences", "lead"])
def test_reading_clauses_beats_copying_sentences_on_typed_f1(cards, better, worse):
    assert cards[better].typed.f1 > cards[worse].typed.f1


def test_a_parse_beats_surface_cues(cards):
    assert cards["clauses"].claims.f1 > cards["cues"].claims.f1 + 0.03
    assert cards["clauses"].typed.f1 > cards["cues"].typed.f1 + 0.05


def test_learning_beats_surface_cues(cards):
    assert cards["learned"].claims.f1 > cards["cues"].claims.f1 + 0.02
    assert cards["learned"].typed.f1 > cards["cues"].typed.f1


def test_the_systems_without_types_are_marked(cards):
    assert {n: c.harness_typed for n, c in cards.items()} == {
        "sentences": True,
        "lead": True,
        "cues": False,
        "learned": False,
        "clauses": False,
    }


@pytest.mark.parametrize("name", NAMES)
def test_odd_articles_are_answered(name, tmp_path):
    from bench.model import Article

    texts = {
        "empty": "",
        "blank": " \n\n ",
        "emoji": "🦊🦊 said 🦊.\n\n“Nope”",
        "one-word": "Fire",
        "long": "The mayor, who lives in Oska, said that the mill burned down and fell. " * 400,
        "commas": "a, " * 5000,
        "capitals": "Alder Bosk Cray Dunn " * 1000,
    }
    spec = systems.discover(find_places(ROOT))[name]
    articles = [Article(i, "", "2031-05-06", t, "test", "odd") for i, t in texts.items()]
    train = load_gold("core", "train").items
    summary = run(spec, articles, train, tmp_path, corpus="odd", jobs=2)
    assert summary.failures == {}, [r.error for r in summary.extractions if r.error]
