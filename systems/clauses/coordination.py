"""Coordination: which conjuncts stand for themselves, and what the first lends the others."""

from collections.abc import Sequence

from spacy.tokens import Token

from attribution import stance
from grammar import auxiliaries, child, core, finite, named, plural_form

_RECIPROCAL = frozenset(
    "argue clash collaborate collide compete cooperate debate differ divorce fight gather marry "
    "meet merge negotiate part quarrel talk unite".split()
)  # of several together, unless an object stands beside: "met" but "met the mayor"
_COLLECTIVE = frozenset("agree exchange share swap".split())  # of several, object or not


def coordinated(verb: Token) -> list[Token]:
    """The verbs that are coordinated with ``verb`` and head clauses."""
    return [c for c in verb.children if c.dep_ == "conj" and (finite(c) or _same_form(c, verb))]


def _same_form(conjunct: Token, verb: Token) -> bool:
    tags = {conjunct.tag_, verb.tag_}
    return conjunct.pos_ in ("VERB", "AUX") and (len(tags) == 1 or tags == {"VB", "VBP"})


def lent(verb: Token, shared: Sequence[Token]) -> list[Token]:
    """Auxiliaries of the first clause that ``verb`` goes without; "or" lends "not" as well."""
    if verb.tag_ not in ("VB", "VBN", "VBG") or finite(verb):
        return []
    conjunction = child(verb.head, "cc")
    negated = conjunction is not None and conjunction.lower_ in ("or", "nor")
    own = {t.lower_ for t in auxiliaries(verb)}
    return [t for t in shared if (t.dep_ != "neg" or negated) and t.lower_ not in own]


def conjuncts(noun: Token) -> list[Token]:
    """``noun`` and what is coordinated with it, if each stands for itself; else ``noun`` alone.

    Each does if all are names, or each has a number or article of its own and one a number.
    """
    heads = [noun, *(c for c in noun.conjuncts if c.i > noun.i)]
    joined = any(c.lower_ == "and" for h in heads for c in h.children if c.dep_ == "cc")
    names = any(map(named, heads)) and all(
        h.text[0].isupper() and not plural_form(h) for h in heads
    )
    counts = [child(h, "nummod") is not None or h.pos_ == "NUM" for h in heads]
    own = any(counts) and all(n or child(h, "det") for n, h in zip(counts, heads, strict=True))
    return heads if joined and (names or own) else [noun]


def distributive(verb: Token) -> bool:
    """Whether what ``verb`` says of several holds of each: not "met", "agreed", "are allies"."""
    if any(t.lower_ in ("together", "jointly", "each") for t in verb.subtree):
        return False
    target = child(verb, "dobj", "attr")
    if target is None:
        return verb.lemma_ not in _RECIPROCAL | _COLLECTIVE
    return verb.lemma_ not in _COLLECTIVE and (target.dep_ == "dobj" or not plural_form(target))


def objects_apart(verb: Token, body: Sequence[Token]) -> list[list[Token]]:
    """``body`` once for each of several objects that stand for themselves."""
    target = child(verb, "dobj")
    several = conjuncts(target) if target is not None and not stance(verb) else []
    if len(several) < 2:
        return [list(body)]
    others = set(target.subtree)
    return [[t for t in body if t not in others or t in core(one)] for one in several]
