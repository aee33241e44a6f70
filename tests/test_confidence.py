"""Curves over confidences: hand-computed, against scikit-learn, and by their properties."""

import csv
import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from project import make_project
from sklearn.metrics import average_precision_score

from bench import stats
from bench.confidence import (
    MOST,
    Confidences,
    best_threshold,
    curve,
    measured,
    unanswered,
)
from bench.matching import exact, keyed
from bench.model import Claim, Counts, Extraction
from bench.report import confidence_table, curve_csv
from bench.report.confidence import average_precision, drawn
from bench.score import evaluate

from made import make_gold, make_gold_claim

FERRY = "The ferry to Port Alder sank."
BAKERY = "The bakery in Elm Lane closed."
MILL = "The mill at Oxbow stopped."
PEARS = "Pears ripened early in Wexley."


def gold_of(*texts, article="a", optional=(), **fields):
    claims = [
        make_gold_claim(t, id=f"{article}-c{n}", start=n, optional=t in optional)
        for n, t in enumerate(texts)
    ]
    return make_gold({article: claims}, **fields)


def said(*claims):
    return [Claim(text, confidence=confidence) for text, confidence in claims]


# by hand


def test_a_curve_by_hand():
    gold = gold_of(FERRY, BAKERY, MILL, PEARS)
    found = curve(
        gold, {"a": said((BAKERY, 0.5), ("Nobody came.", 0.8), (FERRY, 0.9), (MILL, 0.5))}
    )
    assert [(p.threshold, p.kept, p.precision, p.recall, p.f1) for p in found.points] == [
        (0.9, 1, 1.0, 0.25, 2 / 5),
        (0.8, 2, 0.5, 0.25, 2 / 6),
        (0.5, 4, 0.75, 0.75, 6 / 8),
    ]
    # 1.0 x 0.25 gained, 0.5 x nothing, 0.75 x 0.5 gained
    assert average_precision(found).value == pytest.approx(0.25 + 0.375)


def test_what_is_kept_is_aligned_anew():
    """The less sure claim takes the gold claim from the surer one, which fits it less well."""
    gold = gold_of("Ferry drivers in Port Alder went on strike on Monday.")
    close, closer = "Ferry drivers in Port Alder went on strike.", gold.items[0].claims[0].text
    found = curve(gold, {"a": said((close, 0.9), (closer, 0.4))}, keyed())
    assert [p.counts for p in found.points] == [Counts(1, 0, 0), Counts(1, 1, 0)]


def test_optional_gold_is_kept_but_does_not_count():
    gold = gold_of(FERRY, BAKERY, optional=[BAKERY])
    first, second = curve(gold, {"a": said((BAKERY, 0.9), (FERRY, 0.4))}).points
    assert (first.kept, first.counts, first.precision) == (1, Counts(0, 0, 1), None)
    assert (second.kept, second.counts) == (2, Counts(1, 0, 0))


def test_a_claim_without_confidence_is_never_left_out():
    found = curve(gold_of(FERRY, BAKERY), {"a": [*said((FERRY, 0.3)), Claim(BAKERY)]})
    assert (found.thresholds, found.kept) == ((1.0, 0.3), (1, 2))
    assert (found.claims, found.unsure, found.distinct) == (2, 1, 2)


def test_a_system_without_any_confidence_has_no_curve():
    gold = gold_of(FERRY)
    assert curve(gold, {"a": [FERRY]}).points == ()
    assert measured("s", gold, {"a": [FERRY]}, gold) is None


def test_constant_confidences_give_one_point():
    gold = gold_of(FERRY, BAKERY)
    (point,) = curve(gold, {"a": said((FERRY, 0.5), ("No.", 0.5))}).points
    assert (point.threshold, point.counts) == (0.5, Counts(1, 1, 1))


def test_failed_and_missing_articles_count_as_empty():
    gold = make_gold({"a": gold_of(FERRY).items[0].claims, "b": gold_of(MILL).items[0].claims})
    failed = Extraction("b", "", "timeout", tuple(said((MILL, 0.9))))
    for others in ({}, {"b": failed}):
        (point,) = curve(gold, {"a": said((FERRY, 0.5)), **others}).points
        assert (point.kept, point.counts) == (1, Counts(1, 0, 1))


