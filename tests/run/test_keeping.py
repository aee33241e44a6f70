"""What is kept: nothing is asked twice, nothing that was answered is lost."""

import ctypes
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time

import msgspec
import pytest
from msgspec.structs import replace
from running import SYSTEMS, TESTS, answers, article, system, texts

from bench import systems
from bench.model import DataError, Extraction, Labelled, SchemaVersionError
from bench.run import kept, read_outputs
from bench.run.outputs import tidy

from made import HARBOUR

pytestmark = pytest.mark.process


def lines(folder):
    return (folder / "outputs.jsonl").read_bytes().splitlines()


def wait_for_lines(folder, count):
    until = time.monotonic() + 60
    while not (folder / "outputs.jsonl").exists() or len(lines(folder)) < count:
        assert time.monotonic() < until, "the run has not come as far as it should"
        time.sleep(0.01)


@pytest.fixture
def counting(tmp_path, count_file):
    """A system in a folder that may be changed, and a way to see whom it was asked about."""
    folder = tmp_path / "systems" / "counting"
    shutil.copytree(SYSTEMS / "counting", folder)

    def asked():
        names = sorted(count_file.read_text().split())
        count_file.write_text("")
        return names

    return folder, asked


def test_a_finished_article_is_never_asked_again(counting, tmp_path):
    folder, asked = counting
    articles = [article("a"), article("b"), article("c", "raise"), article("d", "exit")]
    first = answers(systems.load(folder), articles, tmp_path / "out")
    # d ends a process that had answered before: it is asked once more, alone, to be sure
    assert asked() == ["a", "b", "c", "d", "d"]
    before = lines(tmp_path / "out")
    assert answers(systems.load(folder), articles, tmp_path / "out") == first
    assert asked() == []
    assert lines(tmp_path / "out") == before


def test_a_changed_prompt_asks_again_and_replaces(counting, tmp_path):
    folder, asked = counting
    articles = [article("a"), article("b")]
    answers(systems.load(folder), articles, tmp_path / "out")
    (folder / "prompt.txt").write_text("New claim:")
    found = answers(systems.load(folder), articles, tmp_path / "out")
    assert asked() == ["a", "a", "b", "b"]
    assert texts(found["a"]) == ["New claim: good"]
    assert len(lines(tmp_path / "out")) == 3


def test_a_changed_article_alone_is_asked_again(counting, tmp_path):
    folder, asked = counting
    answers(systems.load(folder), [article("a"), article("b")], tmp_path / "out")
    asked()
    answers(systems.load(folder), [article("a"), article("b", text="New.")], tmp_path / "out")
    assert asked() == ["b"]


def test_what_failed_is_asked_again_on_request(counting, tmp_path):
    folder, asked = counting
    articles = [article("a"), article("b", "raise"), article("c", "exit")]
    answers(systems.load(folder), articles, tmp_path / "out")
    asked()
    found = answers(systems.load(folder), articles, tmp_path / "out", retry=True)
    assert asked() == ["b", "c", "c"]
    assert [record.status for record in found.values()] == ["ok", "error", "crash"]
    assert len(lines(tmp_path / "out")) == 4


def test_articles_of_other_runs_stay(counting, tmp_path):
    folder, asked = counting
    answers(systems.load(folder), [article("b"), article("x")], tmp_path / "out")
    answers(systems.load(folder), [article("a"), article("b")], tmp_path / "out")
    assert asked() == ["a", "b", "x"]
    assert list(read_outputs(tmp_path / "out" / "outputs.jsonl")) == ["a", "b", "x"]


def test_training_data_are_handed_over_and_identify_the_answer(tmp_path):
    spec = system("trains")
    taught = [Labelled(article("t"), HARBOUR[:1])]
    first = answers(spec, [article("a")], tmp_path, train=taught)["a"]
    assert texts(first) == [f"t: {HARBOUR[0].text} (event, positive)"]
    more = [Labelled(article("t"), HARBOUR[:2])]
    second = answers(spec, [article("a")], tmp_path, train=more)["a"]
    assert len(second.claims) == 2
    assert first.key != second.key


def test_a_system_that_does_not_train_never_sees_gold(counting, tmp_path):
    folder, _ = counting
    taught = [Labelled(article("t"), HARBOUR)]
    first = answers(systems.load(folder), [article("a")], tmp_path / "out", train=taught)
    assert answers(systems.load(folder), [article("a")], tmp_path / "out", train=[]) == first


def record(name, key, **fields):
    return Extraction(article_id=name, key=key, status="ok", **fields)


