"""``audit --pairs`` and the word on the first place in reports, through the command line."""

import json
import re

import pytest
from project import make_project

from bench.store import digest

ALL_THREE = {"harbour": "harbour-c02", "bakery": "bakery-c01", "mill": "mill-c01"}
SAID = {
    "harbour-c02": "Fourteen crossings were cancelled.",
    "bakery-c01": "The bakery in Elm Lane closed.",
    "mill-c01": "The mill at Oxbow stopped.",
}


def pairs(**verdicts):
    """A pair an article, all of them said in the claim's own words or not at all."""
    lines = [{"schema": 1, "corpus": "core"}]
    for n, (article, claim) in enumerate(ALL_THREE.items()):
        part = "dev" if article == "mill" else "test"
        for k, (text, verdict) in enumerate(
            [(SAID[claim], "match"), ("Gulls circled.", "different")]
        ):
            judged = verdicts.get(article, verdict) if k == 0 else verdict
            lines.append(
                {
                    "id": f"p{n}{k}",
                    "article": article,
                    "part": part,
                    "claim": claim,
                    "prediction": text,
                    "systems": ["lines"],
                    "readings": {"A": [judged], "B": [judged]},
                    "verdict": judged,
                }
            )
    return "".join(json.dumps(line) + "\n" for line in lines)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    project = make_project(tmp_path_factory.mktemp("meta"))
    project("run", "lines", "first")
    return project


@pytest.fixture
def project(ran, tmp_path):
    copy = ran.copy(tmp_path / "project")
    copy.write("gold/pairs/core.jsonl", pairs())
    return copy


def test_pairs_are_measured_and_orders_told(project, tmp_path):
    done = project("audit", "--pairs", "--json", tmp_path / "meta.json")
    assert "4 pairs of 2 articles: 2 match" in done.out
    assert "keyed(threshold=" in done.out
    assert "reader A against B" in done.out
    assert "Order of systems on core, test split by matcher" in done.out
    assert "lines stays first under" in done.out
    assert "letters: order of systems not known" in done.err
    kept = json.loads((tmp_path / "meta.json").read_bytes())
    assert kept["schema"] == 1
    assert kept["agreement"]["rated"][0]["whole"]["pairs"] == 4
    assert {*kept["orders"][0]["rankings"][0]["f1"]} == {"lines", "first"}


def test_a_part_and_a_target_are_chosen(project):
    assert "2 pairs of 1 article" in project("audit", "--pairs", "--part", "dev").out
    project.write("gold/pairs/core.jsonl", pairs(harbour="described"))
    loose = project("audit", "--pairs").out
    strict = project("audit", "--pairs", "--strict", "--part", "all").out
    assert "6 pairs of 3 articles" in strict
    assert "(match or described)" in loose
    assert "(match alone)" in strict
    assert loose.splitlines()[3] != strict.splitlines()[3]


def test_predictions_kept_as_hashes_are_looked_up_in_kept_outputs(project):
    kept = project.kept("lines", "outputs.jsonl").read_text()
    head, *judged = map(json.loads, pairs().splitlines())
    for pair in judged:
        pair["sha256"], pair["prediction"] = digest(pair["prediction"]), ""
    found = sum(text in kept for text in SAID.values())
    lines = "".join(json.dumps(line) + "\n" for line in (head, *judged))
    project.write("gold/pairs/core.jsonl", lines)
    done = project("audit", "--pairs", "--part", "all")
    assert f"{found} pairs of {found} articles" in done.out
    assert f"core: {6 - found} of 6 judged pairs left out" in done.err
    assert "next: claimbench run --corpus core" in done.err
    project.kept("lines", "outputs.jsonl").unlink()
    project.kept("first", "outputs.jsonl").unlink()
    judged[0] |= {"sha256": "", "prediction": "Said by an annotator."}
    lines = "".join(json.dumps(line) + "\n" for line in (head, *judged))
    project.write("gold/pairs/core.jsonl", lines)
    told = project("audit", "--pairs", "--part", "all", code=2).err
    assert "core: 6 of 6 judged pairs left out" in told
    assert "found no judged pairs of part all that can be used here" in told


def test_scores_by_another_matcher_say_how_far_it_agrees_with_people(project):
    told = project("score", "--matcher", "exact").err
    assert "exact() agrees with people's judgement of 4 pairs with kappa 1.00" in told
    assert "agrees with people" not in project("score").err


def test_a_system_that_names_no_places_is_not_scored_by_them(project):
    told = project.fails("score", "--matcher", "span", code=2)
    assert "found no places in the outputs of first, lines; expected spans" in told
    path = project.kept("lines", "outputs.jsonl")
    head, *records = map(json.loads, path.read_text().splitlines())
    for record in records:
        for claim in record["claims"]:
            claim["spans"] = [[0, len(claim["text"])]]
    path.write_text("".join(json.dumps(line) + "\n" for line in (head, *records)))
    done = project("score", "--matcher", "span")
    assert "not scored by span(threshold=0.5), as they name no places: first" in done.err
    assert "\nlines " in done.out
    assert "\nfirst " not in done.out
    assert "span(threshold=0.5): not measured against people's judgement" in done.err


