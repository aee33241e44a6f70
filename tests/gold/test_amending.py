"""A change of several files is made as one."""

import json

import pytest

from bench import gold, store
from bench.gold.amending import FILE, amend, finish, unfinished
from bench.model import DataError, SchemaVersionError, StorageError


def test_files_are_replaced_and_no_journal_is_left(tmp_path):
    (tmp_path / "a").write_text("old")
    amend(tmp_path, {tmp_path / "a": b"new", tmp_path / "sub/b": "é\n".encode()})
    assert (tmp_path / "a").read_text() == "new"
    assert (tmp_path / "sub/b").read_text(encoding="utf-8") == "é\n"
    assert not (tmp_path / FILE).exists()
    assert not finish(tmp_path)


@pytest.mark.parametrize("writes", [0, 1, 2, 3])
def test_whatever_write_it_breaks_off_at_all_or_nothing_is_changed(tmp_path, monkeypatch, writes):
    files = {tmp_path / name: b"new" for name in "abc"}
    for path in files:
        path.write_text("old")
    done = []

    def failing(path, data):
        if len(done) == writes:
            raise StorageError(f"{path}: no space")
        done.append(path)
        store.write_atomic(path, data)

    monkeypatch.setattr("bench.gold.amending.write_atomic", failing)
    with pytest.raises(StorageError):
        amend(tmp_path, files)
    monkeypatch.undo()
    assert finish(tmp_path) == (writes > 0)
    assert {path.read_text() for path in files} == {"new" if writes else "old"}
    assert not (tmp_path / FILE).exists()


def test_a_change_that_was_broken_off_fails_the_check(project):
    project.add_corpus()
    assert not [*unfinished(project.places)]
    (project.root / "gold" / FILE).write_text('{"schema":1,"files":{}}')
    (problem,) = unfinished(project.places)
    assert problem in gold.check(project.places)
    assert "claimbench pool" in problem.expected
    assert finish(project.root / "gold")
    assert not [*unfinished(project.places)]


@pytest.mark.parametrize(
    ("journal", "error", "told"),
    [
        ("{", DataError, "expected a change"),
        ('{"schema":1}', DataError, "files"),
        ('{"schema":9,"files":{}}', SchemaVersionError, "version 9"),
        (json.dumps({"schema": 1, "files": {"../x": "boo"}}), DataError, "'../x'"),
    ],
)
def test_a_journal_that_is_none_writes_nothing(tmp_path, journal, error, told):
    base = tmp_path / "gold"
    base.mkdir()
    (base / FILE).write_text(journal)
    with pytest.raises(error, match=told):
        finish(base)
    assert not (tmp_path / "x").exists()
    assert (base / FILE).exists()
