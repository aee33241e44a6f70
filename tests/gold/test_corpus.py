import hashlib
import json
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.gold import absent, corpora, digest, find_article, find_corpus, load
from bench.gold.corpus import read_claims
from bench.model import (
    Article,
    DataError,
    Gold,
    GoldClaim,
    Labelled,
    SchemaVersionError,
    TextAbsent,
    UnknownName,
)


def test_a_corpus_is_loaded_in_file_order_with_its_claims(project):
    gold = load("toy", project.add_corpus().places)
    assert (gold.corpus, gold.version, gold.split, gold.absent) == ("toy", "0.1.0", "all", ())
    assert [i.article.id for i in gold.items] == ["one", "two", "three"]
    item = gold.items[0]
    assert item.article.corpus == "toy"
    assert [c.id for c in item.claims] == ["one-c01", "one-c02", "one-c03"]
    assert [item.article.text[s:e] for c in item.claims for s, e in c.spans] == [
        "Ferry drivers in Port Alder struck on Monday",
        "fourteen crossings were cancelled",
        '"The strike is reckless," she said.',
    ]


@pytest.mark.parametrize(
    ("split", "ids"), [("train", ["one"]), ("dev", ["two"]), ("test", ["three"])]
)
def test_a_split_is_loaded_alone(project, split, ids):
    gold = load("toy", project.add_corpus().places, split)
    assert gold.split == split
    assert [i.article.id for i in gold.items] == ids


def test_misspelt_names_are_met_with_the_nearest(project):
    places = project.add_corpus().places
    with pytest.raises(UnknownName, match="no corpus named 'tyo'; did you mean 'toy'"):
        load("tyo", places)
    with pytest.raises(UnknownName, match="no split named 'tset'; did you mean 'test'"):
        load("toy", places, "tset")
    with pytest.raises(UnknownName, match="no article named 'thre'; did you mean 'three'"):
        find_article("thre", places)
    with pytest.raises(UnknownName, match="no corpus named 'toi'"):
        absent(places, ["toi"])


def test_an_article_is_found_in_any_corpus(project):
    project.add_corpus().add_corpus("other", splits={"four": "test"})
    found = find_article("four", project.places)
    assert (found.article.corpus, len(found.claims)) == ("other", 3)


def test_a_held_text_that_was_changed_is_refused(project):
    project.add_corpus()
    project.edit(project.text("two"), "Monday", "Sunday")
    with pytest.raises(DataError, match=r"two\.txt: text: found SHA-256 [0-9a-f]{64}; expected"):
        load("toy", project.places)


def test_a_held_text_that_is_no_utf_8_is_refused(project):
    project.add_corpus()
    project.text("two").write_bytes(b"caf\xe9\n")
    before = project.toml().read_text()
    wrong = hashlib.sha256(b"caf\xe9\n").hexdigest()
    project.toml().write_text(re.sub(r'sha256 = "\w+"', f'sha256 = "{wrong}"', before))
    project.text("one").write_bytes(b"caf\xe9\n")
    with pytest.raises(DataError, match=r"one\.txt: text: found 'utf-8' codec .* expected UTF-8"):
        load("toy", project.places)


def test_a_held_text_that_is_missing_is_refused(project):
    project.add_corpus().text("two").unlink()
    with pytest.raises(DataError, match=r"two\.txt: file: found No such file"):
        load("toy", project.places)


def test_fetched_texts_that_are_not_there_or_differ_are_absent(project):
    project.add_corpus(held=False)
    project.cache("one")
    project.cache("two", "Another text.\n")
    gold = load("toy", project.places)
    assert [i.article.id for i in gold.items] == ["one"]
    assert gold.absent == ("two", "three")
    assert absent(project.places) == {"toy": ("two", "three")}
    assert load("toy", project.places, "test").absent == ("three",)
    with pytest.raises(TextAbsent, match="next: claimbench fetch toy"):
        find_article("two", project.places)


def test_a_corpus_whose_texts_are_at_hand_lacks_none(project):
    project.add_corpus().add_corpus("far", held=False, splits={"four": "test"})
    project.cache("four", corpus="far")
    assert absent(project.places) == {}


