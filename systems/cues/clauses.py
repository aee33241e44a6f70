"""Cut an article into clauses that stand alone, and say who is credited with each.

Rules on surface words only; there is no parser here. A sentence loses its attribution first
("X said that …", "…, according to X"), then its relative clauses and appositions become
clauses of their own, then coordinated clauses come apart and get their subject back.
"""

import re
from typing import NamedTuple

from bench.text import sentences


class Clause(NamedTuple):
    """A stand-alone clause; ``span`` is the sentence it comes from, in code points."""

    text: str
    span: tuple[int, int]
    source: str | None = None
    quoted: bool = False

    def as_position(self) -> str:
        """The clause with its holder: a stance without one is no claim."""
        if self.source and self.source not in self.text:
            return f"{self.source} said: {self.text}"
        return self.text


SAY = (
    r"(?:said|says|saying|added|told|stated|announced|reported|argued|believes?|believed|claimed|"
    r"noted|explained|confirmed|wrote|writes|found|thinks?|estimates?|estimated|insisted|warned|"
    r"revealed|acknowledged|commented|declared|testified|heard)"
)
_IRREGULAR = (
    "was were is are am be has have had does did do will would can could may might shall should "
    "must began begun became came went gone gave given took taken made met said told held kept "
    "left led lost won paid sent spent built bought brought broke broken fell fallen felt found "
    "fought flew flown forgot got grew grown hit hurt knew known laid lay lent let lit meant put "
    "quit ran read rose risen sank sunk saw seen set shot shut sat slept sold sought spoke spoken "
    "stood stole stolen struck swam swept taught tore thought threw understood withdrew woke wore "
    "wrote written holds plans remains stays calls says wants needs means takes gives makes goes "
    "comes includes carries costs contains expects believes supports opposes welcomes agrees denies"
).split()
VERB = re.compile(rf"\b(?:{'|'.join(_IRREGULAR)}|[a-z]{{2,}}(?:[^e\W]ed|eed|ied))\b")
_NAME = r"(?:[A-Z][\w’'-]+)(?: (?:[A-Z][\w’'-]+|of|the|de|van|&)){0,5}"
_PERSON = re.compile(r"(?!The |An? )[A-Z][a-z’'-]+ [A-Z][\w’'-]+\b(?!['’]s)")
_OPENING_PRONOUN = re.compile(r"^(?:He|She)\b", re.IGNORECASE)
_SOURCE = (
    rf"(?:(?:[Tt]he|[Aa]n?|[Ii]ts|[Hh]is|[Hh]er|[Tt]heir) [^,.;“\"]{{2,50}}?|{_NAME}"
    r"|[Hh]e|[Ss]he|[Tt]hey|[Ii]t)"
)
_WHEN = r"(?: (?:on \w+|yesterday|earlier|late \w+|last \w+|this \w+))*"
_SAID = rf"(?P<source>{_SOURCE})(?:, [^,]+,)?{_WHEN} {SAY}"
_ATTRIBUTIONS = [
    re.compile(pattern)
    for pattern in (
        r"^According to (?P<source>[^,]+), (?P<rest>.+)$",
        r"^(?P<rest>.+?), according to (?P<source>.+?)\.?$",
        rf"^{_SAID}(?: [\w ]{{2,30}}?)?{_WHEN} that (?P<rest>.+)$",
        rf"^{_SAID}{_WHEN},? (?P<rest>[“\"].+)$",
        rf"^(?P<rest>.+?),?[”\"]?,? {SAY} (?P<source>{_SOURCE})(?:, .+)?\.?$",
        rf"^(?P<rest>.+?),?[”\"]?,? {_SAID}{_WHEN}\.?(?: .+)?$",
        rf"^{_SAID}{_WHEN} (?P<rest>(?:the|a|it|he|she|they|[A-Z]).+)$",
    )
]
_RELATIVE = re.compile(
    r"(?P<head>\b(?:[Tt]he |[Aa]n? |[Ii]ts |[Hh]is |[Hh]er )?[\w’'-]+(?: [\w’'-]+){0,5}?),"
    rf" (?:who|which) (?P<clause>(?:{VERB.pattern})[^,]+)(?P<end>,|[.!?]?$)"
)
_APPOSITION = re.compile(
    rf"(?P<name>{_NAME}), (?P<what>(?!who|which|and|but|or|when|where|while|as|after|in|on|at|for|"
    rf"with|according|{SAY})[a-z][^,“\"]{{2,60}}),(?= )"
)
_REASON = re.compile(r"\bbecause (?!of\b)(?P<reason>[^,;]+)")
_JOINT = re.compile(
    r"(?:,|;) (?:and|but|while|although|whereas|though) |; | and (?=[a-z]+)| but (?=[a-z]+)"
)
_OPENER = re.compile(r"^(?:But|And|However,|Nevertheless,|Meanwhile,|Still,|Also,|Then,?) ")


