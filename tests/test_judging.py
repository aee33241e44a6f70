"""Verdicts of a language model, asked of an endpoint on loopback; all text is invented."""

import json
import signal
import threading
import time
from contextlib import closing

import msgspec
import pytest
from project import make_project

from bench.judging import PROMPT, Endpoint, Tally, prompt_digest, questions, record, verdict_in
from bench.matching import Said, matcher_named, recorded
from bench.matching.judge import read_record
from bench.model import Claim, ClaimbenchError, DataError, Extraction, IncompleteRun
from bench.score import evaluate
from bench.store import Header

from llm_server import Endpoint as Server
from llm_server import completion, shown
from made import HARBOUR, make_gold

STRIKE, CROSSINGS, CHIEF, BOAT = HARBOUR
KEY = "sk-opensesame-0123456789"
SAID = {
    "The ferry crews walked out.": "match",
    "A strike may begin in Port Alder.": "partial",
    "Nobody in Port Alder is on strike.": "contradicts",
}
ASKED = [(STRIKE.wordings, text) for text in SAID]


@pytest.fixture(autouse=True)
def direct(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def model(body):
    """Answers as SAID has it, else that the texts are about different things."""
    verdict = SAID.get(shown(body)["prediction"], "different")
    return completion(json.dumps({"verdict": verdict}))


def ask(server, path, wanted=ASKED, *, name="made-1", key="", **options):
    with closing(Endpoint(server.url, name, key, wait=0.001)) as endpoint:
        return record(path, wanted, endpoint, **options)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "verdicts.jsonl"


@pytest.fixture
def kept(file):
    with Server(model) as server:
        assert ask(server, file) == Tally(0, 3, ())
    return file


# what is asked


def test_a_request_fixes_what_can_be_fixed_and_shows_the_texts_as_data(file):
    with Server(model) as server:
        ask(server, file, ASKED[:1], key=KEY)
    (body,) = server.requests
    assert (body["model"], body["temperature"]) == ("made-1", 0)
    assert body["messages"][0] == {"role": "system", "content": PROMPT}
    assert shown(body) == {
        "claim": STRIKE.text,
        "accepted": list(STRIKE.forms),
        "prediction": "The ferry crews walked out.",
    }
    assert server.keys == [f"Bearer {KEY}"]
    assert KEY not in file.read_text()


def test_only_what_shares_a_content_word_is_asked_and_nothing_twice():
    claims = (
        Claim("Ferry drivers walked out."),
        Claim("Ferry drivers walked out."),
        Claim("Pears are ripe."),  # shares nothing
        Claim(STRIKE.text),  # states it in an accepted wording; the others are open
        Claim("14 boats sank."),  # the number, and the boat
    )
    gold = make_gold({"harbour": HARBOUR, "empty": ()})
    outputs = {
        "harbour": Extraction("harbour", "k", "ok", claims),
        "elsewhere": Extraction("elsewhere", "k", "ok", (Claim("Ferry."),)),
    }
    failed = {"harbour": Extraction("harbour", "k", "crash", (Claim("Ferry."),))}
    found = questions(gold, [outputs, failed, {}, outputs])
    assert [(claim, text) for (claim, *_), text in found] == [
        (STRIKE.text, "Ferry drivers walked out."),
        (CROSSINGS.text, "Ferry drivers walked out."),
        (CROSSINGS.text, STRIKE.text),
        (CROSSINGS.text, "14 boats sank."),
        (BOAT.text, "14 boats sank."),
    ]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ('{"verdict": "match"}', "match"),
        ('Surely:\n```json\n{"verdict" : "partial"}\n```', "partial"),
        ('{"verdict": "match"} or rather {"verdict": "different"}', None),
        ('{"verdict": "match|partial|contradicts|different"}', None),
        ('{"verdict": "agrees"}', None),
        ("match", None),
        ("", None),
    ],
)
def test_an_answer_gives_one_verdict_or_none(answer, verdict):
    assert verdict_in(answer) == verdict


# the record


def test_a_record_says_who_was_asked_what_and_what_came_back(kept):
    header, lines = read_record(kept)
    assert (header.schema, header.model, header.prompt) == (1, "made-1", prompt_digest())
    assert len(header.made) == len("2031-05-06")
    assert {line.prediction: line.verdict for line in lines} == SAID
    assert {(line.claim, line.forms) for line in lines} == {(STRIKE.text, STRIKE.forms)}
    assert {line.answer for line in lines} == {json.dumps({"verdict": v}) for v in SAID.values()}


