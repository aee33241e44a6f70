import subprocess

import msgspec
import pytest

from bench import results
from bench.model import (
    ArticleScore,
    Counts,
    DataError,
    Extraction,
    Provenance,
    SchemaVersionError,
    Scorecard,
    Signature,
    UnknownName,
)


def card(system="lead", corpus="core", tp=3, **provenance):
    scored = ArticleScore("a", "ok", Counts(tp, 1, 2), {"event": Counts(tp, 1, 2)}, {}, ("a-c01",))
    signed = Signature(corpus, "test", "ab12", "keyed(threshold=0.6)", "1")
    return Scorecard(system, signed, (scored,), provenance=Provenance(**provenance))


@pytest.fixture
def folder(tmp_path):
    """Results of lead and cues on core, of lead on other."""
    where = tmp_path / "project" / "results"
    for one in (card(), card("cues", tp=4), card(corpus="other")):
        results.save(one, where / one.signature.corpus / one.system / results.CARD)
    return where


def git(folder, *arguments):
    command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@localhost", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def commit(folder):
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "results")


def names(cards):
    return sorted((corpus, system) for corpus, of in cards.items() for system in of)


ALL = [("core", "cues"), ("core", "lead"), ("other", "lead")]


# one card


def test_a_card_comes_back_as_it_was_saved(tmp_path):
    path = tmp_path / "a" / "score.json"
    saved = card(made="2031-05-06T07:08:09+00:00", packages={"numpy": "2"})
    assert results.save(saved, path)
    assert results.load(path) == saved
    assert path.read_text().startswith('{\n "schema": 1,\n "scorecard": {\n')


def test_new_provenance_alone_is_no_reason_to_write(tmp_path):
    path = tmp_path / "score.json"
    results.save(card(made="2031-05-06"), path)
    before = path.read_bytes()
    assert not results.save(card(made="2031-05-07", machine="other"), path)
    assert path.read_bytes() == before
    assert results.save(card(tp=4, made="2031-05-07"), path)
    assert results.load(path).provenance.made == "2031-05-07"


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"schema": 1}', '{"schema": 0}', "\udcff"])
def test_a_damaged_or_older_card_is_told_and_replaced(tmp_path, damaged):
    path = tmp_path / "score.json"
    path.write_bytes(damaged.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match=r"score\.json") as caught:
        results.load(path)
    assert "claimbench score" in caught.value.hint
    assert results.kept(path) is None
    assert results.save(card(), path)
    assert results.kept(path) == card()


def test_a_card_of_a_newer_version_is_left_alone(tmp_path):
    path = tmp_path / "score.json"
    path.write_text('{"schema": 2, "scorecard": {"anything": "new"}}')
    for call in (results.load, results.kept, lambda p: results.save(card(), p)):
        with pytest.raises(SchemaVersionError, match="found schema version 2"):
            call(path)
    assert "anything" in path.read_text()


def test_unknown_keys_are_refused():
    plain = msgspec.json.decode(msgspec.json.encode({"schema": 1, "scorecard": card()}))
    plain["scorecard"]["f1"] = 1.0
    with pytest.raises(DataError, match=r"here: .*f1.*; expected a scorecard"):
        results.decode(msgspec.json.encode(plain), "here")


# whatever a word may name


def test_a_file_a_folder_and_a_system_are_understood(folder, tmp_path):
    lead = folder / "core" / "lead"
    copy = tmp_path / "any name.json"
    copy.write_bytes((lead / "score.json").read_bytes())
    found = {
        str(where): names(results.cards(str(where), folder))
        for where in (folder, folder / "core", lead, lead / "score.json", copy, "lead")
    }
    assert list(found.values()) == [
        ALL,
        ALL[:2],
        [("core", "lead")],
        [("core", "lead")],
        [("core", "lead")],
        [("core", "lead"), ("other", "lead")],
    ]
    single = [results.names_one_system(where, folder) for where in found]
    assert single == [False, False, True, True, True, True]


def test_cards_are_filed_under_what_they_say_of_themselves(folder):
    (folder / "core" / "lead").rename(folder / "core" / "lead-before")
    cards = results.cards("lead-before", folder)
    assert names(cards) == [("core", "lead")]


