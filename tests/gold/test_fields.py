import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.gold.corpus import CorpusFile
from bench.gold.fields import mismatches, shown, suggest
from bench.model import GoldClaim, Source

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["event", "direct", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "mode", "via", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
SOUND = {
    "id": "a-c01", "text": "T.", "forms": ["x"], "type": "event", "spans": [[0, 1]],
    "facts": [["x"]],
}  # fmt: skip


@given(st.dictionaries(st.sampled_from([*GoldClaim.__struct_fields__, "x"]), JSON, max_size=4))
def test_nothing_is_wrong_exactly_if_conversion_works(changes):
    value = {**SOUND, **changes}
    try:
        msgspec.convert(value, GoldClaim)
    except msgspec.ValidationError:
        assert list(mismatches(value, GoldClaim))
    else:
        assert not list(mismatches(value, GoldClaim))


def test_each_mismatch_is_found_where_it_is():
    value = {"name": 1, "mode": "drect", "vai": [], "aliases": ["a", 2, None]}
    assert [(f.field, f.found, f.expected) for f in mismatches(value, Source, "source")] == [
        (
            "source.vai",
            "an unknown key",
            "one of name, mode, aliases, via; did you mean 'via'?",
        ),
        ("source.name", "1", "str"),
        ("source.mode", "'drect'", "one of direct, mixed, indirect; did you mean 'direct'?"),
        ("source.aliases[1]", "2", "str"),
        ("source.aliases[2]", "null", "str"),
    ]


@pytest.mark.parametrize("value", [[], 3, None])
def test_what_is_no_object_at_all_is_one_mismatch(value):
    (found,) = mismatches(value, CorpusFile)
    assert (found.found, found.expected) == (shown(value), "object")


def test_long_values_are_cut():
    assert shown("x" * 200) == "'" + "x" * 76 + "…'"
    assert len(shown("x" * 78)) == 80


def test_suggestions_are_near_or_none():
    assert suggest("evnt", ["event", "rule"]) == "; did you mean 'event'?"
    assert suggest("zzz", ["event", "rule"]) == ""
