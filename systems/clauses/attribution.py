"""Who is credited with what: reporting verbs, "according to", and who holds a position."""

from spacy.tokens import Token

from parse import child, set_off, subject

_REPORTING = frozenset(
    "say tell add state announce report argue believe claim note explain confirm write find think "
    "estimate insist warn reveal acknowledge comment declare testify hear agree allege suggest "
    "conclude admit predict recall reply remark stress point expect fear show indicate".split()
)
_STANCE = frozenset(
    "call demand urge oppose welcome condemn criticise criticize praise blame reject refuse "
    "decline dispute appeal support back describe accuse propose ask deplore applaud defend".split()
)
_DENYING = frozenset({"deny"})


def reporting(verb: Token) -> bool:
    """Whether ``verb`` says who said something that is said in a clause beside it."""
    return verb.lemma_.lower() in _REPORTING


def stance(verb: Token) -> bool:
    """Whether ``verb`` itself is a demand, appeal, refusal, support, opposition or blame."""
    lemma = verb.lemma_.lower()
    if lemma in ("call", "describe"):
        return verb.tag_ != "VBN" or child(verb, "auxpass") is None
    return lemma in _STANCE


def denying(verb: Token) -> bool:
    """Whether ``verb`` denies what follows: taken off, it would turn the content around."""
    return verb.lemma_.lower() in _DENYING


def thinking(verb: Token) -> bool:
    """Whether ``verb`` tells a state of mind: within what another says, it is what is said."""
    return verb.lemma_.lower() in ("believe", "think", "expect", "fear", "find", "hear", "agree")


def content(verb: Token) -> list[Token]:
    """The heads of the clauses that the reporting ``verb`` credits to its subject."""
    if not reporting(verb):
        return []
    return [c for c in verb.children if c.dep_ == "ccomp" and _has_predicate(c)]


def _has_predicate(head: Token) -> bool:
    return head.pos_ in ("VERB", "AUX") or subject(head) is not None


def inserted(verb: Token) -> Token | None:
    """The reporting verb that is put beside or into the clause of ``verb``: "…, Odd said, …"."""
    for other in verb.children:
        if other.dep_ in ("parataxis", "advcl") and reporting(other) and subject(other):
            if (
                other.dep_ == "advcl"
                and child(other, "mark", "advmod") is None
                and not set_off(other)
            ):
                continue
            if not content(other):
                return other
    return None


def according(verb: Token) -> tuple[Token, Token] | None:
    """("according", head of the source) where the clause of ``verb`` has such a phrase."""
    for word in verb.subtree:
        if word.lower_ == "according":
            to = next((c for c in word.children if c.lower_ == "to"), None)
            source = child(to, "pobj") if to else None
            if source is not None:
                return word, source
    return None
