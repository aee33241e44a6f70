"""The schema says what the harness does: checked by a validator that knows nothing of either."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bench import systems
from bench.model import TYPES, Article, Labelled
from bench.protocol import schema
from bench.run.answers import judge

from made import HARBOUR

WHOLE = schema()
FIXTURES = Path(__file__).parent / "fixtures" / "systems"
ARTICLE = Article("a", "Boats", "2031-05-06", "Boats “left”.", "test", "core")


def validator(part):
    return Draft202012Validator(WHOLE | {"anyOf": [{"$ref": f"#/$defs/{part}"}]})


SAYS, HEARS = validator("says"), validator("hears")


def test_it_is_a_schema():
    Draft202012Validator.check_schema(WHOLE)
    kinds = WHOLE["$defs"]["Stated"]["properties"]["type"]["anyOf"][0]["enum"]
    assert sorted(kinds) == sorted(TYPES)


@pytest.mark.process
@pytest.mark.parametrize("system", ["shell", "trains"])
def test_a_real_conversation_keeps_to_it(system):
    spec = systems.load(FIXTURES / system)
    lessons = systems.training([Labelled(ARTICLE, HARBOUR)]) if spec.train else b""
    heard = lessons + systems.request(ARTICLE)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(spec.command, cwd=spec.folder, **pipes) as process:
        process.stdin.write(heard)
        process.stdin.flush()
        said = [process.stdout.readline() for _ in ("ready", "answer")]
        process.stdin.close()
        said += process.stdout.readlines()
    told = heard.splitlines()
    assert (len(told), len(said)) == (3 if spec.train else 1, 2)
    for line in told:
        HEARS.validate(json.loads(line))
        assert not SAYS.is_valid(json.loads(line))
    for line in said:
        SAYS.validate(json.loads(line))
        assert not HEARS.is_valid(json.loads(line))


@pytest.mark.parametrize(
    "line",
    [
        {"ready": 1},
        {"ready": 1, "protocol": 2},
        {"claims": []},
        {"id": "a"},
        {"id": "a", "claims": [{"text": " "}]},
        {"id": "a", "claims": [{"text": "x", "type": "fact"}]},
        {"id": "a", "claims": [{"text": "x", "spans": [0, 1]}]},
        {"id": "a", "claims": [{"text": "x", "spans": [[-1, 1]]}]},
        {"id": "a", "claims": [{"text": "x", "confidence": 2}]},
        {"id": "a", "claims": [{"text": "x", "kind": "rule"}]},
        {"id": "a", "claims": [], "usage": {"a": {"b": {}}}},
        {"id": "a", "error": "why", "usage": {"a": {"b": {}}}},
        {"id": "a", "error": None},
        {"id": "a", "claims": ["x"] * 5_001},
    ],
)
def test_what_the_harness_refuses_is_not_in_it(line):
    assert not SAYS.is_valid(line)


TEXT = st.sampled_from(["", " ", "x", "Boats left."])
ODD = st.sampled_from([None, True, 7, 0.5, -1, "rule", "fact", [], {}, [[0, 1]], [[0, 1, 2]]])
CLAIM = TEXT | st.dictionaries(
    st.sampled_from(["text", "type", "spans", "source", "confidence", "kind"]), TEXT | ODD
)
ANSWER = st.fixed_dictionaries(
    {"id": st.just("a")},
    optional={
        "claims": st.lists(CLAIM, max_size=3) | ODD,
        "error": TEXT | ODD,
        "usage": ODD | st.dictionaries(TEXT, ODD, max_size=2),
    },
)


@given(ANSWER)
def test_schema_and_harness_agree_on_every_answer(answer):
    assert SAYS.is_valid(answer) == (judge(answer, None).status in ("ok", "error"))


def test_the_command_prints_it():
    done = subprocess.run(
        [sys.executable, "-m", "bench", "schema"], capture_output=True, check=True, timeout=60
    )
    assert json.loads(done.stdout) == WHOLE