def test_tidying_drops_an_older_answer_only_for_a_newer_one():
    old, new, other = record("a", "1"), record("a", "2"), record("z", "1")
    unstarted = replace(new, status="crash", error="did not start: no memory")
    assert tidy([old, other, new], {"a": new}) == [new, other]
    assert tidy([old, other, unstarted], {"a": unstarted}) == [old, unstarted, other]


def write(path, *records):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(msgspec.json.encode(r) + b"\n" for r in records))


def test_outputs_made_elsewhere_are_read(tmp_path):
    path = tmp_path / "theirs.jsonl"
    write(
        path,
        {"id": "a", "claims": ["one", {"text": "two", "type": "event", "spans": [[0, 9]]}]},
        {"article_id": "b", "claims": []},
        {"id": "c", "error": "refused"},
        {"id": "a", "claims": ["last wins"]},
    )
    found = read_outputs(path)
    assert texts(found["a"]) == ["last wins"]
    assert [record.status for record in found.values()] == ["ok", "ok", "error"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"claims": []}, "found no id; expected"),
        ({"id": 7, "claims": []}, "found [7]; expected"),
        ({"id": "a", "claims": [{"text": ""}]}, "claims[0].text: found ''; expected text"),
        ({"key": "k", "status": "fine", "article_id": "a"}, "Invalid enum value 'fine'"),
        ([], "found []; expected one JSON object a line"),
    ],
)
def test_a_wrong_line_in_outputs_is_named(wrong, message, tmp_path):
    path = tmp_path / "theirs.jsonl"
    write(path, {"id": "b", "claims": []}, wrong)
    with pytest.raises(DataError) as caught:
        read_outputs(path)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert message in str(caught.value)


def test_outputs_of_a_newer_claimbench_are_not_touched(counting, tmp_path):
    folder, asked = counting
    path = tmp_path / "out" / "outputs.jsonl"
    write(path, {"schema": 99, "system": "counting", "corpus": "core"})
    before = path.read_bytes()
    with pytest.raises(SchemaVersionError, match=r"schema version 99.*\n.*pip install --upgrade"):
        answers(systems.load(folder), [article("a")], tmp_path / "out")
    with pytest.raises(SchemaVersionError):
        read_outputs(path)
    assert (path.read_bytes(), asked()) == (before, [])


def test_outputs_of_another_system_are_not_mixed_in(counting, tmp_path):
    folder, _ = counting
    write(tmp_path / "out" / "outputs.jsonl", {"schema": 1, "system": "cues", "corpus": "core"})
    with pytest.raises(DataError, match="found outputs of 'cues' on 'core'; expected"):
        answers(systems.load(folder), [article("a")], tmp_path / "out")


def test_a_torn_last_line_is_healed(counting, tmp_path):
    folder, asked = counting
    articles = [article("a"), article("b"), article("c")]
    first = answers(systems.load(folder), articles, tmp_path / "out")
    path = tmp_path / "out" / "outputs.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    asked()
    found = answers(systems.load(folder), articles, tmp_path / "out")
    assert asked() == ["c"]
    assert [r.claims for r in found.values()] == [r.claims for r in first.values()]
    assert list(kept(tmp_path / "out").values()) == list(found.values())


@pytest.fixture
def harness(tmp_path, count_file, importable):
    """Start a run of ``counting`` in a process of its own."""

    def start(articles, folder, jobs=2, name="counting", **options):
        file = tmp_path / "articles.json"
        file.write_bytes(msgspec.json.encode(articles))
        script = TESTS / "fixtures" / "harness.py"
        command = [sys.executable, script, SYSTEMS / name, file, folder, str(jobs)]
        return subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, **options
        )

    return start


def finish(process):
    words = process.communicate(timeout=60)[1]
    return process.returncode, words


def essence(folder):
    found = read_outputs(folder / "outputs.jsonl").values()
    return [(r.article_id, r.key, r.status, r.claims) for r in found]


def test_a_run_killed_twenty_times_ends_as_if_undisturbed(harness, tmp_path, dies_out):
    titles = {37: "raise", 73: "exit"}
    articles = [article(f"a{n:03}", titles.get(n, f"title {n}")) for n in range(120)]
    assert finish(harness(articles, tmp_path / "calm")) == (0, "")
    wild = tmp_path / "wild"
    chance = random.Random(20)
    kills = 0
    while kills < 20:
        process = harness(articles, wild)
        time.sleep(chance.uniform(0.1, 0.4))
        process.kill()
        kills += finish(process)[0] == -signal.SIGKILL
        if chance.random() < 0.3 and (wild / "outputs.jsonl").exists():
            with (wild / "outputs.jsonl").open("ab") as file:
                file.write(b'{"article_id":"a000","key":"')
    assert finish(harness(articles, wild)) == (0, "")
    assert essence(wild) == essence(tmp_path / "calm")
    assert dies_out()


