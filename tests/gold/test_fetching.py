import csv
import io
from concurrent.futures import ThreadPoolExecutor

import pytest

from bench.gold import absent, fetch, find_corpus, load
from bench.model import FetchError
from bench.store import digest

ROWS = [
    "Not an article.",
    "Monday, May 5, 2031\xa0\r\n\r\n\r\nThe  pier\xa0shut.",
    "The reef grew.",
]
TEXTS = {"pier": "The pier shut.\n", "reef": "The reef grew.\n"}
STEPS = 'normalise = ["nfc", "lf", "nbsp", "date-line", "spaces", "blank-lines"]\n'


def table(rows):
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, ["url", "text"])
    writer.writeheader()
    writer.writerows({"url": "x", "text": row} for row in rows)
    return buffer.getvalue().encode()


DATA = table([*ROWS, "x" * 200_000])


def write_news(project, url="http://127.0.0.1:1/data/news.csv", data=DATA, texts=TEXTS):
    """A corpus of two articles in rows 1 and 2 of one table."""
    head = (
        'schema = 1\nname = "news"\ntitle = "N"\nversion = "1.0.0"\n'
        'language = "en"\nlicence = "L"\n'
        f'text = "fetched"\n{STEPS}\n[[file]]\nname = "news.csv"\nurl = "{url}"\n'
        f'sha256 = "{digest(data)}"\nbytes = {len(data)}\n'
    )
    entries = [
        f'\n[[article]]\nid = "{name}"\ntitle = "T"\ndate = "2031-05-05"\nsplit = "test"\n'
        f'sha256 = "{digest(text)}"\nfile = "news.csv"\nrow = {row}\n'
        for row, (name, text) in enumerate(texts.items(), start=1)
    ]
    project.folder("news").mkdir(parents=True)
    project.toml("news").write_text(head + "".join(entries))
    for name in texts:
        project.write_labels(name, [], "news")
    return find_corpus("news", project.places)


def write_own(project, text="The pier shut.\n"):
    """A corpus of one article that the user has to bring."""
    project.add_corpus("own", held=False, splits={"mine": "test"}, extra=STEPS, text=text)
    return find_corpus("own", project.places)


def cached(project, corpus="news"):
    folder = project.places.cache / corpus
    return {p.stem: p.read_text() for p in folder.iterdir()} if folder.is_dir() else {}


@pytest.fixture
def home(tmp_path):
    """A folder of the user's own, with a folder in it."""
    folder = tmp_path / "home"
    (folder / "deep").mkdir(parents=True)
    return folder


def test_texts_are_downloaded_normalised_and_cached(project, loopback):
    loopback.files["/data/news.csv"] = DATA
    corpus = write_news(project, loopback.url("data/news.csv"))
    assert absent(project.places) == {"news": ("pier", "reef")}
    report = fetch(corpus, project.places)
    assert (report.fetched, report.kept) == (("pier", "reef"), ())
    assert cached(project) == TEXTS
    assert [i.article.text for i in load("news", project.places).items] == list(TEXTS.values())
    assert absent(project.places) == {}


def test_what_is_there_is_kept_and_nothing_is_asked_for(project, loopback):
    corpus = write_news(project, loopback.url("data/news.csv"))
    for name, text in TEXTS.items():
        project.cache(name, text, "news")
    report = fetch(corpus, project.places)
    assert (report.fetched, report.kept) == ((), ("pier", "reef"))
    assert loopback.ranges == []


def test_a_text_in_the_cache_that_differs_is_replaced(project, home):
    corpus = write_news(project)
    project.cache("pier", TEXTS["pier"], "news")
    project.cache("reef", "Spoilt.\n", "news")
    (home / "news.csv").write_bytes(DATA)
    report = fetch(corpus, project.places, home)
    assert (report.fetched, report.kept) == (("reef",), ("pier",))
    assert cached(project) == TEXTS


def test_a_mirror_takes_the_place_of_the_folder(project, loopback):
    loopback.files["/copy/of/news.csv"] = DATA
    corpus = write_news(project, "https://example.org/a/b/news.csv")
    fetch(corpus, project.places, mirror=loopback.url("copy/of/"))
    assert loopback.paths == ["/copy/of/news.csv"]
    assert cached(project) == TEXTS


def test_three_at_once_download_a_file_once(project, loopback):
    loopback.files["/data/news.csv"] = DATA
    corpus = write_news(project, loopback.url("data/news.csv"))
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(fetch, corpus, project.places) for _ in range(3)]:
            done.result()
    assert loopback.paths == ["/data/news.csv"]
    assert cached(project) == TEXTS


@pytest.mark.parametrize("mirror", ["http://[::1", "http://127.0.0.1:1/ü"])
def test_an_address_that_is_none_is_said(project, mirror):
    corpus = write_news(project)
    with pytest.raises(FetchError, match=r"news\.csv"):
        fetch(corpus, project.places, mirror=mirror, sleep=lambda _: None)


def test_a_file_that_cannot_be_read_is_passed_over(project, home):
    (home / "news.csv").write_bytes(DATA)
    (home / "odd").symlink_to("/proc/self/mem")
    fetch(write_news(project), project.places, home)
    assert cached(project) == TEXTS