def clauses(text: str) -> list[Clause]:
    """All clauses of an article, in order."""
    found: list[Clause] = []
    person: str | None = None
    for start, end in sentences(text):
        identities, sentence = _appositions(_OPENER.sub("", text[start:end]))
        found += (Clause(_finish(who), (start, end)) for who in identities)
        source, quoted, core = _attribution(sentence)
        if source and re.fullmatch("[Ss]?[Hh]e", source):
            source = person
        person = _person(source) or _person(sentence) or person
        for part in _split(core):
            named = _OPENING_PRONOUN.sub(person, part) if person else part
            found.append(Clause(_finish(named), (start, end), source, quoted))
    return found


def _person(words: str | None) -> str | None:
    """The person that a source or a sentence opens with."""
    match = _PERSON.match(words or "")
    return match[0] if match else None


def _attribution(sentence: str) -> tuple[str | None, bool, str]:
    """Who is credited, whether the words are quoted, and what is left of the sentence."""
    for pattern in _ATTRIBUTIONS:
        match = pattern.match(sentence)
        if match and len(match["rest"].split()) > 2:
            rest = match["rest"].strip()
            return match["source"].strip(), rest[:1] in '“"', rest.strip('“”" ,')
    return None, sentence[:1] in '“"', sentence.strip('“”"')


def _appositions(sentence: str) -> tuple[list[str], str]:
    """What appositions say of those they name, and the sentence without them."""
    found: list[str] = []
    while match := _APPOSITION.search(sentence):
        found.append(f"{match['name']} is {match['what']}")
        sentence = sentence[: match.end("name")] + sentence[match.end() :]
    return found, sentence


def _split(core: str) -> list[str]:
    """The clauses of one sentence without its attribution."""
    parts = [match["reason"] for match in _REASON.finditer(core)]
    while match := _RELATIVE.search(core):
        parts.append(f"{match['head']} {match['clause']}")
        core = core[: match.end("head")] + core[match.end("clause") + (match["end"] == ",") :]
    return _coordinated(core) + parts


def _coordinated(core: str) -> list[str]:
    """Split where both sides are clauses; a side without a subject gets the first one's."""
    for joint in _JOINT.finditer(core):
        left, right = core[: joint.start()], core[joint.end() :]
        verb = VERB.search(left)
        opening = VERB.search(right)
        if not verb or not opening or not left[: verb.start()].strip():
            continue
        if opening.start() == 0:
            right = f"{left[: verb.start()].strip()} {right}"
        elif joint[0][0] not in ",;":
            continue  # "A and B did it": a list, not two clauses
        return [left, *_coordinated(right)]
    return [core]


def _finish(clause: str) -> str:
    clause = clause.strip(' ,;“”"')
    clause = clause[:1].upper() + clause[1:]
    return clause if clause.endswith((".", "!", "?")) else clause + "."


def has_verb(clause: str) -> bool:
    """Whether the clause seems to have a finite verb."""
    return VERB.search(clause) is not None
