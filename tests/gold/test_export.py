import csv
import json
import os
import subprocess
import sys

import pytest
from conftest import TEXT

from bench.gold import export_csv, export_hf, find_corpus
from bench.model import DataError
from bench.store import digest


def read(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_articles_and_claims_become_tables(project, tmp_path):
    project.add_corpus(entry='url = "u"\ncredit = "c"\nregister = "wire copy"\n')
    export_csv(find_corpus("toy", project.places), tmp_path / "out", project.places)
    articles, claims = read(tmp_path / "out/articles.csv"), read(tmp_path / "out/claims.csv")
    assert [(a["id"], a["split"]) for a in articles] == [
        ("one", "train"), ("two", "dev"), ("three", "test"),
    ]  # fmt: skip
    assert articles[0] == {
        "id": "one", "title": "A strike", "date": "2031-05-06", "split": "train", "corpus": "toy",
        "topic": "", "register": "wire copy", "url": "u", "credit": "c", "licence": "CC0",
        "sha256": digest(TEXT), "text": TEXT,
    }  # fmt: skip
    assert len(claims) == 9
    assert claims[2]["article"] == "one"
    assert claims[2]["text"] == "Lena Voss called the strike reckless."
    assert json.loads(claims[2]["spans"]) == [[123, 158]]
    assert json.loads(claims[2]["facts"]) == [["Voss"], ["reckless"]]
    assert json.loads(claims[2]["source"])["name"] == "Lena Voss"
    assert claims[0]["source"] == ""
    assert (claims[0]["central"], claims[1]["central"]) == ("true", "false")


def test_labels_are_exported_whether_or_not_the_text_is_at_hand(project, tmp_path):
    project.add_corpus(held=False)
    project.cache("one")
    export_csv(find_corpus("toy", project.places), tmp_path, project.places)
    assert [bool(a["text"]) for a in read(tmp_path / "articles.csv")] == [True, False, False]
    assert {c["article"] for c in read(tmp_path / "claims.csv")} == {"one", "two", "three"}


@pytest.mark.parametrize("fetched", [True, False])
def test_without_any_text_there_is_no_column_for_it(project, tmp_path, fetched):
    project.add_corpus(held=False)
    if fetched:
        project.cache("one")
    export_csv(find_corpus("toy", project.places), tmp_path, project.places, texts=False)
    articles = read(tmp_path / "articles.csv")
    assert [a["id"] for a in articles] == ["one", "two", "three"]
    assert "text" not in articles[0]
    assert "Port Alder struck" not in (tmp_path / "articles.csv").read_text()


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
    corpora = {find_corpus(name, project.places): True for name in ("toy", "far")}
    export_hf(corpora, tmp_path / "out", project.places)
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
    assert article["text"] == TEXT
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


def test_a_corpus_without_texts_is_exported_without_them(project, tmp_path):
    from datasets import load_dataset

    project.add_corpus(held=False)
    project.cache("one")
    export_hf({find_corpus("toy", project.places): False}, tmp_path, project.places)
    data = load_dataset(str(tmp_path), "toy", cache_dir=str(tmp_path / "cache"))
    assert data["train"][0]["text"] is None
    assert data["train"][0]["sha256"] == digest(TEXT)
    assert [c["id"] for c in data["train"][0]["claims"]] == ["one-c01", "one-c02", "one-c03"]


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")  # of a library's library
def test_croissant_is_valid_and_reads_the_claims(project, tmp_path):
    import mlcroissant

    project.add_corpus()
    corpus = find_corpus("toy", project.places)
    export_hf({corpus: True}, tmp_path, project.places, url="https://example.org/claims")
    dataset = mlcroissant.Dataset(jsonld=str(tmp_path / "croissant.json"))
    assert list(dataset.metadata.ctx.issues.errors) == []
    assert str(dataset.metadata.url) == "https://example.org/claims"
    rows = list(dataset.records("toy-claims"))
    assert [row["toy-claims/id"].decode() for row in rows][:3] == ["one-c01", "one-c02", "one-c03"]
    assert rows[1]["toy-claims/type"] == b"numerical"
    files = {file.name: file.sha256 for file in dataset.metadata.distribution}
    for name, expected in files.items():
        assert digest((tmp_path / name).read_bytes()) == expected


def test_a_missing_file_of_labels_is_said(project, tmp_path):
    project.add_corpus().labels("two").unlink()
    with pytest.raises(DataError, match=r"two\.jsonl"):
        export_hf({find_corpus("toy", project.places): True}, tmp_path, project.places)
    assert not (tmp_path / "README.md").exists()