def test_without_gold_recall_and_average_precision_are_undefined():
    found = curve(gold_of(), {"a": said((FERRY, 0.5))})
    assert found.points[0].recall is None
    assert average_precision(found).value is None
    assert measured("s", gold_of(), {"a": said((FERRY, 0.5))}, gold_of()).threshold == 0.5


def test_many_confidences_are_measured_at_each_hundredth_of_the_claims():
    texts = [f"Boat {n} sank." for n in range(250)]
    claims = said(*((text, n / 250) for n, text in enumerate(texts)))
    found = curve(gold_of(FERRY), {"a": claims}, exact())
    assert (found.distinct, len(found.thresholds)) == (250, MOST)
    assert found.kept[:3] == (3, 5, 8)  # 2.5, 5 and 7.5 claims, rounded up
    assert found.kept[-1] == 250


# the threshold that is best on dev


def test_the_threshold_is_chosen_on_dev_and_measured_on_test():
    dev = gold_of(FERRY, BAKERY, article="d", split="dev")
    test = gold_of(MILL, PEARS, article="t")
    predictions = {
        "d": said((FERRY, 0.9), (BAKERY, 0.6), ("Nobody came.", 0.2)),
        "t": said((MILL, 0.7), (PEARS, 0.5), ("Nobody left.", 0.1)),
    }
    found = measured("s", test, predictions, dev)
    assert found.threshold == 0.6
    assert found.chosen == (Counts(1, 0, 1),)
    del predictions["d"]
    assert unanswered(dev, predictions) == ["d"]
    assert measured("s", test, predictions, dev).threshold is None


def test_of_equally_good_thresholds_the_lowest_is_best():
    points = curve(gold_of(FERRY, optional=[FERRY]), {"a": said((FERRY, 0.9), (FERRY + "!", 0.4))})
    assert best_threshold(points.points) == 0.4
    assert best_threshold(()) is None


# average precision


CONFIDENCES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0])


@given(st.lists(st.tuples(st.booleans(), CONFIDENCES), min_size=1), st.integers(0, 3))
def test_average_precision_is_that_of_scikit_learn_times_the_share_that_is_found(stated, unseen):
    """Every claim equals one gold claim or none, so that alignment has nothing to choose."""
    texts = [f"Boat {n} sank." for n in range(len(stated))]
    true = [text for text, (right, _) in zip(texts, stated, strict=True) if right]
    gold = gold_of(*true, *(f"Mill {n} stopped." for n in range(unseen)))
    claims = said(*((t, confidence) for t, (_, confidence) in zip(texts, stated, strict=True)))
    ours = average_precision(curve(gold, {"a": claims}, exact())).value
    if not true:
        assert ours == (0 if unseen else None)
        return
    theirs = average_precision_score([right for right, _ in stated], [c for _, c in stated])
    assert ours == pytest.approx(theirs * len(true) / (len(true) + unseen))


def test_recall_that_falls_takes_no_precision_away():
    # recall 1/2, 0, 1/2: gained once, at precision 1
    counts = np.array([[1, 0, 1], [0, 2, 2], [1, 1, 1]])
    assert stats.average_precision(counts) == pytest.approx(0.5)


def test_average_precision_of_many_resamples_is_that_of_each():
    rng = np.random.default_rng(7)
    draws = rng.integers(0, 9, size=(20, 5, 3))
    draws[3, :, 0] = draws[3, :, 2] = 0  # without gold
    together = stats.average_precision(draws)
    assert together.shape == (20,)
    assert np.array_equal(together, [stats.average_precision(one) for one in draws], equal_nan=True)
    assert np.isnan(together).tolist() == [n == 3 for n in range(20)]


# properties

WORDINGS = st.sampled_from(
    [FERRY, BAKERY, MILL, PEARS, "The ferry sank.", "A bakery closed.", "Pears.", "Nobody came."]
)
CLAIMS = st.lists(st.builds(Claim, WORDINGS, confidence=st.none() | CONFIDENCES), max_size=6)


@st.composite
def corpora(draw):
    """Gold of two articles, and claims for them."""
    chosen = [
        draw(st.lists(st.sampled_from([FERRY, BAKERY, MILL, PEARS]), unique=True)) for _ in "ab"
    ]
    gold = make_gold(
        {
            name: gold_of(*texts, article=name, optional=texts[3:]).items[0].claims
            for name, texts in zip("ab", chosen, strict=True)
        }
    )
    return gold, {name: draw(CLAIMS) for name in "ab"}


