import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.gold import check, fix, fix_all, load
from bench.gold.draft import locate, nearest, obstacles
from bench.gold.fields import Finding
from bench.model import DataError
from bench.store import digest

TEXT = "The strike began. Odd said the strike would end. Nobody came."


def drafted(*claims):
    header = {"schema": 1, "article": "a", "summary": "S."}
    return "".join(json.dumps(v) + "\n" for v in (header, *claims))


@pytest.fixture
def draft(tmp_path):
    def write(*claims):
        path = tmp_path / "a.jsonl"
        path.write_text(drafted(*claims))
        return path

    return write


def kept(path):
    return [json.loads(line) for line in path.read_text().splitlines()][1:]


def test_quotations_become_offsets_and_claims_are_ordered_and_numbered(draft):
    path = draft(
        {"spans": ["Nobody came"], "text": "N"},
        {"text": "E", "spans": ["Odd said", {"quote": "The strike"}]},
        {"text": "W", "spans": [{"quote": "strike", "nth": 2}]},
    )
    assert fix(path, TEXT) is True
    assert path.read_text().splitlines()[1:] == [
        '{"id":"a-c01","text":"E","spans":[[0,10],[18,26]]}',
        '{"id":"a-c02","text":"W","spans":[[31,37]]}',
        '{"id":"a-c03","text":"N","spans":[[49,60]]}',
    ]
    assert [TEXT[s:e] for c in kept(path) for s, e in c["spans"]] == [
        "The strike", "Odd said", "strike", "Nobody came",
    ]  # fmt: skip


def test_doing_it_twice_changes_nothing_more(draft):
    path = draft({"text": "E", "spans": ["Odd said"]}, {"text": "F", "spans": ["The strike"]})
    assert fix(path, TEXT) is True
    before = path.stat().st_mtime_ns, path.read_bytes()
    assert fix(path, TEXT) is False
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before


def test_claims_that_begin_together_keep_the_shorter_first_and_then_their_order(draft):
    path = draft(
        {"text": "long", "spans": ["The strike began"]},
        {"text": "b", "spans": ["The strike"]},
        {"text": "a", "spans": ["The strike"]},
    )
    fix(path, TEXT)
    assert [c["text"] for c in kept(path)] == ["b", "a", "long"]


def test_sentences_without_a_claim_are_placed_and_ordered_too(draft):
    path = draft({"text": "E", "spans": ["The strike began"]})
    entries = [{"span": "Nobody came.", "reason": "b"}, {"span": [18, 48], "reason": "a"}]
    head, claim = map(json.loads, path.read_text().splitlines())
    path.write_text("\n".join(map(json.dumps, (head | {"no_claim": entries}, claim))) + "\n")
    assert fix(path, TEXT) is True
    assert json.loads(path.read_text().splitlines()[0])["no_claim"] == [
        {"span": [18, 48], "reason": "a"},
        {"span": [49, 61], "reason": "b"},
    ]
    entries[0]["span"] = "Somebody came."
    path.write_text("\n".join(map(json.dumps, (head | {"no_claim": entries}, claim))) + "\n")
    (problem,) = obstacles(path, TEXT)
    assert (problem.line, problem.field) == (1, "no_claim[0].span")
    assert "Nobody came." in problem.expected


def test_defaults_go_and_unknown_keys_stay(draft):
    source = {"mode": "mixed", "via": [], "aliases": ["O"], "name": "Odd"}
    path = draft(
        {
            "phenomena": [], "central": False, "source": source, "polarity": "positive",
            "optional": True, "spans": ["Odd said"], "txet": "E",
        }
    )  # fmt: skip
    fix(path, TEXT)
    assert path.read_text().splitlines()[1] == (
        '{"id":"a-c01","optional":true,"spans":[[18,26]],'
        '"source":{"name":"Odd","aliases":["O"],"mode":"mixed"},"txet":"E"}'
    )


def test_mark_and_line_ends_are_mended(draft):
    path = draft({"text": "E", "spans": ["Odd said"]})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n\r\n"))
    fix(path, TEXT)
    assert path.read_bytes().count(b"\n") == 2
    assert not {b"\r", b"\xef"} & {bytes([b]) for b in path.read_bytes()}


