"""Systems that break the contract: each becomes a record, the run goes on, nothing survives."""

import tracemalloc

import pytest
from running import answers, article, system, texts

from bench.model import ClaimbenchError
from bench.run import ask, run
from bench.run.process import MAX_LINE
from bench.store import encode

pytestmark = pytest.mark.process


@pytest.mark.parametrize(
    ("deed", "status", "words"),
    [
        ("sleep", "timeout", "found no line in time; expected an answer whose"),
        ("ignore SIGTERM", "timeout", "within 1 s"),
        ("flood of lines", "invalid", "found b'garbage'; expected one JSON object a line"),
        ("flood of blank lines", "invalid", "found b''; expected one JSON object a line"),
        ("exit", "crash", "exited with code 3; expected an answer"),
        ("exit", "crash", "; stderr ends:\nthe last words"),
        ("segfault", "crash", "killed by SIGSEGV"),
        ("die and leave a child", "crash", "exited with code 1"),
        ("die and leave a session", "crash", "exited with code 1"),
        ("close stdout", "crash", "closed its output but went on running"),
    ],
)
def test_a_bad_deed_is_the_record_of_its_article_alone(deed, status, words, tmp_path):
    articles = [article("a"), article("b", deed), article("c")]
    spec = system("hostile", timeout=1.0 if status == "timeout" else 20.0)
    found = answers(spec, articles, tmp_path)
    assert [found[name].status for name in "abc"] == ["ok", status, "ok"]
    assert words in (found["b"].error or "")
    assert found["b"].claims == ()
    assert found["b"].seconds is not None


@pytest.mark.parametrize("deed", ["leave a session", "noise on stderr"])
def test_what_does_no_harm_is_no_failure(deed, tmp_path):
    found = answers(
        system("hostile", timeout=20.0), [article("a"), article("b", deed), article("c")], tmp_path
    )
    assert [record.status for record in found.values()] == ["ok", "ok", "ok"]


def test_a_huge_line_is_not_held_in_memory(tmp_path):
    articles = [article("a"), article("b", "huge line"), article("c")]
    tracemalloc.start()
    try:
        found = answers(system("hostile", timeout=20.0), articles, tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [found[name].status for name in "abc"] == ["ok", "invalid", "ok"]
    assert "found a line longer than 8,388,608 bytes" in (found["b"].error or "")
    assert peak < 3 * MAX_LINE


def test_a_system_that_does_not_read_is_not_waited_for(tmp_path):
    big = article("a", text="x" * 1_000_000)
    found = answers(system("deaf"), [big, article("b")], tmp_path, jobs=2)
    assert [record.status for record in found.values()] == ["timeout", "timeout"]


GOOD = '{"id":"%s","claims":["%s"]}'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("garbage", "found b'garbage'; expected one JSON object a line"),
        ("", "found b''; expected one JSON object"),
        ("[]", "found b'[]'; expected one JSON object"),
        ("\xff", "found b'\\xff'; expected one JSON object"),
        ("[" * 100_000, "expected one JSON object"),
        ('{"claims":[]}', "found {'claims': []}; expected an answer whose \"id\" is that of"),
        ('{"id":["b"],"claims":[]}', "'id': ['b']}; expected an answer whose \"id\" is that of"),
        (GOOD % ("zzz", "x"), "'id': 'zzz'}; expected an answer whose \"id\" is that of"),
        (GOOD % ("b", "x") + "\n" + GOOD % ("b", "y"), "expected one answer for 'b'"),
        ('{"id":"b","claims":[{"text":"x","confidence":NaN}]}', "claims[0].confidence: found nan"),
        ('{"id":"b","claims":["x","\\ud800"]}', "claims[1].text: found '\\ud800'"),
        ('{"id":"b","claims":[{"text":"x","spans":[[0,999]]}]}', "claims[0].spans[0]: found [0, 9"),
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_a_bad_answer_is_the_record_of_its_article_alone(line, words, last, tmp_path):
    good = [article(name, text=GOOD % (name, name)) for name in "ac"]
    articles = [good[0], article("b", text=line), good[1]]
    if last:
        articles = [*good, articles[1]]
    found = answers(system("parrot"), articles, tmp_path)
    assert found["b"].status == "invalid"
    assert words in (found["b"].error or "")
    assert found["b"].claims == ()
    assert (texts(found["a"]), texts(found["c"])) == (["a"], ["c"])


def test_a_system_that_answers_everything_twice_fails_everywhere(tmp_path):
    articles = [article(n, text="\n".join([GOOD % (n, n)] * 2)) for n in "abcd"]
    found = answers(system("parrot"), articles, tmp_path, jobs=2)
    assert {record.status for record in found.values()} == {"invalid"}


def test_answers_may_come_in_any_order(tmp_path):
    found = answers(system("reversed"), [article(f"a{n}") for n in range(8)], tmp_path)
    assert {name: texts(record) for name, record in found.items()} == {
        f"a{n}": [f"a{n}"] for n in range(8)
    }


@pytest.mark.parametrize(
    ("deed", "status"), [("exit", "crash"), ("sleep", "timeout"), ("flood of lines", "invalid")]
)
def test_with_several_in_flight_only_the_guilty_is_blamed(deed, status, tmp_path):
    articles = [article(f"a{n}", deed if n == 2 else "good") for n in range(8)]
    spec = system("hostile", in_flight=4, timeout=1.0 if status == "timeout" else 20.0)
    found = answers(spec, articles, tmp_path)
    assert {name: record.status for name, record in found.items()} == {
        f"a{n}": status if n == 2 else "ok" for n in range(8)
    }


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("never-ready", "timeout", "within 3 s; stderr ends:\nwaiting for a lock"),
        ("other-protocol", "crash", "'protocol': 2, 'ready': 1}; expected {\"ready\":1,\"protoc"),
        ("chatty-start", "crash", "found b'Hello'; expected one JSON object"),
        ("no-program", "crash", "cannot run: [Errno 2] No such file or directory"),
        ("moody", "crash", 'exited with code 7; expected {"ready":1,'),
    ],
)
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_system_that_does_not_start_fails_every_article(name, status, words, jobs, tmp_path):
    found = answers(system(name), [article("a"), article("b"), article("c")], tmp_path, jobs=jobs)
    for record in found.values():
        assert record.status == status
        assert (record.error or "").startswith("did not start: ")
        assert words in (record.error or "")


