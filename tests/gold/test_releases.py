import json

import pytest

from bench.gold import check, find_corpus, release
from bench.model import DataError, GateFailed


@pytest.fixture
def released(project):
    project.add_corpus()
    release(find_corpus("toy", project.places))
    return project


def of_version(project):
    return [p for p in check(project.places) if p.field == "version"]


def raise_version(project):
    project.edit(project.toml(), 'version = "0.1.0"', 'version = "0.2.0"')


def test_a_corpus_that_is_as_it_was_released_has_no_problem(released):
    assert check(released.places) == []
    header, line = map(json.loads, (released.folder() / "releases.jsonl").read_text().splitlines())
    assert header == {"schema": 1, "corpus": "toy"}
    assert (line["version"], line["articles"], line["claims"]) == ("0.1.0", 3, 9)


@pytest.mark.parametrize(
    ("where", "old", "new"),
    [
        ("labels", '"type":"event"', '"type":"property"'),
        ("labels", "Drivers struck. A", "Drivers struck. The"),
        ("toml", 'split = "train"', 'split = "test"'),
        ("toml", 'title = "A strike"', 'title = "The strike"'),
    ],
)
def test_content_must_not_change_under_a_version(released, where, old, new):
    path = released.toml() if where == "toml" else released.labels("one")
    released.edit(path, old, new)
    (problem,) = of_version(released)
    assert problem.severity == "error"
    assert "under version 0.1.0" in problem.found
    assert "raise version in corpus.toml" in problem.expected
    with pytest.raises(GateFailed, match="other content"):
        release(find_corpus("toy", released.places))
    raise_version(released)
    (problem,) = of_version(released)
    assert "claimbench check toy --release" in problem.expected
    release(find_corpus("toy", released.places))
    assert of_version(released) == []


def test_going_back_to_an_old_version_takes_its_content(released):
    raise_version(released)
    release(find_corpus("toy", released.places))
    released.edit(released.toml(), 'version = "0.2.0"', 'version = "0.1.0"')
    assert check(released.places) == []


def test_releasing_twice_changes_nothing(released):
    path = released.folder() / "releases.jsonl"
    before = path.read_bytes()
    release(find_corpus("toy", released.places))
    assert path.read_bytes() == before


@pytest.mark.parametrize("tail", ['{"version": 3}\n', '{"version', "[]\n"])
def test_a_broken_record_is_said_and_not_written_over(released, tail):
    path = released.folder() / "releases.jsonl"
    path.write_text(path.read_text() + tail)
    before = path.read_bytes()
    assert {p.file for p in check(released.places)} == {str(path)}
    with pytest.raises(DataError, match=r"releases\.jsonl:3"):
        release(find_corpus("toy", released.places))
    assert path.read_bytes() == before


def test_a_torn_record_does_not_lose_the_seal(released):
    path = released.folder() / "releases.jsonl"
    path.write_text(path.read_text()[:-6])
    assert {p.file for p in check(released.places)} == {str(path)}
    with pytest.raises(DataError):
        release(find_corpus("toy", released.places))


def test_a_record_that_is_no_file_is_said(released):
    path = released.folder() / "releases.jsonl"
    path.unlink()
    path.mkdir()
    assert [p.file for p in check(released.places)] == [str(path)]


def test_a_version_is_recorded_once(released):
    path = released.folder() / "releases.jsonl"
    path.write_text(path.read_text() + path.read_text().splitlines()[1] + "\n")
    (problem,) = of_version(released)
    assert "2 times" in problem.found
