import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.model import Claim
from bench.protocol import MAX_CLAIMS
from bench.run.answers import Failure, decode, judge
from bench.store import encode

LENGTH = 11


def claim(**fields):
    return {"id": "a", "claims": [{"text": "fine"}, {"text": "x"} | fields]}


def test_every_field_of_a_claim_is_read():
    raw = {
        "text": "x",
        "type": "rule",
        "spans": [[0, 3], [4, 11]],
        "source": "Voss",
        "confidence": 1,
    }
    verdict = judge({"id": "a", "claims": [raw, "plain"], "usage": {"tokens": 3}}, LENGTH)
    assert verdict.status == "ok"
    assert verdict.claims == (
        Claim("x", "rule", ((0, 3), (4, 11)), "Voss", 1.0),
        Claim("plain"),
    )
    assert verdict.usage == {"tokens": 3}


def test_no_claims_is_an_answer():
    assert judge({"id": "a", "claims": []}, LENGTH).status == "ok"


def test_an_error_is_kept_in_the_words_of_the_system():
    verdict = judge({"id": "a", "error": "quota \ud800"}, LENGTH)
    assert (verdict.status, verdict.error) == ("error", "quota \\ud800")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"id": "a"}, "claims: found nothing; expected a list"),
        ({"id": "a", "claims": {}}, "claims: found {}; expected a list"),
        ({"id": "a", "claims": ["x"] * 5001}, "claims: found 5001; expected at most 5,000"),
        ({"id": "a", "claims": [], "clams": 1}, "answer: found unknown field 'clams'; expected"),
        ({"id": "a", "claims": [7]}, "claims[0]: found 7; expected an object or a string"),
        (claim(text=" \n"), "claims[1].text: found ' \\n'; expected text that is not blank"),
        (claim(text=None), "claims[1].text: found nothing; expected text that is not blank"),
        (claim(text="\ud800"), "claims[1].text: found '\\ud800'; expected text that is not blank"),
        (claim(source="\udfff"), "claims[1].source: found '\\udfff'; expected text"),
        (claim(type="fact"), "claims[1].type: found 'fact'; expected one of rule, causal"),
        (claim(type=["rule"]), "claims[1].type: found ['rule']; expected one of rule, causal"),
        (claim(confidence=1.5), "claims[1].confidence: found 1.5; expected a number from 0 to 1"),
        (claim(confidence=float("nan")), "claims[1].confidence: found nan; expected a number"),
        (claim(confidence=True), "claims[1].confidence: found True; expected a number"),
        (claim(span=[0, 1]), "claims[1]: found unknown field 'span'; expected only text, type"),
        (claim(spans=[0, 1]), "claims[1].spans[0]: found 0; expected [start, end] with 0 <= start"),
        (claim(spans={"0": 1}), "claims[1].spans: found {'0': 1}; expected a list of [start, end]"),
        (claim(spans=[[0, 12]]), "claims[1].spans[0]: found [0, 12]; expected [start, end] with"),
        (claim(spans=[[0, 1], [3, 3]]), "claims[1].spans[1]: found [3, 3]; expected [start, end]"),
        (claim(spans=[[-1, 3]]), "claims[1].spans[0]: found [-1, 3]; expected [start, end] with"),
        (claim(spans=[[0, 1.0]]), "claims[1].spans[0]: found [0, 1.0]; expected [start, end]"),
        ({"id": "a", "claims": [], "usage": {"cost": float("inf")}}, "usage: found {'cost': inf}"),
        ({"id": "a", "claims": [], "usage": {"by": "\ud800"}}, "usage: found {'by': '\\ud800'}"),
        ({"id": "a", "claims": [], "usage": [1]}, "usage: found [1]; expected numbers and strings"),
        ({"id": "a", "claims": [], "usage": {"a": {"b": {}}}}, "usage: found {'a': {'b': {}}}; "),
    ],
)
def test_what_is_wrong_is_named_with_place_and_expectation(raw, message):
    verdict = judge(raw, LENGTH)
    assert verdict.status == "invalid"
    assert verdict.claims == ()
    assert (verdict.error or "").startswith(message)
    assert len(verdict.error or "") < 250


def test_an_error_that_is_no_text_is_shown_shortened():
    deep: list[object] = []
    for _ in range(900):
        deep = [deep]
    assert judge({"id": "a", "error": deep}, LENGTH).error == "[[[[[[[...]]]]]]]"


def test_spans_of_an_unknown_text_are_checked_as_far_as_can_be():
    assert judge(claim(spans=[[5, 10**9]]), None).status == "ok"
    assert judge(claim(spans=[[5, 4]]), None).status == "invalid"


@pytest.mark.parametrize(
    "line",
    [b"", b"Traceback", b"[]", b"7", b'{"id":', b'{"id":"\xff"}', b"[" * 100_000, b"9" * 5_000],
)
def test_a_line_that_is_no_object_is_refused_in_few_words(line):
    with pytest.raises(Failure, match="expected one JSON object a line") as caught:
        decode(line)
    assert len(str(caught.value)) < 200


def test_what_is_not_strict_json_is_still_understood():
    assert decode(b'{"id":"a","claims":["\\ud800"]}') == {"id": "a", "claims": ["\ud800"]}
    assert str(decode(b'{"id":NaN}')["id"]) == "nan"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=8,
)
FIELDS = st.sampled_from(["id", "claims", "usage", "error", "other"])
CLAIMS = st.lists(
    st.dictionaries(
        st.sampled_from(["text", "type", "spans", "source", "confidence", "other"]), JSON
    )
)


@given(st.dictionaries(FIELDS, JSON | CLAIMS))
def test_whatever_is_answered_can_be_kept(raw):
    verdict = judge(decode(json.dumps(raw).encode()), LENGTH)
    assert json.loads(encode(verdict))[0] in {"ok", "error", "invalid"}
    assert len(verdict.claims) <= MAX_CLAIMS