def test_a_matcher_of_ones_own_is_measured_with_the_others(project):
    out = project("audit", "--pairs", "--matcher", "containment(threshold=0.5)").out
    assert "containment(threshold=0.5)" in out
    assert "containment(threshold=0.8)" in out


def test_the_leaderboard_tells_whether_the_first_place_depends(project):
    done = project("report", "--html", "page.html")
    board = (project.root / "results/LEADERBOARD.md").read_text()
    assert "lines stays first under" in board
    assert "lines stays first under" in (project.root / "page.html").read_text()
    assert "WARN" not in done.err


def resay(project, system, said):
    """Let kept outputs of a system say ``said`` (article -> texts) instead."""
    path = project.kept(system, "outputs.jsonl")
    head, *records = map(json.loads, path.read_text().splitlines())
    for record in records:
        record["claims"] = [{"text": text} for text in said[record["article_id"]]]
    path.write_text("".join(json.dumps(line) + "\n" for line in (head, *records)))


def test_the_leaderboard_warns(project):
    """One says every claim in words a little of its own, the other few in the very words."""
    words = {
        "harbour": ["Ferry drivers in Port Alder have gone on strike."],
        "bakery": ["The bakery in Elm Lane has closed.", "The bakery's oven burned two hours."],
    }
    resay(project, "first", words)
    resay(project, "lines", {"harbour": [SAID["harbour-c02"]], "bakery": []})
    project("score")
    done = project("report", "--html", "page.html")
    told = "the first place depends on how claims are matched: first is first under the default"
    assert f"WARN core: {told}" in done.err
    assert "but lines under exact()" in done.err
    assert f"warning: {told}" in (project.root / "results/LEADERBOARD.md").read_text()
    assert f"warning: {told}" in (project.root / "page.html").read_text()


def test_a_matcher_that_agrees_badly_with_people_raises_no_warning(project):
    """As above, but people take other words for the claim, which exact does not."""
    lines = (project.root / "gold/pairs/core.jsonl").read_text()
    others = {
        "Fourteen crossings were cancelled.": "Fourteen ferry crossings have been cancelled.",
        "The bakery in Elm Lane closed.": "The bakery in Elm Lane has closed.",
    }
    for own, other in others.items():
        lines = lines.replace(own, other)
    project.write("gold/pairs/core.jsonl", lines)
    resay(project, "first", {"harbour": [], "bakery": ["The bakery in Elm Lane has closed."]})
    resay(
        project,
        "lines",
        {
            "harbour": ["Cats purr."],
            "bakery": ["The bakery in Elm Lane closed.", "Dogs bark.", "Rain fell."],
        },
    )
    project("score")
    assert "WARN" not in project("report").err
    board = (project.root / "results/LEADERBOARD.md").read_text()
    assert "first stays first under" in board
    assert re.search(r"as they agree worse: .*exact\(\)", board)


def test_without_judged_pairs_nothing_is_claimed(ran, tmp_path):
    project = ran.copy(tmp_path / "bare")
    project("report")
    assert "first place" not in (project.root / "results/LEADERBOARD.md").read_text()
    assert "stays first" not in (project.root / "results/LEADERBOARD.md").read_text()
    assert "found no judged pairs of part test" in project.fails("audit", "--pairs", code=2)


def test_pairs_that_cannot_be_read_are_told_and_claim_nothing(project):
    project.edit(project.root / "gold/pairs/core.jsonl", '"harbour-c02"', '"harbour-c99"')
    assert "claim: found 'harbour-c99'" in project("check", code=1).out
    assert "claim: found 'harbour-c99'" in project.fails("audit", "--pairs", code=2)
    done = project("report")
    assert "nothing is told of other matchers" in done.err
    assert "stays first" not in (project.root / "results/LEADERBOARD.md").read_text()


def test_outputs_that_are_gone_or_changed_are_told(project):
    first = project.kept("first", "outputs.jsonl")
    kept = first.read_text()
    first.write_text(kept.replace('"text":"The bakery', '"text":"A grocery'))
    project("report")
    board = project.root / "results/LEADERBOARD.md"
    assert "the scorecards are not what outputs and gold score" in board.read_text()
    first.unlink()
    project("report")
    assert "the outputs of some systems are not in results" in board.read_text()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--strict"], "without --pairs"),
        (["--pairs", "--agreement"], "several of --pairs, --agreement and --properties"),
        (["--properties", "core"], "--properties with core; expected no corpus"),
        (["--properties", "--matcher", "exact"], "--matcher exact with --properties or"),
        (["--pairs", "--part", "tset"], "no part named 'tset'; did you mean 'test'?"),
        (["--pairs", "--matcher", "exatc"], "did you mean 'exact'?"),
    ],
)
def test_wrong_use_is_told(project, arguments, expected):
    assert expected in project.fails("audit", *arguments, code=2)