def test_what_was_judged_is_not_asked_again(kept):
    before = kept.read_bytes()
    with Server(model) as server:
        assert ask(server, kept) == Tally(3, 0, ())
        assert server.requests == []
        assert kept.read_bytes() == before
        more = [*ASKED, (BOAT.wordings, "The boat left."), (BOAT.wordings, "The boat left.")]
        assert ask(server, kept, more) == Tally(3, 1, ())
    assert kept.read_bytes().startswith(before)


@pytest.mark.parametrize("cut", [1, 20, 10**6])
def test_a_torn_last_line_is_asked_anew(kept, cut):
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-cut])  # the last of them leaves an empty file
    with Server(model) as server:
        ask(server, kept)
        assert len(server.requests) == (3 if cut > len(whole) else 1)
    assert {line.prediction: line.verdict for line in read_record(kept)[1]} == SAID


def test_no_other_model_writes_into_a_record(kept):
    before = kept.read_bytes()
    with Server(model) as server:
        with pytest.raises(DataError, match="verdicts of the model made-1; expected made-2"):
            ask(server, kept, name="made-2")
        assert server.requests == []
    assert kept.read_bytes() == before


def test_no_other_prompt_writes_into_a_record(kept, monkeypatch):
    monkeypatch.setattr("bench.judging.PROMPT", f"{PROMPT} Be kind.")
    with Server(model) as server, pytest.raises(DataError, match="one model's verdicts on one"):
        ask(server, kept)


@pytest.mark.parametrize(
    "content", ["Dear diary,\nno newline", '{"schema":1,"system":"x"}\n{"id":1']
)
def test_another_file_is_left_as_it_is(file, content):
    file.write_text(content)
    with Server(model) as server, pytest.raises(DataError):
        ask(server, file)
    assert file.read_text() == content


# an endpoint in trouble


def test_what_passes_is_tried_again(file):
    faults = ["429", "500", "hang-up", "not-json", None]
    with Server(model, faults) as server:
        assert ask(server, file, ASKED[:1]) == Tally(0, 1, ())
        assert len(server.requests) == 5


@pytest.mark.parametrize("fault", ["500", "429", "hang-up"])
def test_patience_ends_and_what_was_judged_is_kept(file, fault):
    with Server(model, [None, *[fault] * 5]) as server:
        with pytest.raises(IncompleteRun, match="what was judged is kept"):
            ask(server, file)
        assert len(server.requests) == 6
        assert len(read_record(file)[1]) == 1
        assert ask(server, file) == Tally(1, 2, ())


def test_who_wants_to_be_asked_tomorrow_is_not_waited_for(file):
    with Server(model, ["429-long"]) as server:
        with pytest.raises(IncompleteRun, match="come back tomorrow"):
            ask(server, file)
        assert len(server.requests) == 1


@pytest.mark.parametrize(("fault", "advice"), [("401", "_API_KEY"), ("404", "_BASE_URL")])
def test_what_does_not_pass_is_told_at_once(file, fault, advice):
    with Server(model, [fault]) as server:
        with pytest.raises(ClaimbenchError, match=f"found HTTP {fault}") as caught:
            ask(server, file)
        assert len(server.requests) == 1
    assert advice in caught.value.hint


def test_no_message_holds_the_key(file):
    with Server(model, ["echo"]) as server, pytest.raises(ClaimbenchError) as caught:
        ask(server, file, key=KEY)
    assert "your header was Bearer ${CLAIMBENCH_LLM_API_KEY}" in str(caught.value)
    assert KEY not in str(caught.value)


def test_no_record_holds_the_key(file):
    def parrot(_):
        return completion(f'{KEY} {{"verdict": "match"}}')

    with Server(parrot) as server:
        ask(server, file, ASKED[:1], key=KEY)
    (line,) = read_record(file)[1]
    assert line.answer == '${CLAIMBENCH_LLM_API_KEY} {"verdict": "match"}'


@pytest.mark.parametrize("fault", ["refusal", "schema", "truncated"])
def test_an_answer_without_a_verdict_is_counted_and_never_recorded(file, fault):
    with Server(model, [fault]) as server:
        assert ask(server, file) == Tally(0, 2, (ASKED[0],))
        assert len(read_record(file)[1]) == 2
        assert ask(server, file) == Tally(2, 1, ())


