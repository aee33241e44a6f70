"""How clauses hang together: which stand by themselves, and what each leaves to the others."""

from collections.abc import Sequence
from typing import NamedTuple

from spacy.tokens import Token

from attribution import according, content, inserted, stance
from coreference import core
from modifiers import participle, relative
from parse import apposed, auxiliaries, brackets, child, finite, named, set_off, subject
from wording import Word

_CONDITIONS = {"if", "unless", "until", "till", "lest", "whether", "provided", "as", "that", "so"}
_CONTRASTS = {"although", "though", "while", "whereas"}


class Proposition(NamedTuple):
    """``tokens`` are what it was read from; ``verb`` is None where it has none of its own."""

    words: Sequence[Word]
    tokens: Sequence[Token]
    verb: Token | None = None
    source: str | None = None
    holder: str | None = None  # who takes the stance that ``verb`` tells


class Shared(NamedTuple):
    """What the first of several coordinated clauses lends to those after it."""

    lead: Sequence[Token] = ()
    subject: Token | None = None
    auxiliaries: Sequence[Token] = ()


def coordinated(verb: Token) -> list[Token]:
    """The verbs that are coordinated with ``verb`` and head clauses."""
    return [c for c in verb.children if c.dep_ == "conj" and _is_clause(c, verb)]


def _is_clause(conjunct: Token, verb: Token) -> bool:
    if finite(conjunct):
        return True
    same = conjunct.tag_ == verb.tag_ or {conjunct.tag_, verb.tag_} == {"VB", "VBP"}
    return conjunct.pos_ in ("VERB", "AUX") and same


def independent(verb: Token) -> list[Token]:
    """Clauses that only stand beside that of ``verb``, though the parser hung them on it."""
    return [
        c for c in verb.children
        if c.dep_ == "ccomp" and c not in content(verb) and c.i < verb.i and finite(c)
        and (who := subject(verb)) is not None and c.i < who.i and child(c, "mark") is None
        and not _inverted(c)
    ]  # fmt: skip


def _inverted(verb: Token) -> bool:
    """Whether the clause of ``verb`` is a condition without "if": "Had they done so, …"."""
    who = subject(verb)
    return who is not None and any(a.i < who.i and a.dep_ == "aux" for a in auxiliaries(verb))


def adverbial(verb: Token) -> list[Token]:
    """Subordinate clauses of time, reason and contrast: what they say holds by itself."""
    return [c for c in verb.children if c.dep_ == "advcl" and finite(c) and subject(c) is not None
            and c != inserted(verb) and _mark(c) not in _CONDITIONS]  # fmt: skip


def _mark(verb: Token) -> str:
    mark = next((c for c in verb.lefts if c.dep_ == "mark" or c.tag_ == "WRB"), None)
    return mark.lower_ if mark is not None else "if" if verb.tag_ == "VBN" else ""


def left_out(head: Token) -> set[int]:
    """Positions in the subtree of ``head`` that its own proposition leaves out."""
    out: set[int] = set()

    def drop(token: Token) -> None:
        out.update(t.i for t in token.subtree)
        out.update(brackets(token))
        out.update(t.i for t in token.head.children if t.text == "," and t.i > token.head.i
                   and token.head.pos_ in ("NOUN", "PROPN"))  # fmt: skip

    if (said := inserted(head)) is not None:
        drop(said)
    if (cited := according(head)) is not None:
        drop(cited[0])
    mark = next((c for c in head.lefts if c.dep_ == "mark"), None)
    when = (
        next((c for c in head.lefts if c.tag_ == "WRB"), None)
        if head.dep_ in ("advcl", "conj")
        else None
    )
    for opener in (mark, when):
        if opener is not None:
            out.update(t.i for t in head.subtree if t.i <= opener.i)
    for other in (*coordinated(head), *independent(head)):
        drop(other)
    out.update(c.i for c in head.children if c.dep_ in ("cc", "preconj") and coordinated(head))
    for token in head.subtree:
        if token.i in out or token == head:
            continue
        if (
            apposed(token)
            or (token.dep_ == "relcl" and set_off(token) and relative(token))
            or (token.dep_ in ("acl", "advcl") and participle(token.head, token, token.head))
            or (token.dep_ == "advcl" and token.head == head and _mark(token) in _CONTRASTS)
        ):
            drop(token)
    return out


