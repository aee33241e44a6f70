import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from bench import store
from bench.model import SCHEMA, Counts, DataError, SchemaVersionError, StorageError

HEADER = store.Header(schema=SCHEMA, system="lead", corpus="core")
ONE, TWO = Counts(1, 2, 3), Counts(4, 5, 6)


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.jsonl"
    store.write_jsonl(path, HEADER, [ONE, TWO])
    return path


# read_jsonl


def test_what_was_written_is_read(log):
    assert store.read_jsonl(log, Counts) == (HEADER, [ONE, TWO])
    assert log.read_bytes() == (
        b'{"schema":1,"system":"lead","corpus":"core"}\n'
        b'{"tp":1,"fp":2,"fn":3}\n{"tp":4,"fp":5,"fn":6}\n'
    )


def test_a_header_may_be_absent_and_lines_empty(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('\n{"tp":1}\n\n{"tp":2}')
    assert store.read_jsonl(path, Counts) == (None, [Counts(1), Counts(2)])


@pytest.mark.parametrize("torn", [b"{", b'{"tp":4,"f', b'{"tp":4}}', b"\xc3"])
def test_a_torn_last_line_is_passed_over(log, torn):
    log.write_bytes(log.read_bytes() + torn)
    assert store.read_jsonl(log, Counts)[1] == [ONE, TWO]


def test_a_bad_line_is_named_by_its_number(log):
    log.write_bytes(log.read_bytes() + b'{"tp":\n{"tp":7}\n')
    with pytest.raises(DataError, match=r"log\.jsonl:4: found .*; expected one JSON object a line"):
        store.read_jsonl(log, Counts)


def test_the_same_torn_line_with_its_newline_is_bad(log):
    log.write_bytes(log.read_bytes() + b"{\n")
    with pytest.raises(DataError, match=r"log\.jsonl:4: "):
        store.read_jsonl(log, Counts)


@pytest.mark.parametrize("line", ['{"tp":"one"}', '{"tq":1}', "[1]", "1"])
def test_a_line_of_another_shape_is_named_by_its_number(log, line):
    log.write_text(log.read_text() + line + "\n")
    with pytest.raises(DataError, match=r"log\.jsonl:4: "):
        store.read_jsonl(log, Counts)


def test_a_byte_order_mark_is_let_pass(log):
    log.write_bytes(b"\xef\xbb\xbf" + log.read_bytes())
    assert store.read_jsonl(log, Counts) == (HEADER, [ONE, TWO])


def test_a_newer_schema_says_which_version_to_install(log):
    log.write_text(log.read_text().replace('"schema":1', '"schema":2', 1))
    with pytest.raises(SchemaVersionError, match=r":1: found schema version 2") as caught:
        store.read_jsonl(log, Counts)
    assert caught.value.hint == "pip install --upgrade claimbench"


def test_another_schema_names_the_command_that_writes_it_anew(log):
    log.write_text(log.read_text().replace('"schema":1', '"schema":"one"', 1))
    with pytest.raises(SchemaVersionError, match="expected 1") as caught:
        store.read_jsonl(log, Counts)
    assert "claimbench score" in caught.value.hint


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="nowhere: No such file"):
        store.read_jsonl(tmp_path / "nowhere", Counts)
    with pytest.raises(DataError, match="Is a directory"):
        store.read_jsonl(tmp_path, Counts)


# write_atomic


