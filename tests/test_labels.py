"""The whole check of the gold: the matcher on the labels, and reviewed warnings."""

import json

import pytest

from bench import audit
from bench.gold.draft import CLAIM_KEYS
from bench.matching import keyed
from bench.model import UnknownName
from bench.store import Places, digest

TEXT = "The pier closed because the tide broke it.\n"
CAUSE = {
    "id": "pier-c01",
    "text": "The pier closed because the tide broke it.",
    "forms": ["The tide broke the pier, which therefore closed.", "It closed as the tide broke."],
    "type": "causal",
    "spans": [[0, 41]],
    "central": True,
    "facts": [["clos*"], ["tide"], ["broke"]],
}
BREAK = {
    "id": "pier-c02",
    "text": "The tide broke the pier.",
    "forms": ["The pier was broken by the tide.", "Tides broke the pier."],
    "type": "event",
    "spans": [[24, 41]],
    "facts": [["tide*"], ["broke*"]],
}


TIDE = BREAK | {"id": "pier-c01", "central": True, "spans": [[0, 41]]}


@pytest.fixture
def places(tmp_path):
    folder = tmp_path / "gold/toy"
    (folder / "articles").mkdir(parents=True)
    (folder / "claims").mkdir()
    (folder / "articles/pier.txt").write_text(TEXT)
    (folder / "corpus.toml").write_text(
        'schema = 1\nname = "toy"\ntitle = "Toy"\nversion = "0.1.0"\nlanguage = "en"\n'
        'licence = "CC0"\ntext = "held"\n[[article]]\nid = "pier"\ntitle = "Pier"\n'
        f'date = "2031-05-06"\nsplit = "test"\nsha256 = "{digest(TEXT)}"\n'
    )
    where = Places(gold=(tmp_path / "gold",), systems=(), results=tmp_path, cache=tmp_path)
    write(where, CAUSE, BREAK)
    return where


def write(places, *claims):
    header = {"schema": 1, "article": "pier", "summary": "The pier closed. The tide broke it."}
    path = places.gold[0] / "toy/claims/pier.jsonl"
    ordered = ({k: claim[k] for k in CLAIM_KEYS if k in claim} for claim in claims)
    lines = [json.dumps(line, separators=(",", ":")) for line in (header, *ordered)]
    path.write_text("\n".join(lines) + "\n")


CONFUSED = "'The pier closed because the tide broke it.', which also fits {text!r}"


def review(places, **fields):
    found = CONFUSED.format(text=BREAK["text"])
    line = {"claim": "pier-c01", "field": "forms", "found": found, "reason": "entails it"}
    path = places.gold[0] / "toy/reviewed.jsonl"
    path.write_text('{"schema":1}\n\n' + json.dumps(line | fields) + "\n")


def check(places):
    return [p for p in audit.check(places, ["toy"]) if "none in split" not in p.found]


def test_a_wording_that_fits_another_claim_is_said(places):
    (problem,) = check(places)
    assert (problem.claim, problem.field, problem.severity) == ("pier-c01", "forms", "warning")
    assert problem.found == CONFUSED.format(text=BREAK["text"])
    assert "tell it from pier-c02" in problem.expected
    assert problem.line == 2


def test_near_duplicates_are_said_once(places):
    forms = ["A tide broke the pier.", "The pier broke in the tide."]
    again = {"text": "It was the tide that broke the pier.", "forms": forms}
    write(places, TIDE, BREAK | again)
    problems = [p for p in check(places) if p.field == "text"]
    assert [p.claim for p in problems] == ["pier-c01"]
    assert "the other way round" in problems[0].found


def test_a_form_that_the_matcher_refuses_is_an_error(places):
    long = "The old pier of the harbour town that everybody knew was broken by the tide of May."
    write(places, TIDE | {"forms": ["Tides broke the pier.", long], "facts": [["tide*"]]})
    assert check(places) == []

    class Picky(keyed):
        """Refuses whatever is long."""

        def accepted(self, gold, predicted):
            found = super().accepted(gold, predicted)
            return {k: v for k, v in found.items() if len(predicted[k[1]].wordings[0]) < 60}

    (problem,) = [p for p in audit.check(places, ["toy"], Picky()) if p.severity == "error"]
    assert (problem.field, problem.line) == ("forms", 2)
    assert long in problem.found


