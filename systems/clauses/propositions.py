"""From the parse of a segment to its propositions, each a list of words in grammatical order.

A clause becomes one proposition: its subtree, less what is said by propositions of its own
(coordinated clauses, relative clauses, appositions, participles) and less who said it.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from spacy.tokens import Span, Token

from asides import identity, numbers_before, participle
from attribution import according, content, inserted, stance
from constituents import adverbial, elliptic, gap_filled, kept, lead
from coordination import conjuncts, coordinated, distributive, lent, objects_apart
from coreference import Mentions
from grammar import (
    apposed,
    auxiliaries,
    child,
    core,
    finite,
    named,
    plural,
    plural_form,
    relative,
    set_off,
    subject,
)
from parse import Segment
from wording import Word, phrase, possessive, singular


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


_NOTHING = Shared()


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
            if finite(sent.root) or self._to_come(sent.root):
                found = list(self._clause(sent.root, self.speaker))
            else:
                found = list(self._asides(sent, sent.root, self.speaker))
            yield from found or self._whole(sent)

    def _whole(self, sent: Span) -> Iterator[Proposition]:
        """A sentence with a finite verb in which the parse has lost the clause, as it stands."""
        verb = next((t for t in sent if finite(t)), None)
        lost = not finite(sent.root) or subject(sent.root) is None
        if verb is not None and lost and not self._segment.title:
            yield Proposition(self._filled(list(sent)), list(sent), verb, self.speaker)

    def _to_come(self, verb: Token) -> bool:
        """Whether ``verb`` is the infinitive of a headline: "Ticket prices to double"."""
        return self._segment.title and not finite(verb) and child(verb, "aux") is not None

    def _clause(
        self, verb: Token, source: str | None, shared: Shared = _NOTHING
    ) -> Iterator[Proposition]:
        """The clause of ``verb``, and those that are coordinated with it or hang on it."""
        if (said := inserted(verb)) is not None:
            source = self._credit(subject(said))
            yield from self._asides([subject(said)], said, None)
        elif (cited := according(verb)) is not None:
            source = self._credit(cited[1])
        own = subject(verb)
        holder = own if own is not None else shared.subject
        inner = content(verb)
        if inner and holder is not None:
            yield from self._asides([own] if own is not None else [], verb, None)
            credited = self._credit(holder)
            for head in inner:
                yield from self._clause(head, credited)
        elif holder is not None:
            yield from self._state(verb, source, shared, holder)
        passed_on = Shared(
            lead(verb) or shared.lead, holder, auxiliaries(verb) or shared.auxiliaries
        )
        yield from self._others(verb, source, passed_on)

    def _others(self, verb: Token, source: str | None, passed_on: Shared) -> Iterator[Proposition]:
        """The clauses beside and below that of ``verb``."""
        for other in coordinated(verb):
            if subject(other) is None:
                yield from self._clause(other, source, passed_on)
                continue
            quoted_on = content(verb) and self._segment.quoted(other)
            credited = self.speaker if quoted_on else source
            yield from self._clause(other, credited, Shared(passed_on.lead))
        for other in verb.children:
            if adverbial(other):
                yield from self._clause(other, source)

    def _credit(self, who: Token) -> str:
        """The name of a source, as full as the article has given it."""
        name = child(who, "appos")
        head = name if name is not None and named(name) and not named(who) else who
        known = self.speaker if head.lower_ == "i" else self._mentions.resolve(head)
        if known is None:
            known = head.text if head.pos_ == "PRON" else self._mentions.note_speaker(head)
        self.speaker = known
        return known

    def _state(
        self, verb: Token, source: str | None, shared: Shared, who: Token
    ) -> Iterator[Proposition]:
        """What the clause of ``verb`` itself says of ``who``, and on the side."""
        own = subject(verb)
        remaining = kept(verb)
        of_subject = set() if own is None else set(own.subtree)
        body = gap_filled(verb, [t for t in remaining if t not in of_subject])
        lost = who.tag_ in ("WDT", "WP") and who.i not in self._instead  # by the parse
        if lost or elliptic(verb, body):
            return
        self._settle_speaker(verb)
        if own is not None:
            self._settle(own)
        for variant, agreeing in self._subjects(who, verb):
            for rest in objects_apart(verb, body):
                words = self._ordered(verb, variant, rest, shared)
                holder = phrase(self._filled(variant)) if stance(verb) else None
                used = [*shared.lead, *variant, *rest]
                yield Proposition(self._filled(words, agreeing), used, verb, source, holder)
        if own is not None:
            self._mentions.note_subject(own)
        yield from self._asides(remaining, verb, source)

    def _settle(self, noun: Token) -> None:
        """Find what the pronoun ``noun`` stands for, or that which owns it.

        Only where a claim begins: other pronouns have their noun before them.
        """
        owner = child(noun, "poss")
        for token in (noun, owner) if owner is not None else (noun,):
            known = self._mentions.resolve(token)
            if known is not None and token.i not in self._instead:
                self._instead.update({c.i: () for c in token.children if c.lower_ == "the"})
                self._instead[token.i] = [known]

    def _settle_speaker(self, verb: Token) -> None:
        """Name the speaker for "I", "me" and "my", with which the verb agreed."""
        for token in verb.subtree:
            if self.speaker is None or token.lower_ not in ("i", "me", "my"):
                continue
            owns = token.lower_ == "my"
            self._instead[token.i] = [f"{self.speaker}'s" if owns else self.speaker]
            if token.lower_ == "i":
                for helper in (token.head, *auxiliaries(token.head)[:1]):
                    self._instead[helper.i] = [singular(helper)]

    def _ordered(
        self, verb: Token, variant: Sequence[Token], rest: Sequence[Token], shared: Shared
    ) -> list[Word]:
        """The clause of ``verb`` with the subject ``variant`` before its predicate."""
        own = subject(verb)
        opening: list[Word] = [*shared.lead, ","] if shared.lead else []
        if own is None:
            return [*opening, *variant, *lent(verb, shared.auxiliaries), *rest]
        inverted = own.i > verb.i and not any(t.dep_ == "expl" for t in (own, *rest))
        place = verb.left_edge.i if inverted else own.left_edge.i
        first = next((k for k, t in enumerate(rest) if t.i >= place), len(rest))
        before, after = rest[:first], list[Word](rest[first:])
        if after and isinstance(after[0], Token) and after[0].text == ",":
            after = after[1:]
        if self._to_come(verb):
            after = ["will" if isinstance(t, Token) and t.tag_ == "TO" and t.head == verb else t
                     for t in after]  # fmt: skip
        return [*opening, *before, *variant, *after]

    def _subjects(self, who: Token, verb: Token) -> list[tuple[Sequence[Token], set[Token]]]:
        """The subjects of a clause, each with the verbs that must agree with it alone."""
        several = conjuncts(who)
        if len(several) > 1 and distributive(verb):
            agreeing = {verb, *auxiliaries(verb)[:1]}
            return [(core(c), set() if plural_form(c) else agreeing) for c in several]
        names = [c for c in who.children if apposed(c) and named(c) and not named(who)]
        if names:
            return [(core(names[0]), set())]
        return [(kept(who), set())]

    def _asides(
        self, tokens: Sequence[Token], verb: Token, source: str | None
    ) -> Iterator[Proposition]:
        """What the noun phrases among ``tokens`` say on the side."""
        then = verb.tag_ in ("VBD", "VBN") or any(a.tag_ == "VBD" for a in auxiliaries(verb))
        for token in tokens:
            for words in numbers_before(token):
                yield Proposition(words, list(token.subtree), None, source)
            noun = subject(token) if token == verb else token
            for other in token.children if noun is not None else ():
                if other.dep_ == "relcl":
                    yield from self._relative(noun, other, source)
                elif apposed(other):
                    yield from self._identified(noun, other)
                elif words := participle(noun, other, then):
                    used = [*core(noun), *other.subtree]
                    yield Proposition(self._filled(words), used, other, source)
                if other.dep_ == "appos":
                    yield from self._asides([other], verb, source)

    def _identified(self, noun: Token, other: Token) -> Iterator[Proposition]:
        """What the apposition ``other`` says that ``noun`` is, in the voice of the article."""
        if words := identity(noun, other):
            self._settle(other)
            self._settle(noun)
            yield Proposition(self._filled(words), [*core(noun), *other.subtree])

    def _relative(self, noun: Token, verb: Token, source: str | None) -> Iterator[Proposition]:
        """A relative clause as a sentence, unless it only narrows down a subject."""
        pronoun = relative(verb)
        narrowing = not set_off(verb) and noun.dep_ in ("nsubj", "nsubjpass")
        if pronoun is None or not finite(verb) or narrowing:
            return
        words = core(noun)
        self._instead[pronoun.i] = words
        if pronoun.tag_ == "WP$":
            self._instead[pronoun.i] = [possessive(words, plural(noun))]
        elif pronoun.lower_ == "where":
            self._instead[pronoun.i] = ["in", *words]
        for found in self._clause(verb, source):
            yield found._replace(tokens=[*words, *found.tokens])

    def _filled(self, words: Sequence[Word], agreeing: set[Token] = frozenset()) -> list[Word]:
        """``words`` with what stands for pronouns; a "we" that nobody resolves is quoted."""
        filled: list[Word] = []
        for word in words:
            if isinstance(word, str):
                filled.append(word)
            elif word.i in self._instead:
                filled += self._instead[word.i]
            elif word in agreeing:
                filled.append(singular(word))
            elif word.lower_ in ("we", "our", "us"):
                filled.append(f'"{word.text}"')
            else:
                filled.append(word)
        return filled