def test_two_cards_of_one_system_are_ambiguous(folder):
    results.save(card(), folder / "core" / "copy" / "score.json")
    with pytest.raises(DataError, match="found lead on core for the second time"):
        results.cards(str(folder), folder)


@pytest.mark.parametrize("where", ["", "laed", "core/lead", "..", "HEAD"])
def test_what_is_nothing_is_refused_with_the_nearest_name(folder, where, monkeypatch):
    monkeypatch.chdir(folder.parent)
    if where == "..":
        assert results.files(where, folder)  # a folder, whatever lies in it
        return
    with pytest.raises(UnknownName, match=f"git revision named {where!r}") as caught:
        results.files(where, folder)
    assert caught.value.hint == "known: cues, lead"
    assert ("did you mean 'lead'?" in str(caught.value)) == (where in ("laed", "core/lead"))


def test_a_git_revision_gives_what_was_committed(folder):
    commit(folder)
    results.save(card(tp=9), folder / "core" / "lead" / "score.json")
    results.save(card("new"), folder / "core" / "new" / "score.json")
    cards = results.cards("HEAD", folder)
    assert names(cards) == ALL
    assert cards["core"]["lead"] == card()
    assert not results.names_one_system("HEAD", folder)
    assert all(label.startswith("HEAD:") for label in results.files("HEAD", folder))


def test_a_git_revision_gives_only_the_results_folder_of_the_project(folder):
    top = folder.parent.parent
    for stray in ("tests/core/lead", "project/tests/core/lead", "project/results-old/core/lead"):
        results.save(card(tp=0), top / stray / "score.json")
    commit(top)
    for present in (True, False):
        if not present:
            folder.rename(top / "away")
        cards = results.cards("HEAD", folder)
        assert names(cards) == ALL
        assert cards["core"]["lead"] == card()


def test_outputs_say_whose_they_are():
    line = b'{"schema":1,"system":"lead","corpus":"core"}\n{"article_id":"a"}\n'
    found = results.header(line, "here")
    assert (found.system, found.corpus) == ("lead", "core")
    for other in (b"", b"{", b'{"schema":1}\n', b'{"id":"a","claims":[]}\n'):
        with pytest.raises(DataError, match="here: found no header"):
            results.header(other, "here")


# provenance


def took(seconds, usage=None):
    return Extraction("a", "k", "ok", seconds=seconds, usage=usage)


def test_provenance_tells_commit_and_whether_the_tree_is_clean(folder):
    before = results.provenance(folder, "ff", [])
    assert (before.commit, before.dirty, before.seconds_per_article) == ("", False, None)
    commit(folder)
    made = results.provenance(folder, "ff", [took(0.5), took(None), took(0.25)])
    assert len(made.commit) == 40
    assert not made.dirty
    assert made.fingerprint == "ff"
    assert made.seconds_per_article == 0.375
    assert set(made.packages) == {"claimbench", "msgspec", "numpy", "scipy"}
    results.save(card(tp=9), folder / "core" / "lead" / "score.json")
    assert results.provenance(folder, "ff", []).dirty


def test_provenance_sums_up_what_systems_say_they_spent(tmp_path):
    spent = [
        {"model": "b", "prompt_tokens": 90, "completion_tokens": 10, "cost": 0.002},
        {"model": "a", "prompt_tokens": 300, "completion_tokens": 0, "cost": None},
        {"model": "a", "prompt_tokens": 7, "cost": True},  # tells neither tokens nor cost
        None,
    ]
    made = results.provenance(tmp_path, "", [took(None, usage) for usage in spent])
    assert made.models == ("a", "b")
    assert made.seconds_per_article is None
    assert made.tokens_per_article == 200
    assert made.dollars_per_article == 0.002


def test_new_results_alone_do_not_make_the_tree_dirty(folder):
    inside = folder / "results"
    results.save(card(), inside / "core" / "lead" / "score.json")
    commit(folder)
    results.save(card(tp=9), inside / "core" / "lead" / "score.json")
    assert not results.provenance(inside, "ff", []).dirty
    results.save(card(tp=9), folder / "core" / "lead" / "score.json")
    assert results.provenance(inside, "ff", []).dirty


def test_provenance_of_a_folder_that_is_not_there_yet(tmp_path):
    assert results.provenance(tmp_path / "not" / "yet", "", []).commit == ""
