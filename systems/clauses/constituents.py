"""What the clause of a verb consists of, once other propositions have said their part of it."""

from collections.abc import Sequence

from spacy.tokens import Token

from asides import detached
from attribution import according, inserted
from coordination import coordinated
from grammar import (
    apposed,
    finite,
    relative,
    set_off,
    subject,
    subordinator,
    without,
)

_VERIDICAL = frozenset(
    "after although because before since though when whereas while".split()
)  # what stands under them holds, as under no subordinator of condition or purpose
_CONTRASTS = frozenset({"although", "though", "whereas", "while"})


def adverbial(verb: Token) -> bool:
    """Whether ``verb`` heads an adverbial clause whose content holds by itself."""
    full = verb.dep_ == "advcl" and finite(verb) and subject(verb) is not None
    return full and subordinator(verb) in _VERIDICAL


def kept(head: Token) -> list[Token]:
    """The tokens of the clause or phrase of ``head`` that no other proposition says."""
    cut = [t for t in head.subtree if t != head and _apart(t, head)]
    cited = according(head) if head.pos_ in ("VERB", "AUX") else None
    if cited is not None:
        cut.append(cited[0])
    left = without(head.subtree, cut)
    openers = [c.i for c in head.lefts if c.dep_ == "mark"
               or (c.tag_ == "WRB" and head.dep_ in ("advcl", "conj"))]  # fmt: skip
    joints = {c for c in head.children if c.dep_ in ("cc", "preconj")
              and (coordinated(head) or c == head.left_edge)}  # fmt: skip
    return [t for t in left if t.i > max(openers, default=-1) and t not in joints]


def _apart(token: Token, head: Token) -> bool:
    """Whether a proposition of its own says what ``token`` says in the clause of ``head``."""
    if token.head == head and (token in coordinated(head) or token == inserted(head)):
        return True
    if token.head == head and adverbial(token) and subordinator(token) in _CONTRASTS:
        return True
    loose = token.dep_ == "relcl" and set_off(token) and relative(token) is not None
    return apposed(token) or loose or detached(token)


def gap_filled(verb: Token, tokens: Sequence[Token]) -> list[Token]:
    """``tokens`` with a relative object or "where" in the place of an object or adverbial."""
    pronoun = relative(verb) if verb.dep_ == "relcl" else None
    if pronoun is None or pronoun.dep_ not in ("dobj", "pobj", "advmod"):
        return list(tokens)
    front = set((pronoun.head if pronoun.dep_ == "pobj" else pronoun).subtree)
    moved = [t for t in tokens if t in front and t.i < verb.i]
    rest = [t for t in tokens if t not in moved]
    heads = [k for k, t in enumerate(rest) if t == verb or (t.dep_ == "prt" and t.head == verb)]
    at = len(rest) if pronoun.dep_ == "advmod" else max(heads, default=-1) + 1
    return [*rest[:at], *moved, *rest[at:]]


def elliptic(verb: Token, body: Sequence[Token]) -> bool:
    """Whether no more is left than a subject and a bare auxiliary: "It was not"."""
    function = ("aux", "auxpass", "neg", "punct", "expl")
    return verb.pos_ == "AUX" and all(t == verb or t.dep_ in function for t in body)


def lead(verb: Token) -> list[Token]:
    """The adjuncts that open the clause of ``verb`` before its subject."""
    own = subject(verb)
    if own is None:
        return []
    opening = [c for c in verb.lefts if c.i < own.left_edge.i and c.dep_ in ("prep", "npadvmod")]
    return [t for c in opening for t in c.subtree]
