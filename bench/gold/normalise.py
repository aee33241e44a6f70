r"""How a text that came from elsewhere becomes the text that was labelled.

A corpus lists the steps that it applies, in order. Each is a pure function and, with the steps
before it, leaves alone what it has already done.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Literal

Step = Literal["nfc", "lf", "nbsp", "date-line", "spaces", "blank-lines"]

_DATE_LINE = re.compile(r"\A\s*(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \w+ \d{1,2}, \d{4}\s*\n")


def nfc(text: str) -> str:
    """Compose characters (Unicode NFC)."""
    return unicodedata.normalize("NFC", text)


def lf(text: str) -> str:
    """End lines with LF alone."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def nbsp(text: str) -> str:
    """Make no-break spaces (U+00A0) ordinary."""
    return text.replace("\xa0", " ")


def date_line(text: str) -> str:
    """Drop a first line such as ``Monday, January 6, 2031``."""
    return _DATE_LINE.sub("", text)


def spaces(text: str) -> str:
    """Make runs of spaces and tabs one space, and strip every line."""
    return "\n".join(re.sub(r"[ \t]+", " ", line).strip() for line in text.split("\n"))


def blank_lines(text: str) -> str:
    """Leave at most one empty line in a row, none at the ends, and end with a newline."""
    return re.sub(r"\n{2,}", "\n\n", text).strip() + "\n"


STEPS: dict[Step, Callable[[str], str]] = {
    "nfc": nfc,
    "lf": lf,
    "nbsp": nbsp,
    "date-line": date_line,
    "spaces": spaces,
    "blank-lines": blank_lines,
}


def normalise(text: str, steps: Iterable[Step]) -> str:
    """Apply ``steps`` one after another."""
    for step in steps:
        text = STEPS[step](text)
    return text
