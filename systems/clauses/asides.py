"""What noun phrases assert on the side: appositions, participles, ages and sizes."""

from collections.abc import Iterator

from spacy.tokens import Token

from grammar import auxiliaries, child, core, named, plural, set_off, subject
from wording import Word, be, past


def identity(noun: Token, other: Token) -> list[Word]:
    """The sentence that an apposition makes: "the mayor, Ida Brough," -> she is the mayor.

    Empty where it asserts no identity: a year, an abbreviation, where a place is.
    """
    if other.pos_ == "NUM":
        person = noun.ent_type_ == "PERSON"
        return [*core(noun), "is", other, "years old"] if person and other.is_digit else []
    both_named = named(noun) and named(other)
    if both_named or other.pos_ not in ("NOUN", "PROPN") or plural(noun) != plural(other):
        return []
    if named(other):
        noun, other = other, noun
    return [*core(noun), be(noun), *core(other)]


def participle(noun: Token, token: Token, then: bool) -> list[Word]:
    """The sentence that a participle of ``noun`` makes that a comma sets off, or nothing.

    ``then`` says that the clause around it is in the past, hence "ending" may become "ended".
    """
    if not detached(token) or token.i < noun.i or noun.pos_ not in ("NOUN", "PROPN"):
        return []
    before = [t for t in token.subtree if t.i < token.i]
    after = [t for t in token.subtree if t.i > token.i]
    if token.tag_ == "VBN":
        return [*core(noun), be(noun, then), *before, token, *after]
    return [*core(noun), *before, past(token), *after] if then else []


def detached(token: Token) -> bool:
    """Whether ``token`` is a participle that a comma sets off and that has no subject."""
    loose = token.dep_ in ("acl", "advcl") and token.tag_ in ("VBN", "VBG") and set_off(token)
    return loose and not (auxiliaries(token) or child(token, "mark") or subject(token))


def numbers_before(noun: Token) -> Iterator[list[Word]]:
    """Ages and sizes before a name: "19-year-old Joss Tallin", "the 410-member Yacht Club"."""
    for other in noun.lefts if named(noun) else ():
        year = child(other, "npadvmod") if other.lower_ == "old" else None
        number = child(year if year is not None else other, "nummod")
        if number is None or number.nbor(1).text != "-":
            continue
        name = [t for t in core(noun) if t.i > other.i or t.dep_ == "det"]
        if year is not None:
            yield [*name, be(noun), number, "years old"]
        elif other.pos_ == "NOUN":
            yield [*name, "have" if plural(noun) else "has", number, f"{other.text}s"]