def test_questions_are_asked_at_once(file):
    together = threading.Barrier(3, timeout=20)  # breaks unless all three are being answered

    def patient(body):
        together.wait()
        return model(body)

    with Server(patient) as server:
        assert ask(server, file, jobs=3) == Tally(0, 3, ())
        assert server.most == 3


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({}, "_BASE_URL is not set"),
        ({"BASE_URL": "http://127.0.0.1:1/v1"}, "_MODEL is not set"),
        ({"BASE_URL": "127.0.0.1", "MODEL": "m"}, "expected an address such as"),
        ({"BASE_URL": "http://me:pw@127.0.0.1/v1", "MODEL": "m"}, "found credentials"),
        ({"BASE_URL": "http://127.0.0.1/v1", "MODEL": "m", "API_KEY": "a b"}, "no header"),
    ],
)
def test_an_environment_that_names_no_endpoint_is_refused(monkeypatch, variables, why):
    for name, value in variables.items():
        monkeypatch.setenv(f"CLAIMBENCH_LLM_{name}", value)
    with pytest.raises(ClaimbenchError, match=why) as caught:
        Endpoint.of_environment()
    assert "pw" not in str(caught.value)


# the matcher


@pytest.mark.parametrize(
    ("text", "worth", "reason"),
    [
        ("The ferry crews walked out.", 1, ""),
        ("A strike may begin in Port Alder.", 0.5, "judged partial"),
        ("Nobody in Port Alder is on strike.", 0, "judged contradicts"),
        (STRIKE.forms[0], 1, ""),
        ("Pears are ripe.", 0, "judged different"),
    ],
)
def test_a_verdict_decides(kept, text, worth, reason):
    verdict = recorded(str(kept)).judge(STRIKE, Said((text,)))
    assert (verdict.similarity, verdict.accepted, verdict.reason) == (worth, worth == 1, reason)
    assert recorded(str(kept), threshold=0.5).judge(STRIKE, Said((text,))).accepted == bool(worth)


def test_a_pair_that_was_never_judged_is_an_error_and_not_a_rejection(kept):
    for decide in (
        lambda m: m.judge(STRIKE, Said(("The strike is over.",))),
        lambda m: m.accepted(HARBOUR, [Said(("The strike is over.",))]),
    ):
        with pytest.raises(DataError, match=r"no verdict on the prediction 'The strike is over\.'"):
            decide(recorded(str(kept)))


def test_a_verdict_on_other_forms_is_none(kept):
    said = Said(("The ferry crews walked out.",))
    assert recorded(str(kept)).judge(STRIKE, said).accepted
    reworded = msgspec.structs.replace(STRIKE, forms=())
    with pytest.raises(DataError, match="found no verdict"):
        recorded(str(kept)).judge(reworded, said)


def test_the_repr_names_the_decisions_and_not_the_file(kept, tmp_path):
    matcher = recorded(str(kept))
    prefix = f"judge(threshold=1.0, model='made-1', prompt='{prompt_digest()[:12]}', verdicts='"
    assert repr(matcher).startswith(prefix)
    head, *lines = kept.read_text().splitlines(keepends=True)
    other = tmp_path / "other.jsonl"
    other.write_text("".join([head, *lines[::-1]]))
    assert repr(recorded(str(other))) == repr(matcher)  # the order of lines decides nothing
    other.write_text("".join([head, *lines]).replace('"contradicts"', '"match"'))
    assert repr(recorded(str(other))) != repr(matcher)
    other.write_text("".join([head, *lines[1:]]))
    assert repr(recorded(str(other))) != repr(matcher)


def test_a_record_that_grew_since_is_another_matcher(kept):
    matcher = recorded(str(kept))
    with Server(model) as server:
        ask(server, kept, [(BOAT.wordings, "The boat left.")])
    with pytest.raises(DataError, match="it was written to since the matcher was made"):
        matcher.judge(STRIKE, Said(("The ferry crews walked out.",)))
    assert repr(recorded(str(kept))) != repr(matcher)


