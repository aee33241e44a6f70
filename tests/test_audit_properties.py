"""Property proxies against readers: every example is invented, every number worked out by hand."""

import json

import pytest

from bench.audit import judged, measure
from bench.audit.properties import Judged
from bench.model import DataError
from bench.store import Places


def example(article, prediction, a, b, name="atomic", part="test", other=""):
    return Judged(
        f"{article}-{prediction}",
        article,
        part,
        prediction,
        {"A": {name: a}, "B": {name: b}},
        other,
    )


ONE, MANY = "Ada Brill left Hesta.", "Ada Brill left Hesta and the firm closed."
EXAMPLES = [
    example("one", ONE, True, True),  # the proxy is right
    example("one", MANY, False, False),  # right
    example("two", MANY, False, False),  # right
    example("two", "Ada Brill left, the firm closed.", False, False),  # not seen
    example("two", ONE, True, True),  # right
    example("three", MANY, True, True),  # wrongly blamed
    example("three", ONE, True, True),  # right
    example("three", ONE, True, False),  # the readers differ: no example for the proxy
]


def test_proxies_are_measured_where_both_readers_say_the_same():
    proxy = measure(EXAMPLES)["atomic", "test"].proxy
    assert (proxy.examples, proxy.lacking) == (7, 3)
    assert proxy.accuracy.value == pytest.approx(5 / 7)
    assert proxy.precision.value == pytest.approx(2 / 3)
    assert proxy.recall.value == pytest.approx(2 / 3)
    # by chance: 3/7 * 3/7 + 4/7 * 4/7 = 25/49
    assert proxy.kappa.value == pytest.approx((35 - 25) / (49 - 25))
    assert proxy.kappa.low <= proxy.kappa.value <= proxy.kappa.high


def test_readers_are_measured_on_all_that_both_judged():
    readers = measure(EXAMPLES)["atomic", "test"].readers
    assert (readers.examples, readers.lacking) == (8, 3)
    assert readers.accuracy.value == pytest.approx(7 / 8)
    # by chance: 3/8 * 4/8 + 5/8 * 4/8 = 1/2
    assert readers.kappa.value == pytest.approx((7 / 8 - 1 / 2) / (1 / 2))


def test_parts_and_properties_are_kept_apart():
    pair = example("one", ONE, False, False, "distinct", "dev", "Brill left Hesta.")
    found = measure([*EXAMPLES, pair])
    assert [*found] == [("atomic", "test"), ("distinct", "dev")]
    assert found["distinct", "dev"].proxy.accuracy.value == 1
    assert found["atomic", "test"] == measure(EXAMPLES)["atomic", "test"]


def test_a_property_without_a_proxy_has_readers_alone():
    found = measure([example("one", ONE, True, True, "polite")])["polite", "test"]
    assert found.proxy is None
    assert found.readers.kappa.value is None  # both always say the same: chance alone explains it


def test_judged_examples_are_read_from_the_first_gold_that_has_any(tmp_path):
    file = tmp_path / "b/pairs/properties.jsonl"
    places = Places((tmp_path / "a", tmp_path / "b"), (), tmp_path, tmp_path)
    assert judged(places) == []
    file.parent.mkdir(parents=True)
    line = {"id": "x", "article": "one", "part": "dev", "prediction": ONE, "readings": {}}
    file.write_text(json.dumps({"schema": 1}) + "\n" + json.dumps(line) + "\n")
    assert [e.prediction for e in judged(places)] == [ONE]
    file.write_text(json.dumps(line | {"part": "train"}) + "\n")
    with pytest.raises(DataError, match=r"properties.jsonl:1: .*'train'"):
        judged(places)