def test_every_obstacle_is_said_and_nothing_is_written(draft):
    path = draft(
        {"text": "E", "spans": ["Odd sang", "strike", {"quote": "strike", "nth": 3}]},
        {"text": "F"},
        {"text": "G", "spans": ["Odd said", 7, {"quote": "Odd", "n": 1}, ""]},
    )
    before = path.read_bytes()
    with pytest.raises(DataError) as caught:
        fix(path, TEXT)
    assert path.read_bytes() == before
    assert str(caught.value).splitlines() == [
        f"{path}:2: spans[0]: found 'Odd sang'; expected words of the article; "
        "the nearest are 'Odd said'",
        f"{path}:2: spans[1]: found 'strike', which occurs 2 times; "
        'expected {"quote": …, "nth": 1 to 2}',
        f"{path}:2: spans[2]: found nth 3 of 'strike'; expected 1 to 2",
        f"{path}:3: spans: found null; expected a list of one or more quotations",
        f'{path}:4: spans[1]: found 7; expected a quotation, {{"quote": …, "nth": …}}, '
        "or two integers",
        f"{path}:4: spans[2]: found {{'quote': 'Odd', 'n': 1}}; expected a quotation, "
        '{"quote": …, "nth": …}, or two integers',
        f"{path}:4: spans[3]: found ''; expected a quotation, "
        '{"quote": …, "nth": …}, or two integers',
        "  next: correct these by hand, then fix again",
    ]
    assert len(obstacles(path, TEXT)) == 7


@pytest.mark.parametrize("broken", [b'{"text":', b"\xff\n", b"[]\n", b'"x"\n'])
def test_a_line_that_is_no_object_is_an_obstacle(draft, broken):
    path = draft({"text": "E", "spans": ["Odd said"]})
    path.write_bytes(path.read_bytes() + broken)
    with pytest.raises(DataError, match=r"a\.jsonl:3: line: found .*; expected one whole JSON"):
        fix(path, TEXT)


def test_a_missing_file_or_header_is_an_obstacle(draft, tmp_path):
    with pytest.raises(DataError, match="No such file"):
        fix(tmp_path / "none.jsonl", TEXT)
    path = draft()
    path.write_text('{"text":"E","spans":["Odd said"]}\n')
    with pytest.raises(DataError, match="header: found none"):
        fix(path, TEXT)


def test_nearest_words_are_as_many(draft):
    assert nearest("Nobdy came", TEXT) == "Nobody came."
    assert nearest("a b c d e f g h i j k l m n o p", "Few words") == "Few words"
    assert nearest("x", "") == ""


@given(st.text("ab c", min_size=1), st.data())
def test_a_located_quotation_is_the_words_quoted(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quote = text[start:end]
    nth = sum(text.startswith(quote, i) for i in range(start + 1))
    assert locate({"quote": quote, "nth": nth}, text, "f") == (start, end)
    if sum(text.startswith(quote, i) for i in range(len(text))) == 1:
        assert locate(quote, text, "f") == (start, end)
    else:
        assert isinstance(locate(quote, text, "f"), Finding)


def test_offsets_count_code_points_not_bytes():
    assert locate("über", "Ein 🚢 fährt über See", "f") == (12, 16)


def test_all_labels_are_fixed_whose_text_is_at_hand(project):
    project.add_corpus().add_corpus("far", held=False, splits={"four": "test"})
    path = project.labels("two")
    project.edit(path, "[[0,44]]", '["Ferry drivers in Port Alder struck on Monday"]')
    project.edit(project.labels("three"), "[[0,44]]", '["No such words"]')
    changed, problems = fix_all(project.places)
    assert changed == [path]
    assert [(p.file, p.line) for p in problems] == [(str(project.labels("three")), 2)]
    assert fix_all(project.places, ["far"]) == ([], [])
    project.edit(project.labels("three"), '["No such words"]', "[[0,44]]")
    assert fix_all(project.places) == ([], [])
    assert len(load("toy", project.places).items) == 3


def test_the_example_of_the_guidelines_is_what_check_wants(project):
    guide = (Path(__file__).parents[2] / "gold" / "GUIDELINES.md").read_text()
    section = guide[guide.index("## 6. The file") :]
    text = re.search(r"```text\n(.*?)```", section, re.DOTALL)[1]
    labels = re.search(r"```jsonl\n(.*?)```", section, re.DOTALL)[1]
    project.add_corpus(splits={"harbour": "test"}, text=text)
    project.labels("harbour").write_text(labels)
    assert digest(text) in project.toml().read_text()
    assert fix(project.labels("harbour"), text) is True
    assert [p for p in check(project.places) if p.severity == "error"] == []
    claims = load("toy", project.places).items[0].claims
    assert [c.id for c in claims] == [f"harbour-c{n:02d}" for n in range(1, 7)]