def test_a_download_that_fails_names_file_and_articles_and_can_be_resumed(project, loopback):
    loopback.files["/data/news.csv"] = DATA
    loopback.plans = [loopback.dropped(1000), loopback.status(500)]
    corpus = write_news(project, loopback.url("data/news.csv"))
    pauses = []
    with pytest.raises(FetchError) as caught:
        fetch(corpus, project.places, sleep=pauses.append)
    said = str(caught.value)
    assert f"1000 of {len(DATA)} bytes are kept" in said
    assert "pier: not found (news.csv, row 1)" in said
    assert "reef: not found (news.csv, row 2)" in said
    assert said.splitlines()[-2] == "saved: none"
    assert "run the same command again" in said
    assert pauses == [1.0, 2.0]
    loopback.plans = [loopback.ranged]
    steps = []
    assert fetch(corpus, project.places, progress=lambda *s: steps.append(s)).fetched == (
        "pier",
        "reef",
    )
    assert loopback.ranges[-1] == "bytes=1000-"
    assert steps[-1] == ("news.csv", len(DATA), len(DATA))


def test_a_table_is_known_by_its_content_wherever_it_lies(project, home):
    corpus = write_news(project)
    (home / "deep" / "download(1)").write_bytes(DATA)
    (home / "same-size").write_bytes(b"x" * len(DATA))
    assert fetch(corpus, project.places, home).fetched == ("pier", "reef")
    assert cached(project) == TEXTS


def test_a_table_of_other_content_is_no_such_file(project, home):
    corpus = write_news(project)
    (home / "news.csv").write_bytes(DATA + b"\n")
    with pytest.raises(FetchError) as caught:
        fetch(corpus, project.places, home)
    wanted = f"{len(DATA)} bytes with SHA-256 {digest(DATA)}"
    assert f"news.csv: found no such file under {home}; expected {wanted}" in str(caught.value)
    assert cached(project) == {}


def test_what_is_right_is_saved_before_the_rest_is_said(project, home):
    corpus = write_news(project, texts={**TEXTS, "reef": "Another reef.\n"})
    (home / "news.csv").write_bytes(DATA)
    with pytest.raises(FetchError) as caught:
        fetch(corpus, project.places, home)
    found, expected = digest(TEXTS["reef"]), digest("Another reef.\n")
    assert str(caught.value).splitlines() == [
        "news: not all is here",
        f"reef: differs: found SHA-256 {found}; expected {expected}",
        "saved: pier",
        "  next: run the same command again: it goes on from there, or add --from DIR",
    ]
    assert cached(project) == {"pier": TEXTS["pier"]}


def test_a_row_that_is_not_there_is_said(project, home):
    data = table(ROWS[:2])
    corpus = write_news(project, data=data)
    (home / "news.csv").write_bytes(data)
    with pytest.raises(FetchError, match=r"reef: not found \(news\.csv, row 2\)"):
        fetch(corpus, project.places, home)
    assert cached(project) == {"pier": TEXTS["pier"]}


@pytest.mark.parametrize("data", [b"url\nx\n", b"text\n\xff\n"])
def test_a_pinned_file_that_is_no_table_is_said(project, home, data):
    corpus = write_news(project, data=data)
    (home / "news.csv").write_bytes(data)
    with pytest.raises(FetchError, match="expected a CSV file with a column text"):
        fetch(corpus, project.places, home)


def test_reading_a_table_leaves_the_limit_of_csv_alone(project, home):
    (home / "news.csv").write_bytes(DATA)
    before = csv.field_size_limit()
    fetch(write_news(project), project.places, home)
    assert csv.field_size_limit() == before


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_users_own_text_is_known_by_its_content(project, home, encoding):
    corpus = write_own(project, "The “pier” shut.\n")
    (home / "deep" / "saved.html.txt").write_bytes("The “pier”  shut.\r\n".encode(encoding))
    (home / "other.txt").write_text("Another text.\n")
    assert fetch(corpus, project.places, home).fetched == ("mine",)
    assert cached(project, "own") == {"mine": "The “pier” shut.\n"}


def test_a_users_own_text_that_differs_is_known_by_its_name(project, home):
    corpus = write_own(project)
    (home / "mine.txt").write_text("The pier opened.\n")
    with pytest.raises(FetchError) as caught:
        fetch(corpus, project.places, home)
    found, expected = digest("The pier opened.\n"), digest("The pier shut.\n")
    assert f"mine: differs: found SHA-256 {found}; expected {expected}" in str(caught.value)
    assert cached(project, "own") == {}


def test_a_users_own_text_that_is_nowhere_is_said(project, home):
    corpus = write_own(project)
    (home / "big").write_bytes(b"x" * (1 << 21))
    with pytest.raises(FetchError, match=r"mine: not found \(the user's own file\)"):
        fetch(corpus, project.places, home)


def test_a_corpus_without_addresses_says_how_to_bring_the_text(project):
    with pytest.raises(FetchError, match="claimbench fetch own --from DIR"):
        fetch(write_own(project), project.places)


def test_a_folder_that_is_not_there_is_said(project, home):
    with pytest.raises(FetchError, match="found no such folder"):
        fetch(write_own(project), project.places, home / "none")


def test_a_held_corpus_has_nothing_to_fetch(project):
    corpus = find_corpus("toy", project.add_corpus().places)
    with pytest.raises(FetchError, match="nothing to fetch"):
        fetch(corpus, project.places)
