"""Light coreference: a pronoun or short name is filled in only where one reading is left."""

from spacy.tokens import Token

from parse import Segment, apposed, brackets, child, finite, named, set_off
from wording import Word, phrase, plural

_PERSONAL = {"he", "she"}
_FIRMS = {"company", "firm", "union", "agency", "bank", "club", "council", "ministry", "court"}
_FIRST = {"i", "we", "my", "our", "us", "me"}


class Mentions:
    """Whom and what the article has named so far."""

    def __init__(self) -> None:
        self._full: dict[str, str] = {}  # last word of a person's name -> full name
        self._roles: dict[str, set[str]] = {}  # noun of a role -> names that have it
        self._person = ""  # the last person who was a subject or a source
        self._people: list[str] = []  # of the last segment that had any
        self._bodies: list[str] = []  # organisations of the last segment before this with any
        self._bodies_here: list[str] = []
        self._thing: tuple[str, bool, int] | None = None  # last subject, plural, its line

    def note_names(self, segment: Segment) -> None:
        """Learn the names and roles of a segment, before its propositions are read."""
        found = []
        for entity in segment.doc.ents:
            if entity.label_ == "PERSON" and all(t.pos_ == "PROPN" for t in entity):
                name = entity.text
                if " " in name:
                    self._full[entity[-1].text] = name
                found.append(self._full.get(entity[-1].text, name))
        bodies = [e.text for e in segment.doc.ents if e.label_ == "ORG"]
        for token in segment.doc:
            other = child(token, "appos")
            if other is not None and token.pos_ == "NOUN" and named(other):
                self._roles.setdefault(token.lower_, set()).add(name_of(other))
            elif other is not None and other.pos_ == "NOUN" and named(token):
                self._roles.setdefault(other.lower_, set()).add(name_of(token))
        if found:
            self._people = list(dict.fromkeys(found))
        self._bodies = self._bodies_here or self._bodies
        self._bodies_here = list(dict.fromkeys(bodies))

    def note_subject(self, token: Token, segment: Segment) -> None:
        """Remember the subject of a clause, which a following pronoun may take up."""
        if token.pos_ == "PRON":
            if self.resolve(token, segment, None) is None:
                self._thing = None  # what it stands for is what a next pronoun stands for
            return
        if any(t.tag_ in ("WDT", "WP", "WP$") for t in core(token)):
            return
        if token.ent_type_ == "PERSON" or (named(token) and token.text in self._full):
            self._person = self.full(token)
        else:
            self._thing = (phrase(core(token)), plural(token), segment.line)

    def note_speaker(self, name: str) -> None:
        """Remember who was credited, whom "he" or "she" may take up."""
        if " the " not in f" {name.lower()} ":
            self._person = name
            if " " in name:
                self._full.setdefault(name.split()[-1], name)

    def full(self, token: Token) -> str:
        """The name that ``token`` heads, in the fullest form that was given."""
        return self._full.get(token.text, name_of(token))

    def resolve(self, token: Token, segment: Segment, speaker: str | None) -> Word | None:
        """What stands for a subject pronoun or role; None where that would be a guess."""
        word = token.lower_
        if word == "i":
            return speaker
        if word in _PERSONAL:
            return self._person or (self._people[0] if len(self._people) == 1 else None)
        if word in ("it", "they") and self._thing:
            text, many, line = self._thing
            identified = token.dep_ == "nsubj" and child(token.head, "attr") is not None
            near = line == segment.line
            clear = near and finite(token.head) and not identified
            return text if clear and many == (word == "they") else None
        if token.pos_ == "NOUN" and [c.lower_ for c in token.children] == ["the"]:
            names = self._roles.get(word, set()) or (set(self._bodies) if word in _FIRMS else set())
            return next(iter(names)) if len(names) == 1 else None
        return None


def core(noun: Token) -> list[Token]:
    """The noun phrase of ``noun`` without what is set off or coordinated with it."""
    out: set[int] = set()
    for c in noun.subtree:
        own = c.head == noun and c.i > noun.i and c.dep_ in ("relcl", "conj", "cc", "acl")
        if c == noun:
            continue
        if (own and (c.dep_ != "acl" or set_off(c))) or apposed(c) or _loose(c):
            out.update(t.i for t in c.subtree)
            out.update(brackets(c))
    return [t for t in noun.subtree if t.i not in out and not (t.i > noun.i and t.text == ",")]


def _loose(token: Token) -> bool:
    return token.dep_ == "relcl" and set_off(token)


def name_of(token: Token) -> str:
    """The name that ends in ``token``, without a title in small letters before it."""
    words = core(token)
    if not named(token) or token.ent_type_ != "PERSON":
        return phrase(words)
    run = [token]
    while run[0].i and run[0].nbor(-1).pos_ == "PROPN" and run[0].nbor(-1) in token.subtree:
        run.insert(0, run[0].nbor(-1))
    return phrase(run)


def first_person(token: Token) -> bool:
    """Whether ``token`` speaks of whoever is speaking."""
    return token.lower_ in _FIRST
