"""The type of a proposition: the decision list of the guidelines, refined by the parse."""

from spacy.tokens import Token

from bench.text import type_of

from attribution import stance
from grammar import auxiliaries, child

_STATES = frozenset(
    "be remain stay seem appear have hold belong contain consist cost include lie live know own "
    "stand believe think need want mean share exist depend involve record matter".split()
)
_EVALUATIVE = frozenset(
    "absurd bad convincing disgrace fair good grave great productive reckless right shame shameful "
    "terrible unacceptable unfair vital wonderful wrong".split()
)
_RANKS = {"first", "only", "main", "last"}
_SHARES = {"half", "quarter", "third", "dozens", "hundreds", "thousands", "millions", "%"}


def kind_of(text: str, verb: Token | None, source: str | None) -> str:
    """The type of the claim ``text``, whose main predicate is ``verb``: the first yes decides."""
    surface = type_of(text)
    if surface in ("rule", "causal"):
        return surface
    if verb is None:
        return surface if surface in ("numerical", "comparison") else "property"
    if source is None and "must" in {a.lower_ for a in auxiliaries(verb)}:
        return "rule"  # in the voice of the article it is a norm in force, else somebody's view
    if surface == "prediction" or _to_come(verb, source):
        return "prediction"
    if stance(verb):  # what a demand is for may hold numbers: that it is made does not turn on them
        return "position"
    ranked = _ranked(verb)
    if surface == "numerical" and _counts(verb) and not ranked:
        return "numerical"
    if surface == "comparison" or ranked:
        return "comparison"
    if surface == "position" or (source is not None and _evaluates(verb)):
        return "position"
    return "property" if _state(verb) else "event"


def _to_come(verb: Token, source: str | None) -> bool:
    """Whether a modal tells a possibility, or "would" the future that a source spoke of."""
    helpers = {a.lower_ for a in auxiliaries(verb)}
    possible = helpers & {"may", "might"} or (source is not None and "would" in helpers)
    return bool(possible) and "have" not in helpers


def _ranked(verb: Token) -> bool:
    """Whether the predicate ranks: "is the first budget in nine years"."""
    noun = child(verb, "attr")
    if noun is None or child(noun, "nummod") is not None:
        return False
    return any(c.tag_ == "JJS" or c.lower_ in _RANKS for c in noun.children)


def _evaluates(verb: Token) -> bool:
    """Whether the predicate judges by taste, interest or norms: "is a disgrace"."""
    judged = child(verb, "attr", "acomp")
    return judged is not None and judged.lemma_.lower() in _EVALUATIVE


def _counts(verb: Token) -> bool:
    """Whether a number stands in the main clause itself, not in one that hangs on it."""
    hanging = {t for c in verb.children if c.dep_ == "advcl" for t in c.subtree}
    return any(t not in hanging and (t.like_num or t.lower_ in _SHARES) for t in verb.subtree)


def _state(verb: Token) -> bool:
    """Whether ``verb`` tells what holds rather than what happens."""
    helpers = {a.lower_ for a in auxiliaries(verb)}
    if verb.lemma_ in _STATES or (verb.pos_ == "AUX" and child(verb, "attr", "acomp", "prep")):
        return True
    present = verb.tag_ in ("VBZ", "VBP") or bool(helpers & {"can", "could", "do", "does"})
    return present or (verb.tag_ == "VBN" and not helpers.isdisjoint({"is", "are"}))