def test_the_earlier_folder_wins(project, tmp_path_factory):
    other = type(project)(tmp_path_factory.mktemp("shipped"))
    other.add_corpus().add_corpus("extra", splits={"nine": "test"})
    project.add_corpus(splits={"mine": "test"})
    places = msgspec.structs.replace(
        project.places, gold=(*project.places.gold, *other.places.gold)
    )
    assert {n: len(c.article) for n, c in corpora(places).items()} == {"toy": 1, "extra": 1}
    assert corpora(places)["toy"].folder == project.folder()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "Toy"', 'titel = "Toy"', "titel: found an unknown key; .*did you mean 'title'"),
        ('title = "Toy"', "title = 7", "title: found 7; expected str"),
        ('text = "held"', 'text = "hold"', "text: found 'hold'; expected one of held, fetched"),
        (
            'id = "two"',
            'id = "Two/.."',
            r"article\[1\]\.id: found 'Two/\.\.'; expected str matching",
        ),
        ('split = "dev"', 'split = "def"', r"article\[1\]\.split: found 'def'; .* mean 'dev'"),
        ('name = "toy"', 'name = "toi"', "name: found 'toi'; expected 'toy', as its folder"),
        ("schema = 1", "schema = 2", "schema: found version 2; expected version 1: pip install"),
        ("schema = 1", "schema = 0", "schema: found version 0; expected version 1"),
        ("schema = 1", "schema = ", "file: found .*; expected TOML in UTF-8"),
    ],
)
def test_a_wrong_description_is_refused_by_field(project, old, new, said):
    project.add_corpus()
    project.edit(project.toml(), old, new)
    with pytest.raises(DataError, match=said) as caught:
        find_corpus("toy", project.places)
    assert str(project.toml()) in str(caught.value)


def test_all_that_is_wrong_with_a_description_is_said_at_once(project):
    project.add_corpus()
    project.edit(project.toml(), 'title = "Toy"', "titel = 3")
    project.edit(project.toml(), 'split = "dev"', "split = 1")
    with pytest.raises(DataError) as caught:
        corpora(project.places)
    assert [line.split(": ")[1] for line in str(caught.value).splitlines()[:-1]] == [
        "titel",
        "title",
        "article[1].split",
    ]


def test_labels_that_are_cut_off_are_never_passed_over(project):
    path = project.add_corpus().labels("one")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"one\.jsonl:4: line: found .*; expected one whole JSON"):
        load("toy", project.places)


def test_labels_with_a_wrong_field_are_refused(project):
    path = project.add_corpus().labels("one")
    project.edit(path, '"event"', '"evnt"')
    with pytest.raises(DataError, match=r"one\.jsonl:2: type: found 'evnt'; .*mean 'event'"):
        read_claims(path)


def test_labels_of_a_newer_claimbench_say_what_to_install(project):
    path = project.add_corpus().labels("one")
    project.edit(path, '"schema":1', '"schema":9')
    with pytest.raises(SchemaVersionError, match="pip install --upgrade claimbench"):
        read_claims(path)


def test_labels_without_header_and_missing_labels_are_refused(project):
    path = project.add_corpus().labels("one")
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))
    with pytest.raises(DataError, match="header: found none"):
        read_claims(path)
    path.unlink()
    with pytest.raises(DataError, match="No such file"):
        read_claims(path)


def gold_of(claims):
    article = Article(id="a", title="T", date="2031-05-06", text="Text.", split="test", corpus="c")
    return Gold(corpus="c", version="1", split="all", items=(Labelled(article, tuple(claims)),))


def claim(number, **changes):
    values = {"text": f"Claim {number}.", "forms": ("x", "y"), "type": "event", "spans": ((0, 1),)}
    return GoldClaim(**{"id": f"a-c{number:02d}", "facts": (("x",),), **values, **changes})


@given(st.permutations(range(5)))
def test_order_does_not_change_the_digest(order):
    claims = [claim(n) for n in range(5)]
    assert digest(gold_of(claims[n] for n in order)) == digest(gold_of(claims))


def test_order_of_articles_does_not_change_the_digest(project):
    gold = load("toy", project.add_corpus().places)
    turned = msgspec.structs.replace(gold, items=gold.items[::-1])
    assert digest(turned) == digest(gold)
    assert digest(msgspec.structs.replace(gold, items=gold.items[:2])) != digest(gold)


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Another."},
        {"forms": ("x", "z")},
        {"type": "property"},
        {"spans": ((0, 2),)},
        {"facts": (("x",), ("y",))},
        {"polarity": "negative"},
        {"certainty": "hedged"},
        {"central": True},
        {"optional": True},
        {"phenomena": ("hedge",)},
    ],
)
def test_any_change_of_a_label_changes_the_digest(change):
    assert digest(gold_of([claim(1), claim(2, **change)])) != digest(gold_of([claim(1), claim(2)]))


def test_the_text_is_part_of_the_digest():
    gold = gold_of([claim(1)])
    article = msgspec.structs.replace(gold.items[0].article, text="Other.")
    item = Labelled(article, gold.items[0].claims)
    assert digest(msgspec.structs.replace(gold, items=(item,))) != digest(gold)


def test_the_digest_is_the_one_that_is_documented():
    text = hashlib.sha256(b"Text.").hexdigest()
    line = json.dumps(
        '{"id":"a-c01","text":"Claim 1.","forms":["x","y"],"type":"event","spans":[[0,1]],'
        '"facts":[["x"]]}'
    )
    article = hashlib.sha256(f'["a","{text}",[{line}]]'.encode()).hexdigest()
    expected = hashlib.sha256(article.encode()).hexdigest()
    assert digest(gold_of([claim(1)])) == expected
