"""Who is credited with what: reporting verbs, "according to", and who holds a position."""

from spacy.tokens import Token

from grammar import child, set_off, subject

_REPORTING = frozenset(
    "acknowledge add admit allege announce argue caution claim comment conclude confirm declare "
    "estimate explain hear insist note point predict recall remark reply report reveal say state "
    "stress tell testify warn write".split()
)  # of speech alone: without "believes" or "suggests" a belief or mere evidence would be a fact
_STANCE = frozenset(
    "accuse appeal applaud ask back blame call condemn criticise criticize decline defend demand "
    "deplore describe dispute oppose praise propose refuse reject support urge welcome".split()
)


def reporting(verb: Token) -> bool:
    """Whether ``verb`` says who said something; where it is negated, nothing was said."""
    return verb.lemma_.lower() in _REPORTING and child(verb, "neg") is None


def stance(verb: Token) -> bool:
    """Whether ``verb`` itself is a demand, appeal, refusal, support, opposition or blame."""
    naming = verb.lemma_ in ("call", "describe") and child(verb, "auxpass") is not None
    return verb.lemma_.lower() in _STANCE and not naming


def content(verb: Token) -> list[Token]:
    """The heads of the clauses that the reporting ``verb`` credits to its subject."""
    if not reporting(verb):
        return []
    return [c for c in verb.children if c.dep_ == "ccomp"
            and (c.pos_ in ("VERB", "AUX") or subject(c) is not None)]  # fmt: skip


def inserted(verb: Token) -> Token | None:
    """The reporting verb put beside or into the clause of ``verb``: "…, Odd said, …"."""
    for other in verb.children:
        loose = other.dep_ == "advcl" or (other.dep_ == "ccomp" and other.i > verb.i)
        beside = other.dep_ == "parataxis" or (loose and set_off(other))
        if beside and reporting(other) and subject(other) and not content(other):
            return other
    return None


def according(verb: Token) -> tuple[Token, Token] | None:
    """("according", head of the source) where the clause of ``verb`` has such a phrase."""
    for word in verb.subtree:
        to = next((c for c in word.children if c.lower_ == "to"), None)
        source = child(to, "pobj") if to is not None and word.lower_ == "according" else None
        if source is not None:
            return word, source
    return None
