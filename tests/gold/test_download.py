import errno
import os
import socket
from pathlib import Path

import pytest

from bench.gold import RemoteFile
from bench.gold.download import download
from bench.model import FetchError, StorageError
from bench.store import digest

DATA = bytes(range(256)) * 1200
REMOTE = RemoteFile(name="news.csv", url="", sha256=digest(DATA), bytes=len(DATA))


@pytest.fixture
def server(loopback):
    loopback.files["/data/news.csv"] = DATA
    return loopback


@pytest.fixture
def get(tmp_path):
    """Download REMOTE into tmp_path; keep the pauses and the progress."""

    def run(url, remote=REMOTE):
        return download(
            remote, url, tmp_path, lambda *step: run.steps.append(step), run.pauses.append
        )

    run.steps, run.pauses, run.part = [], [], tmp_path / "news.csv.part"
    return run


def test_a_file_is_brought_in_whole(server, get, tmp_path):
    path = get(server.url("data/news.csv"))
    assert path == tmp_path / "news.csv"
    assert path.read_bytes() == DATA
    assert [p.name for p in tmp_path.iterdir()] == ["news.csv"]
    assert get.pauses == []
    assert server.ranges == [None]


def test_progress_grows_to_the_whole(server, get):
    get(server.url("data/news.csv"))
    names, done, sizes = zip(*get.steps, strict=True)
    assert set(names) == {"news.csv"}
    assert set(sizes) == {len(DATA)}
    assert done[0] == 0
    assert list(done) == sorted(done)
    assert done[-1] == len(DATA)


def test_a_file_that_is_there_is_not_asked_for_again(server, get):
    get(server.url("data/news.csv"))
    get(server.url("data/news.csv"))
    assert len(server.ranges) == 1


def test_a_file_that_is_there_but_wrong_is_replaced(server, get, tmp_path):
    (tmp_path / "news.csv").write_bytes(b"old")
    assert get(server.url("data/news.csv")).read_bytes() == DATA


def test_a_dropped_connection_is_resumed_where_it_broke(server, get):
    server.plans = [server.dropped(100_000), server.ranged]
    assert get(server.url("data/news.csv")).read_bytes() == DATA
    assert server.ranges == [None, "bytes=100000-"]
    assert get.pauses == [1.0]
    assert (REMOTE.name, 100_000, len(DATA)) in get.steps


def test_what_an_earlier_call_kept_is_not_fetched_again(server, get):
    get.part.write_bytes(DATA[:200_000])
    server.plans = [server.ranged]
    assert get(server.url("data/news.csv")).read_bytes() == DATA
    assert server.ranges == ["bytes=200000-"]
    assert get.steps[0] == ("news.csv", 200_000, len(DATA))
    assert get.pauses == []


def test_a_part_that_is_whole_is_only_verified(server, get):
    get.part.write_bytes(DATA)
    assert get(server.url("data/news.csv")).read_bytes() == DATA
    assert server.ranges == []


def test_a_server_that_knows_no_range_restarts_cleanly(server, get):
    get.part.write_bytes(b"\0" * 1000)
    assert get(server.url("data/news.csv")).read_bytes() == DATA
    assert server.ranges == ["bytes=1000-"]


def test_a_range_that_the_server_refuses_restarts_cleanly(server, get):
    get.part.write_bytes(DATA[:1000])
    server.plans = [server.status(416), server.whole]
    assert get(server.url("data/news.csv")).read_bytes() == DATA
    assert server.ranges == ["bytes=1000-", None]


def test_a_file_that_stays_too_short_says_what_is_kept_and_resumes(server, get):
    server.plans = [lambda handler: handler.answer(200, DATA[:5000]), server.status(503)]
    with pytest.raises(FetchError, match="5000 of 307200 bytes are kept") as caught:
        get(server.url("data/news.csv"))
    assert "run the same command again" in str(caught.value)
    assert get.part.read_bytes() == DATA[:5000]
    assert get.pauses == [1.0, 2.0]
    server.plans = [server.ranged]
    assert get(server.url("data/news.csv")).read_bytes() == DATA
    assert server.ranges[-1] == "bytes=5000-"


def test_a_missing_file_is_asked_for_three_times(server, get):
    server.plans = [server.status(404)]
    with pytest.raises(FetchError, match=r"404.*3 times; 0 of 307200 bytes are kept"):
        get(server.url("data/news.csv"))
    assert len(server.ranges) == 3
    assert not get.part.exists()


def test_a_port_where_nobody_listens_is_said(get):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(FetchError, match="refused"):
        get(f"http://127.0.0.1:{port}/news.csv")


def test_a_wrong_file_is_deleted_and_both_hashes_are_said(server, get):
    other = bytes(reversed(DATA))
    server.plans = [lambda handler: handler.answer(200, other)]
    with pytest.raises(FetchError) as caught:
        get(server.url("data/news.csv"))
    assert digest(other) in str(caught.value)
    assert REMOTE.sha256 in str(caught.value)
    assert not get.part.exists()
    assert len(server.ranges) == 1


def test_a_flood_is_cut_off(server, get):
    server.plans = [lambda handler: handler.answer(200, DATA * 40)]
    with pytest.raises(FetchError, match=r"found .* expected 307200 bytes") as caught:
        get(server.url("data/news.csv"))
    assert int(str(caught.value).split("found ")[1].split()[0]) < 2 * len(DATA)
    assert not get.part.exists()


def test_a_wrong_part_is_not_kept_for_ever(server, get):
    get.part.write_bytes(b"\0" * 1000)
    server.plans = [server.ranged]
    with pytest.raises(FetchError, match="nothing of it is kept"):
        get(server.url("data/news.csv"))
    assert get(server.url("data/news.csv")).read_bytes() == DATA


def test_only_http_is_spoken(get, tmp_path):
    with pytest.raises(FetchError, match="expected http:// or https://"):
        get((tmp_path / "x").as_uri())


def test_a_full_disk_is_no_matter_of_the_network(server, get, monkeypatch):
    class Full:
        def __init__(self, stream):
            self.stream = stream

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.stream.close()

        def tell(self):
            return 0

        def write(self, data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    opened = Path.open
    monkeypatch.setattr(Path, "open", lambda path, mode: Full(opened(path, mode)))
    with pytest.raises(StorageError, match="No space left"):
        get(server.url("data/news.csv"))
    assert len(server.ranges) == 1
