"""The type of a proposition: the decision list of the guidelines, refined by the parse."""

import re

from spacy.tokens import Token

from bench.text import type_of

from attribution import stance
from grammar import auxiliaries, child

_STATES = frozenset(
    "be remain stay seem appear have hold belong contain consist cost include lie live know own "
    "stand believe think need want mean share exist depend involve record matter".split()
)
_EFFECTS = {"cause", "trigger", "prevent", "explain"}
_RANKS = {"first", "only", "main", "last"}
_PENALTY = re.compile(
    r"\b(?:carries|carry|punishable|liable)\b.*\b(?:fines?|prison|penalty|term)\b"
)
_SHARES = {"half", "quarter", "third", "dozens", "hundreds", "thousands", "millions", "%"}
_VERDICT = re.compile(
    r"\b(?:is|are|was|were|be|been) (?:not |a |an |too |very |so )*(?:disgrace|shame\w*|reckless"
    r"|absurd|unacceptable|wonderful|terrible|wrong|right|fair|productive|constructive|convincing|vital)\b"
)
_TIMED = re.compile(r"\bshould (?!not|have)")
_ACCUSED = re.compile(r"\b(?:might|may|could) (?:\w+ )?have\b")


def kind_of(text: str, verb: Token | None, source: str | None) -> str:
    """The type of the claim ``text``, whose main predicate is ``verb``: the first yes decides."""
    surface = type_of(text)
    if surface == "rule" or _PENALTY.search(text):
        return "rule"
    if surface == "causal":
        return surface
    if verb is None:
        return surface if surface in ("numerical", "comparison") else "property"
    if verb.lemma_ in _EFFECTS and child(verb, "dobj") is not None:
        return "causal"
    if surface == "prediction" or _to_come(text, verb, source):
        return "prediction"
    if source is not None and _VERDICT.search(text):
        return "position"
    return _of_the_present(surface, text, verb)


def _to_come(text: str, verb: Token, source: str | None) -> bool:
    """Whether "would" reports a future, or "should" beside a date says when, not what is right."""
    helpers = {a.lower_ for a in auxiliaries(verb)}
    timed = _TIMED.search(text) and any(t.ent_type_ == "DATE" for t in verb.subtree)
    if helpers & {"may", "might"} and "have" not in helpers:
        return True
    return bool(timed) or ("would" in helpers and "have" not in helpers and source is not None)


def _of_the_present(surface: str, text: str, verb: Token) -> str:
    """The type of what no future and no norm decides."""
    if stance(verb):  # what a demand is for may hold numbers: that it is made does not turn on them
        return "position"
    if surface == "numerical" and _counts(verb) and not _ranked(verb):
        return surface
    if surface == "comparison" or _ranked(verb):
        return "comparison"
    if surface == "position":
        return "position"
    return "property" if _ACCUSED.search(text) or _state(verb) else "event"


def _ranked(verb: Token) -> bool:
    """Whether the predicate ranks: "is the first budget in nine years"."""
    noun = child(verb, "attr")
    ranks = (
        [] if noun is None else [c for c in noun.children if c.tag_ == "JJS" or c.lower_ in _RANKS]
    )
    return bool(ranks) and child(noun, "nummod") is None


def _counts(verb: Token) -> bool:
    """Whether a number stands in the main clause itself, not in one that hangs on it."""
    hanging = {t.i for c in verb.children if c.dep_ == "advcl" for t in c.subtree}
    return any(t.i not in hanging and (t.like_num or t.lower_ in _SHARES) for t in verb.subtree)


def _state(verb: Token) -> bool:
    """Whether ``verb`` tells what holds rather than what happens."""
    helpers = {a.lower_ for a in auxiliaries(verb)}
    if verb.lemma_ in _STATES or (verb.pos_ == "AUX" and child(verb, "attr", "acomp", "prep")):
        return True
    present = verb.tag_ in ("VBZ", "VBP") or bool(helpers & {"can", "could", "do", "does"})
    return present or (("is" in helpers or "are" in helpers) and verb.tag_ == "VBN")