def test_articles_that_were_never_asked_are_asked_next_time(tmp_path, monkeypatch):
    articles = [article(n, text=GOOD % (n, n)) for n in "ab"]
    spec = system("moody")
    assert {r.status for r in answers(spec, articles, tmp_path).values()} == {"crash"}
    monkeypatch.setenv("MOOD", "good")
    assert {r.status for r in answers(spec, articles, tmp_path).values()} == {"ok"}


def test_a_system_need_not_be_python(tmp_path):
    found = answers(system("shell"), [article("a"), article("b")], tmp_path, jobs=2)
    assert [texts(record) for record in found.values()] == [["spoken by a shell"]] * 2


def test_one_article_can_be_asked_without_keeping_anything():
    assert texts(ask(system("shell"), article("a"))[0]) == ["spoken by a shell"]
    twice = article("a", text="\n".join([GOOD % ("a", "a")] * 2))
    assert ask(system("parrot"), twice)[0].status == "invalid"
    assert (ask(system("no-program"), article("a"))[0].error or "").startswith("did not start: ")


def test_secrets_stay_out_of_everything_that_is_kept(tmp_path, monkeypatch):
    word = 'opensesame"é\\1'
    monkeypatch.setenv("MY_KEY", word)
    spec = system("hostile", env={"PASS": "${MY_KEY}"}, timeout=20.0)
    deeds = ["exit with the secret", "error with the secret", "claim the secret"]
    found = {
        deed: answers(spec, [article("b", deed)], tmp_path / deed.split()[0])["b"] for deed in deeds
    }
    assert [r.status for r in found.values()] == ["crash", "error", "ok"]
    assert found["error with the secret"].error == "${MY_KEY}"
    assert texts(found["claim the secret"]) == ["${MY_KEY}"]
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for leak in (word, word[-4:], "sesame", encode(word).decode()[-6:-1]):
        assert leak.encode() not in kept
        assert leak not in repr(found)
        assert leak.encode() not in encode(spec)


def test_a_system_whose_needs_are_not_met_is_not_run(tmp_path):
    spec = system("hostile", missing=("spacy>=3",), install="python -m pip install 'spacy>=3'")
    with pytest.raises(ClaimbenchError, match="lacks spacy>=3\n  next: python -m pip install"):
        run(spec, [article("a")], [], tmp_path, corpus="core")
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_goes_after_its_answer_costs_nobody_an_article(tmp_path):
    found = answers(system("one-shot"), [article(f"a{n}") for n in range(5)], tmp_path, jobs=2)
    assert {record.status for record in found.values()} == {"ok"}
