"""From the parse of a segment to its propositions, each a list of words in grammatical order.

A clause becomes one proposition: its subtree, less what is said by propositions of its own
(coordinated clauses, relative clauses, appositions, participles) and less who said it.
"""

from collections.abc import Iterator, Sequence

from spacy.tokens import Token

from attribution import according, content, denying, inserted, reporting, stance, thinking
from coreference import Mentions, core, first_person
from modifiers import antecedent, identity, numbers_before, participle, relative
from parse import Segment, apposed, auxiliaries, child, finite, named, set_off, subject
from structure import (
    Proposition,
    Shared,
    adverbial,
    apart,
    coordinated,
    independent,
    lead_of,
    left_out,
    lent_to,
    object_moved,
    plural_alone,
    says_something,
    splits,
)
from wording import Word, phrase, plural, possessive, singular

_TOGETHER = {"meet", "agree", "marry", "fight", "merge", "talk", "sign", "differ", "share"} - {
    "sign"
}


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
        """The clause of ``verb``, and those that are coordinated with it or hang on it."""
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
        if holder is not None:
            self._note(own, verb)
            if inner:
                yield from self._reported(holder, own, verb, inner)
            else:
                yield from self._state(verb, source, shared, holder)
        lent = Shared(
            lead_of(verb, own) or shared.lead, holder, auxiliaries(verb) or shared.auxiliaries
        )
        yield from self._others(verb, source, lent, bool(inner))

    def _reported(
        self, holder: Token, own: Token | None, verb: Token, inner: Sequence[Token]
    ) -> Iterator[Proposition]:
        """What the reporting ``verb`` credits to ``holder``."""
        if own is not None:
            yield from self._beside([own], verb, None)
        source = self._credit(holder)
        for head in inner:
            yield from self._clause(head, source, Shared())

    def _others(
        self, verb: Token, source: str | None, lent: Shared, reports: bool
    ) -> Iterator[Proposition]:
        """The clauses beside and below that of ``verb``."""
        for other in coordinated(verb):
            has_own = subject(other) is not None
            goes_on = has_own and reports and self._segment.quoted(other)
            credited = self.speaker if goes_on else source
            yield from self._clause(other, credited, Shared(lent.lead) if has_own else lent)
        for other in adverbial(verb):
            if lent.subject is not None:
                self._own(other, lent.subject)
            yield from self._clause(other, source, Shared())
        for other in independent(verb):
            yield from self._clause(other, source, Shared())

    def _note(self, own: Token | None, verb: Token) -> None:
        """Remember the subject of ``verb`` for the pronouns that follow."""
        if own is not None and named(own) and reporting(verb):
            self._credit(own)
        elif own is not None:
            self._mentions.note_subject(own, self._segment)

    def _own(self, verb: Token, holder: Token) -> None:
        """Name the owner in the subject of a subordinate clause: "because its boiler failed"."""
        who = subject(verb)
        owner = child(who, "poss") if who is not None else None
        if owner is None or holder.pos_ == "PRON" or owner.lower_ not in ("its", "their"):
            return
        if plural(holder) == (owner.lower_ == "their"):
            self._instead[owner.i] = [possessive(core(holder), plural(holder))]

    def _credit(self, who: Token) -> str:
        """The name of a source, as full as the article has given it."""
        names = [c for c in who.children if c.dep_ == "appos" and named(c)]
        head = names[0] if names and not named(who) else who
        known = self._mentions.resolve(head, self._segment, self.speaker)
        if known is None and head.pos_ == "PRON":
            known = head.text
        self.speaker = str(known) if known is not None else self._mentions.full(head)
        if named(head):
            self._mentions.note_speaker(self.speaker)
        else:
            self._mentions.note_subject(head, self._segment)
        return self.speaker

    def _state(
        self, verb: Token, source: str | None, shared: Shared, who: Token
    ) -> Iterator[Proposition]:
        """What the clause of ``verb`` itself says of ``who``."""
        cut = left_out(verb)
        kept = [t for t in verb.subtree if t.i not in cut]
        own = subject(verb)
        subject_tokens = set() if own is None else {t.i for t in own.subtree}
        body = object_moved(verb, [t for t in kept if t.i not in subject_tokens])
        if not says_something(verb, body):
            return
        if who.tag_ in ("WDT", "WP") and who.i not in self._instead:
            return  # a relative clause whose noun the parse has lost
        for variant, one in self._subjects(who, verb):
            for dropped in apart(verb):
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
            helpers = [] if finite(verb) or verb.tag_ == "TO" else lent_to(verb, shared.auxiliaries)
            return [*lead, *variant, *helpers, *rest]
        if own.i > verb.i and own.dep_ != "expl" and not any(t.dep_ == "expl" for t in rest):
            return [*variant, *rest]
        at = own.left_edge.i
        first = next((k for k, t in enumerate(rest) if t.i >= at), len(rest))
        before: Sequence[Word] = rest[:first]
        after: list[Word] = [*rest[first:]]
        if after and isinstance(after[0], Token) and after[0].text == ",":
            after = after[1:]
        if self._segment.title and child(verb, "aux") is not None and not finite(verb):
            after = ["will" if isinstance(t, Token) and t.tag_ == "TO" and t.head == verb else t
                     for t in after]  # fmt: skip
        return [*lead, *before, *variant, *after]

    def _subjects(self, who: Token, verb: Token) -> list[tuple[Sequence[Word], bool]]:
        """The subjects of a clause, and whether one of several now stands alone."""
        conjuncts = [who, *who.conjuncts] if splits(who) else []
        apart = verb.lemma_ not in _TOGETHER and len(conjuncts) > 1
        if apart and who.i == min(c.i for c in conjuncts):
            return [(core(c), not plural_alone(c)) for c in conjuncts]
        names = [c for c in who.children if apposed(c) and named(c) and not named(who)]
        if names:
            return [(core(names[0]), False)]
        whole = [t for t in who.subtree if t.i not in left_out(who)]
        while whole and whole[-1].text == ",":
            whole.pop()
        return [(whole, False)]

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
        self._instead[pronoun.i] = (
            [possessive(words, plural(head))] if pronoun.tag_ == "WP$" else words
        )
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
