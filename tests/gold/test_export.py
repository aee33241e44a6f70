import csv
import json
import os
import subprocess
import sys

import pytest

from bench.gold import export_csv, export_hf, load
from bench.model import TextAbsent, UnknownName


def read(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_articles_and_claims_become_tables(project, tmp_path):
    gold = load("toy", project.add_corpus(entry='url = "u"\ncredit = "c"\n').places)
    export_csv(gold, tmp_path / "out", project.places)
    articles, claims = read(tmp_path / "out/articles.csv"), read(tmp_path / "out/claims.csv")
    assert [(a["id"], a["split"]) for a in articles] == [
        ("one", "train"), ("two", "dev"), ("three", "test"),
    ]  # fmt: skip
    assert articles[0] == {
        "id": "one", "title": "A strike", "date": "2031-05-06", "split": "train", "corpus": "toy",
        "topic": "", "url": "u", "credit": "c", "licence": "CC0",
        "text": gold.items[0].article.text,
    }  # fmt: skip
    assert len(claims) == 9
    assert claims[2]["article"] == "one"
    assert claims[2]["text"] == "Lena Voss called the strike reckless."
    assert json.loads(claims[2]["spans"]) == [[123, 158]]
    assert json.loads(claims[2]["facts"]) == [["Voss"], ["reckless"]]
    assert json.loads(claims[2]["source"])["name"] == "Lena Voss"
    assert claims[0]["source"] == "null"
    assert (claims[0]["central"], claims[1]["central"]) == ("true", "false")


def test_an_absent_text_leaves_a_row_without_text_or_claims(project, tmp_path):
    project.add_corpus(held=False)
    project.cache("one")
    export_csv(load("toy", project.places), tmp_path, project.places)
    assert [bool(a["text"]) for a in read(tmp_path / "articles.csv")] == [True, False, False]
    assert {c["article"] for c in read(tmp_path / "claims.csv")} == {"one"}


def test_without_any_text_there_is_no_column_for_it(project, tmp_path):
    project.add_corpus(held=False)
    export_csv(load("toy", project.places), tmp_path, project.places)
    articles = read(tmp_path / "articles.csv")
    assert [a["id"] for a in articles] == ["one", "two", "three"]
    assert "text" not in articles[0]
    assert read(tmp_path / "claims.csv") == []


def test_only_the_split_that_was_loaded_is_exported(project, tmp_path):
    gold = load("toy", project.add_corpus().places, "dev")
    export_csv(gold, tmp_path, project.places)
    assert [a["id"] for a in read(tmp_path / "articles.csv")] == ["two"]


READ_BACK = """
import json, sys
from datasets import load_dataset
found = {}
for corpus in ("toy", "far"):
    data = load_dataset(sys.argv[1], corpus)
    found[corpus] = {split: list(rows) for split, rows in data.items()}
features = data["test"].features
found["types"] = [repr(features["text"]), repr(features["claims"].feature["spans"])]
print(json.dumps(found))
"""


def test_a_folder_is_loaded_by_datasets_without_a_network(project, tmp_path):
    project.add_corpus()
    project.add_corpus("far", held=False, splits={"four": "test"}, extra='normalise = ["lf"]\n')
    project.cache("four", corpus="far")
    golds = [load(name, project.places) for name in ("toy", "far")]
    export_hf(golds, tmp_path / "out", project.places)
    offline = {"HF_DATASETS_OFFLINE": "1", "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")}
    done = subprocess.run(
        [sys.executable, "-c", READ_BACK, str(tmp_path / "out")],
        env={**os.environ, **offline},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    ids = {
        corpus: {split: [a["id"] for a in rows] for split, rows in found[corpus].items()}
        for corpus in ("toy", "far")
    }
    assert ids == {
        "toy": {"train": ["one"], "dev": ["two"], "test": ["three"]},
        "far": {"test": ["four"]},
    }  # fmt: skip
    article = found["toy"]["dev"][0]
    assert article["text"] == golds[0].items[1].article.text
    assert article["claims"][2] == {
        "id": "two-c03",
        "text": "Lena Voss called the strike reckless.",
        "forms": ["Voss said that the strike was reckless.", "Voss found the strike reckless."],
        "type": "position",
        "spans": [[123, 158]],
        "facts": [["Voss"], ["reckless"]],
        "source": {"name": "Lena Voss", "mode": "direct", "aliases": [], "via": []},
        "polarity": "positive",
        "certainty": "certain",
        "central": False,
        "optional": False,
        "phenomena": ["direct-quote"],
    }
    assert article["claims"][0]["source"] is None
    assert found["types"] == ["Value('string')", "List(List(Value('int64'), length=2))"]
    card = (tmp_path / "out" / "README.md").read_text()
    assert "- `far` 0.1.0: Toy. CC0; texts changed by: lf." in card


def test_a_corpus_without_texts_is_not_exported_as_a_dataset(project, tmp_path):
    project.add_corpus(held=False)
    with pytest.raises(TextAbsent, match="claimbench fetch toy"):
        export_hf([load("toy", project.places)], tmp_path, project.places)
    assert not (tmp_path / "README.md").exists()


def test_gold_of_another_project_is_refused(project, tmp_path):
    gold = load("toy", project.add_corpus().places)
    project.toml().unlink()
    with pytest.raises(UnknownName):
        export_csv(gold, tmp_path, project.places)
