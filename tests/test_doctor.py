"""Each fault is found under its own name, with advice, and only there."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from bench import doctor, systems
from bench.doctor import diagnose, examine, long_text, probes
from bench.model import Claim, ClaimbenchError, Extraction
from bench.run import Failure, Hearing, Opening, Reply

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
            ("wrong types", {"types": "FAIL"}, "'Events' | one of rule, causal, pre"),
            ("some types", {"types": "WARN"}, "the harness gives one by its own rules"),
            ("one type", {"types": "WARN"}, "event for all "),
            ("bytes", {"offsets": "FAIL"}, "if they count bytes of UTF-8 | half-open [start"),
            ("utf-16", {"offsets": "FAIL"}, "if they count units of UTF-16 | half-open"),
            ("outside", {"offsets": "FAIL"}, "in a text of "),
            ("elsewhere", {"offsets": "WARN"}, "claims share few words with the text at their"),
            ("lost characters", {"unicode": "FAIL"}, "characters lost: "),
            ("mojibake", {"unicode": "FAIL"}, "UTF-8 read as another encoding: "),
            ("escapes", {"unicode": "FAIL"}, "a backslash that the text does not have: "),
            ("error when empty", {"empty article": "WARN"}, "error: nothing to read"),
            ("never empty", {"empty article": "WARN"}, "1 claim, the first 'The council met.'"),
            ("nothing found", {"news": "WARN"}, "no claims | some, in a report of six sentences"),
            ("crash when long", {"20,000 words": "FAIL"}, "stderr ends:\nno memory left | a list"),
            ("random", {"determinism": "WARN"}, "in one run and not in the other on doctor-news"),
            ("lingers", {"end": "WARN"}, "still running after its input had ended"),
            ("no spans", {}, ""),
            ("once", {}, ""),
        ],
    )
    def test_a_fault_is_told(self, fault, expected, words, monkeypatch):
        monkeypatch.setattr("bench.run.probe.LEAVE", 0.5 if fault == "lingers" else 20.0)
        checks = examine(with_fault(fault))
        assert troubles(checks) == expected
        assert words in told(checks, next(iter(expected), "end"))

    @pytest.mark.parametrize(
        ("fault", "limits", "words"),
        [
            ("no start", {}, 'exited with code 1; expected {"ready":1'),
            ("not ready", {"startup": 0.5}, 'found no line in time; expected {"ready":1'),
        ],
    )
    def test_one_that_does_not_start_is_told_nothing_else(self, fault, limits, words):
        (check,) = examine(with_fault(fault, **limits))
        assert (check.name, check.level) == ("start", "FAIL")
        assert words in check.found
        assert "flush it" in check.advice

    @pytest.mark.parametrize(
        ("fault", "limits", "failed", "words"),
        [
            ("hang", {"timeout": 0.3}, {"news", "unicode", "20,000 words"}, "flush stdout after"),
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
        assert {*troubles(checks)} - {"empty article"} == slow

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
        assert troubles(diagnose(SPEC, gone, {}))["news"] == "FAIL"

    def test_a_failed_start_comes_alone(self):
        first = Hearing(Opening(Failure("crash", "gone")))
        assert [c.level for c in diagnose(SPEC, first, {})] == ["FAIL"]


class TestProbes:
    @pytest.mark.parametrize("words", [1, 10, 49, 20_000])
    def test_the_long_text_has_that_many_words_and_is_always_the_same(self, words):
        assert len(long_text(words).split()) == words
        assert long_text(words) == long_text(words)

    def test_the_unicode_text_tells_the_ways_of_counting_apart(self):
        points, units, octets = (
            doctor.UNICODE,
            doctor.UNICODE.encode("utf-16-le"),
            doctor.UNICODE.encode(),
        )
        assert len(points) < len(units) / 2 < len(octets)
        assert "\\" not in points  # or a system that cannot unescape would go unnoticed
        assert '"' in points

    def test_the_others_are_plain(self):
        assert all(article.text.isascii() for article in probes() if "unicode" not in article.id)
        assert len({article.id for article in probes()}) == 5
