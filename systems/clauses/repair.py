"""Mend what the small model regularly gets wrong, by what the words and marks leave no doubt of.

Each rule takes a parse and yields the arcs to change: token, new head, new relation.
"""

from collections.abc import Iterator

from spacy.tokens import Doc, Token

FINITE = ("VBD", "VBP", "VBZ", "MD")
SUBJECTS = ("nsubj", "nsubjpass", "csubj", "csubjpass", "expl")

Arc = tuple[Token, Token, str]


def repaired(doc: Doc) -> Doc:
    """``doc`` with every rule applied in turn."""
    for rule in (_firms, _names, _nearest, _late_verbs, _lost_subjects, _whose):
        if arcs := list(rule(doc)):
            doc = _rewired(doc, arcs)
    return doc


def _firms(doc: Doc) -> Iterator[Arc]:
    """One name, not two things: "Alder & Daughters"."""
    for token in doc:
        joined = [c for c in token.head.children if c.dep_ == "cc" and c.text == "&"]
        if token.dep_ == "conj" and joined and token.pos_ == "PROPN":
            yield token, token.head, "nmod"
            yield joined[0], token.head, "nmod"


def _names(doc: Doc) -> Iterator[Arc]:
    """In "the yard, Alder Brothers, …" the name is in apposition: no conjunction stands before."""
    for token in doc:
        noun = token.head
        if token.dep_ == "conj" and token.pos_ == "PROPN" and noun.pos_ == "NOUN":
            listed = any(c.dep_ in ("cc", "conj") and c != token for c in noun.children)
            if not listed and doc[max(token.left_edge.i - 1, 0)].text == ",":
                yield token, noun, "appos"


def _nearest(doc: Doc) -> Iterator[Arc]:
    """In "four guests and a cook, Ann Bell," the name belongs to the cook."""
    for token in doc:
        conjuncts = [c for c in token.head.conjuncts if c.dep_ == "conj" and c.i < token.i]
        if token.dep_ == "appos" and conjuncts:
            yield token, conjuncts[-1], "appos"


def _late_verbs(doc: Doc) -> Iterator[Arc]:
    """A main verb in the past tense that was taken for a participle after its subject."""
    for verb in doc:
        noun = verb.head
        if verb.dep_ != "acl" or verb.tag_ not in ("VBD", "VBZ") or noun.dep_ != "ROOT":
            continue
        yield verb, verb, "ROOT"
        yield from ((c, verb, "punct") for c in noun.rights if c.dep_ == "punct" and c.i > verb.i)
        yield noun, verb, "nsubj"


def _lost_subjects(doc: Doc) -> Iterator[Arc]:
    """In "Under the Code, a member must …" the subject was taken for an apposition."""
    for verb in doc:
        first = next((c for c in verb.lefts if c.dep_ in ("aux", "auxpass")), verb)
        if verb.dep_ not in ("ROOT", "ccomp") or first.tag_ not in FINITE:
            continue
        lost = [t for t in doc[: first.i] if t.dep_ == "appos" and t.right_edge.i + 1 == first.i]
        if not lost:
            continue
        noun = lost[0].head
        if noun.dep_ == "pobj" and not any(c.dep_ in SUBJECTS for c in verb.children):
            yield lost[0], verb, "nsubj"
        elif noun.dep_ == "nsubj" and noun.head == verb:
            # no comma closes the apposition: it is the subject, and what opens is an adjunct
            yield lost[0], verb, "nsubj"
            yield noun, verb, "npadvmod"


def _whose(doc: Doc) -> Iterator[Arc]:
    """In "…, whose leader said …" the noun after "whose" is the subject of a relative clause."""
    for token in doc:
        noun = token.head
        if token.tag_ != "WP$" or noun.dep_ != "appos" or noun.head == noun:
            continue
        for verb in doc[noun.i + 1 :]:
            if verb.dep_ in ("conj", "ROOT") and verb.tag_ in FINITE:
                if not any(c.dep_ in SUBJECTS for c in verb.children):
                    yield noun, verb, "nsubj"
                    yield verb, noun.head, "relcl"
                    main = next((c for c in verb.lefts if c.dep_ == "ccomp"), None)
                    if main is not None:
                        yield main, main, "ROOT"
                break


def _rewired(doc: Doc, arcs: list[Arc]) -> Doc:
    heads, deps = [t.head.i for t in doc], [t.dep_ for t in doc]
    for token, head, relation in arcs:
        heads[token.i], deps[token.i] = head.i, relation
    return Doc(
        doc.vocab,
        words=[t.text for t in doc],
        spaces=[bool(t.whitespace_) for t in doc],
        tags=[t.tag_ for t in doc],
        pos=[t.pos_ for t in doc],
        lemmas=[t.lemma_ for t in doc],
        ents=[f"{t.ent_iob_}-{t.ent_type_}" if t.ent_type_ else "O" for t in doc],
        heads=heads,
        deps=deps,
    )