@settings(max_examples=60)
@given(corpora(), st.sampled_from([keyed(), exact()]))
def test_properties_of_a_curve(made, matcher):
    gold, predictions = made
    found = curve(gold, predictions, matcher)
    points = found.points
    if not points:
        assert all(claim.confidence is None for claims in predictions.values() for claim in claims)
        return
    thresholds = [p.threshold for p in points]
    assert thresholds == sorted({*thresholds}, reverse=True)
    assert [p.kept for p in points] == sorted({p.kept for p in points})
    assert points[-1].counts == evaluate(gold, predictions, matcher=matcher).claims
    for point in points:  # each is what scoring the kept claims alone gives
        alone = {
            name: [
                c
                for c in claims
                if (1 if c.confidence is None else c.confidence) >= point.threshold
            ]
            for name, claims in predictions.items()
        }
        assert point.counts == evaluate(gold, alone, matcher=matcher).claims
    value = average_precision(found).value
    recalls = [p.recall for p in points]
    assert (value is None) == (None in recalls)
    if value is not None:
        assert 0 <= value <= max(recalls) + 1e-12
    best = best_threshold(points)
    if best is not None:
        f1 = {p.threshold: p.f1 for p in points}
        assert f1[best] >= (points[-1].f1 or 0)


@settings(max_examples=40)
@given(corpora(), st.randoms(use_true_random=False))
def test_order_changes_nothing(made, random):
    gold, predictions = made
    items = [*gold.items]
    random.shuffle(items)
    shuffled = {name: random.sample(claims, len(claims)) for name, claims in predictions.items()}
    again = make_gold({item.article.id: item.claims[::-1] for item in items})
    one, other = curve(gold, predictions), curve(again, shuffled)
    assert one.points == other.points
    if one.points:
        assert average_precision(one) == average_precision(other)


# what is shown


def shown():
    dev = gold_of(FERRY, BAKERY, article="d", split="dev")
    test = gold_of(MILL, PEARS, article="t")
    predictions = {
        "d": said((FERRY, 0.9), ("Nobody came.", 0.2)),
        "t": said((MILL, 0.7), (PEARS, 0.5), ("Nobody left.", 0.1)),
    }
    return measured("<s>", test, predictions, dev)


def test_the_table_has_a_row_a_system_and_names_those_left_out():
    table = confidence_table(Confidences((shown(),), ("lead",), ("a note",)), "made")
    (row,) = table.rows
    assert [*map(str, row)] == ["<s>", "3 of 3 claims", "1.000", "0.800", "≥ 0.9", "0.000"]
    assert table.notes[-2:] == ("a note", "left out, as they give no confidence: lead")


def test_the_area_under_the_drawn_steps_is_the_average_precision():
    found = measured(
        "s",
        *[gold_of(FERRY, BAKERY, MILL, PEARS)],
        {"a": said((FERRY, 0.9), ("Nobody came.", 0.8), (BAKERY, 0.5), (MILL, 0.2))},
        gold_of(),
    )
    picture = drawn(found)
    left, area, height = 34.0, 0.0, 0.0
    for step in picture.steps.replace("V", " V").replace("H", " H").split()[1:]:
        if step[0] == "V":
            height = (168 - float(step[1:])) / 160
        else:
            area += height * (float(step[1:]) - left) / 260
            left = float(step[1:])
    assert area == pytest.approx(average_precision(found.curve).value, abs=1e-3)
    assert "precision 0.750 and recall 0.750 with all claims" in picture.description
    assert drawn(measured("s", gold_of(), {"a": said((FERRY, 0.9))}, gold_of())) is None


def test_the_mark_of_the_threshold_stands_where_it_was_measured():
    """Between two thresholds of the curve, too: best on dev is 0.9, the curve has 0.7 and less."""
    picture = drawn(shown())
    assert picture.marks == (("all claims", 294.0, round(8 + 160 / 3, 1)),)  # nothing is that sure
    dev = gold_of(FERRY, article="d", split="dev")
    predictions = {"d": said((FERRY, 0.6)), "t": said((MILL, 0.7), ("Nobody left.", 0.1))}
    picture = drawn(measured("s", gold_of(MILL, PEARS, article="t"), predictions, dev))
    assert picture.marks == (("all claims", 164.0, 88.0), ("best on dev", 164.0, 8.0))
    assert "at the threshold that is best on dev, 0.6" in picture.description