def test_a_reviewed_warning_is_silent(places):
    review(places)
    assert check(places) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"claim": "pier-c09"}, "no such warning of forms for pier-c09"),
        ({"found": "something else"}, "look again, or delete the line"),
        ({"field": "type"}, "no such warning of type for pier-c01"),
        ({"reason": " "}, "expected why the warning stands"),
        ({"reason": 3}, "reason: found 3"),
        ({"text": "x"}, "text: found an unknown key"),
    ],
)
def test_a_review_that_is_void_is_an_error_and_silences_nothing(places, fields, said):
    review(places, **fields)
    problems = check(places)
    assert [p.severity for p in problems] == ["warning", "error"]
    assert said in str(problems[1])
    assert problems[1].file.endswith("reviewed.jsonl")
    assert problems[1].line == 3  # an empty line counts


def test_a_torn_review_is_said(places):
    review(places)
    path = places.gold[0] / "toy/reviewed.jsonl"
    path.write_text(path.read_text()[:-9])
    assert {"line", "file"} <= {p.field for p in check(places)}


def test_an_error_cannot_be_reviewed_away(places):
    write(places, CAUSE | {"type": "casual"}, BREAK)
    review(places, field="type")
    assert [p.field for p in check(places) if p.severity == "error"] == ["type", "claim"]


def test_reviews_of_a_text_that_is_absent_are_not_held_against_it(places):
    folder = places.gold[0] / "toy"
    (folder / "articles/pier.txt").unlink()
    (folder / "articles").rmdir()
    toml = folder / "corpus.toml"
    toml.write_text(toml.read_text().replace("held", "fetched"))
    review(places, field="spans", reason="needs the text to be seen")
    assert [p.field for p in check(places)] == ["forms"]


def test_an_unknown_corpus_is_said(places):
    with pytest.raises(UnknownName):
        audit.check(places, ["tyo"])


def test_ceilings_are_the_raw_labels_scored_like_a_system(places):
    from bench import gold

    corpus = gold.find_corpus("toy", places)
    assert audit.ceilings(corpus, "test", places) == ()
    folder = places.gold[0] / "annotators/A/toy"
    folder.mkdir(parents=True)
    source = places.gold[0] / "toy/claims/pier.jsonl"
    (folder / "pier.jsonl").write_text("\n".join(source.read_text().splitlines()[:2]) + "\n")
    (card,) = audit.ceilings(corpus, "test", places)
    assert card.signature.gold == gold.digest(gold.load("toy", places, "test"))
    assert card.system == "annotator A"
    assert (card.claims.tp, card.claims.fp, card.claims.fn) == (1, 0, 1)
    assert audit.ceilings(corpus, "dev", places) == ()


def test_an_optional_claim_of_an_annotator_is_not_scored(places):
    from bench import gold

    folder = places.gold[0] / "annotators/B/toy"
    folder.mkdir(parents=True)
    header = {"schema": 1, "article": "pier", "summary": ""}
    extra = {**BREAK, "id": "pier-c03", "text": "Pigs fly.", "optional": True}
    lines = [json.dumps(line) for line in (header, CAUSE, extra)]
    (folder / "pier.jsonl").write_text("\n".join(lines) + "\n")
    (card,) = audit.ceilings(gold.find_corpus("toy", places), "test", places)
    assert (card.claims.tp, card.claims.fp, card.claims.fn) == (1, 0, 1)


def test_raw_labels_that_cannot_be_read_are_said(places):
    folder = places.gold[0] / "annotators/A/toy"
    folder.mkdir(parents=True)
    (folder / "pier.jsonl").write_text('{"schema":1}\n{"id":"pier-c01"}\nnot JSON\n')
    (folder / "quay.jsonl").write_text('{"schema":1}\n')
    said = {(p.file.rsplit("/", 1)[-1], p.line, p.field) for p in check(places)}
    assert {("pier.jsonl", 2, "text"), ("pier.jsonl", 3, "line"), ("quay.jsonl", None, "file")} <= (
        said
    )