def test_two_runs_at_once_ask_each_article_once(harness, tmp_path, count_file):
    articles = [article(f"a{n:02}") for n in range(30)]
    both = [harness(articles, tmp_path / "out") for _ in range(2)]
    ended = [finish(process) for process in both]
    assert [code for code, _ in ended] == [0, 0]
    assert ": in use by " in "".join(words for _, words in ended)
    assert sorted(count_file.read_text().split()) == [a.id for a in articles]
    assert [name for name, *_ in essence(tmp_path / "out")] == [a.id for a in articles]


def test_a_full_disk_loses_no_answer(harness, tmp_path, count_file, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    articles = [article(f"a{n:02}", "title " * 20) for n in range(20)]
    out = tmp_path / "out"
    full = harness(
        articles,
        out,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000)),
    )
    code, words = finish(full)
    (saved,) = tmp_path.glob("claimbench-rescue-*.jsonl")
    assert code == 1
    assert words.startswith(f"StorageError: {out / 'outputs.jsonl'}: cannot write: ")
    assert f"cat {saved} >> {out / 'outputs.jsonl'}" in words
    with (out / "outputs.jsonl").open("ab") as file:
        file.write(saved.read_bytes())
    assert finish(harness(articles, out)) == (0, "")
    assert sorted(count_file.read_text().split()) == [a.id for a in articles]
    assert len(lines(out)) == 21


def test_where_nothing_can_be_written_the_answers_go_to_stderr(harness, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    articles = [article("a", "title " * 200)]
    full = harness(
        articles,
        tmp_path / "out",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (400, 400)),
    )
    first, second, *_ = finish(full)[1].splitlines()
    assert json.loads(first)["article_id"] == "a"
    assert "what was answered meanwhile is on stderr above" in second


def test_a_disk_that_is_full_from_the_start_is_told_before_anything_is_asked(
    harness, tmp_path, count_file
):
    full = harness(
        [article("a")],
        tmp_path / "out",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    )
    code, words = finish(full)
    assert code == 1
    assert words.startswith(f"StorageError: {tmp_path}/out/.lock: cannot write: File too large\n")
    assert count_file.read_text() == ""


def drop_the_right_to_write_anywhere():
    if os.geteuid() == 0:
        drop_from_bounding_set, dac_override = 24, 1
        assert ctypes.CDLL(None).prctl(drop_from_bounding_set, dac_override, 0, 0, 0) == 0


@pytest.mark.skipif(os.geteuid() == 0 and sys.platform != "linux", reason="root may write anywhere")
def test_a_read_only_folder_is_told_before_anything_is_asked(harness, tmp_path, count_file):
    out = tmp_path / "out"
    out.mkdir(mode=0o555)
    process = harness([article("a")], out, preexec_fn=drop_the_right_to_write_anywhere)
    code, words = finish(process)
    assert code == 1
    assert words.startswith(f"StorageError: {out / '.lock'}: cannot write: Permission denied\n")
    assert count_file.read_text() == ""


def test_an_interrupted_run_keeps_what_it_has_and_leaves_nothing(harness, tmp_path, dies_out):
    out = tmp_path / "out"
    articles = [article("a"), article("b"), article("c", "sleep"), article("d")]
    process = harness(articles, out, jobs=1, name="hostile")
    wait_for_lines(out, 3)
    process.send_signal(signal.SIGINT)
    code, words = finish(process)
    assert code == -signal.SIGINT
    assert words.endswith("KeyboardInterrupt\n")
    assert list(read_outputs(out / "outputs.jsonl")) == ["a", "b"]
    assert dies_out()


def test_impatience_leaves_nothing_either(harness, tmp_path, dies_out):
    """The system waits out SIGTERM; one Ctrl-C after the other comes while it is being ended."""
    articles = [article("a"), article("b", "ignore SIGTERM")]
    process = harness(articles, tmp_path, jobs=1, name="hostile")
    wait_for_lines(tmp_path, 2)
    time.sleep(0.2)  # let it begin to be stubborn
    for _ in range(5):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    code, words = finish(process)
    assert code == -signal.SIGINT
    assert words.endswith("KeyboardInterrupt\n")
    assert list(read_outputs(tmp_path / "outputs.jsonl")) == ["a"]
    assert dies_out()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a hung worker")
def test_a_hung_worker_does_not_outlive_a_killed_harness(harness, tmp_path, dies_out):
    process = harness([article("a", "strings"), article("b", "hang")], tmp_path, 1, "class")
    wait_for_lines(tmp_path, 2)
    time.sleep(0.1)  # let it begin to hang
    process.kill()
    finish(process)
    assert dies_out()
