"""Questions asked of a dependency parse (ClearNLP relations, Penn tags): nothing is changed."""

from collections.abc import Iterable

from spacy.tokens import Token

_FINITE = ("VBD", "VBP", "VBZ", "MD")
_SUBJECTS = ("nsubj", "nsubjpass", "csubj", "csubjpass", "expl")
_RELATIVE = ("WDT", "WP", "WP$")
_MARKS = {",", "(", ")", "[", "]", "–", "—", "-"}


def child(token: Token, *deps: str) -> Token | None:
    """The first child of ``token`` in one of the relations ``deps``."""
    return next((c for c in token.children if c.dep_ in deps), None)


def subject(verb: Token) -> Token | None:
    """The head of the subject that ``verb`` itself has."""
    return child(verb, *_SUBJECTS)


def auxiliaries(verb: Token) -> list[Token]:
    """Auxiliaries and negation that stand with ``verb`` itself, in order."""
    return [c for c in verb.lefts if c.dep_ in ("aux", "auxpass", "neg")]


def finite(verb: Token) -> bool:
    """Whether ``verb`` or an auxiliary of it carries tense or mood."""
    return any(t.tag_ in _FINITE for t in (verb, *auxiliaries(verb)))


def relative(verb: Token) -> Token | None:
    """The relative pronoun, or "where", that opens the clause of ``verb``."""
    before = (t for t in verb.subtree if t.i < verb.i)
    return next((t for t in before if t.tag_ in _RELATIVE or t.lower_ == "where"), None)


def subordinator(verb: Token) -> str:
    """The word that subordinates the clause of ``verb``: "because", "when"; empty if none does."""
    return next((c.lower_ for c in verb.lefts if c.dep_ == "mark" or c.tag_ == "WRB"), "")


def named(token: Token) -> bool:
    """Whether ``token`` heads a name."""
    return token.pos_ == "PROPN"


def plural_form(noun: Token) -> bool:
    """Whether ``noun`` is plural without what is coordinated with it."""
    return noun.tag_ in ("NNS", "NNPS") or (noun.pos_ == "NUM" and noun.lower_ not in ("1", "one"))


def plural(noun: Token) -> bool:
    """Whether a verb beside ``noun`` would be in the plural."""
    several = child(noun, "conj") is not None and not _firm(noun)
    return several or plural_form(noun) or noun.lower_ in ("they", "we", "these")


def set_off(token: Token) -> bool:
    """Whether a comma, dash or bracket stands before the phrase of ``token``."""
    before = token.left_edge.i - 1
    return before >= 0 and token.doc[before].text in _MARKS


def apposed(token: Token) -> bool:
    """Whether ``token`` heads an apposition or bracket that marks set off."""
    return token.dep_ == "appos" and set_off(token) and token.i > token.head.i


def excised(token: Token) -> set[int]:
    """Positions that go when the phrase of ``token`` is taken out, with the marks around it."""
    first, last = token.left_edge.i, token.right_edge.i
    around = (i for i in (first - 1, last + 1) if 0 <= i < len(token.doc))
    return {*range(first, last + 1), *(i for i in around if token.doc[i].text in _MARKS)}


def without(tokens: Iterable[Token], cut: Iterable[Token]) -> list[Token]:
    """``tokens`` less the phrases of ``cut``."""
    gone = {i for token in cut for i in excised(token)}
    return [t for t in tokens if t.i not in gone]


def core(noun: Token) -> list[Token]:
    """The noun phrase of ``noun`` without its clauses, appositions and conjuncts."""
    cut = [t for t in noun.subtree if t != noun and (apposed(t) or _outside(t, noun))]
    return [t for t in without(noun.subtree, cut) if not (t.text == "," and t.i > noun.i)]


def _firm(noun: Token) -> bool:
    """Whether ``noun`` and its conjunct are one name: "Alder & Daughters"."""
    return any(c.text == "&" for c in noun.children)


def _outside(token: Token, noun: Token) -> bool:
    if token.dep_ in ("conj", "cc") and _firm(noun):
        return False
    if token.dep_ in ("relcl", "acl") and set_off(token):
        return True
    both = token.lower_ == "both" and child(noun, "conj") is not None
    return token.head == noun and (both or token.dep_ in ("relcl", "conj", "cc", "preconj"))