def test_undefined_numbers_are_empty_in_the_file():
    found = curve(gold_of(FERRY, optional=[FERRY]), {"a": said((FERRY, 0.5))})
    assert curve_csv(found) == "threshold,precision,recall,f1,kept\n0.5,,,,1\n"


# the command line

SURE = """class Sure:
    def extract(self, article):
        lines = article["text"].splitlines()
        return [{"text": t, "confidence": 0.9 - n / 4} for n, t in enumerate(lines)]
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A project in which one system that gives confidences and one that gives none ran."""
    project = make_project(tmp_path_factory.mktemp("confidence"))
    project.add_system("sure", 'class = "sure.py:Sure"\n', "sure.py", SURE)
    project("run", "sure", "lines")
    return project


@pytest.fixture
def project(ran, tmp_path):
    return ran.copy(tmp_path / "project")


def test_a_run_and_a_score_tell_what_confidences_are_worth(project):
    first = project("run", "sure", "lines").out
    assert first.index("Leaderboard of core") < first.index("Confidences on core, test split")
    assert "left out, as they give no confidence: lines" in first
    assert (
        "sure: no threshold is chosen, as outputs lack for 1 of 1 dev article; "
        "next: claimbench run sure --split dev" in first
    )
    before = project.kept("sure").read_bytes()
    assert (
        "chosen on articles that it is measured on" in project("run", "sure", "--split", "dev").out
    )
    told = project("score", "sure").out
    assert "≥ 0.9" in told
    assert "no threshold is chosen" not in told
    assert project.kept("sure").read_bytes() == before
    project("score", "--check", "sure")
    assert "Confidences" not in project("score", "lines").out


def test_the_curve_goes_to_a_file(project, tmp_path):
    file = tmp_path / "curve.csv"
    assert str(file) in project("score", "sure", "--curve", file).err
    with file.open() as stream:
        rows = [*csv.DictReader(stream)]
    assert [row["threshold"] for row in rows] == ["0.9", "0.65", "0.4"]
    assert [row["kept"] for row in rows] == ["2", "4", "5"]
    counts = [article["claims"] for article in project.card("sure")["by_article"]]
    tp, fn = (sum(c.get(k, 0) for c in counts) for k in ("tp", "fn"))
    assert float(rows[-1]["recall"]) == pytest.approx(tp / (tp + fn))


def test_the_curve_of_outputs_made_elsewhere(project, tmp_path):
    outputs = tmp_path / "mine.jsonl"
    claims = [{"text": "The bakery in Elm Lane closed.", "confidence": 0.5}, {"text": "It rained."}]
    outputs.write_text(
        "".join(json.dumps({"id": a, "claims": claims}) + "\n" for a in ("harbour", "bakery"))
    )
    file = tmp_path / "curve.csv"
    told = project("score", "--outputs", outputs, "--curve", file).out
    assert "mine: 2 claims of 4 without a confidence" in told
    assert [line.split(",")[0] for line in file.read_text().splitlines()[1:]] == ["1.0", "0.5"]


def test_a_curve_that_cannot_be_drawn_is_refused(project, tmp_path):
    file = tmp_path / "curve.csv"
    for wrong in ([], ["sure", "lines"]):
        assert "expected one of each" in project.fails("score", *wrong, "--curve", file, code=2)
    error = project.fails("score", "lines", "--curve", file, code=2)
    assert "lines: found no confidence in any claim" in error
    error = project.fails("score", "sure", "--check", "--curve", file, code=2)
    assert "--check or --alignment" in error
    assert not file.exists()


def test_the_page_has_the_table_and_the_curve_drawn_for_all(project, tmp_path):
    project("run", "sure", "--split", "dev")
    page = tmp_path / "page.html"
    project("report", "--html", page)
    html = page.read_text()
    assert "Confidences on core, test split" in html
    drawing = html[html.index("<svg") : html.index("</svg>") + len("</svg>")]
    svg = ET.fromstring(drawing)  # noqa: S314 - our own output
    texts = {part.get("id"): part.text for part in svg if part.tag in ("title", "desc")}
    assert [*texts] == svg.get("aria-labelledby").split()
    title, description = texts.values()
    assert title == "Precision and recall of sure by confidence"
    assert "average precision" in description
    assert len([part for part in svg if part.tag == "circle"]) == 2
    assert "Confidences" not in (project.root / "results/LEADERBOARD.md").read_text()
