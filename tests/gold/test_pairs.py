"""Judged pairs: read strictly, checked with the corpus, split by article."""

import json

import pytest

from bench.gold import STATED, STATED_ALONE, check, find_corpus, read_pairs, worded
from bench.model import DataError
from bench.store import digest

PAIR = {
    "id": "p1",
    "article": "one",
    "part": "dev",
    "claim": "one-c01",
    "prediction": "Drivers struck.",
    "systems": ["lead", "cues"],
    "readings": {"A": ["match"], "B": ["partial", "match"]},
    "verdict": "match",
}

HASHED = {"prediction": "", "sha256": digest("Drivers struck.")}


@pytest.fixture
def toy(project):
    return project.add_corpus()


def write(project, *pairs, name="toy"):
    path = project.root / "gold/pairs" / f"{name}.jsonl"
    path.parent.mkdir(exist_ok=True)
    lines = [{"schema": 1, "corpus": "toy"}, *({**PAIR, **pair} for pair in pairs)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def read(project):
    return read_pairs(find_corpus("toy", project.places))


def test_pairs_are_read_in_file_order_with_the_last_reading_counting(toy):
    write(toy, {}, {"id": "p2", "claim": "one-c02"})
    first, second = read(toy)
    assert (first.id, second.claim) == ("p1", "one-c02")
    assert first.systems == ("lead", "cues")
    assert first.readings.last == ("match", "match")
    assert check(toy.places) == []


def test_a_corpus_without_judged_pairs_has_none(toy):
    assert read(toy) == ()


def test_context_states_the_claim_but_not_to_whom_the_article_is_absent():
    assert {"match", "described"} == STATED
    assert {"match"} == STATED_ALONE


@pytest.mark.parametrize(
    ("pairs", "line", "field", "found", "expected"),
    [
        ([{"claim": "one-c11"}], 2, "claim", "'one-c11'", "did you mean 'one-c01'?"),
        ([{"article": "ome"}], 2, "article", "'ome'", "did you mean 'one'?"),
        ([{"claim": "two-c01"}], 2, "claim", "'two-c01'", "a gold claim of one"),
        ([{"verdict": "mach"}], 2, "verdict", "'mach'", "did you mean 'match'?"),
        ([{"readings": {"A": ["match"], "B": []}}], 2, "readings.B", "[]", "length >= 1"),
        ([{"readings": {"A": ["match"]}}], 2, "readings.B", "no such key", "one"),
        ([{"readings": {"A": ["ja"], "B": ["match"]}}], 2, "readings.A[0]", "['ja']", "'ja'"),
        ([{"part": "train"}], 2, "part", "'train'", "one of dev, test"),
        ([{"prediction": " "}], 2, "prediction", "' ' and ''", "words, or the SHA-256"),
        ([{"prediction": "", "sha256": "f00"}], 2, "prediction", "'' and 'f00'", "SHA-256"),
        ([{"sha256": digest("Drivers struck.")}], 2, "sha256", "beside", "one of the two"),
        ([HASHED, {**HASHED, "id": "p2"}], 3, "prediction", "line 2 again", "once"),
        ([{}, {"claim": "one-c02"}], 3, "id", "'p1', as in line 2", "an id of its own"),
        ([{}, {"id": "p2"}], 3, "prediction", "the claim and words of line 2 again", "once"),
        (
            [{}, {"id": "p2", "claim": "one-c02", "part": "test"}],
            3,
            "part",
            "'test', and 'dev' in line 2",
            "one part for all pairs of one",
        ),
        (
            [{"readings": {"A": ["match"], "B": ["partial"]}}],
            2,
            "why",
            "nothing, with match and partial settled as match",
            "the reason of the third look",
        ),
        ([{"verdict": "partial"}], 2, "why", "nothing, with match", "third look"),
    ],
)
def test_what_is_wrong_is_told_by_line_and_field(toy, pairs, line, field, found, expected):
    path = write(toy, *pairs)
    (problem,) = check(toy.places)
    assert (problem.file, problem.line, problem.field) == (str(path), line, field)
    assert found in problem.found
    assert expected in problem.expected
    with pytest.raises(DataError, match="next: claimbench check toy") as told:
        read(toy)
    assert str(problem) in str(told.value)


def test_a_reason_settles_what_readers_see_otherwise(toy):
    apart = {"readings": {"A": ["match"], "B": ["partial"]}, "why": "the year is the article's"}
    write(toy, apart, {**apart, "id": "p2", "claim": "one-c02", "verdict": "described"})
    assert [pair.verdict for pair in read(toy)] == ["match", "described"]


def test_a_prediction_kept_as_a_hash_is_found_by_its_words_or_left_out(toy):
    write(toy, HASHED, {"id": "p2", "prediction": "Buses stood."})
    assert check(toy.places) == []
    pairs = read(toy)
    assert [pair.prediction for pair in pairs] == ["", "Buses stood."]
    said = ["Cats purr.", "Drivers struck."]
    assert [pair.prediction for pair in worded(pairs, said)] == ["Drivers struck.", "Buses stood."]
    assert [pair.id for pair in worded(pairs, said[:1])] == ["p2"]


def test_pairs_of_no_corpus_are_found(toy):
    path = write(toy, {}, name="tyo")
    (problem,) = check(toy.places)
    assert (problem.file, problem.found) == (str(path), "judged pairs of no corpus")
    assert check(toy.places, ["toy"]) == []


def test_labels_that_cannot_be_read_are_told_once(toy):
    write(toy, {})
    toy.labels("one").write_text("{\n")
    assert {p.file for p in check(toy.places)} == {str(toy.labels("one"))}
