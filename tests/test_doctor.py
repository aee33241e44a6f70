"""Each fault is found under its own name, with advice, and only there."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bench import systems
from bench.doctor import REQUESTS, diagnose, examine
from bench.doctor.articles import UNICODE, long_text, probes
from bench.doctor.probe import Hearing, Opening, Reply
from bench.model import Claim, ClaimbenchError, Extraction
from bench.run.answers import Failure
from bench.store import encode

FIXTURES = Path(__file__).parent / "fixtures" / "systems"
SPEC = replace(systems.load(FIXTURES / "doctored"), timeout=20.0)


UNFORGIVEN = {"stdout": "FAIL", "determinism": "FAIL"}
"""The first round listens past noise; the second is a run, and no run does."""


def with_fault(fault, **changes):
    return replace(SPEC, command=(*SPEC.command[:-1], fault), **changes)


def troubles(checks):
    return {check.name: check.level for check in checks if check.level != "PASS"}


def told(checks, name):
    (check,) = [check for check in checks if check.name == name]
    return f"{check.found} | {check.expected} | {check.advice}"


@pytest.mark.process
class TestRealSystems:
    def test_a_sound_one_passes_everything(self):
        checks = examine(SPEC)
        assert troubles(checks) == {}
        assert len(checks) == len({check.name for check in checks}) == 13
        assert "2 of the 8 on" in told(checks, "types")
        assert "with spans that fit" in told(checks, "offsets")

    @pytest.mark.parametrize(
        ("fault", "expected", "words"),
        [
            ("greeting", UNFORGIVEN, "1 line that nobody asked for, the first b'Loading"),
            ("chatty", UNFORGIVEN, "5 lines that nobody asked for, the first b'done with"),
            ("twice", UNFORGIVEN, "answer each request once"),
            (
                "wrong types",
                {"types": "FAIL", "determinism": "–"},
                "'Events' | one of rule, causal, pre",
            ),
            ("some types", {"types": "WARN"}, "the harness gives one by its own rules"),
            ("one type", {"types": "WARN"}, "event for all "),
            ("bytes", {"offsets": "FAIL"}, "if they count bytes of UTF-8 | half-open [start"),
            ("utf-16", {"offsets": "FAIL"}, "if they count units of UTF-16 | half-open"),
            ("outside", {"offsets": "FAIL", "determinism": "–"}, "in a text of "),
            ("after the title", {"offsets": "FAIL"}, "count from the start of text, without the"),
            ("inclusive", {"offsets": "FAIL"}, "end is the offset after the last character: add 1"),
            ("from one", {"offsets": "FAIL"}, "the first character of text has the offset 0: sub"),
            ("composed", {"offsets": "FAIL"}, "count in text exactly as it was sent: not normal"),
            ("elsewhere", {"offsets": "WARN"}, "claims share few words with the text at their"),
            ("lost characters", {"unicode": "FAIL"}, "characters lost: "),
            ("mojibake", {"unicode": "FAIL"}, "UTF-8 read as another encoding: "),
            ("escapes", {"unicode": "FAIL"}, "a backslash that the text does not have: "),
            ("error when empty", {"empty article": "WARN"}, "error: nothing to read"),
            ("never empty", {"empty article": "WARN"}, "1 claim, the first 'The council met.'"),
            (
                "nothing found",
                {"news": "WARN", "types": "–", "offsets": "–", "determinism": "–"},
                "no claims | some, in a report of six sentences",
            ),
            (
                "crash when long",
                {"20,000 words": "FAIL", "end": "–"},
                "stderr ends:\nno memory left | a list",
            ),
            (
                "surrogate",
                {"offsets": "FAIL", "determinism": "–"},
                "['\\ud800'] in a text of ",
            ),
            ("random", {"determinism": "WARN"}, "in one run and not in the other on doctor-news"),
            ("lingers", {"end": "WARN"}, "still running after its input had ended"),
            ("hides", {"end": "WARN"}, "still running after its input had ended"),
            ("no spans", {"offsets": "–"}, "no spans given: they are optional"),
            ("once", {}, ""),
        ],
    )
    def test_a_fault_is_told(self, fault, expected, words, monkeypatch):
        monkeypatch.setattr(
            "bench.doctor.probe.LEAVE", 0.5 if fault in ("hides", "lingers") else 20.0
        )
        checks = examine(with_fault(fault))
        assert troubles(checks) == expected
        assert words in told(checks, next(iter(expected), "end"))

    @pytest.mark.parametrize(
        ("fault", "limits", "words", "advice"),
        [
            ("no start", {}, 'exited with code 1; expected {"ready":1', "mend what stderr says"),
            (
                "not ready",
                {"startup": 0.5},
                'found no line in time; expected {"ready":1',
                "flush it; if loading takes longer, raise startup",
            ),
            (None, {"command": ("./nothere",)}, "cannot run: ", "see command in system.toml"),
        ],
    )
    def test_one_that_does_not_start_is_told_nothing_else(self, fault, limits, words, advice):
        (check,) = examine(with_fault(fault, **limits) if fault else replace(SPEC, **limits))
        assert (check.name, check.level) == ("start", "FAIL")
        assert words in check.found
        assert advice in check.advice

    def test_a_start_in_the_wrong_words_is_told_in_few(self):
        greeting = "import json; print(json.dumps({'ready': 1, 'protocol': 'x' * 100_000}))"
        (check,) = examine(replace(SPEC, command=("python3", "-c", greeting)))
        assert check.found.startswith("found {'protocol': 'xxx")
        assert len(check.found) < 250
        assert check.advice == "print exactly that line before any other"

    def test_what_came_instead_of_a_start_is_quoted(self):
        start, stdout = examine(with_fault("greetings"))
        assert "found 20 other lines, the first b'Loading the model'; expected" in start.found
        assert "20 lines that nobody asked for, the first b'Loading" in stdout.found
        assert {start.level, stdout.level} == {"FAIL"}

    def test_another_encoding_is_told_as_such(self):
        checks = examine(with_fault("latin-1", timeout=1.0))
        assert "line not in UTF-8, the first b'{" in told(checks, "stdout")
        assert "mend stdout first" in told(checks, "unicode")

    def test_why_it_does_not_start_again_is_told_of_the_next_article(self, monkeypatch, tmp_path):
        monkeypatch.setenv("STARTED", str(tmp_path / "started"))
        checks = examine(with_fault("starts once"))
        assert "no memory left" in told(checks, "news")
        assert "did not start again: exited with code 1" in told(checks, "unicode")
        assert "FileExistsError" in told(checks, "unicode")
        assert "mend what stderr says" in told(checks, "unicode")
        unasked = {name: level for name, level in troubles(checks).items() if level == "–"}
        assert {"empty article", "20,000 words", "end", "ids"} <= unasked.keys()

    def test_every_answer_is_told_as_it_comes(self):
        said = []
        examine(SPEC, on_answer=said.append)
        assert len(said) == REQUESTS
        assert said[0].startswith("doctor-news: answered after ")
        assert said[-1] == "doctor-other again: ok"

    @pytest.mark.parametrize(
        ("fault", "limits", "failed", "words"),
        [
            ("hang", {"timeout": 0.3}, {"news", "unicode"}, "flush stdout after"),
            ("crash", {}, {"news", "unicode", "20,000 words"}, "stderr ends:\nno memory left"),
            ("garbage", {"timeout": 0.3}, {"stdout", "news"}, "expected an answer whose"),
            ("wrong ids", {}, {"ids"}, ""),
            ("confident", {}, {"news", "20,000 words"}, "confidence: found 80; expected a number"),
        ],
    )
    def test_one_that_breaks_everything_is_told_what(self, fault, limits, failed, words):
        checks = examine(with_fault(fault, **limits))
        found = {name for name, level in troubles(checks).items() if level == "FAIL"}
        assert failed <= found
        assert words in told(checks, "news")

    def test_silence_is_waited_for_twice_and_no_more(self):
        checks = examine(with_fault("hang", timeout=0.3))
        assert "not asked: it had stopped answering" in told(checks, "empty article")
        assert "timeout: " in told(checks, "unicode")
        assert {name for name, level in troubles(checks).items() if level != "–"} == {
            "news",
            "unicode",
        }
        assert {check.name for check in checks if check.level == "PASS"} == {"start", "stdout"}

    def test_wrong_ids_are_quoted(self):
        checks = examine(with_fault("wrong ids"))
        assert told(checks, "ids").startswith("'1' in 5 answers | 'doctor-news', as in the request")

    @pytest.mark.parametrize("name", ["class", "trains", "reversed", "no-program"])
    def test_any_kind_of_system_can_be_examined(self, name):
        spec = replace(systems.load(FIXTURES / name), timeout=1.0)
        assert examine(spec)[0].name == "start"


def test_a_system_with_unmet_needs_is_not_started():
    with pytest.raises(ClaimbenchError, match="lacks spacy"):
        examine(replace(SPEC, missing=("spacy",)))


WORDS = st.sampled_from(["\ud800", "é", "rule", "It rained.", "The sign fell on Friday."])
JSON = st.recursive(
    st.none() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)
SPANS = WORDS | st.lists(st.lists(st.integers() | WORDS, min_size=2, max_size=2))
CLAIM = st.fixed_dictionaries(
    {"text": WORDS},
    optional={"type": JSON, "spans": JSON | SPANS},
)


def hearing(seconds=0.0, startup=0.0, claims=("The dam broke.",)):
    raw = {"claims": list(claims)}
    replies = [Reply(a, raw | {"id": a.id}, None, seconds) for a in probes()]
    return Hearing(Opening(None, startup), tuple(replies))


def records(*claims, status="ok"):
    said = tuple(Claim(text) for text in claims)
    return {a.id: Extraction(a.id, "", status, said, "spoilt") for a in probes()[:-1]}


class TestDiagnosis:
    """What depends on time, or on chance, from made-up answers."""

    @pytest.mark.parametrize(
        ("seconds", "startup", "slow"),
        [(10.0, 10.0, set()), (10.1, 0.0, {"speed", "20,000 words"}), (0.0, 10.1, {"start"})],
    )
    def test_more_than_half_of_a_limit_is_slow(self, seconds, startup, slow):
        spec = replace(SPEC, timeout=20.0, startup=20.0)
        checks = diagnose(spec, hearing(seconds, startup), records("The dam broke."))
        found = {name for name, level in troubles(checks).items() if level != "–"}
        assert found - {"empty article"} == slow

    def test_other_order_is_told_as_such(self):
        first = hearing(claims=("The dam broke.", "Rain fell."))
        checks = diagnose(SPEC, first, records("Rain fell.", "The dam broke."))
        assert troubles(checks)["determinism"] == "WARN"
        assert "the same claims in another order on doctor-news" in told(checks, "determinism")

    def test_an_answer_that_a_run_does_not_get_is_a_failure(self):
        checks = diagnose(SPEC, hearing(), records(status="invalid"))
        assert troubles(checks)["determinism"] == "FAIL"
        assert "in a run invalid: spoilt" in told(checks, "determinism")

    def test_an_article_never_asked_is_no_pass(self):
        gone = hearing()._replace(replies=())
        assert troubles(diagnose(SPEC, gone, {}))["news"] == "–"

    @pytest.mark.parametrize(
        ("claim", "late", "level", "words"),
        [
            ("begin in March", (0, 0), "PASS", "1 claim with spans that fit"),
            ("begin in March", (-20, 20), "PASS", "1 claim with spans that fit"),
            ("begin in March", (0, -1), "FAIL", "'begin in Marc' at [132, 145] | half-"),
            ("begin in March", (1, 0), "FAIL", "the offset 0: subtract 1"),
            ("begin in March", (1, 1), "FAIL", "the offset 0: subtract 1"),
            ("begin in March.", (0, 0), "PASS", "1 claim with spans that fit"),
            ("begin in March", (31, 31), "FAIL", "1 of 1 claim slipped, as 'begin in March', w"),
            ("begin in March", (33, 33), "FAIL", "count from the start of text, without the"),
            ("begin in March", (9, 9), "FAIL", "count in text exactly as it was sent"),
            ("The mayor wants to begin in March", (0, 0), "PASS", "1 claim with spans that fit"),
        ],
    )
    def test_words_that_stand_once_tell_where_the_spans_must_be(self, claim, late, level, words):
        news = probes()[0]
        at = news.text.index("begin in March")
        span = [at + late[0], at + len("begin in March") + late[1]]
        said = {"id": news.id, "claims": [{"text": claim, "spans": [span]}]}
        checks = diagnose(SPEC, Hearing(Opening(None, 0.0), (Reply(news, said),)), {})
        assert [check.level for check in checks if check.name == "offsets"] == [level]
        assert words in told(checks, "offsets")

    @given(st.lists(CLAIM, max_size=3) | JSON)
    def test_whatever_is_answered_can_be_diagnosed(self, claims):
        first = hearing(claims=[])
        said = [reply._replace(raw={"id": "\ud800", "claims": claims}) for reply in first.replies]
        checks = diagnose(SPEC, first._replace(replies=tuple(said)), records())
        assert all(encode(check) for check in checks)

    def test_a_failed_start_comes_alone(self):
        first = Hearing(Opening(Failure("crash", "gone")))
        assert [c.level for c in diagnose(SPEC, first, {})] == ["FAIL"]


class TestProbes:
    @pytest.mark.parametrize("words", [1, 10, 49, 20_000])
    def test_the_long_text_has_that_many_words_and_is_always_the_same(self, words):
        assert len(long_text(words).split()) == words
        assert long_text(words) == long_text(words)

    def test_the_unicode_text_tells_the_ways_of_counting_apart(self):
        points, units, octets = UNICODE, UNICODE.encode("utf-16-le"), UNICODE.encode()
        assert len(points) < len(units) / 2 < len(octets)
        assert "\\" not in points  # or a system that cannot unescape would go unnoticed
        assert '"' in points

    def test_the_others_are_plain(self):
        assert all(article.text.isascii() for article in probes() if "unicode" not in article.id)
        assert len({article.id for article in probes()}) == 5