def test_write_makes_folders_and_replaces(tmp_path):
    path = tmp_path / "a" / "b" / "file"
    for data in (b"old", b"new"):
        store.write_atomic(path, data)
        assert path.read_bytes() == data
    assert [p.name for p in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_permissions_are_those_of_any_new_file(tmp_path, umask):
    before = os.umask(umask)
    try:
        store.write_atomic(tmp_path / "file", b"")
        assert os.umask(umask) == umask  # asking for the umask has not changed it
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    store.write_atomic(path, b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="file: cannot write: No space left on device") as caught:
        store.write_atomic(path, b"new")
    assert caught.value.exit_code == 3
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot write"):
        store.write_atomic(tmp_path / "file" / "below", b"")


# Appender


def test_appended_records_are_there_at_once(tmp_path):
    path = tmp_path / "new" / "log.jsonl"
    log = store.Appender(path, HEADER)
    assert store.read_jsonl(path, Counts) == (HEADER, [])
    log.append(ONE)
    assert store.read_jsonl(path, Counts) == (HEADER, [ONE])
    log.close()


@pytest.mark.parametrize("torn", [b"{", b'{"tp":' + b"9" * 200_000])
def test_a_torn_tail_is_cut_before_appending(log, torn):
    whole = log.read_bytes()
    log.write_bytes(whole + torn)
    appender = store.Appender(log, HEADER)
    appender.append(ONE)
    appender.close()
    assert log.read_bytes() == whole + b'{"tp":1,"fp":2,"fn":3}\n'


def test_nothing_but_a_torn_header_is_written_anew(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"sche')
    store.Appender(path, HEADER).close()
    assert store.read_jsonl(path, Counts) == (HEADER, [])


def test_a_full_disk_leaves_the_log_whole(log):
    """The limit on file size makes the kernel take half a line, as a full disk does."""
    size = log.stat().st_size
    code = f"""
        import resource, signal
        from pathlib import Path
        from bench import store
        from bench.model import Counts, StorageError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({size + 30}, {size + 30}))
        log = store.Appender(Path({str(log)!r}), store.Header(1))
        log.append(Counts(1, 2, 3))
        try:
            log.append(Counts(4, 5, 6))
        except StorageError as error:
            print(error)
        log.close()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"{log}: cannot write: ")
    assert store.read_jsonl(log, Counts)[1] == [ONE, TWO, ONE]
    assert log.read_bytes().endswith(b"}\n")


# exclusive


def _hold(folder, ready, go):
    with store.exclusive(folder, lambda _: None):
        ready.set()
        go.wait()


@pytest.mark.process
def test_a_second_process_waits_and_is_told_who_is_there(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready, go = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(tmp_path, ready, go))
    holder.start()
    ready.wait()
    told = []

    def waited(who):
        told.append(who)
        go.set()

    with store.exclusive(tmp_path, waited):
        assert told == [f"process {holder.pid}"]
    holder.join()
    assert holder.exitcode == 0


@pytest.mark.process
def test_a_killed_holder_lets_go(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready, go = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(tmp_path, ready, go))
    holder.start()
    ready.wait()
    os.kill(holder.pid, signal.SIGKILL)
    holder.join()
    told = []
    with store.exclusive(tmp_path, told.append):
        assert told == []


def _count_up(folder, times):
    for _ in range(times):
        with store.exclusive(folder, lambda _: None):
            before = int((folder / "count").read_text())
            (folder / "count").write_text(str(before + 1))


@pytest.mark.process
def test_many_take_turns_and_leave_no_lock_behind(tmp_path):
    (tmp_path / "count").write_text("0")
    context = multiprocessing.get_context("fork")
    others = [context.Process(target=_count_up, args=(tmp_path, 100)) for _ in range(4)]
    for process in others:
        process.start()
    for process in others:
        process.join()
    assert (tmp_path / "count").read_text() == "400"
    assert [path.name for path in tmp_path.iterdir()] == ["count"]


def test_a_folder_that_cannot_be_locked_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(StorageError, match="cannot write"),
        store.exclusive(tmp_path / "file", lambda _: None),
    ):
        pass


# places


def test_the_project_is_the_nearest_folder_with_a_corpus_or_a_system(tmp_path, monkeypatch):
    monkeypatch.delenv("CLAIMBENCH_ROOT", raising=False)
    deep = tmp_path / "systems" / "mine" / "deep"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert store.find_places().results == deep / "results"
    (tmp_path / "systems/mine/system.toml").write_text("")
    assert store.find_places().results == tmp_path / "results"
    assert store.find_places().systems[0] == tmp_path / "systems"


def test_the_project_and_the_cache_can_be_named(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMBENCH_ROOT", str(tmp_path))
    monkeypatch.setenv("CLAIMBENCH_CACHE", str(tmp_path / "texts"))
    places = store.find_places()
    assert (places.results, places.cache) == (tmp_path / "results", tmp_path / "texts")
    monkeypatch.setenv("CLAIMBENCH_ROOT", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="nowhere: found no such folder"):
        store.find_places()


def test_fetched_texts_go_to_the_users_cache(tmp_path, monkeypatch):
    monkeypatch.delenv("CLAIMBENCH_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert store.find_places(tmp_path).cache == tmp_path / "claimbench"


def test_the_project_is_looked_for_at_and_above_where_one_starts(tmp_path, monkeypatch):
    monkeypatch.delenv("CLAIMBENCH_ROOT", raising=False)
    tests = tmp_path / "tests"
    tests.mkdir()
    assert store.find_places(tests).results == tests / "results"
    (tmp_path / "systems/mine").mkdir(parents=True)
    (tmp_path / "systems/mine/system.toml").touch()
    assert store.find_places(tests).results == tmp_path / "results"
    monkeypatch.setenv("CLAIMBENCH_ROOT", str(tests))
    assert store.find_places(tmp_path).results == tests / "results"
