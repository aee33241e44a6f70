"""From the parse of a segment to its propositions, each a list of words in grammatical order.

A clause becomes one proposition: its subtree, less what is said by propositions of its own
(coordinated clauses, relative clauses, appositions, participles) and less who said it.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from spacy.tokens import Token

from attribution import according, content, denying, inserted, stance, thinking
from coreference import Mentions, core, first_person, name_of
from modifiers import antecedent, identity, numbers_before, participle, relative
from parse import Segment, apposed, auxiliaries, child, finite, named, set_off, subject
from wording import Word, phrase, plural, singular

_CONDITIONS = {"if", "unless", "until", "till", "lest", "whether", "provided", "as", "that", "so"}
_CONTRASTS = {"although", "though", "while", "whereas"}
_TOGETHER = {"meet", "agree", "marry", "fight", "merge", "talk", "sign", "differ", "share"} - {"sign"}


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


class Reading:
    """One segment, read with what the article has said before it."""

    def __init__(self, segment: Segment, mentions: Mentions, speaker: str | None) -> None:
        self.speaker = speaker
        self._segment = segment
        self._mentions = mentions
        self._instead: dict[int, Sequence[Word]] = {}  # by position: what is written for a token

    def propositions(self) -> Iterator[Proposition]:
        """All propositions of the segment, main clauses before what is taken out of them."""
        for sent in self._segment.doc.sents:
            root = sent.root
            if finite(root) or (self._segment.title and child(root, "aux")):
                yield from self._clause(root, self.speaker, Shared())
            else:
                yield from self._beside(list(sent), root, self.speaker)

    def _clause(self, verb: Token, source: str | None, shared: Shared) -> Iterator[Proposition]:
        said, cited = inserted(verb), according(verb)
        if said is not None and (who := subject(said)) is not None:
            source = self._credit(who)
            yield from self._beside([who], said, None)
        elif cited is not None:
            source = self._credit(cited[1])
        own = subject(verb)
        holder = own if own is not None else shared.subject
        whole = denying(verb) or (thinking(verb) and (source or self._segment.inside))
        inner = [] if whole else content(verb)
        lead = [t for c in verb.lefts if own is not None and c.i < own.left_edge.i
                and c.dep_ in ("prep", "npadvmod") for t in c.subtree]  # fmt: skip
        if inner and holder is not None:
            if own is not None:
                yield from self._beside([own], verb, None)
            credited = self._credit(holder)
            for head in inner:
                yield from self._clause(head, credited, Shared())
        elif holder is not None:
            yield from self._state(verb, source, shared._replace(subject=holder))
            if own is not None:
                self._mentions.note_subject(own, self._segment)
        lends = Shared(lead or shared.lead, holder, auxiliaries(verb) or shared.auxiliaries)
        for other in _coordinated(verb):
            has_own = subject(other) is not None
            lent = Shared(lends.lead) if has_own else lends
            yield from self._clause(other, source, lent)
        for other in (*_adverbial(verb), *_independent(verb)):
            yield from self._clause(other, source, Shared())

    def _credit(self, who: Token) -> str:
        """The name of a source, as full as the article has given it."""
        names = [c for c in who.children if c.dep_ == "appos" and named(c)]
        head = names[0] if names and not named(who) else who
        known = self._mentions.resolve(head, self._segment, self.speaker)
        if known is None and head.pos_ == "PRON":
            known = head.text
        self._mentions.note_subject(head, self._segment)
        self.speaker = str(known) if known is not None else self._mentions.full(head)
        return self.speaker

    def _state(self, verb: Token, source: str | None, shared: Shared) -> Iterator[Proposition]:
        cut = _cut(verb)
        kept = [t for t in verb.subtree if t.i not in cut]
        own = subject(verb)
        subject_tokens = set() if own is None else {t.i for t in own.subtree}
        body = _moved(verb, [t for t in kept if t.i not in subject_tokens])
        if not _says_something(verb, body):
            return
        who = own if own is not None else shared.subject
        assert who is not None
        if who.tag_ in ("WDT", "WP") and who.i not in self._instead:
            return  # a relative clause whose noun the parse has lost
        for variant, one in self._subjects(who, verb):
            for dropped in _objects(verb):
                rest = [t for t in body if t.i not in dropped]
                words = self._ordered(verb, own, variant, rest, shared)
                if one:
                    agreeing = {a.i for a in (verb, *auxiliaries(verb)[:1])}
                    words = [
                        singular(w) if isinstance(w, Token) and w.i in agreeing else w
                        for w in words
                    ]
                holder = phrase(self._filled(variant)) if stance(verb) else None
                used = [t for t in (*variant, *rest, *shared.lead) if isinstance(t, Token)]
                yield Proposition(self._filled(words), used or kept, verb, source, holder)
        yield from self._beside(kept, verb, source)

    def _ordered(
        self,
        verb: Token,
        own: Token | None,
        variant: Sequence[Word],
        rest: Sequence[Token],
        shared: Shared,
    ) -> list[Word]:
        lead = [*shared.lead, ","] if shared.lead else []
        if own is None:
            helpers = [] if finite(verb) or verb.tag_ == "TO" else _lent(verb, shared.auxiliaries)
            return [*lead, *variant, *helpers, *rest]
        if own.i > verb.i and own.dep_ != "expl" and not any(t.dep_ == "expl" for t in rest):
            return [*variant, *rest]
        at = own.left_edge.i
        first = next((k for k, t in enumerate(rest) if t.i >= at), len(rest))
        before, after = rest[:first], [*rest[first:]]
        if self._segment.title and child(verb, "aux") is not None and not finite(verb):
            after = ["will" if isinstance(t, Token) and t.tag_ == "TO" and t.head == verb else t
                     for t in after]  # fmt: skip
        return [*lead, *before, *variant, *after]

    def _subjects(self, who: Token, verb: Token) -> list[tuple[Sequence[Word], bool]]:
        """The subjects of a clause, and whether one of several now stands alone."""
        conjuncts = [who, *who.conjuncts] if _splits(who) else []
        apart = verb.lemma_ not in _TOGETHER and len(conjuncts) > 1
        if apart and who.i == min(c.i for c in conjuncts):
            return [(core(c), not plural_alone(c)) for c in conjuncts]
        names = [c for c in who.children if apposed(c) and named(c) and not named(who)]
        if names:
            return [(core(names[0]), False)]
        whole = [t for t in who.subtree if t.i not in _cut(who)]
        return [([t for t in whole], False)]

    def _beside(
        self, tokens: Sequence[Token], verb: Token, source: str | None
    ) -> Iterator[Proposition]:
        """What the noun phrases among ``tokens`` say on the side."""
        for token in tokens:
            yield from (Proposition(w, list(token.subtree), None, source)
                        for w in numbers_before(token))  # fmt: skip
            for other in token.children:
                if other.dep_ == "appos":
                    yield from self._beside([other], verb, source)
                if apposed(other):
                    words = identity(token, other)
                    yield Proposition(self._filled(words), [*core(token), *other.subtree])
                elif other.dep_ == "relcl" and relative(other) is not None:
                    yield from self._relative(token, other, source)
                elif words := participle(token, other, verb):
                    yield Proposition(self._filled(words), [*core(token), *other.subtree], other,
                                      source)  # fmt: skip
        if tokens and verb in tokens:
            who = subject(verb)
            for other in verb.children:
                if who is not None and (words := participle(who, other, verb)):
                    yield Proposition(self._filled(words), [*core(who), *other.subtree], other,
                                      source)  # fmt: skip

    def _relative(self, noun: Token, verb: Token, source: str | None) -> Iterator[Proposition]:
        pronoun = relative(verb)
        head = antecedent(noun, pronoun, verb)
        if not finite(verb) or not (set_off(verb) or noun.dep_ not in ("nsubj", "nsubjpass")):
            return
        words = core(head)
        self._instead[pronoun.i] = [phrase(words) + "'s"] if pronoun.tag_ == "WP$" else words
        for found in self._clause(verb, source, Shared()):
            yield found._replace(tokens=[*words, *found.tokens])

    def _filled(self, words: Sequence[Word]) -> list[Word]:
        """``words`` with pronouns and roles replaced where one reading is left."""
        filled: list[Word] = []
        third: set[int] = set()  # verbs that were of the first person
        for word in words:
            if isinstance(word, str):
                filled.append(word)
            elif word.i in third:
                filled.append(singular(word))
            elif word.i in self._instead:
                filled += self._instead[word.i]
            elif word.dep_ in ("nsubj", "nsubjpass") and (known := self._resolved(word)):
                if filled and isinstance(filled[-1], Token) and filled[-1].lower_ == "the":
                    filled.pop()
                filled.append(known)
                if word.lower_ == "i":
                    third = {t.i for t in (word.head, *auxiliaries(word.head)[:1])}
            elif first_person(word) and word.lower_ in ("we", "our", "us"):
                filled.append(f'"{word.text}"')
            else:
                filled.append(word)
        return filled

    def _resolved(self, token: Token) -> Word | None:
        return self._mentions.resolve(token, self._segment, self.speaker)


def _coordinated(verb: Token) -> list[Token]:
    return [c for c in verb.children if c.dep_ == "conj" and _is_clause(c, verb)]


def _is_clause(conjunct: Token, verb: Token) -> bool:
    if finite(conjunct):
        return True
    same = conjunct.tag_ == verb.tag_ or {conjunct.tag_, verb.tag_} == {"VB", "VBP"}
    return conjunct.pos_ in ("VERB", "AUX") and same


def _independent(verb: Token) -> list[Token]:
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


def _adverbial(verb: Token) -> list[Token]:
    """Subordinate clauses of time, reason and contrast: what they say holds by itself."""
    return [c for c in verb.children if c.dep_ == "advcl" and finite(c) and subject(c) is not None
            and c != inserted(verb) and _mark(c) not in _CONDITIONS]  # fmt: skip


def _mark(verb: Token) -> str:
    mark = next((c for c in verb.lefts if c.dep_ == "mark" or c.tag_ == "WRB"), None)
    return mark.lower_ if mark is not None else "if" if verb.tag_ == "VBN" else ""


def _cut(head: Token) -> set[int]:
    """Positions in the subtree of ``head`` that its own proposition leaves out."""
    out: set[int] = set()

    def drop(token: Token) -> None:
        out.update(t.i for t in token.subtree)
        out.update(t.i for t in token.head.children if t.text == "," and t.i > token.head.i
                   and token.head.pos_ in ("NOUN", "PROPN"))  # fmt: skip

    if (said := inserted(head)) is not None:
        drop(said)
    if (cited := according(head)) is not None:
        drop(cited[0])
    mark = next((c for c in head.lefts if c.dep_ == "mark"), None)
    when = next((c for c in head.lefts if c.tag_ == "WRB"), None) if head.dep_ in ("advcl", "conj") else None
    for opener in (mark, when):
        if opener is not None:
            out.update(t.i for t in head.subtree if t.i <= opener.i)
    for other in (*_coordinated(head), *_independent(head)):
        drop(other)
    out.update(c.i for c in head.children if c.dep_ in ("cc", "preconj") and _coordinated(head))
    for token in head.subtree:
        if token.i in out or token == head:
            continue
        if apposed(token) or (token.dep_ == "relcl" and set_off(token) and relative(token)):
            drop(token)
        elif token.dep_ in ("acl", "advcl") and participle(token.head, token, token.head):
            drop(token)
        elif token.dep_ == "advcl" and token.head == head and _mark(token) in _CONTRASTS:
            drop(token)
    return out


def _moved(verb: Token, tokens: Sequence[Token]) -> list[Token]:
    """``tokens`` with a relative object where an object stands: "which a draft would have shut"."""
    pronoun = relative(verb)
    if pronoun is None or pronoun.dep_ not in ("dobj", "pobj") or verb.dep_ != "relcl":
        return list(tokens)
    phrase_head = pronoun.head if pronoun.dep_ == "pobj" else pronoun
    front = [t for t in tokens if t in phrase_head.subtree and t.i < verb.i]
    rest = [t for t in tokens if t not in front]
    at = 1 + max((k for k, t in enumerate(rest) if t == verb or (t.dep_ == "prt" and t.head == verb)), default=-1)
    return [*rest[:at], *front, *rest[at:]]


def _says_something(verb: Token, body: Sequence[Token]) -> bool:
    """Whether more is left than a subject and a bare auxiliary: "It was not" is an ellipsis."""
    content_words = [t for t in body if t.dep_ not in ("aux", "auxpass", "neg", "punct", "expl")]
    return any(t != verb for t in content_words) or verb.lemma_ not in ("be", "do", "have")


def _lent(verb: Token, lent: Sequence[Token]) -> list[Token]:
    """Auxiliaries of the first clause that ``verb`` goes without; "or" lends "not" as well."""
    if verb.tag_ not in ("VB", "VBN", "VBG"):
        return []
    conjunction = child(verb.head, "cc")
    negated = conjunction is not None and conjunction.lower_ in ("or", "nor")
    own = {t.lower_ for t in auxiliaries(verb)}
    return [t for t in lent if (t.dep_ != "neg" or negated) and t.lower_ not in own]


def _splits(noun: Token) -> bool:
    """Whether the conjuncts of ``noun`` are names, or have each a number."""
    heads = [noun, *noun.conjuncts]
    joined = child(noun, "preconj") is None and any(c.lower_ == "and" for h in heads for c in h.children)
    numbered = all(child(h, "nummod") is not None or child(h, "det") is not None for h in heads)
    counted = any(child(h, "nummod") is not None for h in heads)
    return joined and (all(map(named, heads)) or (numbered and counted))


def plural_alone(noun: Token) -> bool:
    """Whether ``noun`` is plural without what is coordinated with it."""
    return noun.tag_ in ("NNS", "NNPS")


def _objects(verb: Token) -> list[set[int]]:
    """For each proposition that coordinated objects make, the positions it leaves out."""
    target = child(verb, "dobj")
    if target is None or not _splits(target) or stance(verb):
        return [set()]
    heads = [target, *target.conjuncts]
    everything = {t.i for t in target.subtree}
    return [everything - {t.i for t in core(h)} for h in heads]