def test_the_matcher_is_named_by_its_record(kept, monkeypatch):
    assert matcher_named(f"judge(file={str(kept)!r})") == recorded(str(kept))
    monkeypatch.chdir(kept.parent)
    named = matcher_named("judge(file='verdicts.jsonl', threshold=0.5)")
    assert repr(named) == repr(recorded(str(kept), threshold=0.5))
    with pytest.raises(DataError, match=r"nowhere\.jsonl: No such file"):
        matcher_named("judge(file='nowhere.jsonl')")
    with pytest.raises(ClaimbenchError, match="needs a record of verdicts"):
        matcher_named("judge")


def test_a_file_that_is_no_record_is_refused(file):
    file.write_text(json.dumps({"schema": 1, "system": "lines", "corpus": "core"}) + "\n")
    with pytest.raises(DataError, match="expected a record of verdicts"):
        recorded(str(file))
    head = Header(schema=1, model="m", prompt="p")
    line = {"claim": "a", "forms": [], "prediction": "b", "verdict": "perhaps"}
    text = json.dumps({"schema": 1, "model": head.model, "prompt": head.prompt})
    file.write_text(f"{text}\n{json.dumps(line)}\n")
    with pytest.raises(DataError, match=r"verdicts.jsonl:2: Invalid enum value 'perhaps'"):
        recorded(str(file))


def test_scoring_by_verdicts(file, harbour):
    outputs = {"harbour": Extraction("harbour", "k", "ok", tuple(Claim(text) for text in SAID))}
    with Server(model) as server:
        ask(server, file, questions(harbour, [outputs]))
    card = evaluate(harbour, outputs, matcher=recorded(str(file)))
    assert (card.claims.tp, card.claims.fp, card.claims.fn) == (1, 2, 2)
    assert card.signature.matcher == repr(recorded(str(file)))


# the command


def environment(server):
    return {
        "CLAIMBENCH_LLM_BASE_URL": server.url,
        "CLAIMBENCH_LLM_MODEL": "made-1",
        "CLAIMBENCH_LLM_API_KEY": KEY,
        "NO_PROXY": "127.0.0.1",
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    project = make_project(tmp_path_factory.mktemp("judging"))
    project("run", "lines")
    return project


@pytest.mark.process
def test_the_command_records_and_scoring_asks_nobody(made):
    with Server(model) as server:
        done = made("judge", "lines", "--out", "v.jsonl", **environment(server))
        asked = len(server.requests)
        again = made("judge", "lines", "--out", "v.jsonl", **environment(server))
        assert len(server.requests) == asked > 0
    assert f"v.jsonl: {asked} pairs, 0 judged before, {asked} judged now" in done.out
    assert f"{asked} judged before, 0 judged now, 0 without a verdict" in again.out
    command = "judge(file='v.jsonl')"
    assert f'claimbench score --matcher "{command}"' in done.out
    assert "Leaderboard of core" in made("score", "lines", "--matcher", command).out
    everything = done.out + done.err + (made.root / "v.jsonl").read_text()
    assert KEY not in everything


@pytest.mark.process
def test_the_command_says_what_has_no_verdict(made):
    with Server(lambda _: completion("I cannot say.")) as server:
        told = made.fails("judge", "lines", "--out", "w.jsonl", code=3, **environment(server))
    assert "made-1 gave no verdict on" in told
    told = made.fails("score", "lines", "--matcher", "judge(file='w.jsonl')", code=2)
    assert "next: claimbench judge --out w.jsonl" in told


@pytest.mark.process
def test_the_command_without_an_endpoint_says_what_to_set(made):
    told = made.fails("judge", "--out", "x.jsonl", code=2)
    assert "export CLAIMBENCH_LLM_BASE_URL=" in told
    assert not (made.root / "x.jsonl").exists()


@pytest.mark.process
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_recording_goes_on_where_it_was(made, end):
    out = f"{end.name}.jsonl"
    file = made.root / out
    with Server(model, [None, "slow"]) as server:
        made.env |= environment(server)
        process = made.start("judge", "lines", "--jobs", "1", "--out", out)
        limit = time.monotonic() + 60
        while len(server.requests) < 2:
            assert time.monotonic() < limit
            time.sleep(0.02)
        process.send_signal(end)
        server.hold.set()
        process.wait(60)
        kept = len(read_record(file)[1])
        assert kept >= 1
        before = len(server.requests)
        done = made("judge", "lines", "--out", out)
    assert f"{kept} judged before" in done.out
    assert f"{len(server.requests) - before} judged now" in done.out