def object_moved(verb: Token, tokens: Sequence[Token]) -> list[Token]:
    """``tokens`` with a relative object where an object stands: "which a draft would have shut"."""
    pronoun = relative(verb)
    if pronoun is None or pronoun.dep_ not in ("dobj", "pobj") or verb.dep_ != "relcl":
        return list(tokens)
    phrase_head = pronoun.head if pronoun.dep_ == "pobj" else pronoun
    front = [t for t in tokens if t in phrase_head.subtree and t.i < verb.i]
    rest = [t for t in tokens if t not in front]
    at = 1 + max(
        (k for k, t in enumerate(rest) if t == verb or (t.dep_ == "prt" and t.head == verb)),
        default=-1,
    )
    return [*rest[:at], *front, *rest[at:]]


def _said_apart(token: Token, head: Token) -> bool:
    """Whether a proposition of its own says what ``token`` says in the clause of ``head``."""
    if token.dep_ == "relcl":
        return set_off(token) and relative(token) is not None
    if token.dep_ == "advcl" and token.head == head and _mark(token) in _CONTRASTS:
        return True
    return apposed(token) or bool(participle(token.head, token, token.head))


def says_something(verb: Token, body: Sequence[Token]) -> bool:
    """Whether more is left than a subject and a bare auxiliary: "It was not" is an ellipsis."""
    content_words = [t for t in body if t.dep_ not in ("aux", "auxpass", "neg", "punct", "expl")]
    return any(t != verb for t in content_words) or verb.lemma_ not in ("be", "do", "have")


def lent_to(verb: Token, lent: Sequence[Token]) -> list[Token]:
    """Auxiliaries of the first clause that ``verb`` goes without; "or" lends "not" as well."""
    if verb.tag_ not in ("VB", "VBN", "VBG"):
        return []
    conjunction = child(verb.head, "cc")
    negated = conjunction is not None and conjunction.lower_ in ("or", "nor")
    own = {t.lower_ for t in auxiliaries(verb)}
    return [t for t in lent if (t.dep_ != "neg" or negated) and t.lower_ not in own]


def splits(noun: Token) -> bool:
    """Whether the conjuncts of ``noun`` are names, or have each a number."""
    heads = [noun, *noun.conjuncts]
    joined = child(noun, "preconj") is None and any(
        c.lower_ == "and" for h in heads for c in h.children
    )
    numbered = all(child(h, "nummod") is not None or child(h, "det") is not None for h in heads)
    counted = any(child(h, "nummod") is not None for h in heads)
    return joined and (all(map(named, heads)) or (numbered and counted))


def plural_alone(noun: Token) -> bool:
    """Whether ``noun`` is plural without what is coordinated with it."""
    return noun.tag_ in ("NNS", "NNPS")


def apart(verb: Token) -> list[set[int]]:
    """For each proposition that coordinated objects make, the positions it leaves out."""
    target = child(verb, "dobj")
    if target is None or not splits(target) or stance(verb):
        return [set()]
    heads = [target, *target.conjuncts]
    everything = {t.i for t in target.subtree}
    return [everything - {t.i for t in core(h)} for h in heads]


def lead_of(verb: Token, own: Token | None) -> list[Token]:
    """The adjuncts that open the clause of ``verb`` before its subject."""
    if own is None:
        return []
    opening = [c for c in verb.lefts if c.i < own.left_edge.i and c.dep_ in ("prep", "npadvmod")]
    return [t for c in opening for t in c.subtree]
