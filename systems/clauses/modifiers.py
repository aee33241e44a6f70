"""What noun phrases assert on the side: appositions, participles, relatives, ages and sizes."""

from spacy.tokens import Token

from coreference import core
from parse import auxiliaries, child, named, set_off, subject
from wording import Word, be, past, phrase, plural

_EFFECTS = {"lead", "cause", "result", "trigger", "prevent", "force", "mean"}


def identity(noun: Token, other: Token) -> list[Word]:
    """The sentence that an apposition makes: "the mayor, Ida Brough," -> she is the mayor."""
    if (number := child(other, "amod")) is not None and number.lower_ == "old":
        what = [t for t in core(other) if t.i > number.i]
    else:
        what = core(other)
    who = core(noun)
    if named(other) and not named(noun):
        what, who, noun = who, what, other
    return [*who, be(noun), *what]


def relative(verb: Token) -> Token | None:
    """The relative pronoun of the clause of ``verb``."""
    return next((t for t in verb.subtree if t.tag_ in ("WDT", "WP", "WP$") and t.i < verb.i), None)


def antecedent(noun: Token, pronoun: Token, verb: Token) -> Token:
    """The noun a relative pronoun stands for.

    "Who" is a person, not where that person is from; what a clause brings about, its subject does.
    """
    if verb.lemma_ in _EFFECTS and set_off(verb) and pronoun.lower_ == "which":
        main = next((t for t in noun.ancestors if t.pos_ == "VERB"), None)
        who = subject(main) if main is not None else None
        if who is not None and noun != who:
            return who
    holder = noun.head.head if noun.dep_ == "pobj" else noun
    if pronoun.lower_ == "who" and noun.ent_type_ != "PERSON" and holder.ent_type_ == "PERSON":
        return holder
    return noun


def participle(noun: Token, token: Token, verb: Token) -> list[Word]:
    """The sentence that a participle makes that a comma sets off, or nothing."""
    if token.dep_ not in ("acl", "advcl") or token.tag_ not in ("VBN", "VBG") or not set_off(token):
        return []
    if token.i < noun.i or auxiliaries(token) or child(token, "mark", "prep_") or subject(token):
        return []
    who = subject(noun) if noun.pos_ in ("VERB", "AUX") else noun
    if who is None or who.pos_ == "PRON":
        return []
    rest = [t for t in token.subtree if t != token]
    before = [t for t in rest if t.i < token.i]
    after = [t for t in rest if t.i > token.i]
    then = verb.tag_ in ("VBD", "VBN") or any(a.tag_ == "VBD" for a in auxiliaries(verb))
    if token.tag_ == "VBN":
        return [*core(who), be(who, then), *before, token, *after]
    return [*core(who), *before, past(token), *after] if then else []


def numbers_before(noun: Token) -> list[list[Word]]:
    """Ages and sizes before a name: "19-year-old Joss Tallin", "the 410-member Yacht Club"."""
    if not named(noun):
        return []
    found: list[list[Word]] = []
    for other in noun.children:
        number = child(other, "nummod")
        if other.i > noun.i:
            continue
        if other.lower_ == "old" and (year := child(other, "npadvmod")) is not None:
            count = child(year, "nummod")
            if count is not None:
                name = [t for t in core(noun) if t.i > other.i]
                found.append([*name, be(noun), count.text, "years old"])
        elif number is not None and other.pos_ == "NOUN" and number.nbor(1).text == "-":
            name = [t for t in core(noun) if t.i > other.i or t.dep_ == "det"]
            has = "have" if plural(noun) else "has"
            found.append([phrase(name), has, number.text, f"{other.text}s"])
    return found
