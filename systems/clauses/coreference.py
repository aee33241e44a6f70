"""Light coreference: a pronoun or short name is filled in only where one reading is left."""

from spacy.tokens import Token

from grammar import child, core, named, plural
from parse import Segment
from wording import phrase, possessive

_PERSON = ("he", "she", "his", "her")
_THING = {"it": False, "its": False, "they": True, "their": True}  # whether it stands for several


class Mentions:
    """Whom and what the article has named so far."""

    def __init__(self) -> None:
        self._full: dict[str, str] = {}  # last word of a person's name -> full name
        self._roles: dict[str, set[str]] = {}  # noun of a role -> names that have it
        self._person: str | None = None  # the last person who was a subject or a source
        self._thing: tuple[str, bool] | None = None  # the last other subject, whether plural

    def note_names(self, segment: Segment) -> None:
        """Learn the names and roles of a segment, before its propositions are read."""
        for entity in segment.doc.ents:
            if entity.label_ == "PERSON" and len(entity) > 1 and all(map(named, entity)):
                self._full[entity[-1].text] = entity.text
        for token in segment.doc:
            other = child(token, "appos")
            if other is not None and named(other) != named(token):
                role, name = (token, other) if named(other) else (other, token)
                self._roles.setdefault(role.lower_, set()).add(self.full(name))

    def note_subject(self, token: Token) -> None:
        """Remember the subject of a clause, which a following pronoun may take up."""
        if token.ent_type_ == "PERSON" or (named(token) and token.text in self._full):
            self._person = self.full(token)
        elif token.pos_ in ("NOUN", "PROPN") and all(t.tag_ != "WP$" for t in core(token)):
            self._thing = (phrase(core(token)), plural(token))

    def note_speaker(self, token: Token) -> str:
        """The fullest name of who is credited, whom "he" or "she" may take up."""
        name = self.full(token)
        if named(token):
            self._person = name
            if " " in name:
                self._full.setdefault(token.text, name)
        return name

    def full(self, token: Token) -> str:
        """The name that ``token`` heads, in the fullest form that was given."""
        return self._full.get(token.text) or phrase(core(token))

    def resolve(self, token: Token) -> str | None:
        """What stands for a pronoun, its possessive, or a role; None where that is a guess."""
        word = token.lower_
        known = None
        if word in _PERSON:
            known = self._person
        elif word in _THING and self._thing is not None and not _pleonastic(token):
            text, several = self._thing
            known = text if several == _THING[word] else None
        elif token.pos_ == "NOUN" and [c.lower_ for c in token.children] == ["the"]:
            names = self._roles.get(word, set())
            known = next(iter(names)) if len(names) == 1 else None
        owned = token.dep_ == "poss" and known is not None
        return possessive([known], many=word == "their") if owned else known


def _pleonastic(token: Token) -> bool:
    """Whether "it" stands for what follows: "It is clear that …", "It was the rain that …"."""
    verb = token.head
    clefted = any(child(c, "relcl") is not None for c in verb.children if c.dep_ == "attr")
    return token.dep_ == "nsubj" and (clefted or child(verb, "ccomp", "csubj", "xcomp") is not None)
