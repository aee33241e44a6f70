import re
import unicodedata
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.gold.normalise import STEPS, Step, normalise

NEWS = st.text(st.sampled_from("aé\u0065\u0301 \t\n\r\xa0.,1Monday, January 6, 2031"), max_size=60)


def reference(t):
    """The whole recipe in one piece, as it was when the texts were labelled."""
    t = unicodedata.normalize("NFC", t).replace("\r\n", "\n").replace("\r", "\n")
    t = t.replace("\xa0", " ")
    t = re.sub(r"\A\s*(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \w+ \d{1,2}, \d{4}\s*\n", "", t)
    t = "\n".join(re.sub(r"[ \t]+", " ", line).strip() for line in t.split("\n"))
    return re.sub(r"\n{2,}", "\n\n", t).strip() + "\n"


@given(st.sampled_from(["", "Monday, January 6, 2031\xa0\n\n", " \nFriday, May 1, 2031\r\n"]), NEWS)
def test_all_steps_in_order_are_the_recipe(opening, text):
    assert normalise(opening + text, STEPS) == reference(opening + text)


def test_every_step_that_a_corpus_may_name_is_there_in_order():
    assert tuple(STEPS) == get_args(Step)


@given(NEWS)
def test_what_is_normal_stays(text):
    steps = [step for step in STEPS if step != "date-line"]
    once = normalise(text, steps)
    assert normalise(once, steps) == once


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        ("nfc", "cafe\u0301", "café"),
        ("lf", "a\r\nb\rc\n", "a\nb\nc\n"),
        ("nbsp", "a\xa0b", "a b"),
        ("date-line", "Monday, January 6, 2031 \n\nA.", "A."),
        ("date-line", "\n Sunday, May 16, 2031\nA.", "A."),
        ("date-line", "On Monday, January 6, 2031\nA.", "On Monday, January 6, 2031\nA."),
        ("date-line", "A.\nMonday, January 6, 2031\nB.", "A.\nMonday, January 6, 2031\nB."),
        ("spaces", " a \t b \n\tc", "a b\nc"),
        ("blank-lines", "\n\na\n\n\n\nb\nc", "a\n\nb\nc\n"),
    ],
)
def test_a_step_does_one_thing(step, before, after):
    assert STEPS[step](before) == after


def test_no_steps_change_nothing():
    assert normalise(" a\r\n", []) == " a\r\n"
